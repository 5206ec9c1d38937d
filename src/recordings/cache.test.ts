/** What stays in the cache, and what leaves it. */
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { RecordingCache, type Sweep } from "./cache.ts";
import type { Ready, Recording, RecordingStore } from "./recording.ts";
import { recordingStore } from "./testing/store.ts";

const DAY_MS = 86_400_000;
const NOW = 1_000 * DAY_MS;

let stack: AsyncDisposableStack;
let directory: string;
let store: RecordingStore;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  directory = join(temporaryFolder(), "recordings");
  ({ store } = await recordingStore(stack));
});
afterEach(() => stack.disposeAsync());

interface Options {
  readonly quotaBytes?: number;
  readonly keepDays?: number;
  readonly gone?: readonly string[];
  /** Happens while the PBX is asked whether it has a recording. */
  readonly meanwhile?: (callId: string) => Promise<void>;
}

function open(options: Options) {
  const sweeps: Sweep[] = [];
  const cache = stack.use(
    new RecordingCache({
      store,
      directory,
      quotaBytes: options.quotaBytes ?? 1_000_000,
      keepDays: options.keepDays ?? null,
      isAtSource: async (_, { callId }) => {
        await options.meanwhile?.(callId);
        return !(options.gone ?? []).includes(callId);
      },
      clock: { now: () => NOW },
      onSwept: (sweep) => void sweeps.push(sweep),
      onTrouble: (error) => {
        throw error;
      },
    }),
  );
  return { cache, sweeps };
}

/** Kept and heard so many days ago. */
async function keep(callId: string, { made = 0, heard = made }: { made?: number; heard?: number } = {}) {
  const since = NOW - made * DAY_MS;
  const mp3 = { file: `${callId}.mp3`, bytes: 100, seconds: 1 };
  const ready: Ready = { callId, parts: [], linkedids: [], since, state: "ready", mp3, missing: 0, isCached: true };
  await store.save("romashka", "main", ready);
  await store.heard(callId, NOW - heard * DAY_MS);
  writeFileSync(join(directory, mp3.file), Buffer.alloc(100));
}

const kept = () => readdirSync(directory).sort();

test("what was heard longest ago makes room for others, and is known to be fetched again", async () => {
  const { cache } = open({ quotaBytes: 250 });
  await keep("old-but-heard", { made: 90, heard: 1 });
  await keep("newer", { made: 30 });
  await keep("old", { made: 60 });
  await keep("new");
  expect(await cache.sweep()).toEqual({ bytes: 200, evicted: 2, expired: 0, isOverfull: false });
  expect(kept()).toEqual(["new.mp3", "old-but-heard.mp3"]);
  expect(await store.find("old")).toMatchObject({ state: "ready", isCached: false });
  expect(await store.cachedBytes()).toBe(200);
});

test("a recording of which another part becomes known in that moment stays, and goes on to be looked for", async () => {
  const pending: Recording = {
    callId: "old",
    parts: [{ file: "second.wav", startedAt: 1 }],
    linkedids: [],
    since: 0,
    state: "pending",
    soughtSince: NOW,
    waitsFor: null,
    meanwhile: { file: "old.mp3", bytes: 100, seconds: 1 },
  };
  const { cache } = open({ quotaBytes: 50, meanwhile: () => store.save("romashka", "main", pending) });
  await keep("old", { made: 60 });
  expect(await cache.sweep()).toMatchObject({ evicted: 0, isOverfull: true });
  expect(await store.find("old")).toEqual(pending);
  expect(kept()).toEqual(["old.mp3"]);
});

test("what the PBX has no more never leaves; that the cache is too small is told", async () => {
  const { cache } = open({ quotaBytes: 150, gone: ["only-here", "here-too"] });
  await keep("only-here", { made: 90 });
  await keep("here-too", { made: 80 });
  await keep("at-the-pbx", { made: 1 });
  expect(await cache.sweep()).toEqual({ bytes: 200, evicted: 1, expired: 0, isOverfull: true });
  expect(kept()).toEqual(["here-too.mp3", "only-here.mp3"]);
});

test("looks beyond many that cannot leave", async () => {
  const gone = Array.from({ length: 150 }, (_, at) => `gone-${at}`);
  const { cache } = open({ quotaBytes: 15_000, gone });
  for (const callId of gone) await keep(callId, { made: 90 });
  await keep("at-the-pbx");
  expect(await cache.sweep()).toMatchObject({ bytes: 15_000, evicted: 1 });
});

test("what is too old is erased, whether the PBX has it or not, and is told to be lost for its age", async () => {
  const { cache } = open({ keepDays: 30, gone: ["old"] });
  await keep("old", { made: 31, heard: 0 });
  await keep("young", { made: 29 });
  expect(await cache.sweep()).toMatchObject({ expired: 1, bytes: 100 });
  expect(kept()).toEqual(["young.mp3"]);
  expect(await store.find("old")).toMatchObject({ state: "lost", reason: "too-old" });
  expect(await cache.sweep()).toMatchObject({ expired: 0 });
});

test("a start removes what a crash has left, and looks after the cache from then on", async () => {
  const { cache, sweeps } = open({ quotaBytes: 150 });
  await keep("a");
  for (const file of ["b.mp3.part", "c.mp3.0.fetched"]) writeFileSync(join(directory, file), "half");
  await cache.start();
  await vi.waitFor(() => expect(sweeps).toHaveLength(1), 10_000);
  expect(kept()).toEqual(["a.mp3"]);
  await keep("b", { made: 1 });
  cache.add({ file: "b.mp3", bytes: 100, seconds: 1 });
  await vi.waitFor(() => expect(sweeps).toHaveLength(2), 10_000);
  expect(existsSync(join(directory, "b.mp3"))).toBe(false);
});

test("a file that somebody took away is known to be missing", async () => {
  const { cache } = open({});
  await keep("a");
  const mp3 = { file: "a.mp3", bytes: 100, seconds: 1 };
  expect(await cache.holds(mp3)).toBe(true);
  rmSync(join(directory, "a.mp3"));
  expect(await cache.holds(mp3)).toBe(false);
});
