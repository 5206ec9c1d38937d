/** Leaves to an installed ffmpeg what we do not decode ourselves. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Mp3Format } from "./mp3-frames.ts";
import type { SoundKind } from "./sound-kind.ts";
import { UnreadableSound } from "./unreadable-sound.ts";

/** An hour of speech takes some seconds; what takes this long will not end. */
const LONGEST_MS = 10 * 60_000;
/** It writes as it goes: who has been silent for so long hangs, and holds up other recordings. */
const LONGEST_SILENCE_MS = 30_000;

/** The reader is named, so that a file cannot choose one that opens further files or addresses. */
const READERS: Record<SoundKind, string> = { wav: "wav", mp3: "mp3", webm: "matroska", ogg: "ogg" };

export interface FfmpegOptions {
  readonly longestSilenceMs?: number;
  readonly onCut?: () => void;
}

export class NoDecoder extends Error {
  override readonly name = "NoDecoder";
}

/** How it says, of webm, that the file ends before the sound does; it takes what is there, and exits as if all were well. */
const CUT = "File ended prematurely";

/**
 * @param onCut the file's end is missing: told after its last sound
 * @throws NoDecoder when it is not installed, UnreadableSound when it does not accept the file, or hangs at it
 */
export async function* convertByFfmpeg(
  part: string,
  kind: SoundKind,
  { sampleRate, channels, kilobits }: Mp3Format & { readonly kilobits: number },
  { longestSilenceMs = LONGEST_SILENCE_MS, onCut = () => {} }: FfmpegOptions = {},
): AsyncGenerator<Uint8Array> {
  const input = ["-protocol_whitelist", "file,pipe", "-f", READERS[kind], "-i", `file:${part}`];
  const form = ["-vn", "-ar", String(sampleRate), "-ac", String(channels), "-b:a", `${kilobits}k`];
  // Without the frame that tells the length, which cannot be known before the end of a pipe.
  const output = ["-map_metadata", "-1", "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3", "pipe:1"];
  const child = spawn("ffmpeg", ["-nostdin", "-v", "error", ...input, ...form, ...output], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LONGEST_MS,
    killSignal: "SIGKILL", // who hangs may not hear a milder word
  });
  const silence = setTimeout(() => child.kill("SIGKILL"), longestSilenceMs);
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    complaints = (complaints.includes(CUT) ? CUT : complaints.slice(-CUT.length)) + chunk;
  });
  const ended = once(child, "close").catch((error: NodeJS.ErrnoException) => error);
  try {
    for await (const chunk of child.stdout) {
      silence.refresh();
      yield chunk as Uint8Array; // no encoding is set
    }
    const end = await ended;
    if (end instanceof Error) {
      if (end.code === "ENOENT") throw new NoDecoder("ffmpeg is not installed", { cause: end });
      throw end;
    }
    const [code, signal] = end;
    if (signal !== null) throw new UnreadableSound(`ffmpeg did not come to an end, and was ended by ${signal}`);
    if (code !== 0) throw new UnreadableSound("ffmpeg refused the file");
    if (complaints.includes(CUT)) onCut();
  } finally {
    clearTimeout(silence);
    child.kill("SIGKILL");
  }
}
