/** Folders for what tests write. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";

/** A folder of this test's own, for a test or its `beforeEach`. It goes when the test and its `afterEach` are over. */
export function temporaryFolder(): string {
  const { path, remove } = newFolder();
  onTestFinished(remove);
  return path;
}

/** A folder for all tests of the file or the `describe` that asks for it. */
export function sharedFolder(): string {
  const { path, remove } = newFolder();
  afterAll(remove);
  return path;
}

function newFolder() {
  const path = mkdtempSync(join(tmpdir(), "kommutator-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
