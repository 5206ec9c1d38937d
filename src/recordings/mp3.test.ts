import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { makeMp3 } from "./mp3.ts";
import { readMp3 } from "./mp3-frames.ts";
import { Mp3Maker } from "./mp3-maker.ts";
import { Resampler } from "./resampler.ts";
import { taggedMp3, wav } from "./testing/sound.ts";

let directory: string;
let target: string;
beforeEach(() => {
  directory = temporaryFolder();
  target = join(directory, "call.mp3");
});

const put = (name: string, bytes: Uint8Array | string): string => {
  const file = join(directory, name);
  writeFileSync(file, bytes);
  return file;
};
const path = process.env["PATH"];
afterEach(() => {
  process.env["PATH"] = path;
});

/** Puts a program of this name before all others. */
function install(name: string, script: string): void {
  chmodSync(put(name, `#!/bin/sh\n${script}\n`), 0o755);
  process.env["PATH"] = `${directory}:${path}`;
}

describe("making an mp3", () => {
  test("joins the parts in order; its length is theirs", async () => {
    const parts = [2, 3].map((seconds) => put(`${seconds}.wav`, wav({ seconds })));
    const made = await makeMp3(parts, target);
    const bytes = readFileSync(target);
    expect(made).toEqual({ state: "made", bytes: bytes.length, seconds: readMp3(bytes).seconds, cut: 0 });
    expect(readMp3(bytes).seconds).toBeGreaterThan(5);
    expect(readMp3(bytes).seconds).toBeLessThan(5.6);
  });

  test("parts of different rates and kinds become one stream: the mp3 decides, tags and lengths go", async () => {
    const parts = [put("a.wav", wav({ seconds: 2 })), put("b.webm", await taggedMp3(3, 22_050, 2))];
    expect(await makeMp3(parts, target)).toMatchObject({ state: "made" });
    const joined = readFileSync(target);
    // One format from the first frame to the last, or reading it throws.
    expect(readMp3(joined)).toMatchObject({ sampleRate: 22_050, channels: 2, from: 0, to: joined.length });
    expect(readMp3(joined).seconds).toBeGreaterThan(5);
    expect(readMp3(joined).seconds).toBeLessThan(5.6);
    expect(joined.includes("ID3")).toBe(false);
  });

  test("a wideband part is not cut down to the first one's telephone band", async () => {
    const parts = [put("a.wav", wav({ seconds: 1 })), put("b.wav", wav({ seconds: 1, rate: 16_000 }))];
    await makeMp3(parts, target);
    expect(readMp3(readFileSync(target)).sampleRate).toBe(16_000);
  });

  test("one mp3 alone stays as it is, and its real length is known", async () => {
    const bytes = await taggedMp3(3, 16_000, 1);
    expect(await makeMp3([put("a.mp3", bytes)], target)).toMatchObject({ state: "made", bytes: bytes.length });
    expect(readFileSync(target)).toEqual(bytes);
    expect(readMp3(bytes).seconds).toBeCloseTo(3.1, 0);
  });

  test("a file without sound makes none, and leaves nothing behind", async () => {
    expect(await makeMp3([put("a.wav", wav({ seconds: 0 }))], target)).toEqual({ state: "silent" });
    expect(existsSync(target) || existsSync(`${target}.part`)).toBe(false);
  });

  test.each([
    ["a broken wav", wav({ seconds: 1 }).subarray(0, 30)],
    ["a page of a web server", Buffer.from("<!doctype html><title>Login</title>")],
    ["a playlist that names other files", Buffer.from("#EXTM3U\n#EXT-X-TARGETDURATION:1\nfile:///etc/passwd\n")],
    ["an empty file", Buffer.alloc(0)],
    ["something that begins like an mp3", Buffer.from([0xff, 0xfb, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])],
  ])("%s is told as unreadable, whatever it is called", async (_, bytes) => {
    const good = put("good.wav", wav({ seconds: 1 }));
    expect(await makeMp3([good, put("bad.mp3", bytes)], target)).toEqual({
      state: "failed",
      reason: "unreadable",
      part: 1,
    });
    expect(existsSync(target) || existsSync(`${target}.part`)).toBe(false);
  });

  test("a part that the PBX has just taken away is told apart from a place that is not there", async () => {
    const gone = join(directory, "gone.wav");
    expect(await makeMp3([gone], target)).toEqual({ state: "failed", reason: "not-found", part: 0 });
    await expect(makeMp3([put("a.wav", wav({ seconds: 1 }))], join(directory, "none", "call.mp3"))).rejects.toThrow(
      "ENOENT",
    );
  });

  test("a full disk is an error with its code, leaves nothing behind, and the next attempt succeeds", async () => {
    const part = put("a.wav", wav({ seconds: 10 }));
    symlinkSync("/dev/full", `${target}.part`); // what is written there meets a full disk
    await expect(makeMp3([part], target)).rejects.toMatchObject({ code: "ENOSPC" });
    expect(existsSync(target)).toBe(false);
    expect(await makeMp3([part], target)).toMatchObject({ state: "made" });
  });

  const webm = Buffer.from("\x1A\x45\xDF\xA3 and then opus", "latin1");

  test("webm without ffmpeg is told so", async () => {
    process.env["PATH"] = directory;
    expect(await makeMp3([put("a.webm", webm)], target)).toMatchObject({ state: "failed", reason: "no-decoder" });
  });

  test("webm is read by ffmpeg, which may open this one file as webm and nothing else", async () => {
    const sound = put("sound.mp3", await taggedMp3(2, 16_000, 1));
    install("ffmpeg", `echo "$*" >${directory}/asked; cat ${sound}`);
    expect(await makeMp3([put("a.webm", webm)], target)).toMatchObject({ state: "made" });
    const asked = readFileSync(join(directory, "asked"), "utf8");
    expect(asked).toContain("-protocol_whitelist file,pipe -f matroska -i file:");
  });

  test("what ffmpeg refuses is unreadable", async () => {
    install("ffmpeg", "exit 1");
    expect(await makeMp3([put("a.webm", webm)], target)).toMatchObject({ state: "failed", reason: "unreadable" });
  });
});

