import { expect, test } from "vitest";
import { readRange } from "./range.ts";

test.each([
  [undefined, 1000, "whole"],
  ["bytes=0-", 1000, { start: 0, end: 999 }],
  ["bytes=0-0", 1000, { start: 0, end: 0 }],
  ["bytes=500-599", 1000, { start: 500, end: 599 }],
  ["Bytes=500-599", 1000, { start: 500, end: 599 }],
  ["bytes=500-5000", 1000, { start: 500, end: 999 }],
  ["bytes=-100", 1000, { start: 900, end: 999 }],
  ["bytes=-5000", 1000, { start: 0, end: 999 }],
  ["bytes=-0", 1000, "unsatisfiable"],
  ["bytes=1000-", 1000, "unsatisfiable"],
  ["bytes=0-", 0, "unsatisfiable"],
  ["bytes=-1", 0, "unsatisfiable"],
  ["bytes=5-2", 1000, "whole"],
  ["bytes=-", 1000, "whole"],
  ["bytes=0-1,5-6", 1000, "whole"],
  ["items=0-1", 1000, "whole"],
  ["bytes=a-b", 1000, "whole"],
] as const)("%s of %i bytes is %o", (header, size, range) => {
  expect(readRange(header, size)).toEqual(range);
});
