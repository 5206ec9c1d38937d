/** Promises about the project's own files: its verbs, its dependencies, its lockfile. */
import { execFile } from "node:child_process";
import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

describe("the verbs of script/", () => {
  const verbs = readdirSync(join(root, "script")).filter((name) => !name.includes("."));

  test("are those that are promised", () => {
    const promised = [
      "bench",
      "bootstrap",
      "capture",
      "ci",
      "demo",
      "dev",
      "emulator",
      "lint",
      "replay",
      "soak",
      "test",
    ];
    expect(verbs.sort()).toEqual(promised);
  });

  test.each(verbs)("script/%s can be run and says what it is for", async (verb) => {
    accessSync(join(root, "script", verb), constants.X_OK);
    const { stdout } = await promisify(execFile)(join(root, "script", verb), ["--help"]);
    expect(stdout).toMatch(/^[A-Z].*[.:]\n/);
    expect(stdout).toContain(`script/${verb}`);
  });

  test("CI runs script/ci, and that the command of the README", () => {
    accessSync(join(root, ".ci/run"), constants.X_OK);
    expect(read(".ci/run")).toContain("/script/ci");
    expect(read("script/ci")).toMatch(/^CI=true exec .*\/script\/test/m);
    expect(read("README.md")).toMatch(/^script\/test$/m);
  });
});

describe("the dependencies", () => {
  const { dependencies, devDependencies, overrides } = JSON.parse(read("package.json"));

  test("have their reasons in CONTRIBUTING.md", () => {
    const documented = new Set([...read("CONTRIBUTING.md").matchAll(/`([^`\s]+)`/g)].map(([, name]) => name));
    const all = [...Object.keys(dependencies), ...Object.keys(devDependencies), ...Object.keys(overrides)];
    expect(all.filter((name) => !documented.has(name))).toEqual([]);
  });

  test("are locked without addresses, so that any mirror serves them", () => {
    expect(read("package-lock.json")).not.toMatch(/"resolved"/);
  });
});
