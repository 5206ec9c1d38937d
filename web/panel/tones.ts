/** Digits on their way into a talk: what is typed while the PBX still plays the last ones goes together, in order. */
import type { CommandEnd } from "../live/commands.ts";

interface Leg {
  readonly callId: string;
  readonly legId: string;
}

/** `id` is new; what became of the command may be told before this returns. */
type Send = (id: string, leg: Leg, digits: string) => void;

export class Tones {
  readonly #send: Send;
  #leg: Leg | null = null;
  #waiting = "";
  /** The command under way, by its id. */
  #running: string | null = null;

  constructor(send: Send) {
    this.#send = send;
  }

  press(leg: Leg, digit: string): void {
    if (this.#leg?.legId !== leg.legId) this.#waiting = "";
    this.#leg = leg;
    this.#waiting += digit;
    this.#sendNext();
  }

  takeEnd(id: string, end: CommandEnd): void {
    if (id !== this.#running) return;
    this.#running = null;
    // After a gap the rest would be another number.
    if (end.state === "done") this.#sendNext();
    else this.#waiting = "";
  }

  #sendNext(): void {
    if (this.#running !== null || this.#waiting === "" || this.#leg === null) return;
    const digits = this.#waiting;
    this.#waiting = "";
    this.#running = crypto.randomUUID();
    this.#send(this.#running, this.#leg, digits);
  }
}
