/** From the end of a call to its mp3, or to the reason why there is none. */
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import type { Call } from "../calls/call.ts";
import { RecordingKeeper } from "./keeper.ts";
import { readMp3 } from "./mp3-frames.ts";
import { Mp3Maker } from "./mp3-maker.ts";
import type { RecordingStore, Settled } from "./recording.ts";
import type { FoundPart, RecordingSource } from "./source.ts";
import { SourceError } from "./source.ts";
import { FileSource } from "./sources/files.ts";
import { taggedMp3, wav } from "./testing/sound.ts";
import { recordingStore } from "./testing/store.ts";

const PATIENCE_MS = 60_000;

let stack: AsyncDisposableStack;
let monitor: string;
let directory: string;
let store: RecordingStore;
let now: () => number;
/** Of the clock, in no time. */
let jumpedMs = 0;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  monitor = temporaryFolder();
  directory = join(monitor, "cache");
  mkdirSync(directory);
  ({ store } = await recordingStore(stack));
  now = Date.now;
  jumpedMs = 0;
});
afterEach(() => stack.disposeAsync());

const put = (name: string, bytes: Uint8Array) => writeFileSync(join(monitor, name), bytes);
const files = () =>
  new FileSource({
    pbxDirectory: "/monitor",
    localDirectory: monitor,
    patterns: ["{dir}/{name}.wav", "{dir}/{name}.mp3", "{dir}/{name}.webm"],
    timeZone: "UTC",
  });

function open(sources: readonly RecordingSource[] = [files()]) {
  const troubles: string[] = [];
  const late: string[] = [];
  const settled: Settled[] = [];
  const keeper = stack.use(
    new RecordingKeeper({
      store,
      mp3: stack.use(new Mp3Maker()),
      clock: { now: () => now() },
      livedMs: () => now() - jumpedMs,
      directory,
      sourcesOf: () => sources,
      accountOf: () => "romashka",
      patienceMs: PATIENCE_MS,
      onLate: async (callId) => void late.push(callId),
      onSettled: (_, recording) => void settled.push(recording),
      onTrouble: (_pbx, _call, error) => void troubles.push(error instanceof Error ? error.message : String(error)),
    }),
  );
  const next = async (): Promise<Settled> => {
    await vi.waitFor(() => expect(settled.length).toBeGreaterThan(0), 20_000);
    return settled.shift() as Settled; // it has just been seen
  };
  return { keeper, next, troubles, late };
}

const callWith = (...names: string[]) =>
  ({
    id: "call-1",
    pbx: "main",
    linkedids: ["1.1"],
    recordings: names.map((name, startedAt) => ({ file: `/monitor/${name}`, startedAt })),
  }) as unknown as Call;

const secondsIn = (recording: Settled): number => {
  if (recording.state !== "ready") throw new Error(`it is ${recording.state}`);
  return readMp3(readFileSync(join(directory, recording.mp3.file))).seconds;
};
/** Somebody's patience is over. */
const wait = () => {
  now = () => Date.now() + PATIENCE_MS + 1_000;
};

