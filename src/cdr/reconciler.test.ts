/**
 * What we saw held against what the PBX wrote down, on recorded calls: a real store, a real tracker, and records that the
 * test deals out.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { packetsOf } from "../../test/capture-files.ts";
import type { Call } from "../calls/call.ts";
import { Tracker } from "../calls/tracker.ts";
import { readFact, timeOf } from "../pbx/facts.ts";
import { Legs } from "../pbx/legs.ts";
import { profiles } from "../pbx/profiles.ts";
import { SqlCallJournal } from "../store/call-journal.ts";
import { SqlCdrChecks } from "../store/cdr-checks.ts";
import type { Database } from "../store/database.ts";
import { openSqlite } from "../store/sqlite.ts";
import { CdrError } from "./cdr-error.ts";
import type { CdrRow } from "./cdr-row.ts";
import type { CdrSource } from "./cdr-source.ts";
import { isBetweenPeople } from "./differences.ts";
import { Reconciler } from "./reconciler.ts";
import { reader, recorded } from "./testing/recorded.ts";

const PBX = "office";
const scenarios = new Map(recorded().map((each) => [each.name, each]));

function scenario(name: string) {
  const found = scenarios.get(name);
  if (found === undefined) throw new Error(`no recording ${name}`);
  return found;
}

/** Records as a list; a mark is a place in it. */
class DealtRecords implements CdrSource {
  readonly tellsWholeCalls: boolean = false;
  readonly lateMs = 60_000;
  readonly rows: CdrRow[] = [];
  trouble: CdrError | undefined;
  isClosed = false;

  deal(...rows: readonly CdrRow[]): void {
    for (const row of rows) this.rows.push({ ...row, mark: String(this.rows.length) });
  }

  async end(): Promise<string> {
    return String(this.rows.length);
  }

  async read(from: string) {
    if (this.trouble) throw this.trouble;
    return { rows: this.rows.slice(Number(from)), next: String(this.rows.length), more: false };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isClosed = true;
  }
}

class MikopbxLike extends DealtRecords {
  override readonly tellsWholeCalls = true;
  later: readonly CdrRow[] = [];
  asked: string[] = [];

  async again(linkedid: string): Promise<readonly CdrRow[]> {
    this.asked.push(linkedid);
    return this.later;
  }
}

let database: Database;
let journal: SqlCallJournal;
let checks: SqlCdrChecks;
let tracker: Tracker;
let now = 0;
let inSight = true;
const running: Reconciler[] = [];

beforeEach(async () => {
  database = await openSqlite(":memory:");
  journal = new SqlCallJournal(database, () => "main");
  checks = new SqlCdrChecks(database);
  tracker = new Tracker({ pbx: PBX, journal });
  inSight = true;
  now = Date.parse("2026-12-01T00:00:00Z");
});
afterEach(async () => {
  for (const one of running.splice(0)) await one[Symbol.asyncDispose]();
  await tracker.close();
  await database.destroy();
});

function start(source: CdrSource): Reconciler {
  const reconciler = new Reconciler({
    pbx: PBX,
    source,
    reader,
    archive: journal,
    checks,
    keeper: tracker,
    inSight: () => inSight,
    clock: { now: () => now },
    timing: { pollMs: 5, quietMs: 0, againMs: 0 },
  });
  running.push(reconciler);
  reconciler.start();
  return reconciler;
}

/** Records were read from the beginning of these on. */
async function following(): Promise<void> {
  await checks.saveProgress(PBX, { mark: "0", since: 0 });
}

async function seeLive(name: string, until = 1): Promise<void> {
  const legs = new Legs(profiles.asterisk);
  const packets = scenario(name).streams.flatMap(packetsOf);
  for (const packet of packets.slice(0, Math.floor(packets.length * until))) {
    const fact = readFact(packet, timeOf(packet) ?? 0);
    if (fact !== undefined && fact.type !== "unreadable") tracker.hear(legs.hear(fact));
  }
  await tracker.kept();
}

async function calls(): Promise<Call[]> {
  const rows = await database.selectFrom("call").select("body").execute();
  return rows.map(({ body }) => JSON.parse(body) as Call).filter(({ mergedInto }) => mergedInto === null);
}

async function verdicts(): Promise<string[]> {
  const rows = await database.selectFrom("cdr_check").select("verdict").orderBy("checked_at").execute();
  return rows.map(({ verdict }) => verdict);
}

const untilVerdicts = (wanted: readonly string[]) => expect.poll(verdicts).toEqual(wanted);

async function readOnce({ onReading }: Reconciler): Promise<void> {
  await new Promise<void>((resolve) => void onReading.add(resolve));
}

/** How often the feed was told of an end. */
async function ends(): Promise<number> {
  const rows = await database.selectFrom("call_event").select("seq").where("type", "=", "call-ended").execute();
  return rows.length;
}

