/** What must hold of every call, whatever the PBX sends, checked on all recorded streams. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AmiPacket } from "../../src/ami/packet.ts";
import type { Call } from "../../src/calls/call.ts";
import type { CallEvent } from "../../src/calls/call-event.ts";
import type { JournalEntry } from "../../src/calls/journal.ts";
import type { LegEvent, LegId } from "../../src/calls/leg-event.ts";
import { LiveCalls } from "../../src/calls/live-calls.ts";
import { readFact, timeOf } from "../../src/pbx/facts.ts";
import { Legs } from "../../src/pbx/legs.ts";
import { profiles } from "../../src/pbx/profiles.ts";
import { join } from "../../src/pbx/snapshot.ts";
import { Replay } from "../../src/replay/replay.ts";
import { packetsOf, readCaptures } from "../capture-files.ts";
import { askedOf } from "./asked.ts";

const profile = profiles.mikopbx;
const panels = ["201", "202", "203", "204"];
/** Full counts are for the soak; what runs here is a seeded tenth. */
const runs = { numRuns: 40, seed: 3 };
/** All captures, hundreds of times: a loaded machine takes ten times as long as a free one. */
const PATIENCE_MS = 120_000;

const captures = readCaptures().map(({ name, streams }) => ({ name, streams, packets: streams.flatMap(packetsOf) }));
const anyCapture = fc.constantFrom(...captures);
/** A snapshot says that all other calls are gone, and so do not mix with those of another capture. */
const anyWithoutSnapshot = fc.constantFrom(...captures.filter(({ streams }) => streams.length === 1));
const anyOtherDay = fc.constantFrom(
  ...captures.flatMap(({ streams }) => (streams.length === 1 ? [{ packets: asOnAnotherDay(streams) }] : [])),
);

function replay(packets: readonly AmiPacket[]) {
  const replayed = new Replay({ profile, panels });
  for (const packet of packets) replayed.hear(packet);
  return replayed.told();
}

test("there are captures", () => expect(captures.length).toBeGreaterThan(60));

describe.each(captures)("$name", ({ packets }) => {
  test("its calls end, and their times are sane", () => {
    const { calls, doubts } = replay(packets);
    expect(doubts).toEqual([]);
    for (const call of calls) expectSaneTimes(call);
  });

  test("every event delivered twice changes nothing", () => {
    expect(replay(packets.flatMap((packet) => [packet, packet]))).toEqual(replay(packets));
  });
});

function expectSaneTimes(call: Call): void {
  const { startedAt, answeredAt, endedAt, ringSeconds, talkSeconds } = call;
  if (endedAt === null) throw new Error("it did not end");
  expect(endedAt).toBeGreaterThanOrEqual(startedAt);
  expect(answeredAt ?? startedAt).toBeGreaterThanOrEqual(startedAt);
  expect(ringSeconds).toBeCloseTo(((answeredAt ?? endedAt) - startedAt) / 1000, 6);
  // Colleagues may talk on after the client has left; hold and waiting are part of the client's talk.
  expect(ringSeconds + talkSeconds).toBeLessThanOrEqual((endedAt - startedAt) / 1000 + 1e-6);
  for (const { ringSeconds: rang, talkSeconds: talked } of call.employees) {
    expect(rang).toBeGreaterThanOrEqual(0);
    expect(talked).toBeGreaterThanOrEqual(0);
    expect(rang + talked).toBeLessThanOrEqual((endedAt - startedAt) / 1000 + 1e-6);
  }
}

test(
  "any suffix of any capture leaves no call open after its channels are gone",
  () => {
    fc.assert(
      fc.property(anyCapture, fc.double({ min: 0, max: 1, noNaN: true }), ({ packets }, part) => {
        const { calls } = replay(packets.slice(Math.floor(part * packets.length)));
        expect(calls.filter((call) => call.endedAt === null)).toEqual([]);
        for (const call of calls) expectSaneTimes(call);
      }),
      { ...runs, numRuns: 400 },
    );
  },
  PATIENCE_MS,
);

test(
  "a restart at any event changes nothing",
  () => {
    fc.assert(
      fc.property(anyCapture, fc.double({ min: 0, max: 1, noNaN: true }), ({ packets }, part) => {
        expect(concluded(packets, Math.floor(part * packets.length))).toEqual(concluded(packets, undefined));
      }),
      { ...runs, numRuns: 200 },
    );
  },
  PATIENCE_MS,
);

