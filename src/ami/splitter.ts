import { AmiPacket } from "./packet.ts";

/** Cuts a byte stream into AMI packets, however it was chunked. The greeting line is the connection's to read. */
export class PacketSplitter {
  #rest = "";
  readonly #decoder = new TextDecoder(); // a Cyrillic letter may be cut in two

  push(chunk: Uint8Array): AmiPacket[] {
    const texts = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split("\r\n\r\n");
    this.#rest = texts.pop() ?? "";
    return texts.map((text) => new AmiPacket(text));
  }
}
