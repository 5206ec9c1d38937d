import { Listeners } from "../../../src/lib/listeners.ts";
import type { Address } from "../audio/rtp.ts";
import { when } from "../wait.ts";
import { Call, type Dialling } from "./call.ts";
import type { CallOwner } from "./call-owner.ts";
import type { Credentials } from "./digest.ts";
import { type SipRequest, tagOf } from "./message.ts";
import { type IncomingRequest, type RequestListener, SipTransactions } from "./transactions.ts";

/** What is done by itself with a call that comes in. A function does what it likes; it must call ring() itself. */
export type CallPolicy =
  | "ring" // until the test says otherwise
  | "silent" // not even the ringing is told to the caller
  | { readonly answerAfterMs: number; readonly hangupAfterMs?: number }
  | { readonly rejectAfterMs: number; readonly code?: number }
  | ((call: Call) => void);

export interface AgentOptions {
  /** The user part of its address: an extension, or "line". */
  readonly user: string;
  readonly label: string;
  readonly local: Address;
  readonly pbx: Address;
  readonly credentials?: Credentials;
  /** The tone it plays, in hertz. */
  readonly tone: number;
}

/** A SIP user agent: what a phone and the provider have in common. */
export abstract class SipAgent implements CallOwner, RequestListener, AsyncDisposable {
  readonly label: string;
  readonly tone: number;
  readonly host: string;
  readonly pbx: string;
  readonly transactions: SipTransactions;
  obeysCallControl = false;
  /** Picks up by itself when the caller asks for it. */
  obeysAutoAnswer = false;
  /** Every call so far, oldest first. */
  readonly history: Call[] = [];
  /** Told after every change of any of its calls. */
  readonly changes = new Listeners<void>();
  readonly #user: string;
  readonly #live = new Set<Call>();
  readonly #waiting = new Set<Call>(); // calls that came in and that no waitCall() has taken yet
  readonly #incoming = new Listeners<void>();

  constructor(options: AgentOptions) {
    this.label = options.label;
    this.tone = options.tone;
    this.host = options.local.host;
    this.pbx = `${options.pbx.host}:${options.pbx.port}`;
    this.#user = options.user;
    this.transactions = new SipTransactions(options.local, options.pbx, options.credentials, this);
  }

  async start(): Promise<this> {
    await this.transactions.open();
    return this;
  }

  /** Ends all calls and closes the socket. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.hangUpAll();
    this.transactions.close();
  }

  protected async hangUpAll(): Promise<void> {
    const ends = [...this.#live].map((call) => {
      call.hangup();
      return call.waitEnd(1500);
    });
    await Promise.allSettled(ends); // one that the PBX does not let go in time ends with the socket
  }

  get contact(): string {
    return `<sip:${this.#user}@${this.host}:${this.transactions.address.port}>`;
  }

  /** Calls that have not ended. */
  get calls(): readonly Call[] {
    return [...this.#live];
  }

  /**
   * The next call that comes in, or one that rings already and that nobody has waited for.
   * @throws when none has come in time
   */
  waitCall(options: { timeoutMs?: number; matching?: (call: Call) => boolean } = {}): Promise<Call> {
    const { timeoutMs = 10_000, matching = () => true } = options;
    const fact = () => {
      const call = [...this.#waiting].find(matching);
      if (call) this.#waiting.delete(call);
      return call;
    };
    return when(this.#incoming, fact, { what: `${this.label}: a call comes in`, ms: timeoutMs });
  }

  protected place(dialling: Dialling): Call {
    return this.#keep(Call.outgoing(this, dialling));
  }

  /** What to do with this call that has just come in. */
  protected abstract policyFor(call: Call): CallPolicy;

  onCallChanged(): void {
    this.changes.tell();
  }

  onCallEnded(call: Call): void {
    this.#live.delete(call);
    this.#waiting.delete(call);
  }

  onAck(ack: SipRequest): void {
    this.#callOf(ack)?.onAck(ack);
  }

  onRequest(incoming: IncomingRequest): void {
    const { request } = incoming;
    const call = this.#callOf(request);
    if (request.method === "CANCEL") {
      const isKnown = this.transactions.inviteOf(request) !== undefined;
      this.transactions.respond(incoming, isKnown ? 200 : 481);
      if (isKnown) call?.onCancel(request);
    } else if (call) {
      call.onRequest(incoming);
    } else if (request.method === "NOTIFY") {
      this.transactions.respond(incoming, 200); // a transfer's last report may come after our leg has ended
    } else if (tagOf(request.headers.get("to"))) {
      this.transactions.respond(incoming, 481);
    } else if (request.method === "INVITE") {
      void this.#receiveCall(incoming);
    } else {
      this.transactions.respond(incoming, request.method === "OPTIONS" ? 200 : 501);
    }
  }

  async #receiveCall(invite: IncomingRequest): Promise<void> {
    this.transactions.respond(invite, 100);
    const call = this.#keep(Call.incoming(this, invite));
    await call.openSound();
    if (call.state === "ended") return;
    this.#waiting.add(call);
    apply(this.obeysAutoAnswer && call.asksForAnswer ? { answerAfterMs: 0 } : this.policyFor(call), call);
    this.#incoming.tell();
  }

  #keep(call: Call): Call {
    this.#live.add(call);
    this.history.push(call);
    this.changes.tell();
    return call;
  }

  #callOf(request: SipRequest): Call | undefined {
    return this.calls.find((call) => call.has(request));
  }
}

function apply(policy: CallPolicy, call: Call): void {
  if (policy === "silent") return;
  if (typeof policy === "function") {
    policy(call);
    return;
  }
  call.ring();
  if (policy === "ring") return;
  if ("rejectAfterMs" in policy) {
    call.after(policy.rejectAfterMs, () => call.reject(policy.code));
    return;
  }
  const { answerAfterMs, hangupAfterMs } = policy;
  call.after(answerAfterMs, () => {
    if (call.answer() && hangupAfterMs !== undefined) call.after(hangupAfterMs, () => call.hangup());
  });
}