describe("the mp3 maker", () => {
  test("does many jobs, each in its turn, and tells the system's code of one that failed", async () => {
    await using maker = new Mp3Maker();
    const part = put("a.wav", wav({ seconds: 1 }));
    symlinkSync("/dev/full", join(directory, "full.mp3.part"));
    const full = maker.make([part], join(directory, "full.mp3"));
    const jobs = Array.from({ length: 20 }, (_, at) => maker.make([part], join(directory, `${at}.mp3`)));
    await expect(full).rejects.toMatchObject({ code: "ENOSPC" });
    expect((await Promise.all(jobs)).map(({ state }) => state)).toEqual(jobs.map(() => "made"));
  });

  test("who waits when the service stops is told", async () => {
    const maker = new Mp3Maker();
    const part = put("a.wav", wav({ seconds: 60 }));
    const jobs = Array.from({ length: 5 }, (_, at) => maker.make([part], join(directory, `${at}.mp3`)));
    const ends = Promise.allSettled(jobs);
    await maker[Symbol.asyncDispose]();
    expect((await ends).map(({ status }) => status)).toContain("rejected");
  });
});

test("a resampler's blocks make one line, and their length is the sound's", () => {
  const ramp = Float32Array.from({ length: 8000 }, (_, at) => at / 8000);
  const resampler = new Resampler(8000, 22_050);
  const blocks = [0, 1000, 1001, 5000].map((from, at, cuts) =>
    resampler.take(ramp.subarray(from, cuts[at + 1] ?? 8000)),
  );
  const sound = blocks.flatMap((block) => [...block]);
  expect(sound.length).toBeGreaterThan(22_040);
  expect(sound.length).toBeLessThanOrEqual(22_050);
  for (const [at, value] of sound.entries()) expect(value).toBeCloseTo(at / 22_050, 4);
});
