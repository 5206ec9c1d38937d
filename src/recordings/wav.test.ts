import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sharedFolder } from "../../test/temporary-folder.ts";
import { wav } from "./testing/sound.ts";
import { readWav } from "./wav.ts";

const file = join(sharedFolder(), "a.wav");

describe("reading a wav", () => {
  test.each([
    { sound: { seconds: 2.5 } },
    { sound: { seconds: 1.25, rate: 16_000, channels: 2 } },
    { sound: { seconds: 1, coding: 6 as const } },
    { sound: { seconds: 1, coding: 7 as const } },
  ])("knows its length and gives all samples: $sound", ({ sound }) => {
    writeFileSync(file, wav(sound));
    const read = readWav(file);
    expect(read.seconds).toBeCloseTo(sound.seconds, 3);
    const samples = [...read.blocks()].reduce((sum, block) => sum + block.length, 0);
    expect(samples).toBe(Math.round(sound.seconds * read.sampleRate));
  });

  test("gives silence for A-law's silence and the tone for PCM", () => {
    writeFileSync(file, wav({ seconds: 1, coding: 6 }));
    for (const block of readWav(file).blocks()) expect(Math.max(...block.map(Math.abs))).toBeGreaterThan(0);
    writeFileSync(file, wav({ seconds: 1 }));
    const [first] = readWav(file).blocks();
    expect(Math.max(...(first ?? []))).toBeCloseTo(8000 / 32_768, 2);
  });

  test("believes the file, not its header, when the PBX was killed before it wrote the length, or the disk was full", () => {
    const whole = wav({ seconds: 2 });
    const lengthAt = whole.indexOf("data") + 4;
    const unclosed = Buffer.from(whole);
    unclosed.writeUInt32LE(0, lengthAt);
    writeFileSync(file, unclosed);
    expect(readWav(file).seconds).toBeCloseTo(2, 3);
    expect(readWav(file).isCut).toBe(false);
    unclosed.writeUInt32LE(0xffff_ffff, lengthAt);
    writeFileSync(file, unclosed);
    expect(readWav(file)).toMatchObject({ seconds: expect.closeTo(2, 3), isCut: false });
    writeFileSync(file, whole.subarray(0, lengthAt + 4 + 16_000));
    expect(readWav(file).seconds).toBeCloseTo(1, 3);
    expect(readWav(file).isCut).toBe(true);
  });

  test.each([
    ["an empty file", Buffer.alloc(0)],
    ["a text", Buffer.from("no sound at all, but long enough to look at")],
    ["a header without data", wav({ seconds: 0.1 }).subarray(0, 40)],
    ["a coding nobody speaks here", Buffer.from(wav({ seconds: 0.1 })).fill(49, 20, 21)],
  ])("refuses %s", (_, bytes) => {
    writeFileSync(file, bytes);
    expect(() => readWav(file)).toThrow(expect.objectContaining({ name: "UnreadableSound" }));
  });
});
