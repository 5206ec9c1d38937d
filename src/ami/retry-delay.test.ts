import { expect, test } from "vitest";
import { retryDelay } from "./retry-delay.ts";

test("a PBX that is not there is looked for twice a second at least, for ever", () => {
  expect(retryDelay(1, "ami/unreachable", 1)).toBe(100);
  for (const failures of [5, 50, 5_000]) expect(retryDelay(failures, "ami/unreachable", 1)).toBe(500);
});

test("a refused login is repeated so rarely that fail2ban does not mind", () => {
  expect(retryDelay(1, "ami/authentication-failed", 0)).toBe(15_000);
  expect(retryDelay(1, "ami/authentication-failed", 1)).toBe(30_000);
  expect(retryDelay(9, "ami/authentication-failed", 1)).toBe(300_000);
});

test("a link that keeps breaking is renewed ever more slowly, up to ten seconds", () => {
  expect([1, 2, 3, 4, 20].map((failures) => retryDelay(failures, "ami/link-lost", 1))).toEqual([
    100, 200, 400, 800, 10_000,
  ]);
});
