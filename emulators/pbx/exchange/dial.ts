import type { Line } from "../packet-text.ts";
import type { Channel, Thread } from "./channel.ts";
import type { Exchange } from "./exchange.ts";

/** A phone rings that long when the dialplan says nothing else (MikoPBX: 600 s). */
export const UNLIMITED_RING_MS = 600_000;

export type DialStatus = "ANSWER" | "BUSY" | "NOANSWER" | "CANCEL" | "CONGESTION" | "CHANUNAVAIL";

export interface DialResult {
  readonly status: DialStatus;
  readonly leg?: Channel;
  /** Q.850 cause of the last leg that ended by itself; the caller is hung up with it. */
  readonly cause: number;
}

export interface DialOptions {
  /** Several legs: nobody can say yet whom the caller is connected to. */
  readonly single: boolean;
  /** Runs on the leg between its answer and DialEnd (the dialplan's dial_answer). */
  readonly onAnswer?: ((leg: Channel) => Promise<void>) | undefined;
  /** `losers-first`: Dial() of several phones. `queue`: Queue() tells a CANCEL twice, after the ANSWER. */
  readonly order?: "losers-first" | "queue";
  /** Legs of an Originate or a consultation keep their extension when they answer. */
  readonly keepsExten?: boolean;
  /** Told when a leg ends without an answer while others go on. */
  readonly onLegLost?: (leg: Channel, ringMilliseconds: number) => void;
}

/** Asterisk's own translation of a hangup cause into a dial status (m03, m03c, m07d). */
export function dialStatusOf(cause: number): DialStatus {
  switch (cause) {
    case 17:
      return "BUSY";
    case 34:
      return "CONGESTION";
    case 3:
    case 20:
      return "CHANUNAVAIL";
    default:
      return "NOANSWER";
  }
}

/** An attempt to reach one or more legs. Without a caller it belongs to an Originate or a consultation: events then name only the Dest channel. */
export class Dial {
  readonly caller: Channel | undefined;
  readonly #exchange: Exchange;
  readonly #options: DialOptions;
  readonly #legs = new Map<Channel, number>();
  #answering: Channel | undefined;
  #closed = false;
  #lastStatus: DialStatus = "CHANUNAVAIL";
  #lastCause = 20;
  #resolve: (result: DialResult) => void = () => {};
  readonly result: Promise<DialResult>;

  constructor(exchange: Exchange, caller: Channel | undefined, options: DialOptions) {
    this.#exchange = exchange;
    this.caller = caller;
    this.#options = options;
    this.result = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    if (caller) caller.dialling = this;
  }

  /** The caller, when it is clear whom it is being connected to. */
  get soleCaller(): Channel | undefined {
    return this.#options.single ? this.caller : undefined;
  }

  get ringingLegs(): readonly Channel[] {
    return [...this.#legs.keys()];
  }

  #tell(name: string, leg: Channel, more: Line): void {
    const { profile } = this.#exchange;
    this.#exchange.emit(name, "call", [...(this.caller?.lines(profile) ?? []), ...leg.lines(profile, "Dest"), more]);
  }

