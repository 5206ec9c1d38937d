/** What lies at MikoPBX since 2025, opus in webm, with the real ffmpeg: it makes the file, and tells what we made of it. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { describeNeeding } from "../../test/needs.ts";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { callWith } from "../calls/testing/call.ts";
import { convertByFfmpeg } from "./ffmpeg.ts";
import { RecordingKeeper } from "./keeper.ts";
import { makeMp3 } from "./mp3.ts";
import { readMp3 } from "./mp3-frames.ts";
import { Mp3Maker } from "./mp3-maker.ts";
import type { Settled } from "./recording.ts";
import { FileSource } from "./sources/files.ts";
import { wav } from "./testing/sound.ts";
import { recordingStore } from "./testing/store.ts";

const PCM_RATE = 16_000;

let stack: AsyncDisposableStack;
let directory: string;
let target: string;
beforeEach(() => {
  stack = new AsyncDisposableStack();
  directory = temporaryFolder();
  target = join(directory, "call.mp3");
});
afterEach(() => stack.disposeAsync());

const ffmpeg = (...parameters: string[]): Buffer =>
  execFileSync("ffmpeg", ["-nostdin", "-v", "error", "-y", ...parameters], { maxBuffer: 2 ** 26 });

/** A tone as MikoPBX stores a talk: opus in webm, on one channel, or on one for each side. */
function webm(name: string, { seconds, hertz, channels = 1 }: { seconds: number; hertz: number; channels?: 1 | 2 }) {
  const file = join(directory, name);
  const tone = `sine=frequency=${hertz}:duration=${seconds}:sample_rate=48000`;
  ffmpeg("-f", "lavfi", "-i", tone, "-ac", String(channels), "-c:a", "libopus", "-b:a", "24k", "-f", "webm", file);
  return file;
}

/** What a player would give to the loudspeaker. */
function heard(mp3: string): Int16Array {
  const pcm = ffmpeg("-i", mp3, "-f", "s16le", "-ac", "1", "-ar", String(PCM_RATE), "pipe:1");
  return new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.byteLength));
}

/** The tone between two moments, by how often the wave goes up through zero. */
function hertz(sound: Int16Array, from: number, to: number): number {
  const piece = sound.subarray(from * PCM_RATE, to * PCM_RATE);
  let rises = 0;
  for (let at = 1; at < piece.length; at++) if ((piece[at - 1] ?? 0) < 0 && (piece[at] ?? 0) >= 0) rises++;
  return rises / (to - from);
}

