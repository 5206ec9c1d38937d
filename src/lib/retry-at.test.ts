import { expect, test } from "vitest";
import { retryAt } from "./retry-at.ts";

test("the delay doubles, has an end, and is never the same for all", () => {
  const seconds = (attempt: number, random: number) => retryAt(attempt, 0, () => random) / 1000;
  expect([1, 2, 3, 4].map((attempt) => seconds(attempt, 1))).toEqual([1, 2, 4, 8]);
  expect(seconds(50, 1)).toBe(900);
  expect(seconds(3, 0)).toBe(2);
});
