/** The archive is what amoCRM's upload asks for: named files at the root, one structure of texts, pictures of the right sizes. */
import { unzipSync } from "fflate";
import { PNG } from "pngjs";
import { describe, expect, test } from "vitest";
import { buildWidgetArchive } from "./archive.ts";

const build = (serviceUrl = "https://pbx.example.org/") => buildWidgetArchive({ serviceUrl, version: "1.2.3" });
const text = (bytes: Uint8Array | undefined) =>
  new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
const files = unzipSync(await build());

test("the address and the version stand in the script and the manifest", () => {
  expect(text(files["script.js"])).toContain('const SERVICE_URL = "https://pbx.example.org";');
  expect(JSON.parse(text(files["manifest.json"]))).toMatchObject({
    widget: { version: "1.2.3", init_once: true, interface_version: 2, support: { link: "https://pbx.example.org/" } },
  });
});

test("the same input gives the same bytes", async () => {
  expect(await build()).toEqual(await build());
});

test("texts are UTF-8 without a mark, with Unix line ends, and no placeholder is left", () => {
  for (const [name, bytes] of Object.entries(files).filter(([file]) => !file.endsWith(".png"))) {
    expect([name, /^\uFEFF|\r|\{\{/.test(text(bytes))]).toEqual([name, false]);
  }
});

test("both languages have one structure, and the manifest names nothing that they lack", () => {
  const keysOf = (value: unknown, path = ""): string[] =>
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => keysOf(inner, path ? `${path}.${key}` : key))
      : [path];
  const [ru, en] = ["ru", "en"].map((code) => keysOf(JSON.parse(text(files[`i18n/${code}.json`]))));
  expect(ru).toEqual(en);
  const named = text(files["manifest.json"]).match(/(?<=")(?:widget|settings)\.\w+(?=")/g) ?? [];
  expect(named.filter((key) => !ru?.includes(key))).toEqual([]);
});

describe("pictures", () => {
  test.each([
    ["logo_main", 400, 272],
    ["logo_small", 108, 108],
    ["logo", 130, 100],
    ["logo_medium", 240, 84],
    ["logo_min", 84, 84],
    ["tour_1_ru", 1188, 616],
    ["tour_1_en", 1188, 616],
  ])("%s is %i × %i and at most 300 KB", (name, width, height) => {
    const bytes = files[`images/${name}.png`] ?? new Uint8Array();
    expect(bytes.length).toBeLessThanOrEqual(300 * 1024);
    expect(PNG.sync.read(Buffer.from(bytes))).toMatchObject({ width, height });
  });
});

test("nothing in the script is on amoCRM's list of what is forbidden", () => {
  const script = text(files["script.js"]);
  expect(script).not.toMatch(
    /\beval\b|\balert\(|\bconfirm\(|console\.(?!debug)|createElement\(["']script|async: false/,
  );
});

describe("an address that browsers could not use is refused", () => {
  test.each(["pbx.example.org", "http://pbx.example.org", "ftp://pbx.example.org", ""])("%j", async (url) => {
    await expect(build(url)).rejects.toThrow(RangeError);
  });

  test("but this machine's own may be plain", async () => {
    const local = unzipSync(await build("http://localhost:8080/kommutator/"));
    expect(text(local["script.js"])).toContain('"http://localhost:8080/kommutator"');
  });
});
