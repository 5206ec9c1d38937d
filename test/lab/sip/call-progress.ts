import { Listeners } from "../../../src/lib/listeners.ts";
import { when } from "../wait.ts";

/**
 *   outgoing:  trying ──► ringing ──► talking ◄──► held
 *   incoming:             ringing ──►    │          │
 *                 any ───────────────────┴──────────┴──► ended
 */
export type CallState = "trying" | "ringing" | "talking" | "held" | "ended";

const WAIT_MS = 10_000;

/** How far a call has come, since when, and how it ended; whoever wants to can wait for it. */
export abstract class CallProgress {
  /** Epoch milliseconds at which each state was first entered. */
  readonly times: Partial<Record<CallState, number>> = {};
  endedBy: "local" | "remote" | undefined;
  /** SIP status of a call that was refused or given up. */
  code: number | undefined;
  /** The Reason header it ended with, such as "answered elsewhere". */
  reason: string | undefined;
  /** Told after each change of the state, and of what else may be waited for. */
  protected readonly changes = new Listeners<void>();
  #state: CallState = "trying";
  #timer: NodeJS.Timeout | undefined;

  get state(): CallState {
    return this.#state;
  }

  /** Resolves when the call is in one of the states. @throws when it ends instead, or the time is over */
  waitState(states: CallState | readonly CallState[], timeoutMs = WAIT_MS): Promise<this> {
    const wanted = [states].flat();
    const fact = () => {
      if (wanted.includes(this.#state)) return this;
      if (this.#state === "ended") throw new Error(`${this}: ended (${this.code ?? this.endedBy}), not ${wanted}`);
      return undefined;
    };
    return when(this.changes, fact, { what: `${this}: ${wanted}`, ms: timeoutMs });
  }

  waitEnd(timeoutMs = WAIT_MS): Promise<this> {
    return this.waitState("ended", timeoutMs);
  }

  /** Does something later, unless the call has ended by then. One plan at a time. */
  after(ms: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, ms);
  }

  protected enter(state: CallState): void {
    if (this.#state === "ended") return;
    this.#state = state;
    this.times[state] ??= Date.now();
    if (state === "ended") {
      clearTimeout(this.#timer);
      this.onEnd();
    }
    this.changes.tell();
    this.onChange();
  }

  /** The call has just ended; nobody has been told yet. */
  protected abstract onEnd(): void;
  protected abstract onChange(): void;
}
