import { randomBytes } from "node:crypto";
import { createSocket, type RemoteInfo } from "node:dgram";
import type { Address } from "../audio/rtp.ts";
import { type Credentials, digestAnswer } from "./digest.ts";
import {
  type HeaderFields,
  parseSip,
  reasonPhrase,
  type SipRequest,
  type SipResponse,
  tagOf,
  writeSip,
} from "./message.ts";

/** A request of ours. `Via`, `Max-Forwards` and `CSeq` are added here. */
export interface OutgoingRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: HeaderFields;
  readonly cseq: number;
  readonly body?: string;
}

/** What the sender of a request may want to know before its final response. */
export interface RequestWatcher {
  /** It is on the wire; told again when it is repeated with credentials, under another CSeq number and `Via`. */
  readonly onSent?: (cseq: number, via: string) => void;
  readonly onProvisional?: (response: SipResponse) => void;
  /** The 2xx came again: its ACK was lost (RFC 3261 §13.2.2.4). */
  readonly onRepeatedSuccess?: () => void;
}

/** A request that came in and is to be answered. */
export interface IncomingRequest {
  readonly request: SipRequest;
  readonly source: Address;
}

/** Who is asked what to do with the requests that come in. */
export interface RequestListener {
  onRequest(incoming: IncomingRequest): void;
  /** An ACK that carries a session, or ends the wait for one. */
  onAck(request: SipRequest): void;
}

interface ClientTransaction {
  readonly onResponse: (response: SipResponse) => void;
  readonly abandon: () => void;
}

interface ServerTransaction extends IncomingRequest {
  lastResponse: string | undefined;
  acknowledged: boolean;
  repeat: NodeJS.Timeout | undefined;
}

const T1_MS = 500; // RFC 3261 §17: the first wait before a request or a final response is sent again
const T2_MS = 4000; // the longest such wait
const TIMEOUT_MS = 32_000;
const TIMED_OUT = 408; // a transaction that gets no answer counts as answered so (RFC 3261 §8.1.3.1)
const USER_AGENT = "kommutator-lab";

/** One UDP socket with SIP's transactions over it: what is lost is sent again, what comes twice is told once. */
export class SipTransactions {
  readonly #socket = createSocket("udp4");
  readonly #local: Address;
  readonly #server: Address;
  readonly #credentials: Credentials | undefined;
  readonly #listener: RequestListener;
  readonly #client = new Map<string, ClientTransaction>();
  readonly #incoming = new Map<string, ServerTransaction>();
  /** Those of #incoming that an ACK may be about: it has a branch of its own when it is that of a 2xx. */
  readonly #invites = new Map<string, ServerTransaction>();
  #closed = false;