describe("a recording", () => {
  test("that comes late is waited for, and made playable", async () => {
    const { keeper, next, troubles } = open();
    await keeper.keep(callWith("late.webm"));
    expect(await store.find("call-1")).toMatchObject({ state: "pending" });
    await vi.waitFor(async () => expect(await store.find("call-1")).toMatchObject({ waitsFor: "not-found" }), 10_000);
    put("late.wav", wav({ seconds: 1 }));
    expect(secondsIn(await next())).toBeGreaterThan(1);
    expect(troubles).toEqual([]);
  });

  test("is waited for as long as ever when the machine's clock is set ahead by days", async () => {
    const { keeper, next } = open();
    await keeper.keep(callWith("late.wav"));
    await vi.waitFor(async () => expect(await store.find("call-1")).toMatchObject({ waitsFor: "not-found" }), 10_000);
    jumpedMs = 4 * 86_400_000;
    now = () => Date.now() + jumpedMs;
    let asked = 0;
    const seen = Promise.withResolvers<void>();
    const original = now;
    now = () => {
      if (++asked > 8) seen.resolve(); // each look asks four times
      return original();
    };
    await seen.promise;
    put("late.wav", wav({ seconds: 1 }));
    expect((await next()).state).toBe("ready");
  });

  test("that nobody can read is waited for until the PBX has converted it", async () => {
    put("a.webm", Buffer.from("\x1A\x45\xDF\xA3 opus", "latin1"));
    vi.stubEnv("PATH", monitor); // no ffmpeg there
    onTestFinished(() => void vi.unstubAllEnvs());
    const { keeper, next } = open();
    await keeper.keep(callWith("a.webm"));
    await vi.waitFor(async () => expect(await store.find("call-1")).toMatchObject({ waitsFor: "no-decoder" }), 20_000);
    put("a.mp3", await taggedMp3(2, 16_000, 1));
    expect(secondsIn(await next())).toBeGreaterThan(1.9);
  });

  test("that grows is not taken before it is whole", async () => {
    const whole = wav({ seconds: 3 });
    let written = 8_000;
    const source = files();
    const { keeper, next } = open([
      {
        name: "growing",
        soonestMs: 0,
        find: async (part) => {
          // At each look there is more of it, until it is whole.
          if (written < whole.length) {
            written += 8_000;
            put("a.wav", whole.subarray(0, written));
          }
          return source.find(part);
        },
        [Symbol.asyncDispose]: async () => {},
      },
    ]);
    await keeper.keep(callWith("a.wav"));
    expect(secondsIn(await next())).toBeGreaterThan(3);
  });

  test("that ends before its sound does is given, and counted as not whole", async () => {
    const whole = wav({ seconds: 2 });
    put("cut.wav", whole.subarray(0, whole.length / 2));
    const { keeper, next } = open();
    await keeper.keep(callWith("cut.wav"));
    expect(await next()).toMatchObject({ state: "ready", missing: 1 });
  });

  test("of several parts, each from where it is, is joined in the order of their begins", async () => {
    put("first.wav", wav({ seconds: 1 }));
    const elsewhere = temporaryFolder();
    writeFileSync(join(elsewhere, "second.mp3"), await taggedMp3(2, 16_000, 1));
    const other = new FileSource({
      pbxDirectory: "/monitor",
      localDirectory: elsewhere,
      patterns: ["{name}.mp3"],
      timeZone: "UTC",
    });
    const { keeper, next } = open([files(), other]);
    const call = callWith("second.wav", "first.wav");
    const [second, first] = call.recordings;
    const turned = [
      { file: second?.file ?? "", startedAt: 2 },
      { file: first?.file ?? "", startedAt: 1 },
    ];
    await keeper.keep({ ...call, recordings: turned });
    const recording = await next();
    expect(recording.parts.map(({ file }) => file)).toEqual(["/monitor/first.wav", "/monitor/second.wav"]);
    expect(secondsIn(recording)).toBeGreaterThan(2.9);
    expect(recording).toMatchObject({ missing: 0 });
  });

  test("grows when another part becomes known; what was heard before is heard meanwhile, and when that part never comes", async () => {
    put("first.wav", wav({ seconds: 1 }));
    const { keeper, next, late } = open();
    await keeper.keep(callWith("first.wav"));
    const alone = secondsIn(await next());
    await keeper.keep(callWith("first.wav", "second.wav"));
    expect(await store.find("call-1")).toMatchObject({ state: "pending", meanwhile: { file: "call-1.mp3" } });
    put("second.wav", wav({ seconds: 2 }));
    const both = secondsIn(await next());
    expect(both).toBeGreaterThan(alone + 1.9);
    expect(late).toEqual(["call-1"]);

    await keeper.keep(callWith("first.wav", "second.wav", "third.wav"));
    wait();
    expect(await next()).toMatchObject({ state: "ready", missing: 1 });
  }, 30_000);

  test("of which parts never come is made of those that did", async () => {
    put("first.wav", wav({ seconds: 1 }));
    const { keeper, next } = open();
    await keeper.keep(callWith("first.wav", "never.wav"));
    wait();
    expect(await next()).toMatchObject({ state: "ready", missing: 1 });
  });

  test("that never comes is lost, and found when somebody looks again", async () => {
    const { keeper, next, late } = open();
    await keeper.keep(callWith("never.wav"));
    wait();
    expect(await next()).toMatchObject({ state: "lost", reason: "not-found" });
    put("never.wav", wav({ seconds: 1 }));
    expect(await keeper.retry("call-1")).toBe(true);
    expect(await next()).toMatchObject({ state: "ready" });
    expect(late).toEqual(["call-1"]);
    expect(await keeper.retry("call-1")).toBe(false);
    expect(await keeper.retry("another")).toBe(false);
  });

  test("that is broken is lost with the reason, once nobody expects it to be written any more", async () => {
    put("a.wav", wav({ seconds: 1 }).subarray(0, 30));
    const { keeper, next } = open();
    await keeper.keep(callWith("a.wav"));
    await vi.waitFor(async () => expect(await store.find("call-1")).toMatchObject({ waitsFor: "unreadable" }), 5_000);
    wait();
    expect(await next()).toMatchObject({ state: "lost", reason: "unreadable" });
  });

  test("whose name leads out of the directory is lost at once", async () => {
    const { keeper, next } = open();
    await keeper.keep(callWith("../etc/shadow.wav"));
    expect(await next()).toMatchObject({ state: "lost", reason: "outside-directory" });
  });

  test("without sound is none; and a call without recordings has none at all", async () => {
    put("silent.wav", wav({ seconds: 0 }));
    const { keeper, next } = open();
    await keeper.keep(callWith("silent.wav"));
    expect(await next()).toMatchObject({ state: "none" });
    await keeper.keep({ ...callWith(), id: "call-2" });
    expect(await store.find("call-2")).toBeUndefined();
  });
});

