import type { Call } from "./call.ts";
import type { CallEvent } from "./call-event.ts";

/** One conclusion about one call, and the call after it. */
export interface JournalEntry {
  readonly event: CallEvent;
  readonly call: Call;
}

/**
 * The calls that some entries are about, each as it is after them, in the order of their last changes: whoever follows a
 * call into the one it became part of hears of that one afterwards.
 */
export function changedCalls(entries: readonly JournalEntry[]): readonly Call[] {
  const last = new Map<string, JournalEntry>();
  for (const entry of entries) {
    last.delete(entry.event.callId);
    last.set(entry.event.callId, entry);
  }
  return [...last.values()].map(({ call }) => call);
}

/**
 * Where call events are kept for ever; the truth from which everything else can be rebuilt.
 * Implemented by `store/`.
 */
export interface CallJournal {
  /**
   * Keeps the entries in order. Resolves when they are on disk and would survive a power cut; nobody may act
   * on them before. Rejects when they could not be kept (a full disk): the caller keeps them and tries again.
   */
  append(entries: readonly JournalEntry[]): Promise<void>;
  /** The calls of this PBX that have not ended, with all their events in order, to go on from after a restart. */
  liveCalls(pbx: string): Promise<readonly { readonly call: Call; readonly events: readonly CallEvent[] }[]>;
}

/** What the journal remembers of calls that are over. Implemented by `store/`. */
export interface CallMemory {
  /** The calls of this PBX that began last, of those that have ended; at most so many, the oldest first. */
  lastEnded(pbx: string, most: number): Promise<readonly Call[]>;
}
