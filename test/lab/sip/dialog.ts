import { randomBytes, randomInt } from "node:crypto";
import { type HeaderFields, type SipRequest, tagOf, uriOf } from "./message.ts";

/** What makes the messages of one call belong together (RFC 3261 §12): the ids, the counter, and where requests go. */
export class Dialog {
  readonly callId: string;
  readonly localTag = randomBytes(5).toString("hex");
  /** Our own address of record in this call. */
  readonly localUri: string;
  /** Where the other side is reached: the Contact it gave last. */
  target: string;
  remoteTag: string | undefined;
  readonly #from: string;
  readonly #to: string;
  #cseq = randomInt(100, 1000);

  private constructor(callId: string, localUri: string, from: string, to: string, target: string) {
    this.callId = callId;
    this.localUri = localUri;
    this.#from = `${from};tag=${this.localTag}`;
    this.#to = to;
    this.target = target;
    this.remoteTag = tagOf(to);
  }

  static ofOutgoing(local: { readonly uri: string; readonly name: string }, remoteUri: string): Dialog {
    const from = `${local.name ? `"${local.name}" ` : ""}<${local.uri}>`;
    return new Dialog(`${randomBytes(10).toString("hex")}@lab`, local.uri, from, `<${remoteUri}>`, remoteUri);
  }

  static ofIncoming(invite: SipRequest): Dialog {
    const { headers } = invite;
    const localUri = uriOf(headers.get("to"));
    const from = headers.get("from") ?? "";
    return new Dialog(headers.get("call-id") ?? "", localUri, `<${localUri}>`, from, uriOf(headers.get("contact")));
  }

  /** The headers that each of our requests in this dialog carries. */
  get headers(): HeaderFields {
    const needsTag = this.remoteTag !== undefined && tagOf(this.#to) === undefined;
    return { ...this.openingHeaders, To: needsTag ? `${this.#to};tag=${this.remoteTag}` : this.#to };
  }

  /** The same as before the other side had answered; a CANCEL repeats them. */
  get openingHeaders(): HeaderFields {
    return { From: this.#from, To: this.#to, "Call-ID": this.callId };
  }

  /** The next number for a request of ours. */
  nextCseq(): number {
    return ++this.#cseq;
  }

  /** A request was sent under this number; the next ones must be higher. */
  noteCseq(number: number): void {
    this.#cseq = Math.max(this.#cseq, number);
  }

  /** Whether a request that came in belongs to this dialog. */
  has(request: SipRequest): boolean {
    const toTag = tagOf(request.headers.get("to"));
    return request.headers.get("call-id") === this.callId && (toTag === undefined || toTag === this.localTag);
  }
}