const ANSWERED = "04-inbound-answered-201-hangs-up";
const INTERCEPTION_LOST = "16-interception-201-was-first";

describe("a call that was seen and written down", () => {
  test("is kept as agreed, and nothing of it changes", async () => {
    await following();
    await seeLive(ANSWERED);
    const before = await calls();
    const source = new DealtRecords();
    source.deal(...scenario(ANSWERED).rows);
    start(source);
    await untilVerdicts(["agrees"]);
    expect(await calls()).toEqual(before);
  });

  test("differently, is kept in both versions", async () => {
    await following();
    await seeLive(ANSWERED);
    const [seen] = await calls();
    const source = new DealtRecords();
    source.deal(
      ...scenario(ANSWERED).rows.map((row) => ({ ...row, from: row.from.replace("79001234567", "79009999999") })),
    );
    start(source);
    await untilVerdicts(["differs"]);
    expect(await checks.find(seen?.id ?? "")).toMatchObject({
      differences: [{ about: "client", seen: "79001234567", told: "79009999999" }],
      told: { client: "79009999999" },
      seen: { client: "79001234567" },
    });
    expect(await calls()).toEqual([seen]);
  });

  test("with sound that nobody announced, is given it", async () => {
    await following();
    await seeLive(ANSWERED);
    const [seen] = await calls();
    const source = new DealtRecords();
    source.deal(...scenario(ANSWERED).rows.map((row) => ({ ...row, recording: "/monitor/another.wav" })));
    start(source);
    await untilVerdicts(["completed"]);
    const [call] = await calls();
    const files = (of: Call | undefined) => of?.recordings.map(({ file }) => file) ?? [];
    expect(files(call).sort()).toEqual(["/monitor/another.wav", ...files(seen)].sort());
    expect(call).toMatchObject({ talkSeconds: seen?.talkSeconds, partial: false });
    expect(await ends()).toBe(1);
  });

  test("nowhere, is told as missing, once it cannot come any more", async () => {
    await checks.saveProgress(PBX, { mark: "0", since: 0 });
    await seeLive(ANSWERED);
    const [seen] = await calls();
    now = (seen?.endedAt ?? 0) + 60_000;
    const source = new DealtRecords();
    await readOnce(start(source));
    expect(await verdicts()).toEqual([]);
    now += 180_000;
    await untilVerdicts(["missing"]);
    source.deal(...scenario(ANSWERED).rows);
    await untilVerdicts(["agrees"]);
  });
});

test("a phone alone with the dialplan is in no records, and is not missed there", async () => {
  await following();
  await seeLive("o15-service-numbers");
  const seen = await calls();
  now = Math.max(...seen.map(({ endedAt }) => endedAt ?? 0)) + 240_000;
  const source = new DealtRecords();
  source.deal(...scenario("o15-service-numbers").rows);
  start(source);
  await untilVerdicts(seen.map(() => "agrees"));
});

