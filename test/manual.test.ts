/** The manuals stay true: what they lead to is there, and what they quote stands on the screen, in both languages. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { en } from "../web/i18n/en.ts";
import { ru } from "../web/i18n/ru.ts";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const pages = [...globSync("docs/manual/*/*.md", { cwd: root }), "README.md", "README.ru.md"];

test.each(pages)("%s leads nowhere that is not there", (page) => {
  const targets = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)/g)].map(([, target = ""]) => target);
  expect(targets.length).toBeGreaterThan(1);
  expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
});

/** Words of the CRM and of the PBX, which the manuals quote too. */
const OF_OTHERS = {
  ru: ["Неразобранном", "Неразобранное", "Ключи и доступы", "Система → Доступ к AMI", "Authentication failed"],
  en: ["Unsorted"],
};

/** What changes within a message: numbers, times, names put in. */
const steady = (text: string) =>
  text
    .replace(/\{\w+\}|\d[\d:]*/g, "")
    .replace(/\s+/g, " ")
    .trim();

const messages = (catalogue: object, widget: string) => [
  ...Object.values(catalogue).flatMap((message) => (typeof message === "string" ? message : Object.values(message))),
  ...Object.values<object>(JSON.parse(read(widget))).flatMap((part) => Object.values(part)),
];

describe.each([
  { language: "ru", catalogue: ru, quote: /«([^»]+)»/g },
  { language: "en", catalogue: en, quote: /“([^”]+)”/g },
] as const)("what the $language manual quotes", ({ language, catalogue, quote }) => {
  const known = messages(catalogue, `web/widget/i18n/${language}.json`).map((text) => steady(String(text)));

  test.each(["employee", "administrator"])("stands on the screen: %s", (name) => {
    const quoted = [...read(`docs/manual/${language}/${name}.md`).matchAll(quote)].map(([, text = ""]) => text);
    const unknown = quoted.filter(
      (text) => !OF_OTHERS[language].includes(text) && !known.some((message) => message.includes(steady(text))),
    );
    expect(quoted.length).toBeGreaterThan(2);
    expect(unknown).toEqual([]);
  });

  test("has the same chapters as the other language", () => {
    const shape = (of: string, name: string) => [...read(`docs/manual/${of}/${name}.md`).matchAll(/^## /gm)].length;
    for (const name of ["employee", "administrator"]) expect(shape(language, name)).toBe(shape("ru", name));
  });
});
