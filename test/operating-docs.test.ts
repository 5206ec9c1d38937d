/** The tables of the documentation are what the code says. Make them anew with: node script/reference.ts */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { PAGES, withReference } from "../script/reference.ts";
import { messageSchema } from "../src/webhooks/message.ts";

test.each(PAGES)("$page.pathname lists what there is", async ({ page, tables }) => {
  const text = await readFile(page, "utf8");
  expect(text).toBe(withReference(text, await tables()));
});

test("the message that docs/protocols/api.md shows is one", async () => {
  const text = await readFile(new URL("../docs/protocols/api.md", import.meta.url), "utf8");
  const [example = ""] = [...text.matchAll(/```json\n(.*?)```/gs)].map(([, json = ""]) => json).slice(-1);
  const message = JSON.parse(example);
  expect(messageSchema.strict().parse(message)).toEqual(message);
});