  /** @param local port 0 takes a free one */
  constructor(local: Address, server: Address, credentials: Credentials | undefined, listener: RequestListener) {
    this.#local = local;
    this.#server = server;
    this.#credentials = credentials;
    this.#listener = listener;
    this.#socket.on("message", (packet, source) => {
      if (isSound(packet)) return; // to a call that had this port before
      this.#receive(packet.toString("utf8"), source);
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.once("error", reject);
      this.#socket.bind(this.#local.port, this.#local.host, resolve);
    });
  }

  /** Where this socket is reached; open() comes first. */
  get address(): Address {
    return { host: this.#local.host, port: this.#socket.address().port };
  }

  /** Requests that still wait are answered with 408. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const transaction of this.#client.values()) transaction.abandon();
    for (const transaction of this.#incoming.values()) clearTimeout(transaction.repeat);
    this.#socket.close();
  }

  /** A `Via` of a transaction of its own, such as that of an ACK to a 2xx. */
  newVia(): string {
    const { host, port } = this.address;
    return `SIP/2.0/UDP ${host}:${port};branch=z9hG4bK${randomBytes(10).toString("hex")};rport`;
  }

  /** Sends a message that has no transaction: ACK of a 2xx, CANCEL. */
  send(method: string, uri: string, headers: HeaderFields): void {
    this.#write(writeSip(`${method} ${uri} SIP/2.0`, { "Max-Forwards": "70", ...headers }));
  }

  /** Sends a request and resolves with its final response and the CSeq number it had; one challenge is answered with our credentials. */
  async request(request: OutgoingRequest, watcher: RequestWatcher = {}): Promise<SipResponse> {
    const response = await this.#attempt(request, watcher);
    const [ask, answer] =
      response.status === 401 ? ["www-authenticate", "Authorization"] : ["proxy-authenticate", "Proxy-Authorization"];
    const challenge = response.status === 401 || response.status === 407 ? response.headers.get(ask) : undefined;
    if (!challenge || !this.#credentials) return response;
    const digest = digestAnswer(challenge, request.method, request.uri, this.#credentials);
    const headers = { ...request.headers, [answer]: digest };
    return await this.#attempt({ ...request, headers, cseq: request.cseq + 1 }, watcher);
  }

  /**
   * Answers a request. The final answer to an INVITE is repeated until it is acknowledged.
   * @param tag completes the To header of a dialog's first answer
   */
  respond(incoming: IncomingRequest, status: number, tag?: string, headers: HeaderFields = {}, body = ""): void {
    const { request, source } = incoming;
    const transaction = this.#incoming.get(keyOf(request));
    if (!transaction) throw new Error(`nothing to answer: ${request.method} ${request.uri}`);
    const to = request.headers.get("to") ?? "";
    const text = writeSip(
      `SIP/2.0 ${status} ${reasonPhrase(status)}`,
      {
        Via: request.headers.all("via"),
        From: request.headers.all("from"),
        To: tag && !tagOf(to) ? `${to};tag=${tag}` : to,
        "Call-ID": request.headers.all("call-id"),
        CSeq: request.headers.all("cseq"),
        ...headers,
        "User-Agent": USER_AGENT,
      },
      body,
    );
    transaction.lastResponse = text;
    this.#write(text, source);
    if (request.method === "INVITE" && status >= 200) this.#repeatUntilAcknowledged(transaction, text, T1_MS, 0);
  }

  #repeatUntilAcknowledged(transaction: ServerTransaction, text: string, waitMs: number, spentMs: number): void {
    transaction.repeat = setTimeout(() => {
      if (transaction.acknowledged || spentMs > TIMEOUT_MS) return;
      this.#write(text, transaction.source);
      this.#repeatUntilAcknowledged(transaction, text, Math.min(waitMs * 2, T2_MS), spentMs + waitMs);
    }, waitMs);
  }

  #attempt(request: OutgoingRequest, watcher: RequestWatcher): Promise<SipResponse> {
    const { method, uri, cseq } = request;
    const via = this.newVia();
    const headers = { Via: via, "Max-Forwards": "70", ...request.headers, CSeq: `${cseq} ${method}` };
    const text = writeSip(`${method} ${uri} SIP/2.0`, { ...headers, "User-Agent": USER_AGENT }, request.body);
    const key = keyOf(parseSip(text));
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      let final = false;
      const settle = (response: SipResponse) => {
        final = true;
        clearTimeout(timer);
        // Kept for a while: a repeated 2xx wants another ACK, a repeated refusal too.
        setTimeout(() => this.#client.delete(key), TIMEOUT_MS).unref();
        resolve(response);
      };
      const timeOut = () => settle(parseResponse(`SIP/2.0 ${TIMED_OUT} No answer\r\nCSeq: ${cseq} ${method}\r\n\r\n`));
      const repeat = (waitMs: number, spentMs: number) => {
        timer = setTimeout(() => {
          if (spentMs + waitMs > TIMEOUT_MS) return timeOut();
          this.#write(text);
          repeat(method === "INVITE" ? waitMs * 2 : Math.min(waitMs * 2, T2_MS), spentMs + waitMs);
        }, waitMs);
      };
      const onResponse = (response: SipResponse) => {
        if (response.status < 200) {
          clearTimeout(timer);
          if (final) return;
          if (method !== "INVITE") repeat(T2_MS, 0);
          watcher.onProvisional?.(response);
          return;
        }
        if (method === "INVITE" && response.status >= 300) this.#acknowledgeRefusal(request, via, response);
        if (!final) settle(response);
        else if (method === "INVITE" && response.status < 300) watcher.onRepeatedSuccess?.();
      };
      this.#client.set(key, { onResponse, abandon: () => void (final || timeOut()) });
      watcher.onSent?.(cseq, via);
      this.#write(text);
      repeat(T1_MS, 0);
    });
  }

  /** The ACK of a refusal belongs to the INVITE's own transaction (RFC 3261 §17.1.1.3). */
  #acknowledgeRefusal(invite: OutgoingRequest, via: string, refusal: SipResponse): void {
    this.send("ACK", invite.uri, {
      Via: via,
      From: invite.headers["From"] ?? "",
      To: refusal.headers.all("to"),
      "Call-ID": invite.headers["Call-ID"] ?? "",
      CSeq: `${refusal.cseq.number} ACK`,
    });
  }

  #write(text: string, to: Address = this.#server): void {
    if (!this.#closed) this.#socket.send(text, to.port, to.host);
  }

  #receive(text: string, { address, port }: RemoteInfo): void {
    if (text.trim() === "") return; // a keep-alive
    const message = parseSip(text);
    if (message.kind === "response") {
      this.#client.get(keyOf(message))?.onResponse(message);
    } else if (message.method === "ACK") {
      this.#acknowledge(message);
      this.#listener.onAck(message);
    } else {
      const known = this.#incoming.get(keyOf(message));
      if (known) {
        if (known.lastResponse) this.#write(known.lastResponse, known.source);
        return;
      }
      const source = { host: address, port };
      const transaction = { request: message, source, lastResponse: undefined, acknowledged: false, repeat: undefined };
      this.#incoming.set(keyOf(message), transaction);
      if (message.method === "INVITE") this.#invites.set(inviteKeyOf(message), transaction);
      setTimeout(() => this.#forget(message), TIMEOUT_MS).unref();
      this.#listener.onRequest(transaction);
    }
  }

  #forget(request: SipRequest): void {
    this.#incoming.delete(keyOf(request));
    if (request.method === "INVITE") this.#invites.delete(inviteKeyOf(request));
  }

  #acknowledge(ack: SipRequest): void {
    const transaction = this.#invites.get(inviteKeyOf(ack));
    if (transaction === undefined) return;
    transaction.acknowledged = true;
    clearTimeout(transaction.repeat);
  }

  /** The INVITE that a CANCEL is about. */
  inviteOf(cancel: SipRequest): IncomingRequest | undefined {
    return this.#incoming.get(`${cancel.branch}/INVITE`);
  }
}

function keyOf(message: SipRequest | SipResponse): string {
  return `${message.branch}/${message.cseq.method}`;
}

/** RTP and RTCP begin with their version, 2, in the upper bits: no letter does. */
function isSound(packet: Buffer): boolean {
  return packet.length > 0 && packet.readUInt8(0) >> 6 === 2;
}

/** The same for an INVITE and for its ACK, whatever that answers. */
function inviteKeyOf({ headers, cseq }: SipRequest): string {
  return `${headers.get("call-id")}/${cseq.number}`;
}

function parseResponse(text: string): SipResponse {
  const message = parseSip(text);
  if (message.kind !== "response") throw new Error(`not a response: ${text}`);
  return message;
}
