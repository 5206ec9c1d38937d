import { expect, test } from "vitest";
import { LostTime } from "./lost-time.ts";

test("time that was lived through is not lost; what the clock jumped ahead is, and what it was set back is not", () => {
  let [wall, lived] = [1_751_600_000_000, 5_000];
  const lost = new LostTime({ now: () => wall }, () => lived);
  const pass = (onClock: number, inLife: number) => {
    wall += onClock;
    lived += inLife;
    return lost.ms;
  };
  expect(pass(60_000, 60_000)).toBe(0);
  expect(pass(86_400_000 + 1_000, 1_000)).toBe(86_400_000);
  expect(pass(-2 * 86_400_000, 0)).toBe(0);
});
