import { readFile } from "node:fs/promises";
import { createMp3Encoder } from "wasm-media-encoders";

const HEADER_BYTES = 44;

/**
 * The sound of a recording as MikoPBX gives it with `format=mp3`; null when the file is not there (any more). It converts
 * with ffmpeg, whatever it keeps; here it is the recorder's wav that is there.
 * @param told path as the row tells it, ending in .webm or .mp3
 */
export async function soundOf(told: string): Promise<Buffer | null> {
  try {
    const wav = await readFile(told.replace(/\.[^./]+$/, ".wav"));
    const samples = (wav.length - HEADER_BYTES) / 2;
    const sound = Float32Array.from({ length: samples }, (_, at) => wav.readInt16LE(HEADER_BYTES + at * 2) / 32_768);
    const encoder = await createMp3Encoder();
    encoder.configure({ sampleRate: wav.readUInt32LE(24) === 16_000 ? 16_000 : 8_000, channels: 1, bitrate: 32 });
    // The encoder re-uses its buffer.
    return Buffer.concat([Buffer.from(encoder.encode([sound])), Buffer.from(encoder.finalize())]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
