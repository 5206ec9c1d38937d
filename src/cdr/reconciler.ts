/**
 * Holds what we see of one PBX's calls against its own records, all the time. A call that nobody saw, or that was seen
 * in part, is taken from the records; of the others it is kept whether both agree. Running it again, or dying in the
 * middle, changes nothing: it begins again at the first record that has not been dealt with, and knows what it has told.
 */
import type { Call } from "../calls/call.ts";
import type { CdrCall } from "../calls/cdr-call.ts";
import { Alarm } from "../lib/alarm.ts";
import type { Clock } from "../lib/clock.ts";
import { Listeners } from "../lib/listeners.ts";
import type { CallArchive, CallKeeper, CdrCheck, CdrChecks, CdrProgress, CdrVerdict } from "./cdr-check.ts";
import type { CdrSource } from "./cdr-source.ts";
import { differences, isBetweenPeople, tellsNewSound } from "./differences.ts";
import { type CdrGroup, CdrGroups } from "./groups.ts";
import { findIntercepted, findSeen, idsOf } from "./match.ts";
import { type RowReader, type ToldCall, toCall } from "./to-call.ts";

export interface ReconcilerTiming {
  /** Between two looks at the records. */
  readonly pollMs: number;
  /** No further row of a call has come for so long: they are all there. */
  readonly quietMs: number;
  /** After so long the rows of a call are read once more, where they may change. */
  readonly againMs: number;
  /** So long the rows of a call are remembered, that a late one finds its own. */
  readonly rememberMs: number;
}

const TIMING: ReconcilerTiming = { pollMs: 10_000, quietMs: 3_000, againMs: 30_000, rememberMs: 10 * 60_000 };
const LONGEST_PAUSE_MS = 5 * 60_000;
/** A record that is not there so long after the last moment at which it could be written is missing. */
const MISSING_AFTER_MS = 2 * 60_000;
const MISSING_AT_ONCE = 100;

export interface ReconcilerOptions {
  readonly pbx: string;
  readonly source: CdrSource;
  readonly reader: RowReader;
  readonly archive: CallArchive;
  readonly checks: CdrChecks;
  readonly keeper: CallKeeper;
  /** All calls that the PBX has now are known to the keeper: what is not among them has ended. */
  readonly inSight: () => boolean;
  readonly clock: Clock;
  readonly random?: () => number;
  readonly timing?: Partial<ReconcilerTiming>;
}

export interface CdrTrouble {
  readonly error: unknown;
  readonly retryInMs: number;
}

export class Reconciler implements AsyncDisposable {
  /** What came of a call; the check is on disk. */
  readonly onChecked = new Listeners<CdrCheck>();
  readonly onTrouble = new Listeners<CdrTrouble>();
  /** Told when the records are read, the first time and after trouble. */
  readonly onReading = new Listeners<void>();

