/** The panel within a page of the CRM. */
import type { FrameLocator, Page } from "playwright-core";

/** The frame that the widget puts into the CRM's page. */
export const panelOf = (page: Page): FrameLocator => page.frameLocator("iframe[src*='/panel/']");

const CONNECTING = /Подключаемся|Connecting/;

/** The panel has signed in: a call that comes now is new to it, and opens it. */
export async function untilLive(page: Page): Promise<FrameLocator> {
  const panel = panelOf(page);
  await panel.getByRole("button").first().waitFor({ state: "attached" });
  await panel.getByText(CONNECTING).waitFor({ state: "detached" });
  await panel.getByRole("button", { name: CONNECTING }).waitFor({ state: "detached" });
  return panel;
}
