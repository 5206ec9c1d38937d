/** Reads the frames of an MPEG audio layer III stream (ISO 11172-3 §2.4, and the extensions to lower rates). Pure. */
import { UnreadableSound } from "./unreadable-sound.ts";

/** What all frames of one stream must share: players give up when it changes on the way. */
export interface Mp3Format {
  /** Hz */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
}

export interface Mp3Stream extends Mp3Format {
  readonly seconds: number;
  /** Where the first frame with sound begins, and the last one ends: without tags and without the frame that tells the length. */
  readonly from: number;
  readonly to: number;
}

interface Frame extends Mp3Format {
  readonly bytes: number;
  readonly samples: number;
  /** MPEG 1, whose frames are laid out otherwise than those of 2 and 2.5. */
  readonly isFirst: boolean;
}

const KILOBITS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KILOBITS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES = [44_100, 48_000, 32_000];

/** @throws UnreadableSound when there is no frame, or the format changes on the way */
export function readMp3(bytes: Buffer): Mp3Stream {
  let at = nextFrame(bytes, skipTags(bytes));
  let frame = frameAt(bytes, at);
  if (frame === undefined) throw new UnreadableSound("no mp3 frame");
  if (tellsLength(bytes, at, frame)) {
    at += frame.bytes;
    frame = frameAt(bytes, at) ?? frame;
  }
  const { sampleRate, channels } = frame;
  const from = at;
  let [to, samples] = [at, 0];
  for (; at < bytes.length; at = nextFrame(bytes, at)) {
    for (let next = frameAt(bytes, at); next !== undefined; next = frameAt(bytes, at)) {
      if (next.sampleRate !== sampleRate || next.channels !== channels)
        throw new UnreadableSound(`the format changes at byte ${at}`);
      samples += next.samples;
      at += next.bytes;
      to = Math.min(at, bytes.length);
    }
    at++;
  }
  return { sampleRate, channels, seconds: samples / sampleRate, from, to };
}

function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (at + 4 > bytes.length) return undefined;
  const head = bytes.readUInt32BE(at);
  const version = (head >>> 19) & 3; // 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
  const isLayer3 = ((head >>> 17) & 3) === 1;
  const isFirst = version === 3;
  const kilobits = (isFirst ? KILOBITS_1 : KILOBITS_2)[(head >>> 12) & 15] ?? 0;
  const rate = RATES[(head >>> 10) & 3];
  if (head >>> 21 !== 0x7ff || version === 1 || !isLayer3 || kilobits === 0 || rate === undefined) return undefined;
  const sampleRate = rate / (isFirst ? 1 : version === 2 ? 2 : 4);
  const samples = isFirst ? 1152 : 576;
  const padding = (head >>> 9) & 1;
  return {
    sampleRate,
    channels: ((head >>> 6) & 3) === 3 ? 1 : 2,
    bytes: Math.floor((samples / 8) * ((kilobits * 1000) / sampleRate)) + padding,
    samples,
    isFirst,
  };
}

/** Where the next frame begins that another one, or the end, follows: junk may look like a single one. */
function nextFrame(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const frame = frameAt(bytes, at);
    if (frame === undefined) continue;
    const after = at + frame.bytes;
    if (after >= bytes.length || frameAt(bytes, after) !== undefined || isTag(bytes, after)) return at;
  }
  return bytes.length;
}

function isTag(bytes: Buffer, at: number): boolean {
  return /^(TAG|ID3|APE)/.test(bytes.toString("latin1", at, at + 3));
}

/** ID3v2 stands before the sound; its length is written in bytes of seven bits. */
function skipTags(bytes: Buffer): number {
  let at = 0;
  while (bytes.toString("latin1", at, at + 3) === "ID3" && at + 10 <= bytes.length) {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at + 6, at + 10);
    at += 10 + ((a << 21) | (b << 14) | (c << 7) | d);
  }
  return at;
}

/** Encoders put a silent frame first that tells the length of the whole: wrong as soon as something is joined to it. */
function tellsLength(bytes: Buffer, at: number, { isFirst, channels }: Frame): boolean {
  const sideInfo = isFirst ? (channels === 1 ? 17 : 32) : channels === 1 ? 9 : 17;
  const word = (offset: number) => bytes.toString("latin1", at + offset, at + offset + 4);
  return ["Xing", "Info"].includes(word(4 + sideInfo)) || word(36) === "VBRI";
}
