import { expect, test } from "vitest";
import { StoreError } from "../store/store-error.ts";
import { PerformFailure } from "./performer.ts";
import { settlementOf } from "./settlement.ts";

const HOUR_MS = 3_600_000;
const NOW = 100 * HOUR_MS;
const server = new PerformFailure("crm/server-error", "retry", true, "amoCRM failed at this request");
const settle = (attempts: number, ageMs: number, error: Error = server) =>
  settlementOf({ attempts, createdAt: NOW - ageMs, mayHaveHappened: false }, error, {
    now: NOW,
    random: () => 0,
    doubtSettlesMs: 0,
  }).state;

test("what fails again and again for half a day is put aside, so that its client's next calls are told", () => {
  expect(settle(1, 0)).toBe("waiting");
  expect(settle(40, 11 * HOUR_MS)).toBe("waiting");
  expect(settle(40, 12 * HOUR_MS)).toBe("quarantined");
});

test("what was tried often is not put aside since the store is away for a moment, but for a defect of ours", () => {
  expect(settle(20, HOUR_MS, new StoreError("store/unreachable"))).toBe("waiting");
  expect(settle(40, 12 * HOUR_MS, new StoreError("store/failed"))).toBe("quarantined");
  expect(settle(2, HOUR_MS, new TypeError("defect"))).toBe("waiting");
  expect(settle(3, HOUR_MS, new TypeError("defect"))).toBe("quarantined");
});

test("what is old because the whole account was away is tried on", () => {
  expect(settle(3, 72 * HOUR_MS)).toBe("waiting");
  const held = new PerformFailure("crm/unavailable", "hold-account", false, "amoCRM is not available");
  expect(settle(40, 72 * HOUR_MS, held)).toBe("waiting");
});
