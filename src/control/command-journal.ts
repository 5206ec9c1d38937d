import type { CommandKind, PhoneOutcome } from "./command.ts";

/**
 * What became of one command, for ever: who, when, what was seen, how it ended. What the service does by itself
 * (interception) and what it decides not to do stand here too.
 */
export interface CommandRecord {
  /** Ours, one for each command that was asked for; a repeated one has none of its own. */
  readonly id: string;
  readonly pbx: string;
  readonly kind: CommandKind | "interception" | "decide-interception";
  /** null: the service itself. */
  readonly by: { readonly name: string; readonly userId: number | null } | null;
  /** The employee's own phone that it is about. */
  readonly extension: string | null;
  /** The call it was asked about; null for a dial. */
  readonly callId: string | null;
  /** Number or extension that was asked for. */
  readonly target: string | null;
  /** What was written to whoever the call is handed over to. */
  readonly note?: string;
  /** Epoch milliseconds of our clock. */
  readonly askedAt: number;
  /** States it went through, in the words of its procedure; of a decision, its reasons and whom they are about. */
  readonly seen: readonly { readonly at: number; readonly state: string; readonly extension?: string }[];
  /** The last outcome; null when there is none yet. */
  readonly outcome: PhoneOutcome | null;
  /** null while it runs. */
  readonly endedAt: number | null;
}

/** Implemented by `store/`. */
export interface CommandJournal {
  /** Keeps the record, in the place of an earlier one with its id. Rejects when it could not be kept. */
  keep(record: CommandRecord): Promise<void>;
}

/** Implemented by `store/`. */
export interface CommandHistory {
  /** The commands about a call, as they were asked. */
  ofCall(callId: string): Promise<readonly CommandRecord[]>;
}
