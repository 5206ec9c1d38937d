import type { CallSignalling } from "./call-signalling.ts";
import { type HeaderFields, type SipResponse, tagOf, uriOf } from "./message.ts";

/** The INVITE by which a call is dialled, until it is answered, refused or given up. */
export class OutgoingInvite {
  readonly #signalling: CallSignalling;
  readonly #uri: string;
  #sent = { cseq: 0, via: "" };
  #provisional = false;
  #givenUp = false;

  constructor(signalling: CallSignalling, uri: string) {
    this.#signalling = signalling;
    this.#uri = uri;
  }

  get givenUp(): boolean {
    return this.#givenUp;
  }

  /**
   * Resolves with the final response; a success has been acknowledged then.
   * @param onRinging told of each provisional response from 180 on
   */
  async send(sdp: string, headers: HeaderFields, onRinging: (response: SipResponse) => void): Promise<SipResponse> {
    const { dialog } = this.#signalling;
    const response = await this.#signalling.invite(
      sdp,
      { Supported: "replaces", ...headers },
      {
        onSent: (cseq, via) => {
          this.#sent = { cseq, via };
          this.#provisional = false;
        },
        onProvisional: (provisional) => {
          this.#provisional = true;
          if (this.#givenUp) this.#cancel();
          if (provisional.status < 180) return;
          dialog.remoteTag = tagOf(provisional.headers.get("to")) ?? dialog.remoteTag;
          onRinging(provisional);
        },
        onRepeatedSuccess: () => this.#signalling.acknowledge(this.#sent.cseq),
      },
    );
    if (response.status < 300) {
      dialog.remoteTag = tagOf(response.headers.get("to"));
      dialog.target = uriOf(response.headers.get("contact")) || this.#uri;
      this.#signalling.acknowledge(response.cseq.number);
    }
    return response;
  }

  /** It may be answered all the same, if both happen at once. */
  giveUp(): void {
    this.#givenUp = true;
    if (this.#provisional) this.#cancel();
  }

  /** Only after a provisional answer: until then the PBX may not know the call (RFC 3261 §9.1). */
  #cancel(): void {
    this.#signalling.cancel(this.#uri, this.#sent);
  }
}
