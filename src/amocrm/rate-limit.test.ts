// Never more than amoCRM allows in any second, whoever waits is served by urgency, nobody waits for ever.
import { describe, expect, test } from "vitest";
import { AMOCRM_PACE, type Lane, RateLimit, type Urgency } from "./rate-limit.ts";
import { RateLimits } from "./rate-limits.ts";

/** The most moments within any second. */
function busiestSecond(moments: readonly number[]): number {
  return Math.max(...moments.map((from) => moments.filter((at) => at >= from && at < from + 1000).length));
}

test("no second holds more than six requests, and the pace is kept", async () => {
  const lane = new RateLimit(AMOCRM_PACE).lane();
  const began = performance.now();
  const moments: number[] = [];
  await Promise.all(Array.from({ length: 14 }, () => lane.turn("call").then(() => moments.push(performance.now()))));
  expect(busiestSecond(moments)).toBeLessThanOrEqual(6);
  expect((moments.at(-1) ?? 0) - began).toBeGreaterThanOrEqual(2_590);
});

test("what a person waits for goes first, then calls, then the index", async () => {
  const lane = new RateLimit({ perSecond: 200, burst: 1 }).lane();
  const served: Urgency[] = [];
  const ask = (urgency: Urgency) => lane.turn(urgency).then(() => served.push(urgency));
  await ask("call"); // the others meet a limit that is taken
  await Promise.all([ask("index"), ask("index"), ask("call"), ask("person")]);
  expect(served).toEqual(["call", "person", "call", "index", "index"]);
});

test("nothing goes out during a pause", async () => {
  const lane = new RateLimit({ perSecond: 1000, burst: 10 }).lane();
  const began = performance.now();
  lane.pause(80);
  await lane.turn("person");
  expect(performance.now() - began).toBeGreaterThanOrEqual(79);
});

test("who waits when the service stops is sent away", async () => {
  const lane = new RateLimit({ perSecond: 1000, burst: 1 }).lane();
  lane.pause(60_000);
  const waiting = lane.turn("call");
  lane.close();
  await expect(waiting).rejects.toMatchObject({ code: "crm/unreachable" });
  await expect(lane.turn("call")).rejects.toMatchObject({ code: "crm/unreachable" });
});

describe("accounts of one integration", () => {
  test("share its pace: no second holds more than six requests of both", async () => {
    const limit = new RateLimit(AMOCRM_PACE);
    const moments: number[] = [];
    const asked = [limit.lane(), limit.lane()].flatMap((lane) =>
      Array.from({ length: 6 }, () => lane.turn("call").then(() => moments.push(performance.now()))),
    );
    await Promise.all(asked);
    expect(busiestSecond(moments)).toBeLessThanOrEqual(6);
  });

  test("wait for one another by urgency, and in turn where it is the same", async () => {
    const limit = new RateLimit({ perSecond: 200, burst: 1 });
    const served: string[] = [];
    const [one, other] = [limit.lane(), limit.lane()];
    const ask = (name: string, lane: Lane, urgency: Urgency) => lane.turn(urgency).then(() => served.push(name));
    await ask("first", one, "backlog");
    await Promise.all([
      ask("one 1", one, "backlog"),
      ask("one 2", one, "backlog"),
      ask("one 3", one, "backlog"),
      ask("other 1", other, "backlog"),
      ask("person of the other", other, "person"),
    ]);
    expect(served).toEqual(["first", "person of the other", "one 1", "other 1", "one 2", "one 3"]);
  });

  test("are silent together for a second at most, when one was told to be silent for long", async () => {
    const limit = new RateLimit({ perSecond: 1000, burst: 10 });
    const [one, other] = [limit.lane(), limit.lane()];
    const began = performance.now();
    one.pause(3_600_000);
    const waiting = one.turn("person");
    await other.turn("index");
    expect(performance.now() - began).toBeGreaterThanOrEqual(999);
    one.close();
    await expect(waiting).rejects.toMatchObject({ code: "crm/unreachable" });
    await other.turn("index");
  });

  test("are those of one integration, on Kommo all of them", () => {
    const limits = new RateLimits();
    const one = limits.of("one.amocrm.ru", "a");
    expect(limits.of("other.amocrm.ru", "a")).toBe(one);
    expect(limits.of("one.amocrm.ru", "b")).not.toBe(one);
    const kommo = limits.of("one.kommo.com", "c");
    expect(limits.of("other.amocrm.com", "d")).toBe(kommo);
    expect(kommo).not.toBe(one);
  });
});
