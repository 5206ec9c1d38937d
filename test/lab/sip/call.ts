import { Listeners } from "../../../src/lib/listeners.ts";
import { until, when } from "../wait.ts";
import { Dialog } from "./dialog.ts";
import { type HeaderFields, nameOf, numberOf, type SipRequest, type SipResponse, tagOf, uriOf } from "./message.ts";
import type { SoundDirection } from "./sdp.ts";
import { CallSound } from "./sound.ts";
import type { IncomingRequest, SipTransactions } from "./transactions.ts";

/**
 *   outgoing:  trying ──► ringing ──► talking ◄──► held
 *   incoming:             ringing ──►    │          │
 *                 any ───────────────────┴──────────┴──► ended
 */
export type CallState = "trying" | "ringing" | "talking" | "held" | "ended";

/** What the screen of the phone showed. `at`: epoch milliseconds. */
export interface Shown {
  readonly at: number;
  readonly number: string;
  readonly name: string;
}

/** What a call needs of the phone or the provider it belongs to. */
export interface CallOwner {
  /** For messages: "201". */
  readonly label: string;
  readonly host: string;
  /** Hertz. */
  readonly tone: number;
  /** `host:port` of the PBX. */
  readonly pbx: string;
  readonly contact: string;
  readonly transactions: SipTransactions;
  /** Does what a NOTIFY with the event `hold` or `talk` asks of it, as many desk phones do. */
  readonly obeysCallControl: boolean;
  /** Its state, its screen or the other side's hold has changed. */
  onCallChanged(call: Call): void;
  onCallEnded(call: Call): void;
}

/** Whom an outgoing call is to, and as whom. */
export interface Dialling {
  readonly number: string;
  readonly from: { readonly uri: string; readonly name: string };
  readonly headers?: HeaderFields;
}

/** How the call was set up: an INVITE that came, or ours. */
type SetUp =
  | { readonly kind: "incoming"; readonly invite: IncomingRequest }
  | { readonly kind: "outgoing"; readonly uri: string; sent: { cseq: number; via: string }; provisional: boolean };

const ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, NOTIFY, REFER";
const SDP = "application/sdp";
const WAIT_MS = 10_000;
/** Of the level sent; A-law's noise and the tones of other phones stay well under it. */
const CLEARLY_HEARD = 0.08;

/** One call of a phone or of the provider. */
export class Call {
  readonly direction: SetUp["kind"];
  /** What was dialled to reach this side (incoming) or is being dialled (outgoing). */
  readonly calledNumber: string;
  /** What the screen showed, in order; the last one is shown now. */
  readonly shown: Shown[] = [];
  /** Epoch milliseconds at which each state was first entered. */
  readonly times: Partial<Record<CallState, number>> = {};
  endedBy: "local" | "remote" | undefined;
  /** SIP status of a call that was refused or given up. */
  code: number | undefined;
  /** The Reason header it ended with, such as "answered elsewhere". */
  reason: string | undefined;

