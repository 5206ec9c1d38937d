/** The demo walks through itself: what a person is shown on the first day works. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { describeNeeding } from "../needs.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const LONGEST_MS = 30_000;

/** @throws with all that it wrote when it does not exit with 0 in time */
async function smoke(...options: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, "--smoke", ...options], {
    timeout: LONGEST_MS,
  });
  return stdout;
}

describeNeeding("chromium", "script/demo --smoke", () => {
  test("exits with 0 within 30 s, having gone all the way", { timeout: LONGEST_MS + 5000 }, async () => {
    expect(await smoke()).toMatch(/note, its recording plays[\s\S]*ends it for both\nall is well/);
  });
});

describeNeeding(["chromium", "asterisk"], "script/demo --smoke --asterisk", () => {
  test("goes the same way on a real Asterisk", { timeout: LONGEST_MS + 5000 }, async () => {
    expect(await smoke("--asterisk")).toMatch(/Asterisk[\s\S]*ends it for both\nall is well/);
  });
});