/** The calls in the end; at `restartAt` all but the journal is forgotten. */
function concluded(
  packets: readonly AmiPacket[],
  restartAt: number | undefined,
  ask?: (legs: Legs, at: number) => { legs: Legs; heard: readonly LegEvent[]; present: ReadonlySet<LegId> },
): Call[] {
  let legs = new Legs(profile);
  const journal = new Map<string, CallEvent[]>();
  const calls = new Map<string, Call>();
  let live = new LiveCalls("test");
  let at = 0;
  const keep = (entries: readonly JournalEntry[]) => {
    for (const { event, call } of entries) {
      journal.set(event.callId, [...(journal.get(event.callId) ?? []), event]);
      calls.set(call.id, call);
    }
  };
  for (const [index, packet] of packets.entries()) {
    if (index === restartAt) {
      live = new LiveCalls("test");
      live.restore(journal.values());
      const asked = ask?.(legs, at);
      if (asked) {
        legs = asked.legs;
        keep(asked.heard.flatMap((heard) => live.hear(heard)));
        keep(live.keepOnly(asked.present, at));
      }
    }
    at = timeOf(packet) ?? at;
    const fact = readFact(packet, 0);
    if (fact === undefined || fact.type === "unreadable") continue;
    keep(legs.hear(fact).flatMap((heard) => live.hear(heard)));
  }
  return [...calls.values()];
}

test(
  "a restart that asks the PBX what there is changes nothing, whenever nothing happens for a moment",
  () => {
    fc.assert(
      fc.property(anyCapture, fc.double({ min: 0, max: 1, noNaN: true }), ({ packets }, part) => {
        const quiet = quietMoments(packets);
        const restartAt = quiet[Math.floor(part * quiet.length)] ?? 0;
        const calls = concluded(packets, undefined);
        const anew = concludedAnew(packets, restartAt);
        expect(anew.map(withoutItsEnd)).toEqual(calls.map(withoutItsEnd));
        // Somebody may have hung up before: then nobody is named.
        for (const [index, { endedBy, partial }] of anew.entries())
          expect([calls[index]?.endedBy, partial ? null : undefined]).toContain(endedBy);
      }),
      { ...runs, numRuns: 400 },
    );
  },
  PATIENCE_MS,
);

/** What a snapshot cuts in two (a transfer's events, a hang-up's) is told by neither side alone. */
const QUIET_MS = 30;

function quietMoments(packets: readonly AmiPacket[]): number[] {
  return packets.flatMap((packet, index) => {
    const [at, before] = [timeOf(packet), timeOf(packets[index - 1] ?? packet)];
    return at !== null && before !== null && at - before >= QUIET_MS ? [index] : [];
  });
}

function withoutItsEnd({ endedBy: _, partial: __, ...call }: Call) {
  return call;
}

/** The calls in the end; at `restartAt` all but the journal is forgotten, and the PBX is asked. */
function concludedAnew(packets: readonly AmiPacket[], restartAt: number): Call[] {
  return concluded(packets, restartAt, (before, at) => {
    const legs = new Legs(profile);
    const { heard, present } = join(legs, askedOf([...before.switchboard.channels()], at));
    return { legs, heard, present };
  });
}

test(
  "two captures interleaved are the union of both",
  () => {
    fc.assert(
      fc.property(anyWithoutSnapshot, anyOtherDay, fc.infiniteStream(fc.boolean()), (one, other, turns) => {
        const together = replay(interleave(one.packets, other.packets, turns)).calls;
        const apart = [...replay(one.packets).calls, ...replay(other.packets).calls];
        expect(byId(together)).toEqual(byId(apart));
      }),
      { ...runs, numRuns: 300 },
    );
  },
  PATIENCE_MS,
);

function interleave<T>(one: readonly T[], other: readonly T[], turns: Iterable<boolean>): T[] {
  const rest: [T[], T[]] = [[...one], [...other]];
  const mixed: T[] = [];
  for (const turn of turns) {
    const next = rest[turn ? 0 : 1].shift();
    if (next === undefined) return [...mixed, ...rest[0], ...rest[1]];
    mixed.push(next);
  }
  return mixed;
}

function byId(calls: readonly Call[]): readonly Call[] {
  return [...calls].sort((one, two) => (one.id < two.id ? -1 : 1));
}

/**
 * The same story with other ids and another client. PBXs that were started anew count their channels from the same
 * number on, and all captures have one client: that he calls twice at once is a story of its own.
 */
function asOnAnotherDay(streams: readonly Uint8Array[]): AmiPacket[] {
  return streams.flatMap((stream) => {
    const text = Buffer.from(stream)
      .toString()
      .replaceAll(/\b((?:c2c|icp|pk)-|[A-Za-z]+-(?=\d{10}\.\d))/g, "$1another-")
      .replaceAll(/(?<=\/[^\s,&]+-)[0-9a-f](?=[0-9a-f]{7}\b)/g, "f")
      .replaceAll(/\b[0-9a-f](?=[0-9a-f]{7}-[0-9a-f]{4}-[0-9a-f]{4}-)/g, "x")
      .replaceAll(/(?<!\d)([78])900(?=\d{7}(?!\d))/g, "$1955");
    return packetsOf(Buffer.from(text));
  });
}
