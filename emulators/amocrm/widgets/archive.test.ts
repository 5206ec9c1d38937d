import { strToU8 } from "fflate";
import { expect, test } from "vitest";
import { type Files, MANIFEST, picture, trialFiles, zip } from "../test-kit/widget.ts";
import { ArchiveError, openArchive } from "./archive.ts";

function faultsOf(bytes: Uint8Array): readonly string[] {
  try {
    openArchive(bytes);
    return [];
  } catch (error) {
    if (error instanceof ArchiveError) return error.faults;
    throw error;
  }
}

test("a right archive is taken with its manifest, texts and files", () => {
  const { manifest, texts, files } = openArchive(zip(trialFiles()));
  expect(manifest).toMatchObject({ version: "1.0.0", init_once: true, settings: { pbx_users: { type: "users" } } });
  expect(Object.keys(texts)).toEqual(["ru", "en"]);
  expect(files.has("lib/words.js")).toBe(true);
});

test("files inside a folder are refused with the folder's name, and so is what is no zip at all", () => {
  const inside = Object.fromEntries(Object.entries(trialFiles()).map(([name, bytes]) => [`widget/${name}`, bytes]));
  expect(faultsOf(zip(inside))).toEqual([`files must stand at the root of the archive, not inside "widget/"`]);
  expect(faultsOf(strToU8("no zip"))[0]).toMatch(/^not a readable zip file/);
});

test("all faults are told together", () => {
  const files = trialFiles();
  delete files["images/logo.png"];
  files["images/logo_min.png"] = picture(80, 80);
  expect(faultsOf(zip(files))).toEqual([
    "images/logo.png (130x100) is missing",
    "images/logo_min.png: 80x80, must be 84x84",
  ]);
});

const spoilt = (change: (files: Files) => void): Uint8Array => {
  const files = trialFiles();
  change(files);
  return zip(files);
};
const script = (line: string) =>
  spoilt((files) => (files["lib/words.js"] = strToU8(`${line}\ndefine([], function () {});\n`)));
const manifest = (more: object) => zip(trialFiles({ ...MANIFEST, ...more }));
const widget = (more: object) => manifest({ widget: { ...MANIFEST.widget, ...more } });

test.each<[string, Uint8Array, string]>([
  [
    "a byte order mark",
    spoilt((files) => (files["script.js"] = new Uint8Array([0xef, 0xbb, 0xbf, ...(files["script.js"] ?? [])]))),
    "script.js: starts with a byte order mark",
  ],
  ["Windows line ends", script("// x\r"), "lib/words.js: line ends must be Unix ones (LF)"],
  [
    "texts of different structure",
    spoilt((files) => (files["i18n/en.json"] = strToU8('{"widget":{"name":"x"}}'))),
    'i18n/en.json: no "settings.host", which ru.json has',
  ],
  ["no script", spoilt((files) => delete files["script.js"]), "script.js is missing"],
  [
    "a callback that is missing",
    spoilt(
      (files) =>
        (files["script.js"] = strToU8("define([], function () { return { render: 1, init: 1, bind_actions: 1 } });")),
    ),
    "script.js: callback onSave is missing",
  ],
  ["eval", script("eval('1');"), "lib/words.js:1: eval is forbidden"],
  ["alert", script("window.alert(1);"), "lib/words.js:1: alert is forbidden"],
  [
    "console.log",
    script("console.log(1);"),
    "lib/words.js:1: only console.debug (and console.trace in catch) may be used",
  ],
  [
    "script elements",
    script("document.createElement('script');"),
    "lib/words.js:1: creating script elements is forbidden",
  ],
  ["synchronous ajax", script("$.ajax({ async: false });"), "lib/words.js:1: synchronous ajax is forbidden"],
  ["changing APP", script("APP.data.current_card = 1;"), "lib/words.js:1: APP's data must not be changed"],
  ["an unknown location", manifest({ locations: ["kitchen-0"] }), 'manifest.json: unknown location "kitchen-0"'],
  [
    "a suffix on everywhere",
    manifest({ locations: ["everywhere-1"] }),
    'manifest.json: location "everywhere" takes no suffix',
  ],
  [
    "a text key without text",
    widget({ name: "widget.nothing" }),
    'manifest.json: widget.name: no text "widget.nothing" in i18n/ru.json',
  ],
  [
    "a version that is a number",
    widget({ version: 1 }),
    'manifest.json: widget.version must be a text such as "1.0.0"',
  ],
  [
    "a language without a file",
    widget({ locale: ["ru", "es"] }),
    "manifest.json: widget.locale names es, but i18n/es.json is missing",
  ],
  [
    "a setting of an unknown type",
    manifest({ settings: { host: { name: "settings.host", type: "date", required: true } } }),
    "manifest.json: settings.host.type must be one of text, pass, users, users_lp, custom",
  ],
  [
    "a tour picture that is not there",
    manifest({ tour: { is_tour: true, tour_images: { ru: ["/images/none.png"] } } }),
    "manifest.json: tour picture /images/none.png is not in the archive",
  ],
  [
    "a picture that is too heavy",
    spoilt((files) => (files["images/big.png"] = new Uint8Array(310 * 1024))),
    "images/big.png: 310 KB, at most 300 KB",
  ],
])("%s is refused", (_, bytes, fault) => {
  expect(faultsOf(bytes)).toContain(fault);
});

test("console.debug and words that merely end in a forbidden one are allowed", () => {
  expect(faultsOf(script("console.debug(1); self.showAlert(1); retrieval(); var eq = APP.lang_id === 'ru';"))).toEqual(
    [],
  );
});
