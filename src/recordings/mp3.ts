/** Turns the parts of a recording into one mp3: the only format that the CRM's player is sure to play. */
import { closeSync, openSync, readFileSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { createMp3Encoder } from "wasm-media-encoders";
import { convertByFfmpeg, NoDecoder } from "./ffmpeg.ts";
import { type Mp3Format, readMp3 } from "./mp3-frames.ts";
import { Resampler } from "./resampler.ts";
import { HEAD_BYTES, kindOf, type SoundKind } from "./sound-kind.ts";
import { UnreadableSound } from "./unreadable-sound.ts";
import { readWav } from "./wav.ts";

/** Of one channel. Enough for a telephone's band; ten minutes are 2.4 MB. */
const KILOBITS = 32;
/** Of what only ffmpeg reads: wide enough for the best telephone. */
const WIDEBAND = 16_000;

export type Mp3Result =
  /** `cut`: so many parts end before their sound does. */
  | { readonly state: "made"; readonly bytes: number; readonly seconds: number; readonly cut: number }
  | { readonly state: "silent" }
  /** `part`: position of the one that failed. "not-found": it has been taken away meanwhile. */
  | {
      readonly state: "failed";
      readonly reason: "unreadable" | "no-decoder" | "not-found";
      readonly part: number;
    };

/**
 * Joins the parts in their order. The target appears whole or not at all.
 * @param parts local files; what they hold is told by their first bytes
 * @throws the file system's error when the target cannot be written
 */
export async function makeMp3(parts: readonly string[], target: string): Promise<Mp3Result> {
  const unfinished = `${target}.part`;
  let current = 0;
  let cut = 0;
  const onCut = () => {
    cut++;
  };
  const each = <T>(read: (part: string, at: number) => T): T[] =>
    parts.map((part, at) => {
      current = at;
      return read(part, at);
    });
  try {
    const kinds = each((part) => readKind(part));
    const format = commonFormat(each((part, at) => formatOf(part, kinds[at])));
    const output = openSync(unfinished, "w", 0o600);
    let bytes = 0;
    try {
      for (const [at, part] of parts.entries()) {
        current = at;
        const options = { isAlone: parts.length === 1, onCut };
        for await (const chunk of toMp3(part, kinds[at], format, options)) bytes += writeAll(output, chunk);
      }
    } finally {
      closeSync(output);
    }
    if (bytes === 0) {
      rmSync(unfinished, { force: true });
      return { state: "silent" };
    }
    const { seconds } = readMp3(readFileSync(unfinished));
    renameSync(unfinished, target);
    return { state: "made", bytes, seconds, cut };
  } catch (error) {
    rmSync(unfinished, { force: true });
    const reason = faultOf(error, parts[current]);
    if (reason !== null) return { state: "failed", reason, part: current };
    throw error;
  }
}

/** Whose fault it is: the part's, or (null) that of the place where the mp3 should lie. */
function faultOf(error: unknown, part: string | undefined): "unreadable" | "no-decoder" | "not-found" | null {
  if (error instanceof NoDecoder) return "no-decoder";
  if (error instanceof UnreadableSound) return "unreadable";
  const { code, path } = error as NodeJS.ErrnoException;
  return code === "ENOENT" && path === part ? "not-found" : null;
}

/** A full disk may take a part of a write only. */
function writeAll(output: number, chunk: Uint8Array): number {
  let written = 0;
  while (written < chunk.length) written += writeSync(output, chunk, written);
  return written;
}

function readKind(part: string): SoundKind {
  const head = Buffer.alloc(HEAD_BYTES);
  const descriptor = openSync(part, "r");
  try {
    const kind = kindOf(head.subarray(0, readSync(descriptor, head)));
    if (kind === undefined) throw new UnreadableSound("neither wav, mp3, webm nor ogg");
    return kind;
  } finally {
    closeSync(descriptor);
  }
}

/** null: it takes any. */
function formatOf(part: string, kind: SoundKind | undefined): Partial<Mp3Format> | null {
  if (kind === "mp3") return readMp3(readFileSync(part));
  return kind === "wav" ? { sampleRate: readWav(part).sampleRate } : null;
}

/** The mp3 parts decide, for they are taken as they are; else the best of the others. */
function commonFormat(formats: readonly (Partial<Mp3Format> | null)[]): Mp3Format {
  const given = formats.find((format): format is Mp3Format => format?.channels !== undefined);
  if (given !== undefined) return given;
  const rates = formats.flatMap((format) => format?.sampleRate ?? []);
  return { sampleRate: rates.length > 0 ? encodableRate(Math.max(...rates)) : WIDEBAND, channels: 1 };
}

async function* toMp3(
  part: string,
  kind: SoundKind | undefined,
  format: Mp3Format,
  { isAlone, onCut }: { readonly isAlone: boolean; readonly onCut: () => void },
): AsyncGenerator<Uint8Array> {
  if (kind === "wav") {
    yield* encodeWav(part, format, onCut);
    return;
  }
  if (kind === "mp3") {
    const bytes = readFileSync(part);
    const { sampleRate, channels, from, to } = readMp3(bytes);
    if (isAlone) {
      yield bytes;
      return;
    }
    if (sampleRate === format.sampleRate && channels === format.channels) {
      yield bytes.subarray(from, to);
      return;
    }
  }
  yield* convertByFfmpeg(part, kind ?? "mp3", { ...format, kilobits: KILOBITS * format.channels }, { onCut });
}

async function* encodeWav(
  part: string,
  { sampleRate, channels }: Mp3Format,
  onCut: () => void,
): AsyncGenerator<Uint8Array> {
  const wav = readWav(part);
  if (wav.isCut) onCut();
  if (wav.seconds === 0) return; // recorded from the first ring, answered by nobody
  const encoder = await createMp3Encoder();
  encoder.configure({ sampleRate: encodableRate(sampleRate), channels, bitrate: channels === 1 ? KILOBITS : 64 });
  const resampler = new Resampler(wav.sampleRate, sampleRate);
  for (const block of wav.blocks()) {
    const sound = resampler.take(block);
    // The encoder re-uses its buffer.
    yield Uint8Array.from(encoder.encode(channels === 1 ? [sound] : [sound, sound]));
  }
  yield Uint8Array.from(encoder.finalize());
}

const MP3_RATES = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000] as const;

/** The next rate that mp3 knows, above or equal. */
function encodableRate(rate: number): (typeof MP3_RATES)[number] {
  return MP3_RATES.find((known) => known >= rate) ?? 48_000;
}