  readonly #options: ReconcilerOptions;
  readonly #timing: ReconcilerTiming;
  readonly #groups: CdrGroups;
  readonly #alarm = new Alarm();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #failures = 0;
  #isReading = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#timing = { ...TIMING, ...options.timing };
    this.#groups = new CdrGroups(options.reader);
  }

  /** Does not wait for the records: the service works without them. */
  start(): void {
    this.#running = this.#run();
  }

  /** There may be something new. */
  wake(): void {
    this.#alarm.ring();
  }

  /**
   * Resolves when the call has been compared with its records, or at `until` (epoch ms).
   * @returns false when it was given up because the service stops
   */
  async waitFor(callId: string, until: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    using _ = this.onChecked.add((check) => check.callId === callId && resolve());
    if ((await this.#options.checks.find(callId)) !== undefined) return true;
    const timer = setTimeout(resolve, Math.max(0, until - this.#options.clock.now()));
    const { signal } = this.#stopping;
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
    await promise;
    clearTimeout(timer);
    return !signal.aborted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    this.#alarm.ring();
    await this.#running;
    await this.#options.source[Symbol.asyncDispose]();
  }

  async #run(): Promise<void> {
    const { random = Math.random } = this.#options;
    let progress: CdrProgress | undefined;
    while (!this.#stopping.signal.aborted) {
      let pauseMs = this.#timing.pollMs;
      try {
        progress = await this.#round(progress);
        this.#failures = 0;
        if (!this.#isReading) this.onReading.tell();
        this.#isReading = true;
        if (this.#waitsForQuiet()) pauseMs = Math.min(pauseMs, this.#timing.quietMs);
      } catch (error) {
        pauseMs = Math.min(this.#timing.pollMs * 2 ** this.#failures++, LONGEST_PAUSE_MS) * (0.5 + random() / 2);
        this.#isReading = false;
        this.onTrouble.tell({ error, retryInMs: pauseMs });
      }
      await this.#alarm.sleep(pauseMs);
    }
  }

  /** Rows have come just now; a moment later it is known whether there were more. */
  #waitsForQuiet(): boolean {
    const since = this.#options.clock.now() - this.#timing.quietMs;
    return this.#groups.groups().some(({ settledAt, readAt }) => settledAt === null && readAt > since);
  }

  /** @param from where the last round left off; undefined: the first one */
  async #round(from: CdrProgress | undefined): Promise<CdrProgress> {
    const { pbx, source, checks, clock } = this.#options;
    const kept = from ?? (await checks.progress(pbx)) ?? { mark: await source.end(), since: clock.now() };
    const mark = await this.#read(kept.mark);
    await this.#readAgain();
    await this.#settle();
    const safe = { mark: this.#groups.firstUnsettled() ?? mark, since: kept.since };
    await checks.saveProgress(pbx, safe);
    this.#groups.forget(clock.now() - Math.max(this.#timing.rememberMs, source.lateMs));
    await this.#findMissing(kept.since);
    return { mark, since: kept.since };
  }

  async #read(mark: string): Promise<string> {
    const { source, clock } = this.#options;
    let from = mark;
    for (let more = true; more && !this.#stopping.signal.aborted; ) {
      const page = await source.read(from);
      for (const row of page.rows) this.#groups.add(row, clock.now());
      from = page.next;
      more = page.more;
    }
    return from;
  }

  async #readAgain(): Promise<void> {
    const { source, clock } = this.#options;
    if (source.again === undefined) return;
    for (const group of this.#groups.groups()) {
      if (group.isReadAgain || group.settledAt === null || clock.now() - group.settledAt < this.#timing.againMs)
        continue;
      const startedAt = Math.min(...group.rows.map((row) => row.startedAt));
      for (const linkedid of new Set(group.rows.flatMap((row) => row.linkedid ?? []))) {
        for (const row of await source.again(linkedid, startedAt)) this.#groups.add(row, clock.now());
      }
      group.isReadAgain = true;
    }
  }

  /** Attempts last: by then the calls that they were for are known. */
  async #settle(): Promise<void> {
    const { clock, reader } = this.#options;
    const due = this.#groups
      .groups()
      .filter((group) => group.settledAt === null && clock.now() - group.readAt >= this.#timing.quietMs)
      .map((group) => ({ group, told: toCall(group.rows, reader) }))
      .sort((one, two) => Number(one.told?.isBareAttempt ?? false) - Number(two.told?.isBareAttempt ?? false));
    for (const { group, told } of due) {
      if (this.#stopping.signal.aborted) return;
      if (group.settledAt === null) await this.#settleGroup(group, told);
    }
  }

  async #settleGroup(group: CdrGroup, told: ToldCall | null): Promise<void> {
    const { source, inSight, clock, pbx, archive } = this.#options;
    if (told === null) {
      group.settledAt = clock.now();
      return;
    }
    if ((!source.tellsWholeCalls && !inSight()) || this.#lives(told)) return;
    const seen = await this.#findSeen(told);
    if (seen?.endedAt === null || (seen !== undefined && this.#hasGrown(group, seen))) return;
    const isInterception =
      seen === undefined && told.isBareAttempt && (await findIntercepted(archive, pbx, told)) !== undefined;
    if (isInterception || (await this.#compare(told, seen))) group.settledAt = clock.now();
  }

  #findSeen(told: ToldCall): Promise<Call | undefined> {
    const { archive, checks, pbx } = this.#options;
    return findSeen(archive, pbx, told, async ({ id, linkedids }) => {
      return linkedids.some((linkedid) => this.#groups.knows(linkedid)) || (await checks.find(id)) !== undefined;
    });
  }

  /** It goes on: rows of its first parts are written while the rest of it is still talked. */
  #lives(told: ToldCall): boolean {
    const ids = idsOf(told);
    return this.#options.keeper.unsettled().some(({ linkedids }) => linkedids.some((id) => ids.has(id)));
  }

  /** What we saw as one call may be told by rows that share nothing. They are joined, and looked at in the next round. */
  #hasGrown(group: CdrGroup, seen: Call): boolean {
    const before = group.rows.length;
    this.#groups.unite(seen.linkedids);
    return !this.#groups.groups().includes(group) || group.rows.length > before;
  }

  /** @returns false when it has come back to life while we looked */
  async #compare(told: ToldCall, seen: Call | undefined): Promise<boolean> {
    const { archive, keeper, checks, pbx, clock } = this.#options;
    const record = recordOf(told);
    const before = seen && (await checks.find(seen.id));
    if (before !== undefined && JSON.stringify(before.told) === JSON.stringify(record)) return true;
    const verdict = verdictOn(seen, before, record);
    if (verdict === "recovered" || verdict === "completed") {
      const history = seen === undefined ? [] : await archive.eventsOf(seen.id);
      if (this.#lives(told)) return false;
      keeper.recover(record, history);
      await keeper.kept();
    }
    const call = seen ?? (await this.#findSeen(told));
    if (call === undefined) throw new Error("a recovered call is not in the journal");
    const check: CdrCheck = {
      callId: call.id,
      verdict,
      differences: seen !== undefined && verdict === "differs" ? differences(seen, record) : [],
      told: record,
      seen: before?.seen ?? seen ?? null,
      checkedAt: clock.now(),
    };
    await checks.save(pbx, check);
    this.onChecked.tell(check);
    return true;
  }

  async #findMissing(since: number): Promise<void> {
    const { checks, pbx, source, clock, inSight } = this.#options;
    if (!inSight()) return;
    const until = clock.now() - source.lateMs - MISSING_AFTER_MS;
    for (const seen of await checks.unchecked(pbx, since, until, MISSING_AT_ONCE)) {
      const check: CdrCheck = {
        callId: seen.id,
        verdict: isBetweenPeople(seen) ? "missing" : "agrees",
        differences: [],
        told: null,
        seen,
        checkedAt: clock.now(),
      };
      await checks.save(pbx, check);
      this.onChecked.tell(check);
    }
  }
}

function verdictOn(seen: Call | undefined, before: CdrCheck | undefined, told: CdrCall): CdrVerdict {
  // A late row tells more of a call that we have from the records anyway.
  if (seen === undefined || before?.verdict === "recovered") return "recovered";
  if (seen.partial || tellsNewSound(seen, told)) return "completed";
  return differences(seen, told).length === 0 ? "agrees" : "differs";
}

/** What is kept; without linkedids in the records the channels' own ids stand for them. */
function recordOf({ isBareAttempt: _, uniqueids, ...told }: ToldCall): CdrCall {
  return { ...told, linkedids: told.linkedids.length > 0 ? told.linkedids : uniqueids };
}
