/**
 * Both ends of the bench's calls, as cheap as they can be told: clients behind the trunk who ring and wait to be hung up on,
 * and phones that ring, answer and hang up after a moment. Real SIP over UDP, of which what is lost is sent again; no sound.
 */
import type { Address } from "../../test/lab/audio/rtp.ts";
import { Dialog } from "../../test/lab/sip/dialog.ts";
import { type SipRequest, type SipResponse, tagOf, uriOf } from "../../test/lab/sip/message.ts";
import { writeSdp } from "../../test/lab/sip/sdp.ts";
import { type IncomingRequest, SipTransactions } from "../../test/lab/sip/transactions.ts";

/** Whatever is said there is not listened to. */
const DISCARD_PORT = 9;

/** What became of a client's call, as the client saw it. */
export type ClientFate = "dialling" | "talking" | "hung up on" | `refused with ${number}`;

const SDP = { "Content-Type": "application/sdp" };

/** What both have: one socket, and the calls on it by their ids. */
abstract class SipEnd implements AsyncDisposable {
  protected readonly calls = new Map<string, Dialog>();
  protected readonly transactions: SipTransactions;
  readonly #user: string;
  readonly #local: Address;

  constructor(user: string, local: Address, pbx: Address) {
    this.#user = user;
    this.#local = local;
    this.transactions = new SipTransactions(local, pbx, undefined, {
      onRequest: (incoming) => this.onRequest(incoming),
      onAck: (ack) => this.onAck(ack),
    });
  }

  async open(): Promise<this> {
    await this.transactions.open();
    return this;
  }

  get address(): Address {
    return this.transactions.address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.transactions.close();
  }

  protected abstract onRequest(incoming: IncomingRequest): void;
  protected abstract onAck(ack: SipRequest): void;

  protected get contact(): string {
    const { host, port } = this.address;
    return `<sip:${this.#user}@${host}:${port}>`;
  }

  protected get sound(): string {
    return writeSdp({ host: this.#local.host, port: DISCARD_PORT, direction: "sendrecv" }, 1, 1);
  }
}

/** The clients, behind the company's trunk. */
export class Clients extends SipEnd {
  readonly #pbx: Address;
  /** How each call stands, by its id. */
  readonly #fates = new Map<string, ClientFate>();

  constructor(trunk: Address, pbx: Address) {
    super("line", trunk, pbx);
    this.#pbx = pbx;
  }

  call(from: string, did: string): void {
    const { host } = this.address;
    const target = `sip:${did}@${this.#pbx.host}:${this.#pbx.port}`;
    const dialog = Dialog.ofOutgoing({ uri: `sip:${from}@${host}`, name: "" }, target);
    this.calls.set(dialog.callId, dialog);
    this.#fates.set(dialog.callId, "dialling");
    void this.#invite(dialog, target);
  }

  /** How many calls came to what. */
  fates(): ReadonlyMap<ClientFate, number> {
    return new Map([...Map.groupBy(this.#fates.values(), (fate) => fate)].map(([fate, all]) => [fate, all.length]));
  }

  async #invite(dialog: Dialog, uri: string): Promise<void> {
    const acknowledge = (cseq: number) => {
      const headers = { Via: this.transactions.newVia(), ...dialog.headers, CSeq: `${cseq} ACK` };
      this.transactions.send("ACK", dialog.target, headers);
    };
    const cseq = dialog.nextCseq();
    const response: SipResponse = await this.transactions.request(
      {
        method: "INVITE",
        uri,
        headers: { ...dialog.openingHeaders, Contact: this.contact, ...SDP },
        cseq,
        body: this.sound,
      },
      { onRepeatedSuccess: () => acknowledge(cseq) },
    );
    if (response.status >= 300) {
      this.#fates.set(dialog.callId, `refused with ${response.status}`);
      return;
    }
    dialog.remoteTag = tagOf(response.headers.get("to"));
    dialog.target = uriOf(response.headers.get("contact"));
    acknowledge(cseq);
    // The PBX may have hung up before we got here.
    if (this.#fates.get(dialog.callId) === "dialling") this.#fates.set(dialog.callId, "talking");
  }

  protected onRequest(incoming: IncomingRequest): void {
    this.transactions.respond(incoming, 200, undefined, { Contact: this.contact });
    if (incoming.request.method !== "BYE") return;
    const id = incoming.request.headers.get("call-id") ?? "";
    this.calls.delete(id);
    this.#fates.set(id, "hung up on");
  }

  protected onAck(): void {
    // None of the requests that come here is one that is acknowledged.
  }
}

/** The employees' phones, all on one socket. */
export class Phones extends SipEnd {
  readonly #answerAfterMs: number;
  readonly #talkMs: number;
  /** Calls that rang here so far. */
  rung = 0;

  constructor(local: Address, pbx: Address, pace: { readonly answerAfterMs: number; readonly talkMs: number }) {
    super("phone", local, pbx);
    this.#answerAfterMs = pace.answerAfterMs;
    this.#talkMs = pace.talkMs;
  }

  protected onRequest(incoming: IncomingRequest): void {
    const { request } = incoming;
    const known = this.calls.get(request.headers.get("call-id") ?? "");
    const isNew = tagOf(request.headers.get("to")) === undefined;
    if (request.method === "INVITE" && isNew) this.#ring(incoming);
    else if (request.method === "CANCEL") this.#letGo(incoming);
    else this.transactions.respond(incoming, 200, known?.localTag, { Contact: this.contact });
  }

  #ring(invite: IncomingRequest): void {
    const dialog = Dialog.ofIncoming(invite.request);
    this.calls.set(dialog.callId, dialog);
    this.rung++;
    this.transactions.respond(invite, 180, dialog.localTag, { Contact: this.contact });
    setTimeout(() => {
      if (!this.calls.has(dialog.callId)) return;
      this.transactions.respond(invite, 200, dialog.localTag, { Contact: this.contact, ...SDP }, this.sound);
    }, this.#answerAfterMs);
  }

  #letGo(cancel: IncomingRequest): void {
    const invite = this.transactions.inviteOf(cancel.request);
    const dialog = this.calls.get(cancel.request.headers.get("call-id") ?? "");
    this.transactions.respond(cancel, 200, dialog?.localTag);
    if (invite === undefined || dialog === undefined) return;
    this.calls.delete(dialog.callId);
    this.transactions.respond(invite, 487, dialog.localTag);
  }

  /** The talk begins when the PBX has heard that we answered. */
  protected onAck(ack: SipRequest): void {
    const dialog = this.calls.get(ack.headers.get("call-id") ?? "");
    if (dialog === undefined) return;
    this.calls.delete(dialog.callId);
    setTimeout(() => {
      const { target, headers } = dialog;
      void this.transactions.request({ method: "BYE", uri: target, headers, cseq: dialog.nextCseq() });
    }, this.#talkMs);
  }
}
