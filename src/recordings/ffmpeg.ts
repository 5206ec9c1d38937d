/** Leaves to an installed ffmpeg what we do not decode ourselves. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Mp3Format } from "./mp3-frames.ts";
import type { SoundKind } from "./sound-kind.ts";
import { UnreadableSound } from "./unreadable-sound.ts";

/** An hour of speech takes some seconds; what takes this long will not end. */
const LONGEST_MS = 10 * 60_000;

/** The reader is named, so that a file cannot choose one that opens further files or addresses. */
const READERS: Record<SoundKind, string> = { wav: "wav", mp3: "mp3", webm: "matroska", ogg: "ogg" };

export class NoDecoder extends Error {
  override readonly name = "NoDecoder";
}

/** @throws NoDecoder when it is not installed, UnreadableSound when it does not accept the file */
export async function* convertByFfmpeg(
  part: string,
  kind: SoundKind,
  { sampleRate, channels, kilobits }: Mp3Format & { readonly kilobits: number },
): AsyncGenerator<Uint8Array> {
  const input = ["-protocol_whitelist", "file,pipe", "-f", READERS[kind], "-i", `file:${part}`];
  const form = ["-vn", "-ar", String(sampleRate), "-ac", String(channels), "-b:a", `${kilobits}k`];
  // Without the frame that tells the length, which cannot be known before the end of a pipe.
  const output = ["-map_metadata", "-1", "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3", "pipe:1"];
  const child = spawn("ffmpeg", ["-nostdin", "-v", "error", ...input, ...form, ...output], {
    stdio: ["ignore", "pipe", "ignore"],
    timeout: LONGEST_MS,
  });
  const ended = once(child, "close").catch((error: NodeJS.ErrnoException) => error);
  try {
    for await (const chunk of child.stdout) yield chunk as Uint8Array; // no encoding is set
    const end = await ended;
    if (end instanceof Error) {
      if (end.code === "ENOENT") throw new NoDecoder("ffmpeg is not installed", { cause: end });
      throw end;
    }
    if (end[0] !== 0) throw new UnreadableSound("ffmpeg refused the file");
  } finally {
    child.kill();
  }
}
