/** Both languages say everything, with the same places, and no word of the screen stands outside of the catalogues. */
import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { en } from "./en.ts";
import { ru } from "./ru.ts";
import { type Message, type MessageKey, sayIn } from "./words.ts";

const keys = Object.keys(ru) as MessageKey[];
const forms = (message: Message) => (typeof message === "string" ? [message] : Object.values(message));
const places = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

test("the catalogues have the same keys", () => {
  expect(Object.keys(en).sort()).toEqual([...keys].sort());
});

test.each(keys)("%s has the same places in every form of both languages", (key) => {
  const [first = "", ...others] = [...forms(ru[key]), ...forms(en[key])];
  for (const other of others) expect(places(other)).toEqual(places(first));
});

test("every key is used", () => {
  const source = globSync("web/panel/*.{ts,tsx}")
    .filter((file) => !file.endsWith(".test.ts"))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  // Families of keys are put together from a code: `refused.${failure}`.
  const families = [...source.matchAll(/`([a-z-]+\.)\$\{/g)].map((match) => match[1] ?? "");
  const unused = keys.filter(
    (key) => !source.includes(`"${key}"`) && !families.some((family) => key.startsWith(family)),
  );
  expect(unused).toEqual([]);
});

test("no component says a word of its own", () => {
  const words = globSync("web/panel/*.tsx").flatMap((file) => {
    const source = readFileSync(file, "utf8");
    const between = [...source.matchAll(/>\s*([^<>{}=;()]*\p{L}[^<>{}=;()]*?)\s*</gu)].map((match) => match[1] ?? "");
    const attributes = [...source.matchAll(/(?:title|aria-label|placeholder|alt)="([^"]*\p{L}[^"]*)"/gu)].map(
      (m) => m[1] ?? "",
    );
    const cyrillic = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "").match(/[а-яё]+/giu) ?? [];
    return [...between, ...attributes, ...cyrillic].map((text) => `${file}: ${text}`);
  });
  expect(words).toEqual([]);
});

describe("plurals", () => {
  test.each([
    [1, "1 звонок"],
    [2, "2 звонка"],
    [5, "5 звонков"],
    [11, "11 звонков"],
    [21, "21 звонок"],
    [104, "104 звонка"],
  ])("%i in Russian", (count, text) => {
    expect(sayIn("ru", ru)("call.board", { count })).toBe(text);
  });

  test.each([
    [1, "1 call"],
    [2, "2 calls"],
  ])("%i in English", (count, text) => {
    expect(sayIn("en", en)("call.board", { count })).toBe(text);
  });
});

test("a value may hold braces and dollars: it is not read again", () => {
  expect(sayIn("ru", ru)("call.open-client-of", { name: "{name} $1" })).toBe("Карточка: {name} $1");
});
