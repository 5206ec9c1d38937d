/** Styles and screen speak of the same classes: nothing is styled that is never drawn, nothing is drawn that was never thought of. */
import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (pattern: string) =>
  globSync(pattern)
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
const styles = read("web/{ui,panel}/*.css").replace(/url\([^)]*\)|\/\*[\s\S]*?\*\//g, "");
const screen = read("web/{ui,panel}/*.{ts,tsx}");

test("every class that is styled is drawn", () => {
  const styled = new Set([...styles.matchAll(/\.([a-z][\w-]*)(?=[^{}]*\{)/g)].map((match) => match[1] ?? ""));
  // Put together from a name: `k-p--${shape}`.
  const isDrawn = (name: string) =>
    new RegExp(`["\` .]${name}["\` ]`).test(screen) || screen.includes(`${name.replace(/--.*/, "--")}\${`);
  expect([...styled].filter((name) => !isDrawn(name))).toEqual([]);
});

test("every class of ours that is drawn is styled", () => {
  const drawn = new Set([...screen.matchAll(/class="([^"]+)"/g)].flatMap((match) => (match[1] ?? "").split(" ")));
  expect([...drawn].filter((name) => name.startsWith("k-") && !styles.includes(`.${name}`))).toEqual([]);
});
