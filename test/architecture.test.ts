/** The parts import each other only in the directions that ARCHITECTURE.md promises. */
import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ASSEMBLY, folderOf, forbiddenImports, MAY_IMPORT } from "./architecture.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const paths = globSync("{src,emulators,web}/**/*.{ts,tsx}", { cwd: root }).map((path) => path.replaceAll("\\", "/"));

test("no file imports what its folder may not", () => {
  expect(paths.length).toBeGreaterThan(100);
  expect(forbiddenImports(paths.map((path) => ({ path, text: read(path) })))).toEqual([]);
});

test("every folder of src stands in the table, and has something in it", () => {
  const folders = new Set(paths.filter((path) => path.startsWith("src/")).map(folderOf));
  folders.delete(undefined);
  expect([...folders].sort()).toEqual([ASSEMBLY, ...Object.keys(MAY_IMPORT)].sort());
});

test("the table has no circle: each folder may import only such as do not lead back to it", () => {
  const reachable = (folder: string, seen = new Set<string>()): Set<string> => {
    for (const next of MAY_IMPORT[folder] ?? []) if (!seen.has(next)) reachable(next, seen.add(next));
    return seen;
  };
  expect(Object.keys(MAY_IMPORT).filter((folder) => reachable(folder).has(folder))).toEqual([]);
});

describe("ARCHITECTURE.md", () => {
  const document = read("ARCHITECTURE.md");

  test("prints the same table", () => {
    const rows = [...document.matchAll(/^\| `(\w+)` \| ([^|]*) \|/gm)].map(
      ([, folder = "", cell = ""]) => [folder, [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name)] as const,
    );
    expect(Object.fromEntries(rows)).toEqual(MAY_IMPORT);
  });

  test("names every folder at the top of the tree and of src, and none that is not there", () => {
    const [, listing = ""] = /^```tree\n(.*?)^```/ms.exec(document) ?? [];
    const named = [...listing.matchAll(/^( *)([\w.]+)\//gm)].map(([, indent = "", name]) => ({ indent, name }));
    const there = (path: string) =>
      readdirSync(join(root, path), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && !IGNORED.has(entry.name))
        .map((entry) => entry.name)
        .sort();
    expect(
      named
        .filter(({ indent }) => indent === "")
        .map(({ name }) => name)
        .sort(),
    ).toEqual(there("."));
    expect(
      named
        .filter(({ indent }) => indent !== "")
        .map(({ name }) => name)
        .sort(),
    ).toEqual(there("src"));
  });

  const IGNORED = new Set([".git", ".tools", "node_modules", "dist", "var", "coverage"]);
});

describe("the check itself", () => {
  const refused = (path: string, text: string) => forbiddenImports([{ path, text }]);

  test.each([
    ["src/calls/x.ts", 'import { AmiPacket } from "../ami/packet.ts";', "src/ami/packet.ts"],
    ["src/calls/x.ts", 'import type { AmiPacket } from "../ami/packet.ts";', "src/ami/packet.ts"],
    ["src/calls/x.ts", 'export * from "../ami/packet.ts";', "src/ami/packet.ts"],
    ["src/calls/x.ts", 'const { a } = await import("../ami/packet.ts");', "src/ami/packet.ts"],
    ["src/calls/x.ts", 'import {\n  AmiPacket,\n} from "../ami/packet.ts";', "src/ami/packet.ts"],
    ["src/calls/x.ts", 'import "../main.ts";', "src/main.ts"],
    ["src/calls/x.ts", 'import { Phones } from "../assembly/phones.ts";', "src/assembly/phones.ts"],
    ["src/assembly/x.ts", 'import { check } from "../check.ts";', "src/check.ts"],
    ["src/calls/x.ts", 'import { f } from "./fake.testing.ts";', "src/calls/fake.testing.ts"],
    ["src/main.ts", 'import { startPbx } from "../emulators/pbx/pbx.ts";', "emulators/pbx/pbx.ts"],
    ["src/new-folder/x.ts", 'import { systemClock } from "../lib/clock.ts";', "src/lib/clock.ts"],
    ["emulators/pbx/x.ts", 'import { systemClock } from "../../src/lib/clock.ts";', "src/lib/clock.ts"],
    ["emulators/pbx/x.ts", 'import { World } from "../amocrm/world.ts";', "emulators/amocrm/world.ts"],
    ["web/live/x.ts", 'import { parse } from "../../src/panel/protocol.ts";', "src/panel/protocol.ts"],
    ["web/live/x.ts", 'import type { Call } from "../../src/calls/call.ts";', "src/calls/call.ts"],
  ])("%s may not say: %s", (path, text, imported) => {
    expect(refused(path, text)).toEqual([`${path} must not import ${imported}`]);
  });

  test.each([
    ["src/pbx/x.ts", 'import { AmiPacket } from "../ami/packet.ts";'],
    ["src/calls/x.ts", 'import { evolve } from "./evolve.ts";'],
    ["src/calls/x.test.ts", 'import { startPbx } from "../../emulators/pbx/pbx.ts";'],
    ["src/main.ts", 'import { AmiSession } from "./ami/session.ts";'],
    ["src/assembly/crm/x.ts", 'import { AmoCrm } from "../../amocrm/amocrm.ts";'],
    ["web/live/x.ts", 'import type { PanelRequest } from "../../src/panel/protocol.ts";'],
  ])("%s may say: %s", (path, text) => {
    expect(refused(path, text)).toEqual([]);
  });
});
