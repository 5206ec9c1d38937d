import type { Call } from "../calls/call.ts";
import type { CallEvent } from "../calls/call-event.ts";
import type { CdrCall } from "../calls/cdr-call.ts";
import type { CdrDifference } from "./differences.ts";

/**
 * What came of comparing a call with the PBX's records of it:
 * - `agrees`: both tell the same, or nothing where nobody was called; `differs`: they do not, both versions are kept
 * - `completed`: we saw it in part, the records told the rest; `recovered`: we saw nothing of it
 * - `missing`: we saw it, and no record of it came in time
 */
export type CdrVerdict = "agrees" | "differs" | "completed" | "recovered" | "missing";

export interface CdrCheck {
  readonly callId: string;
  readonly verdict: CdrVerdict;
  /** Empty unless `differs`. */
  readonly differences: readonly CdrDifference[];
  /** What the records tell; null when they tell nothing. */
  readonly told: CdrCall | null;
  /** The call as we had seen it; null when we had not. */
  readonly seen: Call | null;
  readonly checkedAt: number;
}

/** How far the records of a PBX have been read. */
export interface CdrProgress {
  /** Where to read on; only the source understands it. */
  readonly mark: string;
  /** When they were first read: calls before are none of ours to check. Epoch ms. */
  readonly since: number;
}

/** What was found out, kept for ever. Implemented by `store/`. */
export interface CdrChecks {
  progress(pbx: string): Promise<CdrProgress | undefined>;
  saveProgress(pbx: string, progress: CdrProgress): Promise<void>;
  find(callId: string): Promise<CdrCheck | undefined>;
  save(pbx: string, check: CdrCheck): Promise<void>;
  /** Calls of their own that ended between the two moments and have not been compared with anything, oldest first. */
  unchecked(pbx: string, from: number, until: number, limit: number): Promise<readonly Call[]>;
}

/** The journal, as far as calls are looked up in it. Implemented by `store/`. */
export interface CallArchive {
  find(callId: string): Promise<Call | undefined>;
  eventsOf(callId: string): Promise<readonly CallEvent[]>;
  /** Calls of this PBX that began between the two moments, epoch ms, both included. */
  startedBetween(pbx: string, from: number, until: number): Promise<readonly Call[]>;
}

/** Who knows the calls that live now, and takes up those that ended unseen. */
export interface CallKeeper {
  /** Calls that have not ended as far as the journal knows. */
  unsettled(): readonly Call[];
  recover(told: CdrCall, history: readonly CallEvent[]): void;
  /** When all that was taken up until now is on disk and told. */
  kept(): Promise<void>;
}
