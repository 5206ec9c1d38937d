/**
 * Every recorded stream tells the story that a person wrote down beside it: its calls, and what each panel showed.
 * `captures/README.md` says how a truth is written and read.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import type { Call } from "../src/calls/call.ts";
import { profiles } from "../src/pbx/profiles.ts";
import { type PanelEntry, Replay } from "../src/replay/replay.ts";
import { readCaptures, readLoad } from "./capture-files.ts";

/** The phones' own clocks and the PBX's events are so far apart at most (mikopbx's Lua and waits make it slow). */
const CALL_SECONDS_APART = 0.25;
/** A call that was found by a snapshot began so long before at most: `Duration` is in whole seconds. */
const FOUND_SECONDS_APART = 1.3;
/** The load generator, Asterisk and its reader shared two cores. */
const LOAD_SECONDS_APART = 0.5;
/** Two seconds on a free machine; a loaded one takes ten times as long. */
const LOAD_PATIENCE_MS = 120_000;
/** Panels show what the phones do. */
const PANEL_MS_APART = 60;

const card = z.strictObject({
  state: z.enum(["calling", "ringing", "talking", "hold", "consult-calling", "consult-talking"]),
  peer: z.string().nullable(),
  direction: z.enum(["inbound", "outbound", "internal"]),
});
const panel = z.array(
  z.strictObject({
    /** Milliseconds since the recording began. */
    at: z.number(),
    /** The phone or the panel was earlier than any event by so much at most: why, the comment says. */
    early: z.number().optional(),
    cards: z.array(card),
  }),
);
const truth = z.strictObject({
  origin: z.string().regex(/^(recorded|composed) /),
  profile: z.enum(["mikopbx", "freepbx", "asterisk"]),
  startedAt: z.union([z.iso.datetime(), z.date()]),
  calls: z.array(
    z.strictObject({
      direction: card.shape.direction,
      client: z.string().nullable(),
      did: z.string().nullable(),
      queue: z.string().nullable(),
      /** The client came to the voicemail. */
      voicemail: z.boolean().default(false),
      startedAt: z.number(),
      answeredAt: z.number().nullable(),
      endedAt: z.number().nullable(),
      disposition: z.enum(["answered", "missed", "busy", "failed", "cancelled"]),
      ringSeconds: z.number(),
      talkSeconds: z.number(),
      endedBy: z.string().nullable(),
      employees: z.array(
        z.strictObject({ extension: z.string(), result: z.string(), ringSeconds: z.number(), talkSeconds: z.number() }),
      ),
      transfers: z.array(
        z.strictObject({ kind: z.string(), by: z.string().nullable(), to: z.string().nullable(), result: z.string() }),
      ),
      linkedids: z.array(z.string()),
      recordings: z.array(z.string()),
    }),
  ),
  panels: z.record(z.string(), panel),
  doubts: z.array(z.string()),
});
type Truth = z.infer<typeof truth>;

const aggregate = z.strictObject({
  origin: truth.shape.origin,
  profile: truth.shape.profile,
  startedAt: truth.shape.startedAt,
  aggregate: z.strictObject({
    calls: z.number(),
    clients: z.strictObject({ from: z.string(), to: z.string() }),
    each: truth.shape.calls.element
      .pick({
        direction: true,
        did: true,
        queue: true,
        disposition: true,
        endedBy: true,
        employees: true,
        transfers: true,
      })
      .extend({ ringSeconds: z.number(), talkSeconds: z.number(), linkedids: z.number(), recordings: z.number() }),
  }),
  doubts: z.array(z.string()),
});

const captures = readCaptures();

test(
  "load: each of its calls",
  () => {
    const told = aggregate.parse(
      parse(readFileSync(join(import.meta.dirname, "captures", "load", "truth.yaml"), "utf8")),
    );
    const { calls: count, clients, each } = told.aggregate;
    const replay = new Replay({ profile: profiles[told.profile] });
    replay.feed(readLoad());
    const { calls, doubts } = replay.told();
    const numbers = calls.map(({ client }) => Number(client)).sort((one, two) => one - two);
    expect(numbers).toEqual(Array.from({ length: count }, (_, index) => Number(clients.from) + index));
    expect(numbers.at(-1)).toBe(Number(clients.to));
    const { ringSeconds, talkSeconds, linkedids, recordings, ...outcomeOfEach } = each;
    for (const call of calls) {
      expect(outcome(call)).toMatchObject(wantedOutcome({ ...outcomeOfEach, client: call.client }));
      expect([call.linkedids.length, call.recordings.length]).toEqual([linkedids, recordings]);
      expectNear("ringSeconds", call.ringSeconds, ringSeconds, LOAD_SECONDS_APART);
      expectNear("talkSeconds", call.talkSeconds, talkSeconds, LOAD_SECONDS_APART);
    }
    expect(doubts).toEqual(told.doubts);
  },
  LOAD_PATIENCE_MS,
);

test("each capture has its truth", () => {
  expect(captures.filter(({ folder }) => !existsSync(join(folder, "truth.yaml"))).map(({ name }) => name)).toEqual([]);
});

