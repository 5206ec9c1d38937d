/** Sound for tests, made by hand. */
import { createMp3Encoder } from "wasm-media-encoders";

export interface ToneOptions {
  readonly seconds: number;
  readonly rate?: number;
  readonly channels?: number;
  /** 1: PCM, 6: A-law, 7: µ-law. */
  readonly coding?: 1 | 6 | 7;
}

/** A wav of a 440 Hz tone, with an odd chunk before the data, as some writers leave one. */
export function wav({ seconds, rate = 8000, channels = 1, coding = 1 }: ToneOptions): Buffer {
  const frames = Math.round(seconds * rate);
  const bytesASample = coding === 1 ? 2 : 1;
  const body = Buffer.alloc(frames * channels * bytesASample, 0x55);
  if (coding === 1) {
    for (let index = 0; index < frames * channels; index++) {
      body.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * 440 * index) / channels / rate)), index * 2);
    }
  }
  const chunk = (name: string, content: Buffer) => {
    const head = Buffer.alloc(8);
    head.write(name, "latin1");
    head.writeUInt32LE(content.length, 4);
    return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
  };
  const format = Buffer.alloc(16);
  format.writeUInt16LE(coding, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt16LE(bytesASample * channels, 12);
  format.writeUInt16LE(bytesASample * 8, 14);
  return chunk(
    "RIFF",
    Buffer.concat([Buffer.from("WAVE"), chunk("fmt ", format), chunk("LIST", Buffer.from("odd")), chunk("data", body)]),
  );
}

/** An mp3 as a PBX makes one: behind a tag, of another rate than telephony's. */
export async function taggedMp3(seconds: number, rate: 16_000 | 22_050, channels: 1 | 2): Promise<Buffer> {
  const encoder = await createMp3Encoder();
  encoder.configure({ sampleRate: rate, channels, bitrate: 64 });
  const tone = Float32Array.from({ length: Math.round(seconds * rate) }, (_, at) => Math.sin((at * 440 * 6.28) / rate));
  const sound = Buffer.from(encoder.encode(channels === 1 ? [tone] : [tone, tone]));
  const tag = Buffer.from("ID3\x03\x00\x00\x00\x00\x00\x0aten bytes.", "latin1");
  return Buffer.concat([tag, sound, Buffer.from(encoder.finalize())]);
}
