import { until } from "../wait.ts";
import type { CallOwner } from "./call-owner.ts";
import { CallProgress } from "./call-progress.ts";
import { CallSignalling } from "./call-signalling.ts";
import { Dialog } from "./dialog.ts";
import { asksForAnswer, type HeaderFields, numberOf, type SipRequest, type SipResponse, uriOf } from "./message.ts";
import { OutgoingInvite } from "./outgoing-invite.ts";
import { Screen, type Shown } from "./screen.ts";
import type { SoundDirection } from "./sdp.ts";
import { CallSound } from "./sound.ts";
import type { IncomingRequest } from "./transactions.ts";
import { Transfers } from "./transfers.ts";

/** Whom an outgoing call is to, and as whom. */
export interface Dialling {
  readonly number: string;
  readonly from: { readonly uri: string; readonly name: string };
  readonly headers?: HeaderFields;
}

/** How the call was set up: an INVITE that came, or ours. */
type SetUp =
  | { readonly kind: "incoming"; readonly invite: IncomingRequest }
  | { readonly kind: "outgoing"; readonly invite: OutgoingInvite };

const WAIT_MS = 10_000;
/** Of the level sent; A-law's noise and the tones of other phones stay well under it. */
const CLEARLY_HEARD = 0.08;

/** One call of a phone or of the provider. */
export class Call extends CallProgress {
  readonly direction: SetUp["kind"];
  /** What was dialled to reach this side (incoming) or is being dialled (outgoing). */
  readonly calledNumber: string;
  readonly #owner: CallOwner;
  readonly #setUp: SetUp;
  readonly #signalling: CallSignalling;
  readonly #sound: CallSound;
  readonly #screen = new Screen();
  readonly #transfers: Transfers;
  #answered = false;
  #held = false;
  /** An answered call is hung up when the PBX has acknowledged the answer, not before (RFC 3261 §15). */
  #acknowledged = false;
  #hangupWanted = false;

  private constructor(owner: CallOwner, setUp: SetUp, signalling: CallSignalling, calledNumber: string) {
    super();
    this.#owner = owner;
    this.#setUp = setUp;
    this.#signalling = signalling;
    this.#transfers = new Transfers(signalling, this.changes);
    this.#sound = new CallSound(owner.host, owner.tone);
    this.direction = setUp.kind;
    this.calledNumber = calledNumber;
  }

  /** A call that comes in and rings; it is heard of by the other side after ring() or answer(). */
  static incoming(owner: CallOwner, invite: IncomingRequest): Call {
    const { request } = invite;
    const signalling = new CallSignalling(owner, Dialog.ofIncoming(request));
    const call = new Call(owner, { kind: "incoming", invite }, signalling, numberOf(`<${request.uri}>`));
    call.#show(request, request.headers.get("from"));
    call.enter("ringing");
    return call;
  }

  /** Dials; what becomes of it is told by the state. */
  static outgoing(owner: CallOwner, { number, from, headers = {} }: Dialling): Call {
    const uri = `sip:${encodeURIComponent(number).replaceAll("%2B", "+")}@${owner.pbx}`;
    const signalling = new CallSignalling(owner, Dialog.ofOutgoing(from, uri));
    const invite = new OutgoingInvite(signalling, uri);
    const call = new Call(owner, { kind: "outgoing", invite }, signalling, number);
    call.enter("trying");
    void call.#dial(invite, headers);
    return call;
  }

  /** What the screen showed, in order; the last one is shown now. */
  get shown(): readonly Shown[] {
    return this.#screen.shown;
  }

  /** Number of the other party, as the screen shows it; what was dialled until the PBX says better. */
  get remoteNumber(): string {
    return this.shown.at(-1)?.number ?? (this.direction === "outgoing" ? this.calledNumber : "");
  }

  /** The number that this side goes by: the client's where a client calls. */
  get ownNumber(): string {
    return numberOf(`<${this.#signalling.dialog.localUri}>`);
  }

