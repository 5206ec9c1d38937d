/** Takes what the person writes of calls to the service: as it is typed, one after another, and again when the link was lost. */
import type { PanelRequest } from "../../src/panel/protocol.ts";
import type { Stop } from "../live/panel-link.ts";
import { type CallNote, isResent, type NoteStep, noteOf, unsentWords, type WordCommand } from "./call-notes.ts";
import type { KeptNote } from "./kept-words.ts";

/** A pause in typing: what stands there may be worth keeping. Each time it is kept, the CRM is told. */
const PAUSE_MS = 1_500;
/** A call is written to the CRM some seconds after its end: so often, and so many times, it is asked which card has it. */
const ASK_AGAIN_MS = 3_000;
const ASKS_AGAIN = 5;

export interface NoteDeskPorts {
  notes(): readonly CallNote[];
  /** Path of the card that the CRM shows; null: it shows none. */
  openCard(): string | null;
  happen(step: NoteStep): void;
  /** False when there is no live link. */
  send(request: PanelRequest): boolean;
  give(command: WordCommand): void;
  after(milliseconds: number, act: () => void): Stop;
}

export class NoteDesk {
  readonly #ports: NoteDeskPorts;
  readonly #pauses = new Map<string, Stop>();
  /** Fields on the screen of which it is still to be asked, and how many times more. */
  readonly #asksLeft = new Map<string, number>();

  constructor(ports: NoteDeskPorts) {
    this.#ports = ports;
  }

  /** Brings its field to the screen, or puts it away. */
  toggle(callId: string): void {
    if (noteOf(this.#ports.notes(), callId)?.isOpen) this.close(callId);
    else this.#ports.happen({ kind: "opened", callId });
  }

  /** Its field is on the screen. */
  open(callId: string): void {
    this.#ports.happen({ kind: "opened", callId });
    this.#asksLeft.set(callId, ASKS_AGAIN);
    this.ask(callId);
  }

  /** Its field is on the screen no more: what stands there is kept. */
  gone(callId: string): void {
    this.#asksLeft.delete(callId);
    this.leave(callId);
  }

  /** The cursor has come to its field. */
  hold(callId: string): void {
    this.#ports.happen({ kind: "held", callId, isHeld: true });
  }

  /** The cursor has left its field: what stands there is kept. */
  leave(callId: string): void {
    this.save(callId);
    this.#ports.happen({ kind: "held", callId, isHeld: false });
  }

  /** What was said of the call before, and the cards on which it may be put now. */
  ask(callId: string): void {
    this.#ports.send({ type: "get-call-note", callId, open: this.#ports.openCard() });
  }

  take(callId: string, note: Extract<NoteStep, { kind: "told" }>["note"]): void {
    this.#ports.happen({ kind: "told", callId, note });
    if (note?.path === null) this.#askAgain(callId);
    if (!this.#pauses.has(callId)) this.save(callId);
  }

  type(callId: string, text: string): void {
    this.#ports.happen({ kind: "typed", callId, text });
    this.#pauses.get(callId)?.();
    this.#pauses.set(
      callId,
      this.#ports.after(PAUSE_MS, () => this.save(callId)),
    );
  }

  /** Nothing to do where the service has the words, or will be given the last ones after those that are on their way. */
  save(callId: string): void {
    this.#pauses.get(callId)?.();
    this.#pauses.delete(callId);
    const note = noteOf(this.#ports.notes(), callId);
    const text = note && unsentWords(note);
    // Before it is known what was said already, the words would take its place.
    if (text === null || note?.told == null || note.sending !== null) return;
    this.#ports.give({ kind: "note-call", callId, text });
  }

  /** Puts the call on another card. */
  put(callId: string, path: string): void {
    this.#ports.happen({ kind: "placed", callId, path });
    this.#move(callId);
  }

  retry({ callId, failure }: CallNote): void {
    if (failure?.command.kind === "move-call") this.#ports.give(failure.command);
    else this.save(callId);
  }

  close(callId: string): void {
    this.save(callId);
    this.#ports.happen({ kind: "closed", callId });
  }

  /** To be told after the note has taken the end in. */
  commandEnded({ callId }: WordCommand): void {
    const note = noteOf(this.#ports.notes(), callId);
    if (note?.failure !== null) return;
    // Meanwhile the call may have been written to the CRM: on which card, is known then.
    if (note.told?.path === null) this.ask(callId);
    this.#move(callId);
    if (!this.#pauses.has(callId)) this.save(callId);
  }

  /** The link is there, again perhaps: what it could not carry goes now. */
  linkIsLive(): void {
    for (const note of this.#ports.notes()) {
      if (note.told === null) this.ask(note.callId);
      else if (note.failure !== null && isResent(note.failure.why)) this.retry(note);
      else {
        this.#move(note.callId);
        this.save(note.callId);
      }
    }
  }

  /** What was left when the page went away; it goes as soon as it is known what the service has. */
  restore(kept: readonly KeptNote[]): void {
    for (const note of kept) this.#ports.happen({ kind: "restored", ...note });
  }

  /** The page goes away: what stands in the fields goes with the last breath. */
  saveAll(): void {
    for (const { callId } of this.#ports.notes()) this.save(callId);
  }

  #askAgain(callId: string): void {
    const left = this.#asksLeft.get(callId) ?? 0;
    if (left === 0) return;
    this.#asksLeft.set(callId, left - 1);
    this.#ports.after(ASK_AGAIN_MS, () => {
      if (this.#asksLeft.has(callId)) this.ask(callId);
    });
  }

  #move(callId: string): void {
    const note = noteOf(this.#ports.notes(), callId);
    if (note?.sending !== null || note.moveTo === null) return;
    this.#ports.give({ kind: "move-call", callId, path: note.moveTo });
  }
}
