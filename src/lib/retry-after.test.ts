import { expect, test } from "vitest";
import { readRetryAfter } from "./retry-after.ts";

const NOW = Date.parse("2026-07-31T12:00:00Z");

test.each([
  [undefined, 0],
  ["", 0],
  ["7", 7],
  [" 7 ", 7],
  ["0", 0],
  ["-7", 0],
  ["7.5", 0],
  ["1e3", 0],
  ["soon", 0],
  ["Infinity", 0],
  ["9".repeat(400), 900],
  ["Fri, 31 Jul 2026 12:01:00 GMT", 60],
  ["Friday, 31-Jul-26 12:01:00 GMT", 60],
  ["Fri, 31 Jul 2026 11:59:00 GMT", 0],
  ["Fri, 31 Jul 2036 11:59:00 GMT", 900],
  ["Fri, the last", 0],
  ["2026", 900],
  [["7", "8"], 0],
] as const)("Retry-After %j asks for %i seconds", (header, seconds) => {
  expect(readRetryAfter(header, NOW, 900)).toBe(seconds);
});
