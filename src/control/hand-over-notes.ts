/** What employees write to whom they hand a call over to. Lives as long as the call. */
import type { Call } from "../calls/call.ts";
import { Listeners } from "../lib/listeners.ts";
import type { CommandRecord } from "./command-journal.ts";

export interface HandOverNote {
  /** Extension or number that the call is handed over to. */
  readonly to: string;
  /** Extension of the one who wrote it. */
  readonly by: string;
  readonly text: string;
}

export class HandOverNotes {
  /** Told the call whose note has changed. */
  readonly onChange = new Listeners<string>();
  readonly #notes = new Map<string, HandOverNote>();

  write(callId: string, note: HandOverNote): void {
    if (note.text.trim() === "") this.#notes.delete(callId);
    else this.#notes.set(callId, { ...note, text: note.text.trim() });
    this.onChange.tell(callId);
  }

  /** Writes anew what was written before the service stopped, as the journal of the call's commands tells it. */
  restore(callId: string, commands: readonly CommandRecord[]): void {
    let note: HandOverNote | undefined;
    for (const { kind, target, extension, note: text, outcome } of commands) {
      if (text === undefined) continue;
      if (kind === "hand-over-note") note = note && outcome?.state === "done" ? { ...note, text } : note;
      else if (target !== null && extension !== null) note = { to: target, by: extension, text };
    }
    if (note !== undefined) this.write(callId, note);
  }

  noteOf(callId: string): HandOverNote | undefined {
    return this.#notes.get(callId);
  }

  onCall(call: Call): void {
    if (call.endedAt === null) return;
    const note = this.#notes.get(call.id);
    if (note === undefined) return;
    this.#notes.delete(call.id);
    if (call.mergedInto !== null) this.#notes.set(call.mergedInto, note);
  }
}
