/**
 * The live calls of one PBX, kept before they are told: what was concluded is in the journal, on disk, before any
 * listener hears of it. What came in one turn of the event loop is written in one go.
 */
import { Listeners } from "../lib/listeners.ts";
import type { Call } from "./call.ts";
import type { CallEvent } from "./call-event.ts";
import type { CdrCall } from "./cdr-call.ts";
import type { CallJournal, JournalEntry } from "./journal.ts";
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
  /** Told after they are on disk, in order; several entries may be about one call. */
  readonly onChange = new Listeners<readonly JournalEntry[]>();
  readonly onTrouble = new Listeners<JournalTrouble>();
  /** Told once when the journal takes writes again after trouble. */
  readonly onRecovered = new Listeners<void>();

  readonly #journal: CallJournal;
  readonly #gatherMs: number;
  readonly #retryDelayMs: (failures: number) => number;
  readonly #calls: LiveCalls;
  /** As they were told last. */
  readonly #told = new Map<string, Call>();
  #pending: JournalEntry[] = [];
  #writing: Promise<void> | undefined;
  #wakeUp: (() => void) | undefined;

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

  /** Calls that live, as they were told last. */
  live(): Call[] {
    return [...this.#told.values()];
  }

  /** When all that was heard is on disk and told. Rejects never; with a full disk it waits. */
  async settled(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  /** Tries a last time to write what still waits. @throws what the journal said, when it could not be kept */
  async close(): Promise<void> {
    this.#closing = true;
    this.#wakeUp?.();
    await this.settled();
    if (this.#pending.length > 0) await this.#journal.append(this.#pending);
    this.#pending = [];
  }

  #closing = false;

  #take(entries: readonly JournalEntry[]): void {
    if (entries.length === 0) return;
    this.#pending.push(...entries);
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    let failures = 0;
    // The rest of this turn's events come along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0 && !(this.#closing && failures > 0)) {
      const wait = this.#lastBatchAt + this.#gatherMs - performance.now();
      if (wait > 0) await this.#pause(wait);
      this.#lastBatchAt = performance.now();
      const batch = this.#pending;
      this.#pending = [];
      try {
        await this.#journal.append(batch);
        if (failures > 0) this.onRecovered.tell();
        failures = 0;
      } catch (error) {
        this.#pending = [...batch, ...this.#pending];
        const retryInMs = this.#retryDelayMs(failures++);
        this.onTrouble.tell({ error, waiting: this.#pending.length, retryInMs });
        await this.#pause(retryInMs);
        continue;
      }
      this.#tell(batch);
    }
    this.#writing = undefined;
  }

  #tell(batch: readonly JournalEntry[]): void {
    const last = new Map(batch.map((entry) => [entry.call.id, entry]));
    for (const [id, { call }] of last) {
      if (call.endedAt === null) this.#told.set(id, call);
      else this.#told.delete(id);
    }
    this.onChange.tell(batch);
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
      if (this.#closing) wake();
    });
  }
}
