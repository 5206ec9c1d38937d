import { randomBytes, randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { performance } from "node:perf_hooks";
import { ALAW_TO_LINEAR, toneSecond, toneStrength } from "./tone.ts";

/** Where packets are sent. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** One digit that is being sent as a telephone event. */
interface Digit {
  readonly event: number;
  readonly sent: () => void;
  frame: number;
  timestamp: number;
}

const PCMA = 8; // payload types, as offered in sdp.ts
const TELEPHONE_EVENT = 101;
const FRAME_MS = 20;
const FRAME_SAMPLES = 160;
const HEARD_SAMPLES = 4000; // the last half second
const MAX_CATCH_UP_FRAMES = 25; // after the event loop was late, no more than half a second is sent at once
const DIGITS = "0123456789*#ABCD";

/** The sound of one call: RTP in G.711 A-law (RFC 3550, 3551) with the keypad's digits as telephone events (RFC 4733). */
export class RtpStream {
  /** Whether our tone is being sent. */
  playing = false;
  /** Digits that the other side pressed, in order. */
  receivedDigits = "";
  /** Packets of sound so far. */
  sent = 0;
  received = 0;

  readonly #host: string;
  readonly #sound: Uint8Array;
  readonly #socket = createSocket("udp4");
  readonly #source = randomBytes(4).readUInt32BE();
  readonly #heard = new Int16Array(HEARD_SAMPLES);
  readonly #digits: Digit[] = [];
  #remote: Address | undefined;
  #startedAt = 0;
  #frames = 0;
  #position = 0;
  #sequence = randomInt(30_000);
  #timestamp = randomInt(1_000_000_000);
  #heardAt = 0;
  #lastPacketAt = Number.NEGATIVE_INFINITY;
  #lastDigitTimestamp = -1;
  #closed = false;

  constructor(host: string, hertz: number) {
    this.#host = host;
    this.#sound = toneSecond(hertz);
    this.#socket.on("message", (packet) => this.#receive(packet));
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.once("error", reject);
      this.#socket.bind(0, this.#host, resolve);
    });
  }

  /** The port to be offered; open() comes first. */
  get port(): number {
    return this.#socket.address().port;
  }

  /** Begins to send to `remote`, or goes on towards another address. */
  sendTo(remote: Address): void {
    if (this.#closed) return;
    this.#remote = remote;
    if (sending.has(this)) return;
    this.#startedAt = performance.now();
    this.#frames = 0;
    sending.add(this);
    clock ??= setInterval(tick, FRAME_MS / 2);
  }

  /** Sends one digit; resolves when it is out, about 240 ms later, or when the call ends. @throws on what is no key */
  press(digit: string): Promise<void> {
    const event = DIGITS.indexOf(digit.toUpperCase());
    if (event < 0) throw new Error(`not a key of a phone: ${digit}`);
    if (this.#closed) return Promise.resolve();
    return new Promise((sent) => void this.#digits.push({ event, sent, frame: 0, timestamp: 0 }));
  }

  /** How strong a tone was in the last half second heard, see toneStrength(). 0 when nothing has come lately. */
  strength(hertz: number): number {
    const silent = performance.now() - this.#lastPacketAt > 400;
    return silent ? 0 : toneStrength(this.#heard, hertz);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    sending.delete(this);
    if (sending.size === 0) {
      clearInterval(clock);
      clock = undefined;
    }
    this.#socket.close();
    for (const digit of this.#digits.splice(0)) digit.sent();
  }

  /** Sends the frames that are due at `now`. */
  tick(now: number): void {
    const due = Math.floor((now - this.#startedAt) / FRAME_MS);
    this.#frames = Math.max(this.#frames, due - MAX_CATCH_UP_FRAMES);
    for (; this.#frames < due; this.#frames++) this.#sendFrame();
  }

  #sendFrame(): void {
    this.#timestamp = (this.#timestamp + FRAME_SAMPLES) >>> 0;
    const digit = this.#digits[0];
    if (digit) this.#sendDigitFrame(digit);
    else if (this.playing) this.#sendSoundFrame();
  }

  /** A digit lasts 12 frames: five of the key held, three that tell its end (one may get lost), four of silence. */
  #sendDigitFrame(digit: Digit): void {
    const frame = digit.frame++;
    if (frame === 0) digit.timestamp = this.#timestamp;
    if (frame < 8) {
      const payload = Buffer.alloc(4);
      payload[0] = digit.event;
      payload[1] = (frame >= 5 ? 0x80 : 0) | 10; // end bit, volume -10 dBm0
      payload.writeUInt16BE(FRAME_SAMPLES * Math.min(frame + 1, 6), 2);
      this.#sendPacket(TELEPHONE_EVENT, payload, digit.timestamp, frame === 0);
    } else if (frame >= 11) {
      this.#digits.shift();
      digit.sent();
    }
  }

  #sendSoundFrame(): void {
    const payload = Uint8Array.from(
      { length: FRAME_SAMPLES },
      (_, i) => this.#sound[(this.#position + i) % this.#sound.length] ?? 0,
    );
    this.#position = (this.#position + FRAME_SAMPLES) % this.#sound.length;
    this.sent++;
    this.#sendPacket(PCMA, payload, this.#timestamp, false);
  }

  #sendPacket(payloadType: number, payload: Uint8Array, timestamp: number, marker: boolean): void {
    if (!this.#remote) return;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    const header = Buffer.alloc(12);
    header[0] = 0x80; // version 2
    header[1] = payloadType | (marker ? 0x80 : 0);
    header.writeUInt16BE(this.#sequence, 2);
    header.writeUInt32BE(timestamp, 4);
    header.writeUInt32BE(this.#source, 8);
    this.#socket.send(Buffer.concat([header, payload]), this.#remote.port, this.#remote.host);
  }

  #receive(packet: Buffer): void {
    if (packet.length <= 12) return;
    const payloadType = packet.readUInt8(1) & 0x7f;
    if (payloadType === PCMA) this.#receiveSound(packet.subarray(12));
    else if (payloadType === TELEPHONE_EVENT && packet.length >= 16) this.#receiveDigit(packet);
  }

  #receiveSound(payload: Buffer): void {
    this.received++;
    this.#lastPacketAt = performance.now();
    for (const byte of payload) {
      this.#heard[this.#heardAt] = ALAW_TO_LINEAR[byte] ?? 0;
      this.#heardAt = (this.#heardAt + 1) % HEARD_SAMPLES;
    }
  }

  #receiveDigit(packet: Buffer): void {
    const timestamp = packet.readUInt32BE(4);
    const isEnd = (packet.readUInt8(13) & 0x80) !== 0;
    if (!isEnd || timestamp === this.#lastDigitTimestamp) return; // the end is sent three times
    this.#lastDigitTimestamp = timestamp;
    this.receivedDigits += DIGITS[packet.readUInt8(12)] ?? "?";
  }
}

// One clock for all streams of the process: a timer each would cost more than the sound.
const sending = new Set<RtpStream>();
let clock: NodeJS.Timeout | undefined;
function tick(): void {
  const now = performance.now();
  for (const stream of sending) stream.tick(now);
}
