import { expect, test } from "vitest";
import { within } from "./within.ts";

const never = new Promise<void>(() => undefined);

test("tells what came in time from what did not, and keeps the failure of what was awaited", async () => {
  expect(await within(10_000, Promise.resolve())).toBe(true);
  expect(await within(1, never)).toBe(false);
  expect(await within(-5, never)).toBe(false);
  await expect(within(10_000, Promise.reject(new Error("no")))).rejects.toThrow("no");
});
