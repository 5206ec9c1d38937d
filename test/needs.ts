/** What some suites need of the machine, and what becomes of them where it is missing. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { describe } from "vitest";
import { isMariadbInstalled, isPostgresInstalled } from "./databases/private-server.ts";
import { isAsteriskInstalled } from "./lab/asterisk.ts";

const CHROMIUMS = ["chromium", "chromium-browser", "google-chrome"];

/** Path of the machine's Chromium, or undefined. */
export function findChromium(): string | undefined {
  return findProgram(CHROMIUMS);
}

/** The first of these names that the machine has. */
function findProgram(names: readonly string[]): string | undefined {
  const directories = (process.env["PATH"] ?? "").split(delimiter);
  return names.flatMap((name) => directories.map((directory) => join(directory, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const NEEDS = {
  asterisk: { name: "Asterisk (test/lab/install.sh)", isThere: isAsteriskInstalled },
  mariadb: { name: "MariaDB (mariadb-server-core)", isThere: isMariadbInstalled },
  postgres: { name: "PostgreSQL", isThere: isPostgresInstalled },
  chromium: { name: "Chromium", isThere: () => findChromium() !== undefined },
  ffmpeg: { name: "ffmpeg", isThere: () => findProgram(["ffmpeg"]) !== undefined },
};

/**
 * A suite that needs something of the machine. Where it is missing the suite is skipped, which `script/test` reports as
 * "not run"; in CI it runs and fails, for there nothing may be missing.
 */
export function describeNeeding(
  needs: keyof typeof NEEDS | readonly (keyof typeof NEEDS)[],
  name: string,
  suite: () => void,
): void {
  const missing = [needs].flat().filter((need) => !NEEDS[need].isThere());
  const mustRun = missing.length === 0 || process.env["CI"] === "true";
  const title = mustRun ? name : `${name} (needs ${missing.map((need) => NEEDS[need].name).join(", ")})`;
  describe.skipIf(!mustRun)(title, suite);
}
