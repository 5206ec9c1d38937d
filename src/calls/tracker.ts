/**
 * The live calls of one PBX. A picture of them is told at once: who looks at it must see who rings, whatever the disk does.
 * Whoever acts on a conclusion hears of it when it is in the journal, on disk. What came in one turn of the event loop is
 * told, and written, in one go.
 */
import { Listeners } from "../lib/listeners.ts";
import type { Call } from "./call.ts";
import type { CallEvent } from "./call-event.ts";
import type { CdrCall } from "./cdr-call.ts";
import { type CallJournal, changedCalls, type JournalEntry } from "./journal.ts";
import type { LegEvent, LegId } from "./leg-event.ts";
import { LiveCalls } from "./live-calls.ts";

/** The journal could not be written; nothing is lost, it is tried again in `retryInMs`. */
export interface JournalTrouble {
  readonly error: unknown;
  readonly waiting: number;
  readonly retryInMs: number;
}

export interface TrackerOptions {
  readonly pbx: string;
  readonly journal: CallJournal;
  /**
   * So long after one batch the next one is written at the earliest, milliseconds. Where many calls go on at once it
   * spares most commits; what comes after a quiet moment is written at once. Default 0.
   */
  readonly gatherMs?: number;
  /** Wait before the next try after so many failures, milliseconds. */
  readonly retryDelayMs?: (failures: number) => number;
}

export class Tracker {
  /** The calls that have changed, each as it is now; told at once, and not on disk yet. */
  readonly onHeard = new Listeners<readonly Call[]>();
  /** Told after they are on disk, in order; several entries may be about one call. */
  readonly onKept = new Listeners<readonly JournalEntry[]>();
  readonly onTrouble = new Listeners<JournalTrouble>();
  /** Told once when the journal takes writes again after trouble. */
  readonly onRecovered = new Listeners<void>();

  readonly #journal: CallJournal;
  readonly #gatherMs: number;
  readonly #retryDelayMs: (failures: number) => number;
  readonly #calls: LiveCalls;
  /** Live calls as they were told last: whoever asks for them is never ahead of those who listen. */
  readonly #told = new Map<string, Call>();
  /** What is to be told at the end of this turn. */
  #heard: JournalEntry[] = [];
  /** What is not on disk yet, in order; the first of it may be on its way. */
  #pending: JournalEntry[] = [];
  /** Of all that was ever taken. */
  #keptCount = 0;
  readonly #awaited: { readonly count: number; readonly resolve: () => void }[] = [];
  #writing: Promise<void> | undefined;
  #wakeUp: (() => void) | undefined;
  #isClosing = false;

  #lastBatchAt = Number.NEGATIVE_INFINITY;

  constructor(options: TrackerOptions) {
    const { pbx, journal, gatherMs = 0 } = options;
    const { retryDelayMs = (failures: number) => Math.min(250 * 2 ** failures, 15_000) } = options;
    this.#gatherMs = gatherMs;
    this.#calls = new LiveCalls(pbx);
    this.#journal = journal;
    this.#retryDelayMs = retryDelayMs;
  }

  /** Before anything is heard: goes on with the calls that lived when the service stopped. */
  restore(live: readonly { readonly call: Call; readonly events: readonly CallEvent[] }[]): void {
    this.#calls.restore(live.map(({ events }) => events));
    for (const { call } of live) this.#told.set(call.id, call);
  }

  hear(heard: readonly LegEvent[]): void {
    for (const event of heard) this.#take(this.#calls.hear(event));
  }

  /** After a gap: all legs but these are gone, however they ended. */
  keepOnly(present: ReadonlySet<LegId>, at: number): void {
    this.#take(this.#calls.keepOnly(present, at));
  }

  /**
   * An ended call that was not seen whole, as the PBX's records tell it.
   * @param history all events of the call as far as it was seen; none: nobody saw it
   */
  recover(told: CdrCall, history: readonly CallEvent[]): void {
    this.#take(this.#calls.recover(told, history));
  }

  /** Calls that have not ended, as they were told last. */
  live(): Call[] {
    return [...this.#told.values()];
  }

  /** Calls that have not ended as far as the journal knows, too: the end of some waits for the disk. */
  unsettled(): Call[] {
    const waiting = changedCalls(this.#pending).map((call) => [call.id, call] as const);
    return [...new Map([...this.#told, ...waiting]).values()];
  }

  /** When all that was heard until now is on disk and told. Rejects never; with a full disk it waits. */
  async kept(): Promise<void> {
    if (this.#pending.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited.push({ count: this.#keptCount + this.#pending.length, resolve });
    await promise;
  }

  /** Tries a last time to write what still waits. @throws what the journal said, when it could not be kept */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#wakeUp?.();
    await this.#writing;
    if (this.#pending.length > 0) await this.#journal.append(this.#pending);
    this.#settle(this.#pending.length);
  }

  #take(entries: readonly JournalEntry[]): void {
    if (entries.length === 0) return;
    if (this.#heard.length === 0) setImmediate(() => this.#tellHeard());
    this.#heard.push(...entries);
    this.#pending.push(...entries);
    this.#writing ??= this.#write();
  }

  #tellHeard(): void {
    if (this.#heard.length === 0) return;
    const changed = changedCalls(this.#heard);
    this.#heard = [];
    for (const call of changed) {
      if (call.endedAt === null) this.#told.set(call.id, call);
      else this.#told.delete(call.id);
    }
    this.onHeard.tell(changed);
  }

  async #write(): Promise<void> {
    let failures = 0;
    // The rest of this turn's events come along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0 && !(this.#isClosing && failures > 0)) {
      const wait = this.#lastBatchAt + this.#gatherMs - performance.now();
      if (wait > 0) await this.#pause(wait);
      this.#lastBatchAt = performance.now();
      const batch = [...this.#pending];
      try {
        await this.#journal.append(batch);
        if (failures > 0) this.onRecovered.tell();
        failures = 0;
      } catch (error) {
        const retryInMs = this.#retryDelayMs(failures++);
        this.onTrouble.tell({ error, waiting: this.#pending.length, retryInMs });
        await this.#pause(retryInMs);
        continue;
      }
      this.#tellHeard(); // nobody acts on what is not shown
      this.onKept.tell(batch);
      this.#settle(batch.length);
    }
    this.#writing = undefined;
  }

  /** So many of those that waited are on disk. */
  #settle(count: number): void {
    this.#pending.splice(0, count);
    this.#keptCount += count;
    while ((this.#awaited[0]?.count ?? Number.POSITIVE_INFINITY) <= this.#keptCount) this.#awaited.shift()?.resolve();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wakeUp = undefined;
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#wakeUp = wake;
      if (this.#isClosing) wake();
    });
  }
}