describe("a call that nobody saw", () => {
  test.each([...scenarios.keys()].filter((name) => !name.startsWith("24")))(
    "is taken from its records: %s",
    async (name) => {
      await following();
      await seeLive(name);
      const seen = (await calls()).filter(isBetweenPeople);
      await tracker.close();
      await database.destroy();
      database = await openSqlite(":memory:");
      journal = new SqlCallJournal(database, () => "main");
      checks = new SqlCdrChecks(database);
      tracker = new Tracker({ pbx: PBX, journal });
      await following();
      const source = new DealtRecords();
      source.deal(...scenario(name).rows);
      await readOnce(start(source));
      await untilVerdicts(seen.map(() => "recovered"));
      const told = (await calls()).map(({ direction, client }) => `${direction} ${client}`).sort();
      expect(told).toEqual(seen.map(({ direction, client }) => `${direction} ${client}`).sort());
      expect((await calls()).every(({ partial, endedAt }) => partial && endedAt !== null)).toBe(true);
      expect(await ends()).toBe(seen.length);
    },
  );

  test("right after another one of the same people is a call of its own", async () => {
    await following();
    const source = new DealtRecords();
    const rows = scenario("17-internal-call").rows;
    const next = rows.map((row) => ({
      ...row,
      uniqueid: `${row.uniqueid}9`,
      linkedid: `${row.linkedid}9`,
      channel: `${row.channel}9`,
      dstChannel: `${row.dstChannel}9`,
      startedAt: row.startedAt + 1_000,
    }));
    source.deal(...rows, ...next);
    start(source);
    await untilVerdicts(["recovered", "recovered"]);
    expect(await calls()).toHaveLength(2);
  });

  test("is not doubled by whoever reads the same records again", async () => {
    await following();
    const source = new DealtRecords();
    source.deal(...scenario(ANSWERED).rows);
    await using first = start(source);
    await untilVerdicts(["recovered"]);
    await first[Symbol.asyncDispose]();
    expect(source.isClosed).toBe(true);
    const [before] = await calls();
    await checks.saveProgress(PBX, { mark: "0", since: 0 }); // as after a crash before it was kept
    const second = start(source);
    await new Promise<void>((resolve) => void second.onReading.add(resolve));
    expect(await calls()).toEqual([before]);
    expect(await ends()).toBe(1);
  });

  test("is told better by a row that comes late, and ends once", async () => {
    await following();
    const source = new DealtRecords();
    const rows = scenario(ANSWERED).rows;
    const late = rows.filter(({ channel, dstChannel }) => /provider/.test(channel) && /PJSIP\/201/.test(dstChannel));
    source.deal(
      ...rows
        .filter((row) => !late.includes(row))
        .map((row) => ({ ...row, outcome: "no-answer" as const, answeredAt: null })),
    );
    start(source);
    await untilVerdicts(["recovered"]);
    expect(await calls()).toMatchObject([{ disposition: "missed" }]);
    source.deal(...late);
    await expect.poll(calls).toMatchObject([{ disposition: "answered", talkSeconds: 2 }]);
    expect(await ends()).toBe(1);
  });

  test("is read once more where records still change: the sound comes after the row", async () => {
    await following();
    const source = new MikopbxLike();
    const rows = scenario(ANSWERED).rows;
    source.deal(...rows.map((row) => ({ ...row, recording: null })));
    source.later = rows;
    start(source);
    await expect
      .poll(calls)
      .toMatchObject([{ recordings: [{ file: rows.find(({ recording }) => recording)?.recording }] }]);
    await expect.poll(() => source.asked.length).toBe(1);
  });

  test("that goes on is left alone, and completed when it has ended", async () => {
    await following();
    await seeLive(ANSWERED, 0.6);
    expect(tracker.live()).toHaveLength(1);
    const source = new DealtRecords();
    source.deal(...scenario(ANSWERED).rows);
    const reconciler = start(source);
    await new Promise<void>((resolve) => void reconciler.onReading.add(resolve));
    expect(await verdicts()).toEqual([]);
    expect(await checks.progress(PBX)).toMatchObject({ mark: "0" });
    tracker.keepOnly(new Set(), Date.parse("2026-11-23T14:00:00Z"));
    await tracker.kept();
    await untilVerdicts(["completed"]);
    expect(await calls()).toMatchObject([{ disposition: "answered", talkSeconds: 2, partial: true, endedBy: null }]);
    expect(await ends()).toBe(1);
  });

  test("waits until the PBX is in sight, unless it is told only when it is over", async () => {
    await following();
    inSight = false;
    const source = new DealtRecords();
    source.deal(...scenario(ANSWERED).rows);
    const reconciler = start(source);
    await new Promise<void>((resolve) => void reconciler.onReading.add(resolve));
    expect(await verdicts()).toEqual([]);
    inSight = true;
    await untilVerdicts(["recovered"]);

    inSight = false;
    const whole = new MikopbxLike();
    whole.deal(...scenario("18-outbound-dialled-on-phone").rows);
    await checks.saveProgress(PBX, { mark: "0", since: 0 });
    start(whole);
    await untilVerdicts(["recovered", "recovered"]);
  });
});

test("an interception that failed is no call of its own", async () => {
  await following();
  await seeLive(INTERCEPTION_LOST);
  const source = new DealtRecords();
  source.deal(...scenario(INTERCEPTION_LOST).rows);
  start(source);
  await expect.poll(async () => (await checks.progress(PBX))?.mark).toBe(String(source.rows.length));
  await untilVerdicts(["agrees"]);
  expect(await calls()).toHaveLength(1);
});

test("what was before the records were first read is nobody's to check", async () => {
  const source = new DealtRecords();
  source.deal(...scenario(ANSWERED).rows);
  const reconciler = start(source);
  await new Promise<void>((resolve) => void reconciler.onReading.add(resolve));
  expect(await verdicts()).toEqual([]);
  expect(await calls()).toEqual([]);
});

test("records that cannot be read are tried again, and who waits for them is not kept for ever", async () => {
  await following();
  const source = new DealtRecords();
  source.trouble = new CdrError("cdr/unreachable");
  const reconciler = start(source);
  const trouble = await new Promise<{ error: unknown }>((resolve) => void reconciler.onTrouble.add(resolve));
  expect(trouble.error).toMatchObject({ code: "cdr/unreachable" });
  expect(await reconciler.waitFor("nothing", now - 1)).toBe(true);
  source.deal(...scenario(ANSWERED).rows);
  source.trouble = undefined;
  await untilVerdicts(["recovered"]);
  const waiting = reconciler.waitFor("nothing", now + 600_000);
  await reconciler[Symbol.asyncDispose]();
  expect(await waiting).toBe(false);
});
