import { Listeners } from "../lib/listeners.ts";
import type { PhoneOutcome } from "./command.ts";
import type { Heard, Over, Procedure } from "./procedure.ts";

/** One command under way: turns its procedure, keeps its deadline, tells each outcome once to whoever asked. */
export class RunningCommand<S extends { readonly state: string }> implements Disposable {
  readonly #procedure: Procedure<S>;
  readonly #outcomes = new Listeners<PhoneOutcome>();
  #state: S | Over;
  #outcome: PhoneOutcome | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(procedure: Procedure<S>, asked: S) {
    this.#procedure = procedure;
    this.#state = asked;
  }

  get isOver(): boolean {
    return isOver(this.#state);
  }

  /** Tells the outcome so far, if there is one, and each that follows. */
  follow(listener: (outcome: PhoneOutcome) => void): void {
    if (this.#outcome !== undefined) listener(this.#outcome);
    if (!this.isOver) this.#outcomes.add(listener);
  }

  hear(heard: Heard): void {
    const before = this.#state;
    if (isOver(before)) return;
    const after = this.#procedure.decide(before, heard);
    if (after === before) return;
    this.#state = after;
    clearTimeout(this.#timer);
    if (isOver(after)) {
      this.#tell(after.outcome);
      return;
    }
    const lastsAtMost = this.#procedure.lastsAtMost(after);
    if (lastsAtMost !== null) this.#timer = setTimeout(() => this.hear({ type: "deadline" }), lastsAtMost);
    // every state but the first means that the PBX has taken the action
    if (this.#outcome === undefined) this.#tell({ state: "sent" });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #tell(outcome: PhoneOutcome): void {
    this.#outcome = outcome;
    this.#outcomes.tell(outcome);
  }
}

function isOver(state: { readonly state: string }): state is Over {
  return state.state === "over";
}
