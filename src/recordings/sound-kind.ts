/** What a file holds, told by its first bytes: names and types that are told may be wrong, or lies. */
export type SoundKind = "wav" | "mp3" | "webm" | "ogg";

/** Bytes that are enough to tell. */
export const HEAD_BYTES = 12;

/** @returns undefined when it is none that we know: a page of a web server, a playlist, an empty file */
export function kindOf(head: Uint8Array): SoundKind | undefined {
  const text = (from: number, to: number) => Buffer.from(head.subarray(from, to)).toString("latin1");
  if (text(0, 4) === "RIFF" && text(8, 12) === "WAVE") return "wav";
  if (text(0, 3) === "ID3") return "mp3";
  if (text(0, 4) === "OggS") return "ogg";
  if (text(0, 4) === "\x1A\x45\xDF\xA3") return "webm"; // EBML: Matroska and WebM
  // A frame of MPEG audio, layer III.
  const [first = 0, second = 0] = head;
  return first === 0xff && (second & 0xe6) === 0xe2 ? "mp3" : undefined;
}
