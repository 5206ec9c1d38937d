/** What the person writes of calls for the CRM, kept here until the service has it. Pure. */
import type { CallNoteView, CardView, PanelCommand } from "../../src/panel/protocol.ts";
import type { Failure } from "./panel-state.ts";

/** Commands that say something of a call. */
export type WordCommand = Extract<PanelCommand, { readonly kind: "note-call" | "move-call" }>;

/** The service takes no longer words. Characters. */
export const LONGEST_WORDS = 300;

export interface CallNote {
  readonly callId: string;
  /** The person has asked for its field. */
  readonly isOpen: boolean;
  /** The cursor is in it. */
  readonly isHeld: boolean;
  /** What the service has; null: it has not told yet. */
  readonly told: CallNoteView | null;
  /** What stands in the field; null: what was told. */
  readonly text: string | null;
  /** What the service had when the text was written, before the page was loaded anew; null: that is not known. */
  readonly over: string | null;
  /** The card that was chosen and is not on its way yet; null: none. */
  readonly moveTo: string | null;
  /** On its way; null: nothing is. */
  readonly sending: WordCommand | null;
  /** What came to nothing, and why. */
  readonly failure: { readonly command: WordCommand; readonly why: Failure } | null;
  /** What was kept last, since the field was opened. */
  readonly kept: WordCommand["kind"] | null;
}

export type NoteStep =
  | { readonly kind: "opened" | "closed"; readonly callId: string }
  /** `note`: null when the service could not tell. */
  | { readonly kind: "told"; readonly callId: string; readonly note: CallNoteView | null }
  | { readonly kind: "typed"; readonly callId: string; readonly text: string }
  /** Written before the page was loaded anew. */
  | { readonly kind: "restored"; readonly callId: string; readonly text: string; readonly over: string | null }
  | { readonly kind: "placed"; readonly callId: string; readonly path: string }
  | { readonly kind: "held"; readonly callId: string; readonly isHeld: boolean };

const NOTHING_TOLD: CallNoteView = { text: "", path: null, places: [] };

/** What the CRM has of a call stands beside its client: of talks among colleagues, and of whoever hides, it has nothing. */
export function mayHaveNote({ direction, number }: Pick<CardView, "direction" | "number">): boolean {
  return direction !== "internal" && number !== null;
}

export function stepNotes(notes: readonly CallNote[], step: NoteStep): readonly CallNote[] {
  const { callId } = step;
  const isNew = (step.kind === "opened" || step.kind === "restored") && !notes.some((one) => one.callId === callId);
  const all = isNew ? [...notes, newNote(callId)] : notes;
  return withoutSettled(all.map((note) => (note.callId === callId ? stepNote(note, step) : note)));
}

function newNote(callId: string): CallNote {
  return {
    callId,
    isOpen: false,
    isHeld: false,
    told: null,
    text: null,
    over: null,
    moveTo: null,
    sending: null,
    failure: null,
    kept: null,
  };
}

function stepNote(note: CallNote, step: NoteStep): CallNote {
  switch (step.kind) {
    case "opened":
      return { ...note, isOpen: true };
    case "closed":
      return { ...note, isOpen: false, isHeld: false, kept: null };
    case "told":
      return takeTold(note, step.note ?? note.told ?? NOTHING_TOLD);
    case "typed":
      return { ...note, text: step.text, failure: null, kept: null };
    case "restored":
      return { ...note, text: step.text, over: step.over };
    case "placed":
      return { ...note, moveTo: step.path, failure: null, kept: null };
    case "held":
      return { ...note, isHeld: step.isHeld };
  }
}

function takeTold(note: CallNote, told: CallNoteView): CallNote {
  const { text, sending, over } = note;
  if (note.told === null) {
    // Written before it was known that somebody had written already: neither is lost.
    const isLate = told.text !== "" && told.text !== over && unsentWords({ told, text }) !== null;
    return { ...note, told, text: isLate ? `${told.text} ${text}`.slice(0, LONGEST_WORDS) : text };
  }
  // What is on its way, or has yet to go, is newer than what was told.
  if (sending !== null || unsentWords(note) !== null) return { ...note, told: { ...note.told, places: told.places } };
  return { ...note, told, text: null };
}

/** Cards that have gone take their fields with them; what the service does not have yet is kept all the same. */
export function closeNotes(notes: readonly CallNote[], callIds: readonly string[]): readonly CallNote[] {
  return callIds.reduce((all, callId) => stepNotes(all, { kind: "closed", callId }), notes);
}

export function isWord(command: PanelCommand): command is WordCommand {
  return command.kind === "note-call" || command.kind === "move-call";
}

/** A command that says something was given. */
export function sendWords(notes: readonly CallNote[], command: WordCommand): readonly CallNote[] {
  return notes.map((note) => {
    if (note.callId !== command.callId) return note;
    const moveTo = command.kind === "move-call" ? null : note.moveTo;
    return { ...note, moveTo, sending: command, failure: null, kept: null };
  });
}

/** @param why null: it was kept */
export function endWords(notes: readonly CallNote[], command: WordCommand, why: Failure | null): readonly CallNote[] {
  const ended = notes.map((note): CallNote => {
    if (note.callId !== command.callId) return note;
    if (why !== null) return { ...note, sending: null, failure: { command, why } };
    const told = note.told ?? NOTHING_TOLD;
    const has = command.kind === "note-call" ? { text: command.text } : { path: command.path };
    return { ...note, sending: null, kept: command.kind, told: { ...told, ...has } };
  });
  return withoutSettled(ended);
}

/** It was the link's fault: what it could not carry goes again when it is back. */
export function isResent(failure: Failure): boolean {
  return failure === "not-sent" || failure === "timed-out";
}

/** What is to be sent: the words that stand in the field and that the service does not have; null: it has them. */
export function unsentWords({ told, text }: Pick<CallNote, "told" | "text">): string | null {
  if (text === null) return null;
  const line = text.replace(/\s+/g, " ").trim();
  return line === (told?.text ?? "") ? null : line;
}

/** The person is not done with it, or the service does not have it yet: it stays where it is seen. */
export function isUnsettled(note: CallNote): boolean {
  const { isHeld, moveTo, sending, failure } = note;
  return isHeld || moveTo !== null || sending !== null || failure !== null || unsentWords(note) !== null;
}

export function noteOf(notes: readonly CallNote[], callId: string): CallNote | null {
  return notes.find((note) => note.callId === callId) ?? null;
}

function withoutSettled(notes: readonly CallNote[]): readonly CallNote[] {
  return notes.filter((note) => note.isOpen || isUnsettled(note));
}