  /** Adds a leg. `silent` legs (a consultation's Local) have no DialBegin. */
  add(leg: Channel, dialString: string, silent = false): void {
    this.#legs.set(leg, Date.now());
    leg.dialledBy = this;
    leg.application = this.caller ? "AppDial" : "AppDial2";
    leg.applicationData = "(Outgoing Line)";
    if (this.caller && !this.caller.application) this.caller.application = "Dial";
    if (!silent) this.#tell("DialBegin", leg, ["DialString", dialString]);
    if (this.caller && this.#options.single && !leg.isLocal) this.#exchange.setConnected(this.caller, leg.callerId);
  }

  /** Waits for the outcome on the caller's thread; `timeout` in milliseconds. When the thread is stopped the legs are cancelled first. */
  async wait(thread: Thread, timeout: number): Promise<DialResult> {
    if (this.#legs.size === 0) this.#close(this.#lastStatus);
    const timer = this.#exchange.later(timeout, () => this.#timedOut());
    const onAbort = (): void => this.#stopped(thread);
    thread.signal.addEventListener("abort", onAbort, { once: true });
    try {
      const result = await this.result;
      thread.signal.throwIfAborted();
      return result;
    } finally {
      thread.signal.removeEventListener("abort", onAbort);
      this.#exchange.cancelTimer(timer);
    }
  }

  legRinging(leg: Channel): void {
    if (!this.#legs.has(leg)) return;
    if (this.caller) this.#exchange.indicateRinging(this.caller);
    this.#tell("DialState", leg, ["DialStatus", "RINGING"]);
  }

  legAnswered(leg: Channel): void {
    if (this.#closed || this.#answering || !this.#legs.has(leg)) return;
    this.#answering = leg;
    if (this.#options.order !== "queue") this.#cancelOthers(leg);
    const hook = this.#options.onAnswer?.(leg);
    if (hook === undefined) this.#won(leg);
    else void hook.then(() => this.#won(leg));
  }

  #won(leg: Channel): void {
    if (this.#closed || !this.#legs.has(leg)) return;
    if (!this.#options.keepsExten) leg.exten = "";
    const dialled = leg.variables.get("DIALEDPEERNUMBER");
    if (dialled !== undefined) this.caller?.set("DIALEDPEERNUMBER", dialled);
    this.#tell("DialEnd", leg, ["DialStatus", "ANSWER"]);
    this.#forget(leg);
    if (this.#options.order === "queue") this.#cancelOthers(leg);
    // Through a Local leg the news has come already, from the phone behind it.
    if (this.caller && (!leg.isLocal || this.#options.order === "queue"))
      this.#exchange.setConnected(this.caller, leg.callerId);
    this.#close("ANSWER", leg);
  }

  /** A leg ended by itself: refused, unreachable, hung up from outside. */
  legEnded(leg: Channel, cause: number): void {
    const since = this.#legs.get(leg);
    if (since === undefined) return;
    this.#forget(leg);
    this.#lastStatus = dialStatusOf(cause);
    this.#lastCause = cause;
    this.#tell("DialEnd", leg, ["DialStatus", this.#lastStatus]);
    this.#options.onLegLost?.(leg, Date.now() - since);
    if (this.#answering === leg) this.#answering = undefined;
    if (this.#legs.size === 0) this.#close(this.#lastStatus);
  }

  /** A Local leg says busy: it is given up at once. */
  legBusy(leg: Channel): void {
    if (!this.#legs.has(leg)) return;
    this.#giveUp(leg, "BUSY", 0);
    this.#lastStatus = "BUSY";
    this.#lastCause = 17;
    this.#options.onLegLost?.(leg, 0);
    if (this.#legs.size === 0) this.#close("BUSY");
  }

  /** Puts `picker` in the place of a ringing leg (call pickup): it has answered already. */
  replaceLeg(target: Channel, picker: Channel): void {
    const since = this.#legs.get(target);
    if (since === undefined) return;
    this.#forget(target);
    this.#legs.set(picker, since);
    picker.dialledBy = this;
  }

  /** The caller is taken out of the dial (Bridge() by somebody else): its legs end, and no DialEnd tells of them. */
  abandon(cause = 16): void {
    for (const leg of this.ringingLegs) {
      this.#forget(leg);
      this.#exchange.hangup(leg, cause);
    }
    this.#close("CANCEL");
  }

  #timedOut(): void {
    if (this.#closed || this.#answering) return;
    this.#lastCause = 19;
    // A Local leg that rang too long carries cause 0; a phone is told a normal clearing (m06).
    for (const leg of this.ringingLegs) {
      const since = this.#legs.get(leg) ?? Date.now();
      this.#giveUp(leg, "NOANSWER", leg.isLocal ? 0 : 16);
      this.#options.onLegLost?.(leg, Date.now() - since);
    }
    this.#close("NOANSWER");
  }

  #stopped(thread: Thread): void {
    if (this.#closed) return;
    const hangup = (thread.signal.reason as { why?: string }).why === "hangup";
    // A queue gives its members up without a cause (m07b).
    const cause = this.#options.order === "queue" ? 0 : hangup ? (this.caller?.hangupCause ?? 16) : 16;
    if (this.#options.order === "queue")
      for (const leg of this.ringingLegs) this.#tell("DialEnd", leg, ["DialStatus", "CANCEL"]);
    for (const leg of this.ringingLegs) this.#giveUp(leg, "CANCEL", leg.isLocal ? cause : cause || 16);
    this.#close("CANCEL");
  }

  #cancelOthers(winner: Channel): void {
    const losers = this.ringingLegs.filter((leg) => leg !== winner);
    if (this.#options.order === "queue") for (const leg of losers) this.#tell("DialEnd", leg, ["DialStatus", "CANCEL"]);
    for (const leg of losers) this.#giveUp(leg, "CANCEL", 26);
  }

  #giveUp(leg: Channel, status: DialStatus, cause: number): void {
    this.#forget(leg);
    this.#tell("DialEnd", leg, ["DialStatus", status]);
    this.#exchange.hangup(leg, cause);
  }

  #forget(leg: Channel): void {
    this.#legs.delete(leg);
    leg.dialledBy = undefined;
  }

  #close(status: DialStatus, leg?: Channel): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.caller?.dialling === this) this.caller.dialling = undefined;
    this.#resolve({ status, cause: this.#lastCause, ...(leg ? { leg } : {}) });
  }
}