  readonly #owner: CallOwner;
  readonly #setUp: SetUp;
  readonly #dialog: Dialog;
  readonly #sound: CallSound;
  readonly #changes = new Listeners<void>();
  #state: CallState = "trying";
  #answered = false;
  #held = false;
  #cancelWanted = false;
  /** An answered call is hung up when the PBX has acknowledged the answer, not before (RFC 3261 §15). */
  #acknowledged = false;
  #hangupWanted = false;
  #transferStatus: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(owner: CallOwner, setUp: SetUp, dialog: Dialog, calledNumber: string) {
    this.#owner = owner;
    this.#setUp = setUp;
    this.#dialog = dialog;
    this.#sound = new CallSound(owner.host, owner.tone);
    this.direction = setUp.kind;
    this.calledNumber = calledNumber;
  }

  /** A call that comes in and rings; it is heard of by the other side after ring() or answer(). */
  static incoming(owner: CallOwner, invite: IncomingRequest): Call {
    const { request } = invite;
    const called = numberOf(`<${request.uri}>`);
    const call = new Call(owner, { kind: "incoming", invite }, Dialog.ofIncoming(request), called);
    call.#show(request, request.headers.get("from"));
    call.#enter("ringing");
    return call;
  }

  /** Dials; what becomes of it is told by the state. */
  static outgoing(owner: CallOwner, { number, from, headers = {} }: Dialling): Call {
    const uri = `sip:${encodeURIComponent(number).replaceAll("%2B", "+")}@${owner.pbx}`;
    const setUp: SetUp = { kind: "outgoing", uri, sent: { cseq: 0, via: "" }, provisional: false };
    const call = new Call(owner, setUp, Dialog.ofOutgoing(from, uri), number);
    call.#enter("trying");
    void call.#invite(setUp, headers);
    return call;
  }

  get state(): CallState {
    return this.#state;
  }

  /** Number of the other party, as the screen shows it; what was dialled until the PBX says better. */
  get remoteNumber(): string {
    return this.shown.at(-1)?.number ?? (this.direction === "outgoing" ? this.calledNumber : "");
  }

  /** The number that this side goes by: the client's where a client calls. */
  get ownNumber(): string {
    return numberOf(`<${this.#dialog.localUri}>`);
  }

  get remoteName(): string {
    return this.shown.at(-1)?.name ?? "";
  }

  /** The INVITE asks the phone to pick up by itself, in one of the two ways that desk phones know. */
  get asksForAnswer(): boolean {
    if (this.#setUp.kind !== "incoming") return false;
    const { headers } = this.#setUp.invite.request;
    return (
      /;\s*answer-after=0\b/.test(headers.get("call-info") ?? "") ||
      /;\s*info=alert-autoanswer\b/.test(headers.get("alert-info") ?? "")
    );
  }

  get heldByPeer(): boolean {
    return this.#sound.heldByPeer;
  }

  /** Digits pressed by the other side. */
  get receivedDigits(): string {
    return this.#sound.stream.receivedDigits;
  }

  toString(): string {
    const arrow = this.direction === "incoming" ? "<-" : "->";
    return `${this.#owner.label}${arrow}${this.remoteNumber || "anonymous"}`;
  }

  /** Whether a request that came in is about this call. */
  has(request: SipRequest): boolean {
    return this.#dialog.has(request);
  }

  // ------------------------------------------------------------------------------------------------ waiting

  /** Resolves when the call is in one of the states. @throws when it ends instead, or the time is over */
  waitState(states: CallState | readonly CallState[], timeoutMs = WAIT_MS): Promise<this> {
    const wanted = [states].flat();
    const fact = () => {
      if (wanted.includes(this.#state)) return this;
      if (this.#state === "ended") throw new Error(`${this}: ended (${this.code ?? this.endedBy}), not ${wanted}`);
      return undefined;
    };
    return when(this.#changes, fact, { what: `${this}: ${wanted}`, ms: timeoutMs });
  }

  waitEnd(timeoutMs = WAIT_MS): Promise<this> {
    return this.waitState("ended", timeoutMs);
  }

  /** Whether this tone (hertz) is clearly heard now: it takes some half a second to be sure of. */
  hears(hertz: number): boolean {
    return this.#sound.stream.strength(hertz) > CLEARLY_HEARD;
  }

  /** Resolves when this tone is clearly heard. @throws when the time is over */
  untilHears(hertz: number, timeoutMs = WAIT_MS): Promise<void> {
    return until(() => this.hears(hertz), { what: `${this}: hears ${hertz} Hz`, ms: timeoutMs });
  }

  /** Resolves when this tone is not heard any more. @throws when the time is over */
  untilHearsNot(hertz: number, timeoutMs = WAIT_MS): Promise<void> {
    return until(() => !this.hears(hertz), { what: `${this}: hears ${hertz} Hz no more`, ms: timeoutMs });
  }

  /** Does something later, unless the call has ended by then. One plan at a time. */
  after(ms: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, ms);
  }

  // ------------------------------------------------------------------------------------------------ what a person does

  /** Lets the caller hear that it rings here. */
  ring(): void {
    if (this.#setUp.kind === "incoming" && this.#state === "ringing") {
      this.#respond(this.#setUp.invite, 180, { Contact: this.#owner.contact });
    }
  }

  /** Takes a call that rings here. False when there is nothing to answer any more. */
  answer(): boolean {
    if (this.#setUp.kind !== "incoming" || this.#state !== "ringing") return false;
    this.#respondWithSound(this.#setUp.invite, this.#sound.describe("sendrecv"));
    this.#talk();
    return true;
  }

  /** Refuses a call that rings here: 486 busy, 480 not available, 603 declined. False when there is nothing to refuse. */
  reject(code = 486): boolean {
    if (this.#setUp.kind !== "incoming" || this.#state !== "ringing") return false;
    this.code = code;
    this.endedBy = "local";
    this.#respond(this.#setUp.invite, code);
    this.#enter("ended");
    return true;
  }

  /** Ends the call whatever its state: gives up dialling, refuses, or hangs up. */
  hangup(): void {
    if (this.#state === "ended" || this.reject()) return;
    this.endedBy ??= "local";
    if (this.#answered && this.direction === "incoming" && !this.#acknowledged) {
      this.#hangupWanted = true;
    } else if (this.#answered) {
      void this.#request("BYE");
      this.#enter("ended");
    } else if (this.#setUp.kind === "outgoing") {
      this.#cancelWanted = true;
      if (this.#setUp.provisional) this.#cancel(this.#setUp);
    }
  }

  /** Puts the other side on hold; our tone stops. */
  async hold(): Promise<void> {
    this.#held = true;
    await this.#reinvite("sendonly");
    this.#sound.stream.playing = false;
    this.#enter("held");
  }

  async unhold(): Promise<void> {
    this.#held = false;
    await this.#reinvite("sendrecv");
    this.#talk();
  }

  /** Presses keys, one after another; resolves when the last one is out. */
  async press(digits: string): Promise<void> {
    for (const digit of digits) await this.#sound.stream.press(digit);
  }

  /**
   * Hands the other party over to `number` (REFER). Resolves with the status the PBX reports for the transfer:
   * 200 = the target was reached.
   * @throws when the PBX refuses to transfer, or says nothing in time
   */
  blindTransfer(number: string, timeoutMs = 15_000): Promise<number> {
    return this.#refer(`<sip:${number}@${this.#owner.pbx}>`, timeoutMs);
  }

  /**
   * Hands the other party over to the one of `consultation`, an answered call of the same phone
   * (REFER with Replaces, RFC 3891). Resolves and throws like blindTransfer().
   */
  attendedTransfer(consultation: Call, timeoutMs = 15_000): Promise<number> {
    const { callId, remoteTag, localTag } = consultation.#dialog;
    const replaces = encodeURIComponent(`${callId};to-tag=${remoteTag};from-tag=${localTag}`);
    return this.#refer(`<sip:${consultation.remoteNumber}@${this.#owner.pbx}?Replaces=${replaces}>`, timeoutMs);
  }

  // ------------------------------------------------------------------------------------------------ what comes in

  /** Makes the sound ready; an incoming call can be answered from then on. */
  async openSound(): Promise<void> {
    await this.#sound.stream.open();
    if (this.#setUp.kind === "incoming") this.#sound.accept(this.#setUp.invite.request.body);
    if (this.#state === "ended") this.#sound.stream.close();
  }

  onCancel(cancel: SipRequest): void {
    if (this.#setUp.kind !== "incoming" || this.#state !== "ringing") return;
    this.code = 487;
    this.endedBy = "remote";
    this.reason = cancel.headers.get("reason");
    this.#respond(this.#setUp.invite, 487);
    this.#enter("ended");
  }

  onAck(ack: SipRequest): void {
    this.#acknowledged = true;
    this.#sound.accept(ack.body);
    if (this.#hangupWanted) this.hangup();
  }

  onRequest(incoming: IncomingRequest): void {
    const { request } = incoming;
    switch (request.method) {
      case "BYE":
        this.#respond(incoming, 200);
        this.reason = request.headers.get("reason");
        this.endedBy ??= "remote";
        this.#enter("ended");
        break;
      case "INVITE":
        this.#dialog.target = uriOf(request.headers.get("contact")) || this.#dialog.target;
        this.#show(request);
        this.#hear(request.body);
        this.#respondWithSound(incoming, this.#sound.answer(this.#held));
        break;
      case "UPDATE":
        this.#show(request);
        this.#hear(request.body);
        if (request.body) this.#respondWithSound(incoming, this.#sound.answer(this.#held));
        else this.#respond(incoming, 200, { Contact: this.#owner.contact });
        break;
      case "NOTIFY":
        this.#onNotify(incoming);
        break;
      case "REFER":
        this.#respond(incoming, 603);
        break;
      default:
        this.#respond(incoming, 200);
    }
  }

  // ------------------------------------------------------------------------------------------------ inside

  #enter(state: CallState): void {
    if (this.#state === "ended") return;
    this.#state = state;
    this.times[state] ??= Date.now();
    if (state === "ended") {
      clearTimeout(this.#timer);
      this.#sound.stream.close();
      this.#owner.onCallEnded(this);
    }
    this.#changes.tell();
    this.#owner.onCallChanged(this);
  }

  #talk(): void {
    this.#answered = true;
    this.#sound.stream.playing = true;
    this.#enter("talking");
  }

  /** The party that a message names: the asserted one, or `otherwise`. */
  #show({ headers }: SipRequest | SipResponse, otherwise?: string): void {
    const identity = headers.get("p-asserted-identity") ?? headers.get("remote-party-id") ?? otherwise;
    if (!identity) return;
    const [number, name] = [numberOf(identity), nameOf(identity)];
    const last = this.shown.at(-1);
    if (last?.number === number && last.name === name) return;
    this.shown.push({ at: Date.now(), number, name });
    this.#owner.onCallChanged(this);
  }

  /** Takes a description that came in mid-call: it may put us on hold, or end that. */
  #hear(sdp: string): void {
    this.#sound.accept(sdp);
    this.#owner.onCallChanged(this);
  }

  async #invite(setUp: SetUp & { kind: "outgoing" }, extra: HeaderFields): Promise<void> {
    await this.openSound();
    if (this.#cancelWanted) {
      this.#enter("ended");
      return;
    }
    const headers = {
      Contact: this.#owner.contact,
      Allow: ALLOW,
      Supported: "replaces",
      "Content-Type": SDP,
      ...extra,
    };
    const response = await this.#request("INVITE", headers, this.#sound.describe("sendrecv"), {
      onSent: (cseq, via) => {
        setUp.sent = { cseq, via };
        setUp.provisional = false;
      },
      onProvisional: (provisional) => {
        setUp.provisional = true;
        if (this.#cancelWanted) this.#cancel(setUp);
        if (provisional.status < 180) return;
        this.#dialog.remoteTag = tagOf(provisional.headers.get("to")) ?? this.#dialog.remoteTag;
        this.#show(provisional);
        this.#sound.accept(provisional.body);
        this.#enter("ringing");
      },
      onRepeatedSuccess: () => this.#acknowledge(setUp.sent.cseq),
    });
    if (response.status >= 300) {
      this.code = response.status;
      this.reason = response.headers.get("reason");
      this.endedBy ??= "remote";
      this.#enter("ended");
      return;
    }
    this.#dialog.remoteTag = tagOf(response.headers.get("to"));
    this.#dialog.target = uriOf(response.headers.get("contact")) || setUp.uri;
    this.#show(response);
    this.#sound.accept(response.body);
    this.#acknowledge(response.cseq.number);
    this.#talk();
    if (this.#cancelWanted) this.hangup(); // it was answered while we gave up
  }

  /** Only after a provisional answer: until then the PBX may not know the call (RFC 3261 §9.1). */
  #cancel({ uri, sent }: SetUp & { kind: "outgoing" }): void {
    const headers = { Via: sent.via, ...this.#dialog.openingHeaders, CSeq: `${sent.cseq} CANCEL` };
    this.#owner.transactions.send("CANCEL", uri, headers);
  }

  #acknowledge(cseq: number): void {
    const { transactions } = this.#owner;
    const headers = { Via: transactions.newVia(), ...this.#dialog.headers, CSeq: `${cseq} ACK` };
    transactions.send("ACK", this.#dialog.target, headers);
  }

  async #request(
    method: string,
    headers: HeaderFields = {},
    body = "",
    watcher: Parameters<SipTransactions["request"]>[1] = {},
  ): Promise<SipResponse> {
    const request = {
      method,
      uri: this.#dialog.target,
      headers: { ...this.#dialog.headers, Contact: this.#owner.contact, ...headers },
      cseq: this.#dialog.nextCseq(),
      body,
    };
    const response = await this.#owner.transactions.request(request, watcher);
    this.#dialog.noteCseq(response.cseq.number);
    return response;
  }

  async #reinvite(direction: SoundDirection): Promise<void> {
    const headers = { Allow: ALLOW, "Content-Type": SDP };
    const response = await this.#request("INVITE", headers, this.#sound.describe(direction));
    if (response.status >= 300) throw new Error(`${this}: ${direction} was refused with ${response.status}`);
    this.#sound.accept(response.body);
    this.#acknowledge(response.cseq.number);
  }

  async #refer(target: string, timeoutMs: number): Promise<number> {
    this.#transferStatus = undefined;
    const response = await this.#request("REFER", { "Refer-To": target, "Referred-By": `<${this.#dialog.localUri}>` });
    if (response.status >= 300) throw new Error(`${this}: REFER was refused with ${response.status}`);
    const fact = () => {
      if (this.#transferStatus !== undefined && this.#transferStatus >= 200) return this.#transferStatus;
      return this.#state === "ended" ? (this.#transferStatus ?? 200) : undefined;
    };
    const status = await when(this.#changes, fact, { what: `${this}: the transfer's result`, ms: timeoutMs });
    // The PBX ends our leg by itself after a success; a phone whose leg it leaves hangs up after a moment.
    if (status < 300 && this.#state !== "ended") this.after(300, () => this.hangup());
    return status;
  }

  #onNotify(incoming: IncomingRequest): void {
    const { headers, body } = incoming.request;
    const event = headers.get("event");
    if (event !== "hold" && event !== "talk") {
      this.#respond(incoming, 200);
      this.#noteTransfer(body);
    } else if (this.#owner.obeysCallControl) {
      this.#respond(incoming, 200);
      if (event === "hold" && this.#state === "talking") void this.hold();
      else if (event === "talk" && this.#state === "held") void this.unhold();
      else if (event === "talk") this.answer();
    } else {
      this.#respond(incoming, 489); // Bad Event
    }
  }

  /** @param report how a transfer goes, as a status line (RFC 3515) */
  #noteTransfer(report: string): void {
    const status = /SIP\/2\.0 (\d+)/.exec(report)?.[1];
    if (status === undefined) return;
    this.#transferStatus = Number(status);
    this.#changes.tell();
  }

  #respond(incoming: IncomingRequest, status: number, headers: HeaderFields = {}, body = ""): void {
    this.#owner.transactions.respond(incoming, status, this.#dialog.localTag, headers, body);
  }

  #respondWithSound(incoming: IncomingRequest, sdp: string): void {
    this.#respond(incoming, 200, { Contact: this.#owner.contact, Allow: ALLOW, "Content-Type": SDP }, sdp);
  }
}
