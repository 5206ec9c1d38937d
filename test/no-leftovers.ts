/**
 * Gives a run of tests a folder for temporary files of its own, and takes it away at the end. What then still lies there
 * was left by a test that does not tidy up after itself, which is an error of the run.
 */
import { chmodSync, lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const OF_A_RUN = /^kommutator-run-(\d+)-/;

export default function setup(): () => void {
  removeOfKilledRuns();
  const folder = mkdtempSync(join(tmpdir(), `kommutator-run-${process.pid}-`));
  chmodSync(folder, 0o1777); // as /tmp itself: databases under test run as another user
  process.env["TMPDIR"] = folder; // the processes that run the tests are started after this
  return () => {
    const left = readdirSync(folder);
    rmSync(folder, { recursive: true });
    if (left.length > 0) throw new Error(`tests left temporary files behind: ${left.sort().join(", ")}`);
  };
}

/** A run that is killed leaves its folder to the next one of the same user. */
function removeOfKilledRuns(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = OF_A_RUN.exec(name) ?? [];
    const path = join(tmpdir(), name);
    if (pid !== undefined && isOurs(path) && !isRunning(Number(pid))) rmSync(path, { recursive: true, force: true });
  }
}

/** Another run that begins now may take it away before us. */
function isOurs(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.();
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Its number is another user's process by now.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
