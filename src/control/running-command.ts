import { type PhoneControl, PhoneControlError, type PhoneRequest } from "../calls/phone-control.ts";
import { Listeners } from "../lib/listeners.ts";
import type { PhoneOutcome } from "./command.ts";
import { type Heard, isOver, type Over, type Procedure } from "./procedure.ts";

/** A command under way, whatever its states are. */
export interface Running extends Disposable {
  readonly isOver: boolean;
  readonly holdsLeg: boolean;
  start(): void;
  follow(listener: (outcome: PhoneOutcome) => void): void;
  onState(listener: (state: string) => void): void;
  hear(heard: Heard): void;
}

/** A procedure, ready to be run before these phones. */
export type Runnable = (phones: Pick<PhoneControl, "ask">) => Running;

export function toRunnable<S extends { readonly state: string }>(procedure: Procedure<S>): Runnable {
  return (phones) => new RunningCommand(procedure, phones);
}

/**
 * One command under way: turns its procedure, asks the phones for what its states ask for, keeps its deadlines, tells
 * each outcome once to whoever asked.
 */
export class RunningCommand<S extends { readonly state: string }> implements Running {
  readonly #procedure: Procedure<S>;
  readonly #phones: Pick<PhoneControl, "ask">;
  readonly #outcomes = new Listeners<PhoneOutcome>();
  readonly #states = new Listeners<string>();
  #state: S | Over;
  #outcome: PhoneOutcome | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isForgotten = false;

  constructor(procedure: Procedure<S>, phones: Pick<PhoneControl, "ask">) {
    this.#procedure = procedure;
    this.#phones = phones;
    this.#state = procedure.begin;
  }

  /** To be called once, when whoever wants to hear is listening. */
  start(): void {
    if (!isOver(this.#state)) this.#enter(this.#state);
  }

  get isOver(): boolean {
    return isOver(this.#state);
  }

  get holdsLeg(): boolean {
    return !isOver(this.#state) && this.#procedure.holdsLeg(this.#state);
  }

  /** Tells the outcome so far, if there is one, and each that follows. */
  follow(listener: (outcome: PhoneOutcome) => void): void {
    if (this.#outcome !== undefined) listener(this.#outcome);
    if (!this.isOver) this.#outcomes.add(listener);
  }

  /** Tells the name of each state that is entered from now on. */
  onState(listener: (state: string) => void): void {
    this.#states.add(listener);
  }

  hear(heard: Heard): void {
    const before = this.#state;
    if (isOver(before) || this.#isForgotten) return;
    const after = this.#procedure.decide(before, heard);
    if (after === before) return;
    this.#state = after;
    if (isOver(after)) {
      clearTimeout(this.#timer);
      this.#tell(after.outcome);
      return;
    }
    if (after.state !== before.state) this.#enter(after);
  }

  /** Nothing more is heard, asked or told: how it ended is not known here. */
  [Symbol.dispose](): void {
    this.#isForgotten = true;
    clearTimeout(this.#timer);
  }

  #enter(state: S): void {
    clearTimeout(this.#timer);
    const lastsAtMost = this.#procedure.lastsAtMost(state);
    if (lastsAtMost !== null) this.#timer = setTimeout(() => this.hear({ type: "deadline" }), lastsAtMost);
    this.#states.tell(state.state);
    if (this.#outcome === undefined && !NOT_SENT_YET.has(state.state)) this.#tell({ state: "sent" });
    const request = this.#procedure.asks(state);
    if (request !== null) void this.#ask(request, state.state);
  }

  async #ask(request: PhoneRequest, asking: string): Promise<void> {
    let heard: Heard = { type: "taken" };
    try {
      await this.#phones.ask(request);
    } catch (error) {
      if (!(error instanceof PhoneControlError)) throw error;
      heard = { type: "not-taken", failure: error.code };
    }
    // Events may have been faster than the answer: it is none to a later state.
    if (this.#state.state === asking) this.hear(heard);
  }

  #tell(outcome: PhoneOutcome): void {
    this.#outcome = outcome;
    this.#outcomes.tell(outcome);
  }
}

const NOT_SENT_YET: ReadonlySet<string> = new Set(["looking-up", "asked"]);
