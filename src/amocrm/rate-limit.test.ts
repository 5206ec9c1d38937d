// Never more than amoCRM allows in any second, whoever waits is served by urgency, nobody waits for ever.
import { expect, test } from "vitest";
import { AMOCRM_PACE, RateLimit, type Urgency } from "./rate-limit.ts";

/** The most moments within any second. */
function busiestSecond(moments: readonly number[]): number {
  return Math.max(...moments.map((from) => moments.filter((at) => at >= from && at < from + 1000).length));
}

test("no second holds more than six requests, and the pace is kept", async () => {
  const limit = new RateLimit(AMOCRM_PACE);
  const began = performance.now();
  const moments: number[] = [];
  await Promise.all(Array.from({ length: 14 }, () => limit.turn("call").then(() => moments.push(performance.now()))));
  expect(busiestSecond(moments)).toBeLessThanOrEqual(6);
  expect((moments.at(-1) ?? 0) - began).toBeGreaterThanOrEqual(2_590);
});

test("what a person waits for goes first, then calls, then the index", async () => {
  const limit = new RateLimit({ perSecond: 200, burst: 1 });
  const served: Urgency[] = [];
  const ask = (urgency: Urgency) => limit.turn(urgency).then(() => served.push(urgency));
  await ask("call"); // the others meet a limit that is taken
  await Promise.all([ask("index"), ask("index"), ask("call"), ask("person")]);
  expect(served).toEqual(["call", "person", "call", "index", "index"]);
});

test("nothing goes out during a pause", async () => {
  const limit = new RateLimit({ perSecond: 1000, burst: 10 });
  const began = performance.now();
  limit.pause(80);
  await limit.turn("person");
  expect(performance.now() - began).toBeGreaterThanOrEqual(79);
});

test("who waits when the service stops is sent away", async () => {
  const limit = new RateLimit({ perSecond: 1000, burst: 1 });
  limit.pause(60_000);
  const waiting = limit.turn("call");
  limit.close();
  await expect(waiting).rejects.toMatchObject({ code: "crm/unreachable" });
  await expect(limit.turn("call")).rejects.toMatchObject({ code: "crm/unreachable" });
});
