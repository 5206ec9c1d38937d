import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Channel } from "./exchange/channel.ts";
import type { Exchange } from "./exchange/exchange.ts";

const RATE = 8000; // samples a second, 16 bit, mono: what MixMonitor writes for a telephone call
const HEADER_BYTES = 44;

/** Two voices that take turns: a lower soft tone and a higher one, 0.9 s each with a soft edge, so that a listener hears a dialogue. */
function dialogue(samples: number): Int16Array {
  const sound = new Int16Array(samples);
  const phrase = Math.round(RATE * 0.9);
  for (let i = 0; i < samples; i++) {
    const inPhrase = (i % phrase) / phrase;
    const hertz = Math.floor(i / phrase) % 2 === 0 ? 330 : 494;
    const edge = Math.sin(Math.PI * Math.min(1, inPhrase * 1.15)) ** 0.7;
    sound[i] = Math.round(5000 * (Number.isFinite(edge) ? edge : 0) * Math.sin((2 * Math.PI * hertz * i) / RATE));
  }
  return sound;
}

/** @param times how often the sound is repeated */
function wav(milliseconds: number, times = 1): Buffer {
  const once = Buffer.from(dialogue(Math.round((milliseconds / 1000) * RATE)).buffer);
  const sound = Buffer.concat(Array.from({ length: times }, () => once));
  const header = Buffer.alloc(HEADER_BYTES);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(HEADER_BYTES - 8 + sound.byteLength, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(1, 22); // mono
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(sound.byteLength, 40);
  return Buffer.concat([header, sound]);
}

interface Recording {
  readonly file: string;
  /** Milliseconds that were in the talk so far, and since when the present stretch runs. */
  talked: number;
  since: number | undefined;
  readonly onlyBridged: boolean;
}

/**
 * Writes recordings the way MixMonitor does: the file is there (a bare header) from the start, and has the talk's true length
 * once its channel has ended.
 */
export class Recorder {
  readonly monitorDir: string;
  readonly #recordings = new Map<Channel, Recording[]>();

  readonly #repeats: number;

  constructor(exchange: Exchange, monitorDir: string, repeats = 1) {
    this.monitorDir = monitorDir;
    this.#repeats = repeats;
    exchange.watchers.add((channel) => this.#watch(channel));
  }

  /** Path of a recording that begins now, without extension: `<monitorDir>/YYYY/MM/DD/HH/<basename>`, local time of the PBX. */
  path(basename: string): string {
    const now = new Date();
    const two = (value: number): string => String(value).padStart(2, "0");
    return join(
      this.monitorDir,
      String(now.getFullYear()),
      two(now.getMonth() + 1),
      two(now.getDate()),
      two(now.getHours()),
      basename,
    );
  }

  /** Records a channel into `path`.wav from now on; `onlyBridged` counts the time in a bridge only. */
  start(channel: Channel, path: string, onlyBridged: boolean): void {
    const file = `${path}.wav`;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, wav(0));
    const recording: Recording = { file, talked: 0, since: onlyBridged ? undefined : performance.now(), onlyBridged };
    this.#recordings.set(channel, [...(this.#recordings.get(channel) ?? []), recording]);
    this.#watch(channel);
  }

  #watch(channel: Channel): void {
    const recordings = this.#recordings.get(channel);
    if (!recordings) return;
    for (const recording of recordings) {
      const runs = !channel.gone && (!recording.onlyBridged || channel.bridge?.kind === "basic");
      if (runs && recording.since === undefined) recording.since = performance.now();
      if (!runs && recording.since !== undefined) {
        recording.talked += performance.now() - recording.since;
        recording.since = undefined;
      }
      if (channel.gone) writeFileSync(recording.file, wav(recording.talked, this.#repeats));
    }
    if (channel.gone) this.#recordings.delete(channel);
  }
}