  get remoteName(): string {
    return this.shown.at(-1)?.name ?? "";
  }

  /** The caller's side wants the phone to pick up by itself. */
  get asksForAnswer(): boolean {
    return this.#setUp.kind === "incoming" && asksForAnswer(this.#setUp.invite.request);
  }

  get heldByPeer(): boolean {
    return this.#sound.heldByPeer;
  }

  /** Digits pressed by the other side. */
  get receivedDigits(): string {
    return this.#sound.stream.receivedDigits;
  }

  override toString(): string {
    const arrow = this.direction === "incoming" ? "<-" : "->";
    return `${this.#owner.label}${arrow}${this.remoteNumber || "anonymous"}`;
  }

  /** Whether a request that came in is about this call. */
  has(request: SipRequest): boolean {
    return this.#signalling.dialog.has(request);
  }

  // ------------------------------------------------------------------------------------------------ waiting

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

  // ------------------------------------------------------------------------------------------------ what a person does

  /** Lets the caller hear that it rings here. */
  ring(): void {
    if (this.#setUp.kind === "incoming" && this.state === "ringing") {
      this.#signalling.respondWithContact(this.#setUp.invite, 180);
    }
  }

  /** Takes a call that rings here. False when there is nothing to answer any more. */
  answer(): boolean {
    if (this.#setUp.kind !== "incoming" || this.state !== "ringing") return false;
    this.#signalling.respondWithSound(this.#setUp.invite, this.#sound.describe("sendrecv"));
    this.#talk();
    return true;
  }

  /** Refuses a call that rings here: 486 busy, 480 not available, 603 declined. False when there is nothing to refuse. */
  reject(code = 486): boolean {
    if (this.#setUp.kind !== "incoming" || this.state !== "ringing") return false;
    this.code = code;
    this.endedBy = "local";
    this.#signalling.respond(this.#setUp.invite, code);
    this.enter("ended");
    return true;
  }

  /** Ends the call whatever its state: gives up dialling, refuses, or hangs up. */
  hangup(): void {
    if (this.state === "ended" || this.reject()) return;
    this.endedBy ??= "local";
    if (this.#answered && this.direction === "incoming" && !this.#acknowledged) {
      this.#hangupWanted = true;
    } else if (this.#answered) {
      void this.#signalling.request("BYE");
      this.enter("ended");
    } else if (this.#setUp.kind === "outgoing") {
      this.#setUp.invite.giveUp();
    }
  }

  /** Puts the other side on hold; our tone stops. */
  async hold(): Promise<void> {
    this.#held = true;
    await this.#reinvite("sendonly");
    this.#sound.stream.playing = false;
    this.enter("held");
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
    const { callId, remoteTag, localTag } = consultation.#signalling.dialog;
    const replaces = encodeURIComponent(`${callId};to-tag=${remoteTag};from-tag=${localTag}`);
    return this.#refer(`<sip:${consultation.remoteNumber}@${this.#owner.pbx}?Replaces=${replaces}>`, timeoutMs);
  }

  // ------------------------------------------------------------------------------------------------ what comes in

  /** Makes the sound ready; an incoming call can be answered from then on. */
  async openSound(): Promise<void> {
    await this.#sound.stream.open();
    if (this.#setUp.kind === "incoming") this.#sound.accept(this.#setUp.invite.request.body);
    if (this.state === "ended") this.#sound.stream.close();
  }

  onCancel(cancel: SipRequest): void {
    if (this.#setUp.kind !== "incoming" || this.state !== "ringing") return;
    this.code = 487;
    this.endedBy = "remote";
    this.reason = cancel.headers.get("reason");
    this.#signalling.respond(this.#setUp.invite, 487);
    this.enter("ended");
  }

  onAck(ack: SipRequest): void {
    this.#acknowledged = true;
    this.#sound.accept(ack.body);
    if (this.#hangupWanted) this.hangup();
  }

  onRequest(incoming: IncomingRequest): void {
    const { request } = incoming;
    const { dialog } = this.#signalling;
    switch (request.method) {
      case "BYE":
        this.#signalling.respond(incoming, 200);
        this.reason = request.headers.get("reason");
        this.endedBy ??= "remote";
        this.enter("ended");
        break;
      case "INVITE":
        dialog.target = uriOf(request.headers.get("contact")) || dialog.target;
        this.#show(request);
        this.#hear(request.body);
        this.#signalling.respondWithSound(incoming, this.#sound.answer(this.#held));
        break;
      case "UPDATE":
        this.#show(request);
        this.#hear(request.body);
        if (request.body) this.#signalling.respondWithSound(incoming, this.#sound.answer(this.#held));
        else this.#signalling.respondWithContact(incoming, 200);
        break;
      case "NOTIFY":
        this.#onNotify(incoming);
        break;
      case "REFER":
        this.#signalling.respond(incoming, 603);
        break;
      default:
        this.#signalling.respond(incoming, 200);
    }
  }

  // ------------------------------------------------------------------------------------------------ inside

  protected override onEnd(): void {
    this.#sound.stream.close();
    this.#owner.onCallEnded(this);
  }

  protected override onChange(): void {
    this.#owner.onCallChanged(this);
  }

  #talk(): void {
    this.#answered = true;
    this.#sound.stream.playing = true;
    this.enter("talking");
  }

  #show(message: SipRequest | SipResponse, otherwise?: string): void {
    if (this.#screen.show(message, otherwise)) this.onChange();
  }

  /** Takes a description that came in mid-call: it may put us on hold, or end that. */
  #hear(sdp: string): void {
    this.#sound.accept(sdp);
    this.onChange();
  }

  async #dial(invite: OutgoingInvite, headers: HeaderFields): Promise<void> {
    await this.openSound();
    if (invite.givenUp) {
      this.enter("ended");
      return;
    }
    const response = await invite.send(this.#sound.describe("sendrecv"), headers, (ringing) => {
      this.#show(ringing);
      this.#sound.accept(ringing.body);
      this.enter("ringing");
    });
    if (response.status >= 300) {
      this.code = response.status;
      this.reason = response.headers.get("reason");
      this.endedBy ??= "remote";
      this.enter("ended");
      return;
    }
    this.#show(response);
    this.#sound.accept(response.body);
    this.#talk();
    if (invite.givenUp) this.hangup(); // it was answered while we gave up
  }

  async #reinvite(direction: SoundDirection): Promise<void> {
    const response = await this.#signalling.invite(this.#sound.describe(direction));
    if (response.status >= 300) throw new Error(`${this}: ${direction} was refused with ${response.status}`);
    this.#sound.accept(response.body);
    this.#signalling.acknowledge(response.cseq.number);
  }

  async #refer(target: string, timeoutMs: number): Promise<number> {
    const status = await this.#transfers.to(target, this, timeoutMs);
    // The PBX ends our leg by itself after a success; a phone whose leg it leaves hangs up after a moment.
    if (status < 300 && this.state !== "ended") this.after(300, () => this.hangup());
    return status;
  }

  #onNotify(incoming: IncomingRequest): void {
    const { headers, body } = incoming.request;
    const event = headers.get("event");
    if (event !== "hold" && event !== "talk") {
      this.#signalling.respond(incoming, 200);
      this.#transfers.note(body);
    } else if (this.#owner.obeysCallControl) {
      this.#signalling.respond(incoming, 200);
      if (event === "hold" && this.state === "talking") void this.hold();
      else if (event === "talk" && this.state === "held") void this.unhold();
      else if (event === "talk") this.answer();
    } else {
      this.#signalling.respond(incoming, 489); // Bad Event
    }
  }
}
