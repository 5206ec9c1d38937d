/**
 * Calls are shown at once, whatever the disk does; nobody acts on a conclusion before the journal has kept it; a journal that
 * cannot write loses nothing; after a restart the calls go on.
 */
import { describe, expect, test } from "vitest";
import type { Call } from "./call.ts";
import type { CallJournal, JournalEntry } from "./journal.ts";
import type { LegEvent } from "./leg-event.ts";
import { Tracker } from "./tracker.ts";

const client: LegEvent = {
  type: "leg-began",
  at: 1_000,
  leg: "client",
  linkedid: "client",
  party: { kind: "outside", number: "79001234567" },
  origin: { kind: "dialling", dialled: null, did: "74950003344" },
  found: false,
};
const phone: LegEvent = {
  type: "leg-began",
  at: 1_100,
  leg: "phone",
  linkedid: "client",
  party: { kind: "employee", extension: "201" },
  origin: { kind: "reached" },
  found: false,
};
const rings: LegEvent = { type: "leg-called", at: 1_100, leg: "phone", by: "client", shows: "79001234567" };
const talks: LegEvent[] = [
  { type: "leg-connected", at: 3_100, leg: "client", with: ["phone"], room: null },
  { type: "leg-connected", at: 3_100, leg: "phone", with: ["client"], room: null },
];
const ends: LegEvent[] = [
  { type: "leg-ended", at: 9_100, leg: "client", cause: 16, byItself: true },
  { type: "leg-ended", at: 9_100, leg: "phone", cause: 16, byItself: false },
];

/** Keeps entries in memory, as many batches as it was asked to; refuses while `broken`. */
class MemoryJournal implements CallJournal {
  readonly batches: (readonly JournalEntry[])[] = [];
  broken = false;
  tries = 0;

  async append(entries: readonly JournalEntry[]): Promise<void> {
    this.tries++;
    if (this.broken) throw new Error("disk full");
    this.batches.push(entries);
  }

  async liveCalls() {
    const entries = this.batches.flat();
    const byCall = Map.groupBy(entries, ({ event }) => event.callId);
    return [...byCall.values()].flatMap((ofCall) => {
      const call = ofCall.at(-1)?.call;
      return call && call.endedAt === null ? [{ call, events: ofCall.map(({ event }) => event) }] : [];
    });
  }
}

function watch(journal: CallJournal) {
  const tracker = new Tracker({ pbx: "office", journal, retryDelayMs: () => 1 });
  const told: JournalEntry[] = [];
  tracker.onKept.add((entries) => told.push(...entries));
  return { tracker, told };
}

test("where batches are gathered, the first is written at once and what follows it goes together", async () => {
  const journal = new MemoryJournal();
  const tracker = new Tracker({ pbx: "office", journal, gatherMs: 50 });
  const began = performance.now();
  tracker.hear([client]);
  await expect.poll(() => journal.batches.length, { interval: 1 }).toBe(1);
  tracker.hear([phone]);
  await new Promise((resolve) => setImmediate(resolve));
  tracker.hear([rings]);
  await tracker.kept();
  expect(performance.now() - began).toBeGreaterThanOrEqual(49); // a timer may ring a moment early
  expect(journal.batches.slice(1).map((batch) => batch.map(({ event }) => event.type))).toEqual([
    ["leg-began", "leg-called"],
  ]);
  await tracker.close();
});

test("what came in one turn of the event loop is written in one go, and told in order", async () => {
  const journal = new MemoryJournal();
  const { tracker, told } = watch(journal);
  tracker.hear([client, phone]);
  tracker.hear([rings, { type: "leg-rings", at: 1_101, leg: "phone" }]);
  expect(told).toEqual([]);
  await tracker.kept();
  expect(journal.batches).toHaveLength(1);
  expect(told.map(({ event }) => event.type)).toEqual([
    "call-began",
    "leg-began",
    "leg-began",
    "leg-called",
    "leg-rings",
  ]);
  expect(tracker.live()).toMatchObject([{ direction: "inbound", cards: [{ extension: "201", state: "ringing" }] }]);
});

