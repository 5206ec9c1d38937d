/** The tables of docs/operating.md are what the code says. Make them anew with: node script/reference.ts */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { OPERATING, withReference } from "../script/reference.ts";

test("docs/operating.md lists the settings, metrics and failures that there are", async () => {
  const page = await readFile(OPERATING, "utf8");
  expect(page).toBe(await withReference(page));
});
