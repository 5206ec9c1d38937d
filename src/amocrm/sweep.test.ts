import { expect, test } from "vitest";
import { isSweepDue } from "./sweep.ts";

const HOUR = 3_600_000;
// 2025-07-04, 03:00 in Moscow.
const NIGHT = Date.UTC(2025, 6, 4);

test.each([
  ["at night, a day after the last", NIGHT, 24, true],
  ["not twice in a night", NIGHT, 2, false],
  ["not by day", NIGHT + 10 * HOUR, 34, false],
  ["by day, when the nights were missed", NIGHT + 10 * HOUR, 49, true],
] as const)("everything is walked through %s", (_, now, hoursAgo, expected) => {
  expect(isSweepDue((now - hoursAgo * HOUR) / 1000, now, "Europe/Moscow")).toBe(expected);
});
