// A seeded tenth of `script/soak outage` and `script/soak faults`.
import { expect, test } from "vitest";
import { AMOCRM_PACE } from "../../amocrm/rate-limit.ts";
import { faultStorm } from "./fault-storm.testing.ts";
import { outage } from "./outage.testing.ts";

test("after three days without amoCRM every call is written once, at its own time, and a new one overtakes", async () => {
  const { written, doubled, busiestSecond, newCallMs, waitingThen, progress } = await outage(500);
  expect({ written, doubled }).toEqual({ written: 500, doubled: 0 });
  expect(busiestSecond).toBeLessThanOrEqual(AMOCRM_PACE.perSecond);
  expect(newCallMs).toBeLessThanOrEqual(5_000);
  expect(waitingThen).toBeGreaterThan(0);
  expect(progress.length).toBeGreaterThan(3);
}, 120_000);

test("through every kind of fault each call is written once, in its client's order", async () => {
  const { notes, doubled, disordered, quarantined, busiestSecond } = await faultStorm(100, 5);
  expect({ notes, doubled, disordered, quarantined }).toEqual({
    notes: 100,
    doubled: 0,
    disordered: 0,
    quarantined: 0,
  });
  expect(busiestSecond).toBeLessThanOrEqual(AMOCRM_PACE.perSecond);
}, 240_000);
