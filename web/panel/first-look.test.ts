/** What it costs to have the panel on every page of the CRM: bytes to load, and time until it can be used. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { buildWidgetArchive } from "../../src/widget/archive.ts";
import { startBrowser } from "../../test/stage/browser.ts";
import { sharedFolder } from "../../test/temporary-folder.ts";
import { buildPanel } from "../build.ts";
import { startCrmPage } from "../testing/crm-page.ts";
import { FakeService } from "../testing/fake-service.ts";
import { aColleague, QUIET } from "../testing/views.ts";

const LOOKS = 12;
/** From the start of the frame; on two idle cores the median is half of it. */
const USABLE_MS = 150;

const directory = sharedFolder();
beforeAll(() => buildPanel(directory));

/**
 * Of 43 kB (38 by brotli, as an https address gives it) the words are 7, preact 6, the lists and the field 6, the cards of calls 6, the
 * icons 2; the rest is what goes on behind them. The cards alone could come later, for two requests more than a first look may cost.
 * Whoever needs more room says here what for; the last were words that outlive a reload, the cursor that is kept, and lamps that are
 * said, 1 kB together.
 */
test.each([
  ["panel-ru-", 44_000],
  ["panel-en-", 43_000],
  ["panel-", 6_000],
])("%s… is at most %i bytes, packed", async (start, most) => {
  const assets = join(directory, "panel/assets");
  const extension = start === "panel-" ? ".css" : ".js";
  const names = (await readdir(assets)).filter((name) => name.startsWith(start) && name.endsWith(extension));
  expect(names.length).toBe(1);
  const bytes = gzipSync(await readFile(join(assets, names[0] ?? "")), { level: 9 }).length;
  expect(bytes).toBeLessThanOrEqual(most);
});

interface Look {
  readonly firstPaint: number;
  readonly usable: number;
  readonly live: number;
}

/** Milliseconds since the frame was told to load its page. */
async function look(page: Page): Promise<Look> {
  await page.reload();
  await page
    .frameLocator("iframe")
    .getByRole("row", { name: /Коллега 0 / })
    .waitFor();
  const frame = page.frames().find((one) => one.url().includes("/panel/"));
  if (!frame) throw new Error("no panel");
  return frame.evaluate(() => Reflect.get(window, "look"));
}

/** Runs in every frame before its own scripts. */
function watch(): void {
  const seen: { -readonly [name in keyof Look]?: Look[name] | undefined } = {};
  Reflect.set(window, "look", seen);
  new MutationObserver(() => {
    if (document.querySelector("[data-field]")) seen.usable ??= performance.now();
    if (document.querySelector("[role=row]")) seen.live ??= performance.now();
  }).observe(document, { childList: true, subtree: true });
  new PerformanceObserver((list) => {
    seen.firstPaint ??= list.getEntriesByName("first-contentful-paint")[0]?.startTime;
  }).observe({ type: "paint", buffered: true });
}

test("with a warm cache the field can be typed into within 150 ms", async ({ annotate }) => {
  const service = new FakeService(directory);
  const colleagues = Array.from({ length: 100 }, (_, i) => aColleague(String(200 + i), `Коллега ${i}`));
  service.state = { ...QUIET, colleagues };
  const serviceUrl = await service.start();
  const crm = await startCrmPage(await buildWidgetArchive({ serviceUrl, version: "1.0.0" }));
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await page.addInitScript(watch);
    await page.goto(crm.url);
    await page.frameLocator("iframe").getByRole("button", { name: "Развернуть" }).click();
    await look(page);
    const looks: Look[] = [];
    for (let i = 0; i < LOOKS; i++) looks.push(await look(page));
    const median = (of: keyof Look) => looks.map((one) => one[of]).sort((a, b) => a - b)[LOOKS / 2] ?? Number.NaN;
    const best = Math.min(...looks.map(({ usable }) => usable));
    const said = `first paint ${Math.round(median("firstPaint"))} ms, field ${Math.round(median("usable"))} ms (best ${Math.round(best)}), colleagues ${Math.round(median("live"))} ms`;
    await annotate(said);
    // The best of a dozen: what the panel itself needs, whatever else the machine does.
    expect(best, said).toBeLessThanOrEqual(USABLE_MS);
  } finally {
    await browser.close();
    await crm.stop();
    await service.stop();
  }
});
