import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AmiError } from "./ami-error.ts";
import { PacketSplitter, type SplitterOptions } from "./splitter.ts";
import { fuzzSplitter } from "./testing/fuzz-splitter.ts";

const LIMITS = { maxPacketBytes: 2_000, maxLineBytes: 500 };

/** What comes out of these bytes when they arrive in these pieces. */
function split(bytes: Uint8Array, cuts: readonly number[], options: SplitterOptions = {}) {
  const refused: AmiError[] = [];
  const splitter = new PacketSplitter({ ...LIMITS, ...options, refused: (error) => refused.push(error) });
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const packets = edges.slice(1).flatMap((end, i) => splitter.push(bytes.subarray(edges[i], end)));
  return { packets: packets.map(String), refusals: refused.map((error) => error.code), splitter };
}

const value = fc.stringMatching(/^[ -~а-яё漢😀]{0,60}$/u);
const packet = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(value, { maxLength: 6 })
      .map((values) => `Event: E\r\n${values.map((v) => `K: ${v}`).join("\r\n")}x`),
  },
  { weight: 1, arbitrary: fc.constant(`Event: Long\r\nLine: ${"я".repeat(300)}`) },
  { weight: 1, arbitrary: fc.constant(`Event: Huge\r\n${"Line: abcdefgh\r\n".repeat(200)}x`) },
  { weight: 1, arbitrary: fc.constant("neither: this nor that") },
);
const stream = fc.array(packet, { maxLength: 12 }).map((packets) => packets.map((text) => `${text}\r\n\r\n`).join(""));

test("any chunking gives the same packets and the same refusals", () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat()), (text, cuts) => {
      const bytes = Buffer.from(text);
      const whole = split(bytes, []);
      const chunked = split(bytes, cuts);
      expect(chunked.packets).toEqual(whole.packets);
      expect(chunked.refusals).toEqual(whole.refusals);
      const wellFormed = text.split("\r\n\r\n").filter((one) => /^Event: E\r/.test(one));
      expect(whole.packets).toEqual(wellFormed);
    }),
  );
});

test("any chunking of a real PBX's stream gives the same packets", () => {
  const bytes = readFileSync("test/captures/m01-click-to-call-answered/ami.log");
  const whole = split(bytes, [], { maxPacketBytes: 100_000, maxLineBytes: 10_000 });
  expect(`${whole.packets.join("\r\n\r\n")}\r\n\r\n`).toBe(bytes.toString());
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 200 }), (cuts) => {
      const chunked = split(bytes, cuts, { maxPacketBytes: 100_000, maxLineBytes: 10_000 });
      expect(chunked.packets).toEqual(whole.packets);
    }),
  );
});

test("a stream that comes byte by byte is read like one that comes whole", () => {
  const text = `${"Event: Newchannel\r\nCallerIDName: Пётр 漢😀\r\n\r\n".repeat(3)}Event: Rest`;
  const bytes = Buffer.from(text);
  expect(split(bytes, [...bytes.keys()]).packets).toEqual(split(bytes, []).packets);
  expect(split(bytes, []).packets).toHaveLength(3);
});

test("only wanted events are built; responses always are", () => {
  const bytes = Buffer.from(
    "Event: VarSet\r\nA: 1\r\n\r\nEvent: Hangup\r\nA: 2\r\n\r\nResponse: Success\r\n\r\nEvent: VarSet\r\n\r\n",
  );
  const asked: string[] = [];
  const wanted = (name: string) => {
    asked.push(name);
    return name === "Hangup";
  };
  expect(split(bytes, [], { wanted }).packets).toEqual(["Event: Hangup\r\nA: 2", "Response: Success"]);
  expect(asked).toEqual(["VarSet", "Hangup", "VarSet"]);
});

test("a packet that is too long is refused once, and the one after it is read", () => {
  const bytes = Buffer.from(`Event: A\r\nX: ${"x".repeat(1_000_000)}\r\n\r\nEvent: B\r\n\r\n`);
  for (const pieces of [1, 7, 4_096]) {
    const cuts = Array.from({ length: pieces - 1 }, (_, i) => Math.floor(((i + 1) * bytes.length) / pieces));
    const { packets, refusals, splitter } = split(bytes, cuts);
    expect(packets).toEqual(["Event: B"]);
    expect(refusals).toEqual(["ami/packet-too-long"]);
    if (pieces === 4_096) expect(splitter.capacityBytes).toBe(128 * 1024);
  }
});

test("a fuzzed stream neither throws nor grows, and what is left out is counted", () => {
  const { read, refused } = fuzzSplitter(100_000, 1);
  expect(read).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
});
