import { RtpStream } from "../audio/rtp.ts";
import { parseSdp, type SoundDirection, writeSdp } from "./sdp.ts";

/** The sound of one call as both sides agreed on it: the stream, and the descriptions that set it up. */
export class CallSound {
  readonly stream: RtpStream;
  readonly #host: string;
  readonly #id = Date.now();
  #version = 1;
  #offered: SoundDirection = "sendrecv";

  constructor(host: string, hertz: number) {
    this.#host = host;
    this.stream = new RtpStream(host, hertz);
  }

  /** Takes the other side's description, if the text is one. */
  accept(sdp: string): void {
    const session = parseSdp(sdp);
    if (!session) return;
    this.#offered = session.direction;
    this.stream.sendTo(session);
  }

  /** Whether the other side has put us on hold. */
  get heldByPeer(): boolean {
    return this.#offered === "sendonly" || this.#offered === "inactive";
  }

  /** Our own description. */
  describe(direction: SoundDirection): string {
    return writeSdp({ host: this.#host, port: this.stream.port, direction }, this.#id, this.#version++);
  }

  /** Our own description as an answer to the last one taken. */
  answer(heldByUs: boolean): string {
    if (heldByUs) return this.describe("sendonly");
    if (this.#offered === "sendonly") return this.describe("recvonly");
    return this.describe(this.#offered === "inactive" ? "inactive" : "sendrecv");
  }
}
