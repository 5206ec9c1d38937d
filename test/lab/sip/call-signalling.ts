import type { Dialog } from "./dialog.ts";
import type { HeaderFields, SipResponse } from "./message.ts";
import type { IncomingRequest, RequestWatcher, SipTransactions } from "./transactions.ts";

/** By whom the messages of a call are sent, and where he is reached. */
export interface SignallingOwner {
  /** A Contact value. */
  readonly contact: string;
  readonly transactions: SipTransactions;
}

const ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, NOTIFY, REFER";
const SDP = "application/sdp";

/** The messages that one side of a call sends, with the headers that make them belong to its dialog. */
export class CallSignalling {
  readonly dialog: Dialog;
  readonly #owner: SignallingOwner;

  constructor(owner: SignallingOwner, dialog: Dialog) {
    this.#owner = owner;
    this.dialog = dialog;
  }

  async request(
    method: string,
    headers: HeaderFields = {},
    body = "",
    watcher: RequestWatcher = {},
  ): Promise<SipResponse> {
    const request = {
      method,
      uri: this.dialog.target,
      headers: { ...this.dialog.headers, Contact: this.#owner.contact, ...headers },
      cseq: this.dialog.nextCseq(),
      body,
    };
    const response = await this.#owner.transactions.request(request, watcher);
    this.dialog.noteCseq(response.cseq.number);
    return response;
  }

  /** An INVITE that offers this sound: the first of a call, or one in its course. A success is to be acknowledged. */
  invite(sdp: string, headers: HeaderFields = {}, watcher: RequestWatcher = {}): Promise<SipResponse> {
    return this.request("INVITE", { Allow: ALLOW, "Content-Type": SDP, ...headers }, sdp, watcher);
  }

  /** The ACK of a successful INVITE. @param cseq the number of that INVITE */
  acknowledge(cseq: number): void {
    const { transactions } = this.#owner;
    const headers = { Via: transactions.newVia(), ...this.dialog.headers, CSeq: `${cseq} ACK` };
    transactions.send("ACK", this.dialog.target, headers);
  }

  /** Takes back an INVITE that has no final response yet, known by its number and `Via`. */
  cancel(uri: string, invite: { readonly cseq: number; readonly via: string }): void {
    const headers = { Via: invite.via, ...this.dialog.openingHeaders, CSeq: `${invite.cseq} CANCEL` };
    this.#owner.transactions.send("CANCEL", uri, headers);
  }

  respond(incoming: IncomingRequest, status: number, headers: HeaderFields = {}, body = ""): void {
    this.#owner.transactions.respond(incoming, status, this.dialog.localTag, headers, body);
  }

  /** An answer that says where this side is reached from now on. */
  respondWithContact(incoming: IncomingRequest, status: number): void {
    this.respond(incoming, status, { Contact: this.#owner.contact });
  }

  /** A success that carries the description of our sound. */
  respondWithSound(incoming: IncomingRequest, sdp: string): void {
    this.respond(incoming, 200, { Contact: this.#owner.contact, Allow: ALLOW, "Content-Type": SDP }, sdp);
  }
}
