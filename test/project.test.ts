/** Promises about the project's own files: its verbs, its dependencies, its lockfile. */
import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, globSync, readdirSync, readFileSync } from "node:fs";
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

describe("what the code refers to", () => {
  const sources = globSync("{src,web,emulators,test,bench}/**/*.{ts,tsx,js}", { cwd: root });
  const lines = sources.flatMap((file) =>
    read(file)
      .split("\n")
      .map((line) => ({ file, line })),
  );

  /** As GitHub names them. */
  const anchorsOf = (page: string) =>
    new Set(
      [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
        heading
          .toLowerCase()
          .replace(/[^\p{L}\p{N} _-]/gu, "")
          .replaceAll(" ", "-"),
      ),
    );

  test("is a page that is there, and a heading in it", () => {
    const missing: string[] = [];
    let found = 0;
    for (const { file, line } of lines) {
      for (const [all, page = ""] of line.matchAll(/\b(docs\/[\w/-]+\.md)(?:#[\w-]+(?:(?:, | and )#[\w-]+)*)?/g)) {
        found++;
        if (!existsSync(join(root, page))) missing.push(`${file}: ${page}`);
        else
          for (const [, anchor = ""] of all.matchAll(/#([\w-]+)/g))
            if (!anchorsOf(page).has(anchor)) missing.push(`${file}: ${page}#${anchor}`);
      }
    }
    expect(missing).toEqual([]);
    expect(found).toBeGreaterThan(100);
  });

  test("is no chapter of a text that only its writer had", () => {
    // Standards have chapters, too.
    const cites = lines.filter(({ line }) => /§/.test(line) && !/RFC \d|ISO/.test(line));
    expect(cites.filter(({ file }) => file !== "test/project.test.ts")).toEqual([]);
  });
});
