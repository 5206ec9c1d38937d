/** Turns the parts of a recording into one mp3: the only format that the CRM's player is sure to play. */
import { execFile } from "node:child_process";
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { extname } from "node:path";
import { promisify } from "node:util";
import { createMp3Encoder } from "wasm-media-encoders";
import type { LostReason } from "./recording.ts";
import { readWav, UnreadableSound } from "./wav.ts";

/** Enough for a telephone's band; ten minutes are 2.4 MB. */
const KILOBITS = 32;

export type Mp3Result =
  | { readonly state: "made"; readonly bytes: number }
  | { readonly state: "silent" }
  | { readonly state: "failed"; readonly reason: LostReason };

/**
 * Joins the parts in their order. The target appears whole or not at all.
 * @param parts local files: wav is encoded, mp3 taken as it is, anything else left to an installed ffmpeg
 */
export async function makeMp3(parts: readonly string[], target: string): Promise<Mp3Result> {
  const unfinished = `${target}.part`;
  const output = openSync(unfinished, "w", 0o600);
  let bytes = 0;
  try {
    for (const part of parts) {
      for await (const chunk of toMp3(part)) bytes += writeSync(output, chunk);
    }
  } catch (error) {
    rmSync(unfinished, { force: true });
    if (error instanceof NoDecoder) return { state: "failed", reason: "no-decoder" };
    if (error instanceof UnreadableSound) return { state: "failed", reason: "unreadable" };
    throw error;
  } finally {
    closeSync(output);
  }
  if (bytes === 0) {
    rmSync(unfinished, { force: true });
    return { state: "silent" };
  }
  renameSync(unfinished, target);
  return { state: "made", bytes };
}

class NoDecoder extends Error {
  override readonly name = "NoDecoder";
}

async function* toMp3(part: string): AsyncGenerator<Uint8Array> {
  switch (extname(part).toLowerCase()) {
    case ".wav":
      yield* encodeWav(part);
      return;
    case ".mp3":
      yield readFileSync(part);
      return;
    default:
      yield* convertByFfmpeg(part);
  }
}

async function* encodeWav(part: string): AsyncGenerator<Uint8Array> {
  const wav = readWav(part);
  if (wav.seconds === 0) return; // recorded from the first ring, answered by nobody
  const encoder = await createMp3Encoder();
  encoder.configure({ sampleRate: encodableRate(wav.sampleRate), channels: 1, bitrate: KILOBITS });
  for (const block of wav.blocks()) yield Uint8Array.from(encoder.encode([block])); // the encoder re-uses its buffer
  yield Uint8Array.from(encoder.finalize());
}

type Mp3Rate = 8000 | 11_025 | 12_000 | 16_000 | 22_050 | 24_000 | 32_000 | 44_100 | 48_000;
const MP3_RATES: readonly number[] = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

function encodableRate(rate: number): Mp3Rate {
  if (!MP3_RATES.includes(rate)) throw new UnreadableSound(`${rate} Hz`);
  return rate as Mp3Rate; // it is one of them
}

async function* convertByFfmpeg(part: string): AsyncGenerator<Uint8Array> {
  try {
    // The file name is ours (found under the recordings' directory) and stands as one argument, no shell between.
    const options = [
      "-nostdin",
      "-v",
      "error",
      "-y",
      "-i",
      part,
      "-ac",
      "1",
      "-b:a",
      `${KILOBITS}k`,
      "-f",
      "mp3",
      "pipe:1",
    ];
    const { stdout } = await promisify(execFile)("ffmpeg", options, { encoding: "buffer", maxBuffer: 256 * 2 ** 20 });
    yield stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new NoDecoder("ffmpeg is not installed", { cause: error });
    throw new UnreadableSound("ffmpeg refused the file", { cause: error });
  }
}