describeNeeding("ffmpeg", "webm", () => {
  test.each([1, 2] as const)(
    "with opus on %i channels becomes an mp3 that plays, as long as it was",
    async (channels) => {
      const made = await makeMp3([webm("a.webm", { seconds: 3, hertz: 440, channels })], target);
      if (made.state !== "made") throw new Error(made.state);
      expect(made.bytes).toBe(readFileSync(target).length);
      expect(readMp3(readFileSync(target))).toMatchObject({ sampleRate: 16_000, channels: 1, seconds: made.seconds });
      const sound = heard(target);
      expect(made.seconds).toBeCloseTo(3, 0);
      expect(Math.abs(sound.length / PCM_RATE - made.seconds)).toBeLessThan(0.1);
      expect(Math.abs(hertz(sound, 0.5, 2.5) - 440)).toBeLessThan(5);
    },
  );

  test("parts, some of them wav, are joined in their order", async () => {
    const parts = [
      webm("a.webm", { seconds: 2, hertz: 300 }),
      join(directory, "b.wav"),
      webm("c.webm", { seconds: 3, hertz: 700, channels: 2 }),
    ];
    writeFileSync(join(directory, "b.wav"), wav({ seconds: 2, rate: 16_000 })); // 440 Hz
    const made = await makeMp3(parts, target);
    if (made.state !== "made") throw new Error(made.state);
    const sound = heard(target);
    expect(made.seconds).toBeGreaterThan(7);
    expect(made.seconds).toBeLessThan(7.5); // each part ends with a whole frame
    expect(Math.abs(sound.length / PCM_RATE - made.seconds)).toBeLessThan(0.1);
    for (const [from, to, tone] of [
      [0.5, 1.5, 300],
      [2.5, 3.5, 440],
      [5, 6.5, 700],
    ] as const) {
      expect(Math.abs(hertz(sound, from, to) - tone), `between ${from} and ${to} s`).toBeLessThan(10);
    }
  });

  test("that was cut in the middle is given as far as it goes, and said to be cut", async () => {
    const half = join(directory, "half.webm");
    const whole = webm("a.webm", { seconds: 20, hertz: 440 });
    const bytes = readFileSync(whole);
    writeFileSync(half, bytes.subarray(0, bytes.length / 2));
    const made = await makeMp3([whole, half], target);
    if (made.state !== "made") throw new Error(made.state);
    expect(made.cut).toBe(1);
    expect(made.seconds).toBeGreaterThan(22);
    expect(made.seconds).toBeLessThan(38);
    expect(await makeMp3([whole], target)).toMatchObject({ state: "made", cut: 0 });
  });

  test("that is broken at its beginning, or holds pictures only, is unreadable, and leaves nothing behind", async () => {
    const head = join(directory, "head.webm");
    writeFileSync(head, readFileSync(webm("a.webm", { seconds: 2, hertz: 440 })).subarray(0, 100));
    const pictures = join(directory, "pictures.webm");
    ffmpeg("-f", "lavfi", "-i", "color=duration=1:size=16x16", "-c:v", "libvpx", "-f", "webm", pictures);
    for (const bad of [head, pictures]) {
      const good = webm("good.webm", { seconds: 1, hertz: 440 });
      expect(await makeMp3([good, bad], target), bad).toEqual({ state: "failed", reason: "unreadable", part: 1 });
      expect(existsSync(target) || existsSync(`${target}.part`)).toBe(false);
    }
  });

  test("that names other files is given none of them", async () => {
    const secret = join(directory, "secret.wav");
    writeFileSync(secret, wav({ seconds: 1 }));
    const list = join(directory, "list.webm");
    writeFileSync(list, `\x1A\x45\xDF\xA3\nffconcat version 1.0\nfile '${secret}'\n`, "latin1");
    expect(await makeMp3([list], target)).toMatchObject({ state: "failed", reason: "unreadable" });
  });

  test("is brought home from the PBX's folder when it has been converted there", async () => {
    const { store } = await recordingStore(stack);
    const settled: Settled[] = [];
    const cache = mkdtempSync(join(directory, "cache-"));
    const files = new FileSource({
      pbxDirectory: "/monitor",
      localDirectory: directory,
      patterns: ["{dir}/{name}.webm"],
      timeZone: "UTC",
    });
    const keeper = stack.use(
      new RecordingKeeper({
        store,
        mp3: stack.use(new Mp3Maker()),
        clock: { now: Date.now },
        directory: cache,
        sourcesOf: () => [files],
        accountOf: () => "romashka",
        patienceMs: 60_000,
        onLate: async () => {},
        onSettled: (_, recording) => void settled.push(recording),
        onTrouble: (_pbx, _call, error) => {
          throw error;
        },
      }),
    );
    const recordings = [{ file: "/monitor/talk.webm", startedAt: 0 }];
    await keeper.keep(callWith({ id: "call-1", pbx: "main", recordings }));
    await vi.waitFor(async () => expect(await store.find("call-1")).toMatchObject({ state: "pending" }));
    webm("talk.webm", { seconds: 4, hertz: 440 });
    await vi.waitFor(() => expect(settled).toHaveLength(1), 30_000);
    expect(settled[0]).toMatchObject({ state: "ready", missing: 0, mp3: { file: "call-1.mp3" } });
    const sound = heard(join(cache, "call-1.mp3"));
    expect(sound.length / PCM_RATE).toBeCloseTo(4, 0);
    expect(readdirSync(cache)).toEqual(["call-1.mp3"]);
  }, 60_000);
});

describe("a converter", () => {
  const path = process.env["PATH"];
  afterEach(() => {
    process.env["PATH"] = path;
  });

  test("that hangs, and hears nothing, is ended, and its file told as unreadable", async () => {
    const pid = join(directory, "pid");
    const stub = join(directory, "ffmpeg");
    writeFileSync(stub, `#!/bin/sh\ntrap '' TERM\necho $$ >${pid}\necho some sound\nexec sleep 600\n`);
    chmodSync(stub, 0o755);
    process.env["PATH"] = `${directory}${delimiter}${path}`;
    const format = { sampleRate: 16_000, channels: 1, kilobits: 32 } as const;
    const converted = convertByFfmpeg("a.webm", "webm", format, { longestSilenceMs: 3_000 });
    expect(Buffer.from((await converted.next()).value ?? []).toString()).toBe("some sound\n");
    await expect(converted.next()).rejects.toMatchObject({
      name: "UnreadableSound",
      message: expect.stringContaining("did not come to an end"),
    });
    expect(() => process.kill(Number(readFileSync(pid, "utf8")), 0)).toThrow("ESRCH");
  });
});
