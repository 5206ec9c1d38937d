/** The page of desk phones in a real browser: worked by keyboard, in both languages, free of accessibility faults. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describeNeeding } from "../../../test/needs.ts";
import { startBrowser } from "../../../test/stage/browser.ts";
import { Stand } from "../testing/stand.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

async function withPage(path: string, use: (page: Page, stand: Stand) => Promise<void>): Promise<void> {
  await using stand = await Stand.start({ httpPort: 0 });
  const browser = await startBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`http://127.0.0.1:${stand.pbx.httpPort}${path}`);
    await use(page, stand);
  } finally {
    await browser.close();
  }
}

describeNeeding("chromium", "the page of desk phones", () => {
  test("a call is placed, answered, held and ended with the keyboard alone", async () => {
    await withPage("/?lang=en", async (page, stand) => {
      const press = async (name: string): Promise<void> => {
        await page.getByRole("button", { name }).focus();
        await page.keyboard.press("Enter");
      };
      await press("Call the company");
      await page.getByRole("status", { name: "201 Employee 201" }).getByText("Rings: 79001234567").waitFor();
      await press("Answer: 201 Employee 201");
      await page.getByText("79001234567 → 74950003344 (incoming): Talking").waitFor();
      await press("Hold: 201 Employee 201");
      await page.getByText("Hears music").waitFor();
      // The focus stays on the key that has changed its meaning.
      await page.keyboard.press("Enter");
      await page.getByText("(incoming): Talking").waitFor();
      await press("Hang up: 201 Employee 201");
      await page.getByText("(incoming): Ended").waitFor();
      await stand.idle();
    });
  });

  test("an outbound call rings at the client's pad", async () => {
    await withPage("/?lang=en", async (page) => {
      await page.getByRole("textbox", { name: "Number: 202 Employee 202" }).fill("79005550101");
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Answer: 79005550101" }).click();
      await page.getByRole("status", { name: "202 Employee 202" }).getByText("Talking: 79005550101").waitFor();
    });
  });

  test.each(["ru", "en"])("no accessibility fault in %s, with calls on the screen", async (language) => {
    await withPage(`/?lang=${language}`, async (page, stand) => {
      await stand.talk();
      stand.pbx.phone("203").dial("79005550101");
      await stand.outside("ringing", "out");
      await page.getByText("79005550101").first().waitFor();
      expect(await page.locator("html").getAttribute("lang")).toBe(language);
      await page.addScriptTag({ content: axe });
      const faults = await page.evaluate(
        "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))",
      );
      expect(faults).toEqual([]);
    });
  });
});
