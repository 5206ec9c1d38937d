/** The program behind `script/replay` as it is called: what it prints, what it refuses, and how it ends. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sharedFolder } from "../../test/temporary-folder.ts";

const captures = join(import.meta.dirname, "../../test/captures");
const internalCall = join(captures, "17-internal-call/ami.log");
const [beforeGap, afterGap] = ["ami.1.log", "ami.2.log"].map((name) =>
  join(captures, "26-ami-reconnect-in-mid-call", name),
) as [string, string];

const folder = sharedFolder();

function fileOf(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

function replay(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("tells a story to people", () => {
  const { status, stdout } = replay(internalCall, "--panels", "201");
  expect(status).toBe(0);
  expect(stdout).toMatch(/internal colleagues\n {2}answered after/);
  expect(stdout).toMatch(/panel of 201\n/);
});

test("prints one JSON document and nothing else; a panel that nobody has is an empty one", () => {
  const { status, stdout, stderr } = replay(internalCall, "--json", "--panels", "201,999");
  expect([status, stderr]).toEqual([0, ""]);
  const { calls, panels, doubts } = JSON.parse(stdout);
  expect(calls).toHaveLength(1);
  expect(calls[0].startedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(panels["201"].at(-1).cards).toEqual([]);
  expect(panels["999"]).toEqual([]);
  expect(doubts).toEqual([]);
});

test("reads a compressed stream whatever it is called, and one that began with the PBX's greeting", () => {
  const bytes = readFileSync(internalCall);
  const plain = replay(internalCall, "--json").stdout;
  expect(replay(fileOf("compressed.log", gzipSync(bytes)), "--json").stdout).toBe(plain);
  expect(replay(fileOf("plain.log.gz", bytes), "--json").stdout).toBe(plain);
  const greeted = Buffer.concat([Buffer.from("Asterisk Call Manager/11.0.0\r\n"), bytes]);
  expect(replay(fileOf("greeted.log", greeted), "--json").stdout).toBe(plain);
});

test("a stream in which nothing was said tells of no calls", () => {
  const file = fileOf("empty.log", "");
  expect(replay(file)).toMatchObject({ status: 0, stdout: "no calls\n\n" });
  expect(JSON.parse(replay(file, "--json").stdout)).toEqual({ calls: [], panels: {}, doubts: [] });
});

test("streams in the wrong order are doubted", () => {
  const doubts = (...files: string[]) => JSON.parse(replay(...files, "--json").stdout).doubts;
  expect(doubts(beforeGap, afterGap)).toEqual([]);
  expect(doubts(afterGap, beforeGap)).toContainEqual(expect.stringMatching(/are they in order\?$/));
});

test("a line that is too long is doubted, and the rest told", () => {
  const file = fileOf(
    "long.log",
    Buffer.concat([Buffer.from(`Event: ${"x".repeat(70_000)}\r\n\r\n`), readFileSync(internalCall)]),
  );
  const { calls, doubts } = JSON.parse(replay(file, "--json").stdout);
  expect(calls).toHaveLength(1);
  expect(doubts).toEqual([expect.stringMatching(/line/)]);
});

describe("is refused, with words and nothing on standard output:", () => {
  const cut = gzipSync(readFileSync(internalCall)).subarray(0, 2000);
  test.each([
    ["no file", [], /missing required argument 'file'/],
    ["a file that is not there", ["/nowhere.log"], /cannot read \/nowhere\.log/],
    ["a folder", [folder], /cannot read .*directory/],
    [
      "a compressed stream that was cut",
      [fileOf("cut.log.gz", cut)],
      /cannot read .*cut\.log\.gz: unexpected end of file/,
    ],
    ["what is no AMI stream", [fileOf("other.log", "hello\nworld\n")], /other\.log holds no AMI packet/],
    ["an unknown kind of PBX", [internalCall, "--profile", "nosuch"], /Allowed choices are mikopbx, freepbx, asterisk/],
    ["an expression that is none", [internalCall, "--extensions", "("], /Unterminated group/],
    ["an unknown option", [internalCall, "--nosuch"], /unknown option '--nosuch'/],
  ])("%s", (_, args, words) => {
    const { status, stdout, stderr } = replay(...args, "--json");
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(words);
  });
});