describe("who waits for it", () => {
  test("is given it, or is served later", async () => {
    put("a.wav", wav({ seconds: 1 }));
    const { keeper, next, late } = open();
    await keeper.keep(callWith("a.wav"));
    expect(await keeper.waitFor("call-1", Date.now(), 20_000)).toMatchObject({ state: "ready" });
    await next();
    expect(late).toEqual([]);

    await keeper.keep({ ...callWith("b.wav"), id: "call-2" });
    expect(await keeper.waitFor("call-2", Date.now(), 0)).toMatchObject({ state: "pending" });
    put("b.wav", wav({ seconds: 1 }));
    expect((await next()).state).toBe("ready");
    expect(late).toEqual(["call-2"]);
  });

  test("waits no longer for a call that ends tomorrow by the PBX's clock", async () => {
    const { keeper } = open();
    await keeper.keep(callWith("a.wav"));
    expect(await keeper.waitFor("call-1", Date.now() + 86_400_000, 50)).toMatchObject({ state: "pending" });
  });

  test("is served later after a restart, too: nobody knows what was done before it", async () => {
    const before = open();
    await before.keeper.keep(callWith("a.wav"));
    await before.keeper[Symbol.asyncDispose]();
    put("a.wav", wav({ seconds: 1 }));
    const after = open();
    await after.keeper.start();
    expect((await after.next()).state).toBe("ready");
    expect(after.late).toEqual(["call-1"]);
  });
});

describe("trouble", () => {
  test("with the cache's disk is told once, loses nothing however long it lasts, and ends by itself", async () => {
    put("a.wav", wav({ seconds: 10 }));
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    symlinkSync("/dev/full", join(directory, "call-1.mp3.part"));
    const { keeper, next, troubles } = open();
    await keeper.keep(callWith("a.wav"));
    await vi.waitFor(() => expect(troubles).toEqual([expect.stringContaining("ENOSPC")]), 10_000);
    expect((await next()).state).toBe("ready");

    renameSync(directory, `${directory}-away`);
    await keeper.keep({ ...callWith("a.wav"), id: "call-2" });
    await vi.waitFor(() => expect(troubles).toHaveLength(2), 10_000);
    wait(); // far beyond all patience
    await vi.waitFor(async () => expect(await store.find("call-2")).toMatchObject({ waitsFor: "trouble" }), 10_000);
    mkdirSync(directory);
    expect((await next()).state).toBe("ready");
    expect(troubles).toHaveLength(2);
  }, 60_000);

  test("with one source does not hide that another one has it", async () => {
    put("a.wav", wav({ seconds: 1 }));
    const broken: RecordingSource = {
      name: "broken",
      soonestMs: 0,
      find: async () => {
        throw new SourceError("recordings/unreachable");
      },
      [Symbol.asyncDispose]: async () => {},
    };
    const { keeper, next, troubles } = open([broken, files()]);
    await keeper.keep(callWith("a.wav"));
    expect((await next()).state).toBe("ready");
    expect(troubles).toEqual([]);
  });

  test("what one source has in a form that nobody reads is taken from the next", async () => {
    put("a.webm", Buffer.from("\x1A\x45\xDF\xA3 opus", "latin1"));
    const mp3 = await taggedMp3(2, 16_000, 1);
    const fetched: string[] = [];
    const found: FoundPart = {
      sign: "a",
      fetch: async (into) => {
        writeFileSync(into, mp3);
        fetched.push(into);
        return { file: into };
      },
    };
    const remote: RecordingSource = {
      name: "remote",
      soonestMs: 0,
      find: async () => found,
      [Symbol.asyncDispose]: async () => {},
    };
    const { keeper, next } = open([files(), remote]);
    await keeper.keep(callWith("a.webm"));
    expect(secondsIn(await next())).toBeGreaterThan(1.9);
    for (const file of fetched) expect(() => readFileSync(file)).toThrow("ENOENT");
  });
});
