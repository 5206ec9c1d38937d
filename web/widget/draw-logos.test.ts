/** The logos in the tree are the ones that the code draws. */
import { readFileSync } from "node:fs";
import { PNG } from "pngjs";
import { expect, test } from "vitest";
import { drawLogo, LOGO_SIZES } from "./draw-logos.ts";

test.each(Object.entries(LOGO_SIZES))("%s is up to date", (name, [width, height]) => {
  const kept = PNG.sync.read(readFileSync(new URL(`images/${name}.png`, import.meta.url)));
  const drawn = PNG.sync.read(drawLogo(width, height));
  expect(kept.data.equals(drawn.data)).toBe(true);
});
