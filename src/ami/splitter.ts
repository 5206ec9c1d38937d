import { isAscii } from "node:buffer";
import { AmiError } from "./ami-error.ts";
import { AmiPacket } from "./packet.ts";

export interface SplitterOptions {
  /**
   * Asked with the name of each event (`Newchannel`); false skips the event before anything is built of it.
   * Two thirds of what a busy PBX sends may be `VarSet`. Responses are never skipped.
   */
  readonly wanted?: (eventName: string) => boolean;
  /** Told of each packet that was left out because it was too long or unreadable. The stream goes on after it. */
  readonly refused?: (error: AmiError) => void;
  /** Bytes of the longest packet that is read. The memory held is at most this and one chunk, rounded up to a power of two. */
  readonly maxPacketBytes?: number;
  readonly maxLineBytes?: number;
}

/** The longest packet known is the answer to `ListCommands`, some 20 kB. */
export const MAX_PACKET_BYTES = 1024 * 1024;
export const MAX_LINE_BYTES = 64 * 1024;

const END_OF_PACKET = Buffer.from("\r\n\r\n");
const END_OF_LINE = Buffer.from("\r\n");
const EVENT = Buffer.from("Event: ");
const INITIAL_CAPACITY = 128 * 1024;

/**
 * Cuts a byte stream into AMI packets, however it was chunked, with bounded memory.
 * The greeting line, which comes first, is the connection's to read.
 */
export class PacketSplitter {
  readonly #wanted: (eventName: string) => boolean;
  readonly #refused: (error: AmiError) => void;
  readonly #maxPacketBytes: number;
  readonly #maxLineBytes: number;
  /** Bytes between `#start` and `#end` have come and are not yet cut; those before `#scanned` hold no end of packet. */
  #buffer = Buffer.allocUnsafe(INITIAL_CAPACITY);
  #start = 0;
  #scanned = 0;
  #end = 0;
  /** Inside a packet that was refused for its length: everything up to its end is thrown away. */
  #discarding = false;

  constructor(options: SplitterOptions = {}) {
    this.#wanted = options.wanted ?? (() => true);
    this.#refused = options.refused ?? (() => undefined);
    this.#maxPacketBytes = options.maxPacketBytes ?? MAX_PACKET_BYTES;
    this.#maxLineBytes = options.maxLineBytes ?? MAX_LINE_BYTES;
  }

  /** Bytes held for packets that have not come whole, with the room to read into. */
  get capacityBytes(): number {
    return this.#buffer.length;
  }

  /** The packets that end in this chunk. */
  push(chunk: Uint8Array): AmiPacket[] {
    this.#append(chunk);
    const packets: AmiPacket[] = [];
    const bytes = this.#buffer.subarray(0, this.#end);
    let encoding: "latin1" | "utf8" | undefined;
    for (;;) {
      const end = bytes.indexOf(END_OF_PACKET, this.#scanned);
      if (end === -1) break;
      // latin1 is several times cheaper to decode than UTF-8, and the same for the plain text that AMI mostly is
      encoding ??= isAscii(bytes.subarray(this.#start)) ? "latin1" : "utf8";
      const packet = this.#cut(bytes, this.#start, end, encoding);
      if (packet !== undefined) packets.push(packet);
      this.#start = this.#scanned = end + END_OF_PACKET.length;
    }
    // the end of a packet may itself be cut in two
    this.#scanned = Math.max(this.#start, this.#end - END_OF_PACKET.length + 1);
    if (this.#scanned - this.#start > this.#maxPacketBytes) this.#discard();
    return packets;
  }

  #cut(bytes: Buffer, start: number, end: number, encoding: "latin1" | "utf8"): AmiPacket | undefined {
    if (this.#discarding) {
      this.#discarding = false;
      return undefined;
    }
    const length = end - start;
    if (length > this.#maxPacketBytes) {
      this.#refused(new AmiError("ami/packet-too-long", { limit: this.#maxPacketBytes }));
      return undefined;
    }
    const isEvent = startsWith(bytes, EVENT, start);
    if (isEvent) {
      const name = bytes.toString("latin1", start + EVENT.length, Math.min(end, bytes.indexOf(END_OF_LINE, start)));
      if (!this.#wanted(name)) return undefined;
    }
    if (length > this.#maxLineBytes && longestLine(bytes.subarray(start, end)) > this.#maxLineBytes) {
      this.#refused(new AmiError("ami/line-too-long", { limit: this.#maxLineBytes }));
      return undefined;
    }
    const packet = new AmiPacket(bytes.toString(encoding, start, end));
    if (!isEvent && packet.get("Response") === undefined && packet.get("Event") === undefined) {
      this.#refused(new AmiError("ami/unreadable-packet", { bytes: length }));
      return undefined;
    }
    return packet;
  }

  /** Forgets the beginning of a packet that is already too long, and waits for its end. */
  #discard(): void {
    if (!this.#discarding) this.#refused(new AmiError("ami/packet-too-long", { limit: this.#maxPacketBytes }));
    this.#discarding = true;
    this.#start = this.#scanned;
  }

  #append(chunk: Uint8Array): void {
    const held = this.#end - this.#start;
    if (this.#end + chunk.length > this.#buffer.length) {
      const needed = held + chunk.length;
      const target = roomFor(needed) === this.#buffer.length ? this.#buffer : Buffer.allocUnsafe(roomFor(needed));
      this.#buffer.copy(target, 0, this.#start, this.#end);
      this.#buffer = target;
      this.#scanned -= this.#start;
      this.#start = 0;
      this.#end = held;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }
}

function startsWith(bytes: Buffer, prefix: Buffer, at: number): boolean {
  return bytes.compare(prefix, 0, prefix.length, at, at + prefix.length) === 0;
}

/** Powers of two, so that a long packet in small pieces is copied few times, and a rare one does not stay for ever. */
function roomFor(bytes: number): number {
  return Math.max(INITIAL_CAPACITY, 2 ** Math.ceil(Math.log2(bytes)));
}

function longestLine(bytes: Buffer): number {
  let longest = 0;
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(END_OF_LINE, start);
    const next = end === -1 ? bytes.length : end;
    longest = Math.max(longest, next - start);
    start = next + END_OF_LINE.length;
  }
  return longest;
}