test("a call is shown while the disk has not answered; nobody acts on it before", async () => {
  const disk = Promise.withResolvers<void>();
  const { tracker, told } = watch({ append: () => disk.promise, liveCalls: async () => [] });
  const shown: (readonly Call[])[] = [];
  tracker.onHeard.add((calls) => shown.push(calls));
  tracker.hear([client, phone]);
  tracker.hear([rings, { type: "leg-rings", at: 1_101, leg: "phone" }]);
  expect(tracker.live()).toEqual([]); // who asks is not ahead of who listens
  await endOfTurn();
  expect(shown).toMatchObject([[{ client: "79001234567", cards: [{ extension: "201", state: "ringing" }] }]]);
  expect(tracker.live()).toEqual(shown[0]);
  expect(told).toEqual([]);
  disk.resolve();
  await tracker.kept();
  expect(told).toHaveLength(5);
});

test("a call that is over stays unsettled until its end is on disk", async () => {
  const disk = Promise.withResolvers<void>();
  const { tracker } = watch({ append: () => disk.promise, liveCalls: async () => [] });
  tracker.hear([client, phone, rings, ...talks, ...ends]);
  expect(tracker.live()).toEqual([]);
  expect(tracker.unsettled()).toMatchObject([{ client: "79001234567", endedAt: 9_100 }]);
  disk.resolve();
  await tracker.kept();
  expect(tracker.unsettled()).toEqual([]);
});

test("who waits for the journal does not wait for what is heard after", async () => {
  const writes = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const inTurn = writes.values();
  const journal = { append: () => inTurn.next().value?.promise ?? Promise.resolve(), liveCalls: async () => [] };
  const { tracker, told } = watch(journal);
  tracker.hear([client]);
  await endOfTurn();
  const first = tracker.kept();
  tracker.hear([phone, rings]);
  let isAllKept = false;
  const all = tracker.kept().then(() => {
    isAllKept = true;
  });
  writes[0]?.resolve();
  await first;
  expect(told).toHaveLength(2);
  expect(isAllKept).toBe(false);
  writes[1]?.resolve();
  await all;
  expect(told).toHaveLength(4);
});

/** What came in one turn is shown, and on its way to the journal. */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

describe("a full disk", () => {
  test("loses nothing: it is told of, tried again, and the order stays", async () => {
    const journal = new MemoryJournal();
    journal.broken = true;
    const { tracker, told } = watch(journal);
    const thirdFailure = Promise.withResolvers<number>();
    let failures = 0;
    tracker.onTrouble.add(({ waiting }) => {
      if (++failures === 3) thirdFailure.resolve(waiting);
    });
    const recovered = Promise.withResolvers<void>();
    tracker.onRecovered.add(() => recovered.resolve());
    tracker.hear([client, phone, rings]);
    expect(await thirdFailure.promise).toBe(4);
    tracker.hear(talks);
    journal.broken = false;
    await recovered.promise;
    await tracker.kept();
    expect(told.map(({ event }) => event.type)).toEqual([
      "call-began",
      "leg-began",
      "leg-began",
      "leg-called",
      "leg-connected",
      "leg-connected",
    ]);
  });

  test("at the end is said to whoever closes", async () => {
    const journal = new MemoryJournal();
    journal.broken = true;
    const { tracker } = watch(journal);
    tracker.hear([client]);
    await expect(tracker.close()).rejects.toThrow("disk full");
  });
});

test("after a restart a call goes on as if nothing had been", async () => {
  const journal = new MemoryJournal();
  const before = watch(journal).tracker;
  before.hear([client, phone, rings, ...talks]);
  await before.kept();

  const { tracker, told } = watch(journal);
  tracker.restore(await journal.liveCalls());
  expect(tracker.live()).toEqual(before.live());
  tracker.hear(ends);
  await tracker.kept();
  expect(told.at(-1)?.call).toMatchObject({
    disposition: "answered",
    endedBy: "client",
    ringSeconds: 2.1,
    talkSeconds: 6,
    partial: false,
  });
  expect(tracker.live()).toEqual([]);
});

test("what vanished while nobody looked is ended as seen in part, and not invented", async () => {
  const { tracker, told } = watch(new MemoryJournal());
  tracker.hear([client, phone, rings]);
  tracker.keepOnly(new Set(), 60_000);
  await tracker.kept();
  expect(told.at(-1)?.call).toMatchObject({ disposition: "missed", endedBy: null, endedAt: 60_000, partial: true });
});

test("legs that are still there are left alone", async () => {
  const { tracker } = watch(new MemoryJournal());
  tracker.hear([client, phone, rings]);
  tracker.keepOnly(new Set(["client", "phone"]), 60_000);
  await tracker.kept();
  expect(tracker.live()).toMatchObject([{ endedAt: null, partial: false }]);
});
