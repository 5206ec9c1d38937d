/** Reads RIFF/WAVE files as telephony makes them: 16-bit PCM, A-law or µ-law, any rate, one or two channels. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { UnreadableSound } from "./unreadable-sound.ts";

export interface Wav {
  readonly sampleRate: number;
  readonly channels: number;
  /** Seconds of sound. */
  readonly seconds: number;
  /** It holds less than it says. */
  readonly isCut: boolean;
  /** Samples of all channels mixed to one, −1…1, about a second at a time. */
  readonly blocks: () => Generator<Float32Array>;
}

const PCM = 1;
const A_LAW = 6;
const MU_LAW = 7;
/** Whoever does not know how much will come writes the most that fits, or nearly so. */
const ENDLESS = 0x7fff_0000;

/** @throws UnreadableSound when it is no WAV, or of another coding */
export function readWav(file: string): Wav {
  const descriptor = openSync(file, "r");
  try {
    const { format, dataAt, dataBytes, isCut } = readHeader(descriptor);
    const bytesASample = format.coding === PCM ? 2 : 1;
    const frame = bytesASample * format.channels;
    return {
      sampleRate: format.sampleRate,
      channels: format.channels,
      seconds: dataBytes / frame / format.sampleRate,
      isCut,
      blocks: () => readBlocks(file, dataAt, dataBytes - (dataBytes % frame), frame, format),
    };
  } finally {
    closeSync(descriptor);
  }
}

interface Format {
  readonly coding: number;
  readonly channels: number;
  readonly sampleRate: number;
}

interface Header {
  readonly format: Format;
  readonly dataAt: number;
  readonly dataBytes: number;
  readonly isCut: boolean;
}

function readHeader(descriptor: number): Header {
  const read = (at: number, length: number): Buffer => {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, length, at));
  };
  const riff = read(0, 12);
  if (riff.length < 12 || riff.toString("latin1", 0, 4) !== "RIFF" || riff.toString("latin1", 8, 12) !== "WAVE") {
    throw new UnreadableSound("no RIFF/WAVE file");
  }
  let format: Format | undefined;
  const end = fstatSync(descriptor).size;
  for (let at = 12; ; ) {
    const chunk = read(at, 8);
    if (chunk.length < 8) throw new UnreadableSound("no data chunk");
    const name = chunk.toString("latin1", 0, 4);
    const length = chunk.readUInt32LE(4);
    if (name === "fmt ") format = readFormat(read(at + 8, 16));
    if (name === "data") {
      if (format === undefined) throw new UnreadableSound("no format before the data");
      // A PBX that was killed has not written the length; a file that was cut short holds less than it says.
      const held = end - at - 8;
      const isCut = length > held && length < ENDLESS;
      return { format, dataAt: at + 8, dataBytes: length === 0 || length > held ? held : length, isCut };
    }
    at += 8 + length + (length % 2); // chunks are padded to even lengths
  }
}

function readFormat(body: Buffer): Format {
  if (body.length < 16) throw new UnreadableSound("format chunk cut short");
  const coding = body.readUInt16LE(0);
  const channels = body.readUInt16LE(2);
  const sampleRate = body.readUInt32LE(4);
  const bits = body.readUInt16LE(14);
  const known = (coding === PCM && bits === 16) || ((coding === A_LAW || coding === MU_LAW) && bits === 8);
  if (!known || channels < 1 || channels > 2 || sampleRate < 8000 || sampleRate > 48_000) {
    throw new UnreadableSound(`coding ${coding}, ${bits} bits, ${channels} channels, ${sampleRate} Hz`);
  }
  return { coding, channels, sampleRate };
}

function* readBlocks(
  file: string,
  from: number,
  bytes: number,
  frame: number,
  format: Format,
): Generator<Float32Array> {
  const descriptor = openSync(file, "r");
  try {
    const block = Buffer.alloc(format.sampleRate * frame);
    const decode = DECODERS[format.coding] ?? DECODERS[PCM];
    for (let done = 0; done < bytes; ) {
      const length = readSync(descriptor, block, 0, Math.min(block.length, bytes - done), from + done);
      if (length === 0) return; // the header promised more than the file holds
      done += length;
      const frames = Math.floor(length / frame);
      const mixed = new Float32Array(frames);
      for (let index = 0; index < frames; index++) {
        let sum = 0;
        for (let channel = 0; channel < format.channels; channel++) {
          sum += decode?.(block, index * format.channels + channel) ?? 0;
        }
        mixed[index] = sum / format.channels;
      }
      yield mixed;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** ITU-T G.711: a byte is a sign, a three-bit exponent and a four-bit mantissa. */
function fromALaw(byte: number): number {
  const bits = byte ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = ((bits & 15) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (bits & 0x80 ? magnitude : -magnitude) / 32_768;
}

function fromMuLaw(byte: number): number {
  const bits = ~byte & 0xff;
  const magnitude = ((((bits & 15) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return (bits & 0x80 ? -magnitude : magnitude) / 32_768;
}

const DECODERS: Record<number, (block: Buffer, sample: number) => number> = {
  [PCM]: (block, sample) => block.readInt16LE(sample * 2) / 32_768,
  [A_LAW]: (block, sample) => fromALaw(block[sample] ?? 0),
  [MU_LAW]: (block, sample) => fromMuLaw(block[sample] ?? 0),
};
