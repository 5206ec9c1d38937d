import type { CdrRow } from "./cdr-row.ts";

export interface CdrPage {
  /** In the order in which they were written, as far as the source knows it. Rows may come that were read before. */
  readonly rows: readonly CdrRow[];
  /** Where to read on. */
  readonly next: string;
  /** There is more to read now. */
  readonly more: boolean;
}

/** Where a PBX keeps its call records. Nothing is ever written there. Each method throws CdrError. */
export interface CdrSource extends AsyncDisposable {
  /** Rows are written only when the whole call is over (MikoPBX), not as soon as its parts are. */
  readonly tellsWholeCalls: boolean;
  /** How late after its end a row may still be written, milliseconds. */
  readonly lateMs: number;
  /** Where the records end now: reading from there gives only what is written later. */
  end(): Promise<string>;
  read(from: string): Promise<CdrPage>;
  /**
   * All rows of a call once more, where written rows may still change (MikoPBX fills the recording in later).
   * Absent where they do not.
   */
  again?(linkedid: string, startedAt: number): Promise<readonly CdrRow[]>;
}