describe.each(captures.filter(({ folder }) => existsSync(join(folder, "truth.yaml"))))(
  "$name",
  ({ folder, streams }) => {
    const told = truth.parse(parse(readFileSync(join(folder, "truth.yaml"), "utf8")));
    const startedAt = new Date(told.startedAt).getTime();
    const replay = new Replay({ profile: profiles[told.profile], panels: Object.keys(told.panels) });
    for (const stream of streams) replay.feed(stream);
    const { calls, panels, doubts } = replay.told();

    test("its calls", () => {
      expect(calls.map(outcome)).toEqual(told.calls.map(wanted));
      for (const [index, call] of calls.entries()) expectTimes(call, told.calls[index], startedAt);
    });

    test.each(Object.entries(told.panels))("the panel of %s", (extension, entries) => {
      const shown = panels[extension] ?? [];
      expect(shown.map(subscribers)).toEqual(entries.map(subscribers));
      for (const [index, entry] of entries.entries()) expectAt(shown[index], entry, startedAt);
    });

    test("its doubts", () => expect(doubts).toEqual(told.doubts));
  },
);

/** An outside number may be told as it was dialled: 8… and 7… are one subscriber. */
const subscriber = (number: string | null) => number?.replace(/^8(?=\d{10}$)/, "7") ?? null;

function subscribers({ cards }: { cards: readonly z.infer<typeof card>[] }) {
  return cards.map((shown) => ({ ...shown, peer: subscriber(shown.peer) }));
}

/** All but the times. Files may be told with the PBX's folder before them. */
function outcome(call: Call) {
  return {
    ...pick(call),
    employees: call.employees.map(({ extension, result }) => `${extension} ${result}`).sort(),
    transfers: call.transfers.map(({ kind, by, to, result }) => ({ kind, by, to, result })),
    linkedids: [...call.linkedids].sort(),
    recordings: call.recordings.map(({ file }) => baseName(file)).sort(),
  };
}

function wanted(call: Truth["calls"][number]) {
  return {
    ...wantedOutcome(call),
    linkedids: [...call.linkedids].sort(),
    recordings: call.recordings.map(baseName).sort(),
  };
}

function wantedOutcome(
  call: Omit<Outcome, "disposition"> & Pick<Truth["calls"][number], "disposition" | "employees" | "transfers">,
) {
  return {
    ...pick(call),
    employees: call.employees.map(({ extension, result }) => `${extension} ${result}`).sort(),
    transfers: call.transfers,
  };
}

type Outcome = Pick<Call, "direction" | "client" | "did" | "queue" | "voicemail" | "disposition" | "endedBy">;
function pick({ direction, client, did, queue, voicemail = false, disposition, endedBy }: Outcome): Outcome {
  return { direction, client: subscriber(client), did, queue, voicemail, disposition, endedBy };
}

const baseName = (file: string) => file.slice(file.lastIndexOf("/") + 1);

function expectTimes(call: Call, wantedCall: Truth["calls"][number] | undefined, base: number): void {
  if (!wantedCall) throw new Error("more calls than in the truth");
  const apart = call.partial ? FOUND_SECONDS_APART : CALL_SECONDS_APART;
  const since = (at: number | null) => (at === null ? null : (at - base) / 1000);
  expectNear("startedAt", since(call.startedAt), wantedCall.startedAt / 1000, apart);
  expectNear("answeredAt", since(call.answeredAt), inSeconds(wantedCall.answeredAt), apart);
  expectNear("endedAt", since(call.endedAt), inSeconds(wantedCall.endedAt), apart);
  expectNear("ringSeconds", call.ringSeconds, wantedCall.ringSeconds, apart);
  expectNear("talkSeconds", call.talkSeconds, wantedCall.talkSeconds, apart);
  for (const employee of wantedCall.employees) {
    const share = call.employees.find(({ extension }) => extension === employee.extension);
    expectNear(`ring of ${employee.extension}`, share?.ringSeconds ?? null, employee.ringSeconds, apart);
    expectNear(`talk of ${employee.extension}`, share?.talkSeconds ?? null, employee.talkSeconds, apart);
  }
}

const inSeconds = (ms: number | null) => (ms === null ? null : ms / 1000);

function expectNear(what: string, seconds: number | null, wantedSeconds: number | null, apart: number): void {
  const difference =
    seconds === null || wantedSeconds === null ? seconds !== wantedSeconds : Math.abs(seconds - wantedSeconds) > apart;
  expect(difference && `${what}: ${seconds} s, not ${wantedSeconds} s`).toBe(false);
}

function expectAt(shown: PanelEntry | undefined, entry: z.infer<typeof panel>[number], base: number): void {
  const late = (shown?.at ?? 0) - base - entry.at;
  const isNear = late >= -PANEL_MS_APART && late <= (entry.early ?? 0) + PANEL_MS_APART;
  expect(isNear || `the entry at ${entry.at} came ${late} ms later`).toBe(true);
}
