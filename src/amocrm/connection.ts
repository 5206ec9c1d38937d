/**
 * Is this amoCRM account open to us? One place knows: it closes after a failure that concerns the whole account, probes
 * it until it answers again, and says what a person must do when no probe can help.
 */
import { Listeners } from "../lib/listeners.ts";
import type { Log } from "../lib/log.ts";
import type { Availability } from "../outbox/performer.ts";
import { CrmError, type CrmFailure, isNeedsHand, type NeedsHand } from "./crm-error.ts";

/**
 * ```
 * connecting ─► connected ◄─► held (probed until it answers)
 *      └─────────────┴──► needs-your-hand ─(access given)─► connected
 * ```
 * `since` and `until` are epoch ms.
 */
export type ConnectionState =
  | { readonly state: "connecting"; readonly since: number }
  | { readonly state: "connected"; readonly since: number }
  | { readonly state: "held"; readonly since: number; readonly reason: CrmFailure; readonly until: number }
  | { readonly state: "needs-your-hand"; readonly since: number; readonly reason: NeedsHand };

export interface ConnectionDeps {
  readonly account: string;
  readonly now: () => number;
  readonly log: Log;
  /** How long to be silent after the nth failure in a row, ms. */
  readonly silenceMs: (reason: CrmFailure, nth: number) => number;
  /** The cheapest request that shows whether the account answers us. @throws CrmError */
  readonly probe: () => Promise<void>;
}

/** Blocks and unpaid accounts do not pass in seconds, and asking meanwhile makes a block longer. */
export function silenceMs(reason: CrmFailure, nth: number): number {
  const [first, longest] =
    reason === "crm/blocked" || reason === "crm/unpaid"
      ? [60_000, 900_000]
      : reason === "crm/rate-limited"
        ? [5_000, 300_000]
        : [1_000, 60_000];
  return Math.min(first * 2 ** (nth - 1), longest);
}

export class Connection {
  readonly #deps: ConnectionDeps;
  readonly #changes = new Listeners<ConnectionState>();
  #state: ConnectionState;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  /** While it is under way, it alone decides. */
  #probing: Promise<void> | null = null;
  #stopped = false;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    this.#state = { state: "connecting", since: deps.now() };
  }

  get state(): ConnectionState {
    return this.#state;
  }

  onChange(listener: (state: ConnectionState) => void): Disposable {
    return this.#changes.add(listener);
  }

  availability(): Availability {
    const state = this.#state;
    if (state.state === "connected") return { open: true };
    if (state.state === "held") return { open: false, reason: state.reason, until: state.until };
    return { open: false, reason: state.state === "connecting" ? state.state : state.reason, until: null };
  }

  /** Asks the account now, whatever the state: at the start, and after access was given. Settles when it is known. */
  async check(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#probe();
  }

  /** What a request met. Only failures of the whole account change anything. */
  met(error: CrmError): void {
    if (isNeedsHand(error.code)) {
      this.#become({ state: "needs-your-hand", reason: error.code, since: this.#deps.now() });
    } else if (error.remedy === "hold-account" && this.#probing === null) {
      // Requests that were under way together fail together: that is one failure.
      if (this.#state.state === "connecting" || this.#state.state === "connected") this.#hold(error);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#probing;
  }

  #hold(error: CrmError): void {
    this.#failures++;
    const asked = (error.context.retryAfterSeconds ?? 0) * 1000;
    const ms = Math.max(asked, this.#deps.silenceMs(error.code, this.#failures));
    const now = this.#deps.now();
    const since = this.#state.state === "held" ? this.#state.since : now;
    this.#become({ state: "held", reason: error.code, since, until: now + ms });
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#probe(), ms);
  }

  #probe(): Promise<void> {
    this.#probing ??= this.#deps
      .probe()
      .then(
        () => {
          this.#failures = 0;
          if (this.#state.state !== "connected") this.#become({ state: "connected", since: this.#deps.now() });
        },
        (error: unknown) => {
          const failure = error instanceof CrmError ? error : new CrmError("crm/unavailable", {}, error);
          if (isNeedsHand(failure.code)) this.met(failure);
          else this.#hold(failure);
        },
      )
      .finally(() => {
        this.#probing = null;
      });
    return this.#probing;
  }

  #become(state: ConnectionState): void {
    const before = this.#state;
    this.#state = state;
    const { account, log } = this.#deps;
    if (before.state !== state.state || ("reason" in state && "reason" in before && before.reason !== state.reason)) {
      const fields = { account, from: before.state, ...("reason" in state && { reason: state.reason }) };
      if (state.state === "needs-your-hand") {
        const says = `amoCRM needs your hand: ${new CrmError(state.reason).message}`;
        // Every installation begins so; it is no failure.
        if (state.reason === "crm/not-connected") log.warn(fields, says);
        else log.error(fields, says);
      }
      if (state.state === "held") log.warn(fields, `amoCRM is held: ${new CrmError(state.reason).message}`);
      if (state.state === "connected" || state.state === "connecting") log.info(fields, `amoCRM is ${state.state}`);
    }
    this.#changes.tell(state);
  }
}
