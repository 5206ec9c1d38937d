// Never more than amoCRM allows in any second, whoever waits is served by urgency, nobody waits for ever.
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { AMOCRM_PACE, type Lane, RateLimit, type Urgency } from "./rate-limit.ts";
import { RateLimits } from "./rate-limits.ts";

afterEach(() => vi.useRealTimers());

/** The most moments within any second. */
function busiestSecond(moments: readonly number[]): number {
  return Math.max(...moments.map((from) => moments.filter((at) => at >= from && at < from + 1000).length));
}

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How long a request is on its way, and then its answer, ms. */
interface Journey {
  readonly there: number;
  readonly back: number;
}

/** All of them want to leave at once; the hours are those of a simulated clock. @returns when each came, ms */
async function arrivals(lanes: readonly Lane[], journeys: readonly Journey[]): Promise<number[]> {
  vi.useFakeTimers();
  const arrived: number[] = [];
  const sent = journeys.map(async ({ there, back }, nth) => {
    using _ = await (lanes[nth % lanes.length] as Lane).turn("call");
    await delay(there);
    arrived.push(performance.now());
    await delay(back);
  });
  await vi.runAllTimersAsync();
  await Promise.all(sent);
  return arrived;
}

/** Gives the turn back at once. */
const pass = async (lane: Lane, urgency: Urgency) => (await lane.turn(urgency))[Symbol.dispose]();

const journeysUpTo = (ms: number) =>
  fc.array(fc.record({ there: fc.integer({ min: 0, max: ms }), back: fc.integer({ min: 0, max: ms }) }), {
    minLength: 7,
    maxLength: 40,
  });

test("no second of amoCRM's holds more than six, however each is delayed on the way and whosever it is", async () => {
  await fc.assert(
    fc.asyncProperty(journeysUpTo(5_000), async (journeys) => {
      const limit = new RateLimit(AMOCRM_PACE);
      expect(busiestSecond(await arrivals([limit.lane(), limit.lane()], journeys))).toBeLessThanOrEqual(6);
    }),
  );
});

test("where amoCRM answers within 150 ms, five go in a second and more", async () => {
  await fc.assert(
    fc.asyncProperty(journeysUpTo(75), async (journeys) => {
      const moments = await arrivals([new RateLimit(AMOCRM_PACE).lane()], journeys);
      const took = Math.max(...moments) - Math.min(...moments);
      expect(took).toBeLessThanOrEqual((journeys.length / 5) * 1_000);
    }),
  );
});

test("who asks first does not wait, and the next not for a whole second", async () => {
  const still = { there: 0, back: 0 };
  const [first = 0, second = 0] = await arrivals([new RateLimit(AMOCRM_PACE).lane()], [still, still]);
  expect(second - first).toBe(170);
});

test("what a person waits for goes first, then calls, then the index", async () => {
  const lane = new RateLimit({ perSecond: 100, apartMs: 5 }).lane();
  const served: Urgency[] = [];
  const ask = (urgency: Urgency) => pass(lane, urgency).then(() => served.push(urgency));
  await ask("call"); // the others meet a limit that is taken
  await Promise.all([ask("index"), ask("index"), ask("call"), ask("person")]);
  expect(served).toEqual(["call", "person", "call", "index", "index"]);
});

test("nothing goes out during a pause", async () => {
  const lane = new RateLimit({ perSecond: 10, apartMs: 0 }).lane();
  const began = performance.now();
  lane.pause(80);
  await lane.turn("person");
  expect(performance.now() - began).toBeGreaterThanOrEqual(79);
});

test("who waits when the service stops is sent away", async () => {
  const lane = new RateLimit({ perSecond: 10, apartMs: 0 }).lane();
  lane.pause(60_000);
  const waiting = lane.turn("call");
  lane.close();
  await expect(waiting).rejects.toMatchObject({ code: "crm/unreachable" });
  await expect(lane.turn("call")).rejects.toMatchObject({ code: "crm/unreachable" });
});

describe("accounts of one integration", () => {
  test("wait for one another by urgency, and in turn where it is the same", async () => {
    const limit = new RateLimit({ perSecond: 100, apartMs: 5 });
    const served: string[] = [];
    const [one, other] = [limit.lane(), limit.lane()];
    const ask = (name: string, lane: Lane, urgency: Urgency) => pass(lane, urgency).then(() => served.push(name));
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
    const limit = new RateLimit({ perSecond: 10, apartMs: 0 });
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
