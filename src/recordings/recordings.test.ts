import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Call } from "../calls/call.ts";
import { RecordingKeeper } from "./keeper.ts";
import { RecordingLinks } from "./link.ts";
import { locate, type RecordingPlace } from "./locate.ts";
import { makeMp3 } from "./mp3.ts";
import { Mp3Maker } from "./mp3-maker.ts";
import type { Recording, RecordingStore } from "./recording.ts";
import { readWav } from "./wav.ts";

const scratch = () => mkdtempSync(join(tmpdir(), "kommutator-recordings-"));

interface Sound {
  readonly seconds: number;
  readonly rate?: number;
  readonly channels?: number;
  readonly coding?: 1 | 6 | 7;
}

/** A wav by hand: a 440 Hz tone, and an odd chunk before the data, as some writers leave one. */
function wav({ seconds, rate = 8000, channels = 1, coding = 1 }: Sound): Buffer {
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

/** Seconds of sound by the frames of an MPEG 1/2/2.5 layer III stream (ISO 11172-3 §2.4.1.3, and the 2.5 extension). */
function mp3Seconds(bytes: Buffer): number {
  const kilobits = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
  let seconds = 0;
  for (let at = 0; at + 4 <= bytes.length; ) {
    const head = bytes.readUInt32BE(at);
    expect(head >>> 21, `frame at ${at}`).toBe(0x7ff);
    const version = (head >>> 19) & 3;
    const rate = ([11_025, 12_000, 8000][(head >>> 10) & 3] ?? 0) * (version === 0 ? 1 : version === 2 ? 2 : 4);
    const samples = version === 3 ? 1152 : 576;
    seconds += samples / rate;
    at += Math.floor((samples / 8) * (((kilobits[(head >>> 12) & 15] ?? 0) * 1000) / rate)) + ((head >>> 9) & 1);
  }
  return seconds;
}

describe("reading a wav", () => {
  test.each([
    { sound: { seconds: 2.5 } },
    { sound: { seconds: 1.25, rate: 16_000, channels: 2 } },
    { sound: { seconds: 1, coding: 6 as const } },
    { sound: { seconds: 1, coding: 7 as const } },
  ])("knows its length and gives all samples: $sound", ({ sound }) => {
    const file = join(scratch(), "a.wav");
    writeFileSync(file, wav(sound));
    const read = readWav(file);
    expect(read.seconds).toBeCloseTo(sound.seconds, 3);
    const samples = [...read.blocks()].reduce((sum, block) => sum + block.length, 0);
    expect(samples).toBe(Math.round(sound.seconds * read.sampleRate));
  });

  test("gives silence for A-law's silence and the tone for PCM", () => {
    const file = join(scratch(), "a.wav");
    writeFileSync(file, wav({ seconds: 1, coding: 6 }));
    for (const block of readWav(file).blocks()) expect(Math.max(...block.map(Math.abs))).toBeGreaterThan(0);
    writeFileSync(file, wav({ seconds: 1 }));
    const [first] = readWav(file).blocks();
    expect(Math.max(...(first ?? []))).toBeCloseTo(8000 / 32_768, 2);
  });

  test.each([
    ["an empty file", Buffer.alloc(0)],
    ["a text", Buffer.from("no sound at all, but long enough to look at")],
    ["a header without data", wav({ seconds: 0.1 }).subarray(0, 40)],
    ["a coding nobody speaks here", Buffer.from(wav({ seconds: 0.1 })).fill(49, 20, 21)],
  ])("refuses %s", (_, bytes) => {
    const file = join(scratch(), "a.wav");
    writeFileSync(file, bytes);
    expect(() => readWav(file)).toThrow(expect.objectContaining({ name: "UnreadableSound" }));
  });
});

describe("making an mp3", () => {
  test("joins the parts in order; its length is theirs", async () => {
    const directory = scratch();
    const parts = [2, 3].map((seconds) => join(directory, `${seconds}.wav`));
    parts.forEach((part, index) => void writeFileSync(part, wav({ seconds: index + 2 })));
    const target = join(directory, "call.mp3");
    const made = await makeMp3(parts, target);
    const bytes = readFileSync(target);
    expect(made).toEqual({ state: "made", bytes: bytes.length });
    expect(mp3Seconds(bytes)).toBeGreaterThan(5);
    expect(mp3Seconds(bytes)).toBeLessThan(5.6);
  });

  test("a file without sound makes none, and leaves nothing behind", async () => {
    const part = join(scratch(), "a.wav");
    writeFileSync(part, wav({ seconds: 0 }));
    const target = join(scratch(), "call.mp3");
    expect(await makeMp3([part], target)).toEqual({ state: "silent" });
    expect(() => readFileSync(target)).toThrow("ENOENT");
  });
});

describe("finding the file", () => {
  const place: RecordingPlace = {
    pbxDirectory: "/storage/monitor",
    localDirectory: scratch(),
    extensions: ["mp3", "wav"],
  };
  const there = join(place.localDirectory, "2026/11/28/10/call.wav");
  mkdirSync(dirname(there), { recursive: true });
  writeFileSync(there, wav({ seconds: 1 }));

  test("under another mount and another extension", () => {
    expect(locate("/storage/monitor/2026/11/28/10/call.webm", place)).toMatchObject({ file: there });
    expect(locate("2026/11/28/10/call.wav", place)).toMatchObject({ file: there });
    expect(locate("/storage/monitor/2026/11/28/10/other.wav", place)).toBe("absent");
  });

  test.each([
    "/storage/monitor/../../etc/passwd",
    "../call.wav",
    "/etc/passwd",
    "/storage/monitoring/a.wav",
    "a\0.wav",
  ])("never outside: %j", (named) => expect(locate(named, place)).toBe("outside"));
});

describe("a link", () => {
  const links = new RecordingLinks(Buffer.alloc(32, 1), "https://pbx.example.org");
  const token = links.toUrl("romashka", "call-1").split("/").at(-1) ?? "";
  const accountOf = async (callId: string) => (callId === "call-1" ? "romashka" : undefined);

  test("opens its own call", async () => {
    expect(await links.verify(token, accountOf)).toBe("call-1");
  });

  test.each([
    ["another call's signature", token.replace("call-1", "call-2")],
    ["a changed signature", token.replace(/\.(.)/, (_, letter: string) => `.${letter === "A" ? "B" : "A"}`)],
    ["no signature", "call-1.mp3"],
    ["a path", `../${token}`],
    ["nothing", ""],
  ])("is refused with %s", async (_, wrong) => expect(await links.verify(wrong, accountOf)).toBeUndefined());

  test("is refused for another account's call and with another installation's key", async () => {
    expect(await links.verify(token, async () => "lyutik")).toBeUndefined();
    const others = new RecordingLinks(Buffer.alloc(32, 2), "https://pbx.example.org");
    expect(await others.verify(token, accountOf)).toBeUndefined();
  });
});

class MemoryStore implements RecordingStore {
  readonly rows = new Map<string, { account: string; pbx: string; recording: Recording }>();
  async find(callId: string) {
    return this.rows.get(callId)?.recording;
  }
  async accountOf(callId: string) {
    return this.rows.get(callId)?.account;
  }
  async save(account: string, pbx: string, recording: Recording) {
    this.rows.set(recording.callId, { account, pbx, recording });
  }
  async pending() {
    return [...this.rows.values()].filter(({ recording }) => recording.state === "pending") as Awaited<
      ReturnType<RecordingStore["pending"]>
    >;
  }
}

describe("the keeper", () => {
  let stack = new AsyncDisposableStack();
  afterEach(async () => {
    await stack.disposeAsync();
    stack = new AsyncDisposableStack();
  });

  function keeperOf(store: RecordingStore, directory: string, now = () => Date.now()) {
    const troubles: unknown[] = [];
    const mp3 = stack.use(new Mp3Maker());
    const late: string[] = [];
    const { promise: settled, resolve } = Promise.withResolvers<Recording>();
    const keeper = new RecordingKeeper({
      store,
      mp3,
      clock: { now },
      cacheDirectory: join(directory, "cache"),
      placeOf: () => ({ pbxDirectory: "/monitor", localDirectory: directory, extensions: ["wav"] }),
      accountOf: () => "romashka",
      patienceMs: 60_000,
      onLate: async (callId) => void late.push(callId),
      onSettled: (_, recording) => resolve(recording),
      onTrouble: (_, error) => void troubles.push(error),
    });
    stack.use(keeper);
    return { keeper, settled, troubles, late };
  }
  const callWith = (...files: string[]) =>
    ({
      id: "call-1",
      pbx: "main",
      recordings: files.map((file, startedAt) => ({ file, startedAt })),
    }) as unknown as Call;

  test("waits for a file that comes late, and makes it playable", async () => {
    const directory = scratch();
    const store = new MemoryStore();
    const { keeper, settled, troubles } = keeperOf(store, directory);
    await keeper.keep(callWith("/monitor/late.webm"));
    expect(await store.find("call-1")).toMatchObject({ state: "pending" });
    writeFileSync(join(directory, "late.wav"), wav({ seconds: 1 }));
    const recording = await settled;
    expect(recording.state).toBe("ready");
    if (recording.state === "ready") expect(mp3Seconds(readFileSync(keeper.fileOf(recording)))).toBeGreaterThan(1);
    expect(troubles).toEqual([]);
  });

  test("goes on after a restart with what was pending", async () => {
    const directory = scratch();
    const store = new MemoryStore();
    const before = keeperOf(store, directory);
    await before.keeper.keep(callWith("/monitor/a.wav"));
    await before.keeper[Symbol.asyncDispose]();
    writeFileSync(join(directory, "a.wav"), wav({ seconds: 1 }));
    const after = keeperOf(store, directory);
    await after.keeper.start();
    expect((await after.settled).state).toBe("ready");
    // What was done before the restart nobody knows: the note may stand without its link.
    expect(after.late).toEqual(["call-1"]);
  });

  test("gives the recording to who waits for it, and serves later who could not", async () => {
    const directory = scratch();
    const { keeper, settled, late } = keeperOf(new MemoryStore(), directory);
    writeFileSync(join(directory, "a.wav"), wav({ seconds: 1 }));
    await keeper.keep(callWith("/monitor/a.wav"));
    expect(await keeper.waitFor("call-1", Date.now() + 20_000)).toMatchObject({ state: "ready" });
    expect(late).toEqual([]);
    await settled;

    const other = keeperOf(new MemoryStore(), directory);
    await other.keeper.keep({ ...callWith("/monitor/b.wav"), id: "call-2" });
    expect(await other.keeper.waitFor("call-2", Date.now())).toMatchObject({ state: "pending" });
    writeFileSync(join(directory, "b.wav"), wav({ seconds: 1 }));
    expect((await other.settled).state).toBe("ready");
    expect(other.late).toEqual(["call-2"]);
  });

  test("says lost, with the reason, when patience is over", async () => {
    let now = 0;
    const { keeper, settled } = keeperOf(new MemoryStore(), scratch(), () => now);
    await keeper.keep(callWith("/monitor/never.wav"));
    now = 61_000;
    expect(await settled).toEqual({ callId: "call-1", state: "lost", reason: "not-found" });
  });

  test("says lost at once for a name that leads out of the directory", async () => {
    const { keeper, settled } = keeperOf(new MemoryStore(), scratch());
    await keeper.keep(callWith("/monitor/../etc/shadow.wav"));
    expect(await settled).toMatchObject({ state: "lost", reason: "outside-directory" });
  });

  test("says none when the file has no sound, and has nothing to do when nothing was recorded", async () => {
    const directory = scratch();
    writeFileSync(join(directory, "silent.wav"), wav({ seconds: 0 }));
    const store = new MemoryStore();
    const { keeper, settled } = keeperOf(store, directory);
    await keeper.keep(callWith("/monitor/silent.wav"));
    expect((await settled).state).toBe("none");
    await keeper.keep({ ...callWith(), id: "call-2" });
    expect(await store.find("call-2")).toBeUndefined();
  });

  test("keeps trying when the cache cannot be written, and tells the trouble", async () => {
    const directory = scratch();
    writeFileSync(join(directory, "a.wav"), wav({ seconds: 1 }));
    const { keeper, settled, troubles } = keeperOf(new MemoryStore(), directory);
    const { rmSync } = await import("node:fs");
    rmSync(join(directory, "cache"), { recursive: true });
    await keeper.keep(callWith("/monitor/a.wav"));
    await expect.poll(() => troubles.length).toBeGreaterThan(0);
    mkdirSync(join(directory, "cache"));
    expect((await settled).state).toBe("ready");
  });
});
