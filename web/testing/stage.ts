/** For tests in a browser: the built panel in the real widget in a CRM's page, anew for each test, beside a service that says what the test wants. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, FrameLocator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import type { Colleague } from "../../src/panel/protocol.ts";
import { buildWidgetArchive } from "../../src/widget/archive.ts";
import { startBrowser } from "../../test/stage/browser.ts";
import { sharedFolder } from "../../test/temporary-folder.ts";
import { buildPanel } from "../build.ts";
import { type CrmPage, startCrmPage } from "./crm-page.ts";
import { FakeService } from "./fake-service.ts";
import { QUIET } from "./views.ts";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const WAIT_MS = 15_000;

/** A page of the CRM with the panel in it. */
export interface Tab {
  readonly page: Page;
  readonly panel: FrameLocator;
}

export interface Stage extends Tab {
  readonly service: FakeService;
  /** Another page of the same browser's user. */
  openTab(): Promise<Tab>;
}

/** Sets the stage up around the tests of a file. What it returns is that of the running test. */
export function useStage(colleagues: readonly Colleague[]): Stage {
  const directory = sharedFolder();
  let browser: Browser;
  let crm: CrmPage;
  let now: Stage;

  beforeAll(async () => {
    await buildPanel(directory);
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    const service = new FakeService(directory);
    service.state = { ...QUIET, colleagues };
    const serviceUrl = await service.start();
    crm = await startCrmPage(await buildWidgetArchive({ serviceUrl, version: "1.0.0" }));
    // Who works from afar reads the account's hours all the same.
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      timezoneId: "Pacific/Marquesas",
    });
    const openTab = async () => openCrm(await context.newPage(), crm.url);
    now = { service, openTab, ...(await openTab()) };
  });
  afterEach(async () => {
    await now.page.context().close();
    await now.service.stop();
    await crm.stop();
  });
  return {
    get service() {
      return now.service;
    },
    get page() {
      return now.page;
    },
    get panel() {
      return now.panel;
    },
    openTab: () => now.openTab(),
  };
}

/** Waits until the panel is there, and was so without a complaint of the browser's. */
async function openCrm(page: Page, url: string): Promise<Tab> {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.setDefaultTimeout(WAIT_MS);
  await page.goto(url);
  const panel = page.frameLocator("iframe");
  await panel.getByText("На связи").waitFor();
  expect(problems).toEqual([]);
  return { page, panel };
}

/** Looks at the panel as it is, in both themes: nothing in it may shut anybody out. `pictured` is called with each theme. */
export async function expectAccessible(page: Page, pictured?: (theme: string) => Promise<unknown>): Promise<void> {
  const frame = page.frames().find((one) => one.url().includes("/panel/"));
  if (!frame) throw new Error("no panel");
  // The page's policy lets no foreign script in; the debugger's evaluation is not bound by it.
  await frame.evaluate(readFileSync(AXE, "utf8"));
  for (const theme of ["light", "dark"]) {
    await page.evaluate((value) => {
      document.documentElement.setAttribute("data-color-scheme", value);
      window.dispatchEvent(new Event("resize")); // the widget looks around
    }, theme);
    await expect.poll(() => frame.evaluate(() => document.documentElement.dataset["theme"])).toBe(theme);
    const found = await frame.evaluate(async () => {
      // A breath in the middle of an animation is not the look.
      for (const animation of document.getAnimations()) animation.cancel();
      const { violations } = await Reflect.get(window, "axe").run(document, {
        rules: { "page-has-heading-one": { enabled: false } },
      });
      return violations.flatMap((violation: { id: string; nodes: { html: string; failureSummary: string }[] }) =>
        violation.nodes.map((node) => `${violation.id}: ${node.html} ${node.failureSummary}`),
      );
    });
    expect([theme, found]).toEqual([theme, []]);
    await pictured?.(theme);
  }
}
