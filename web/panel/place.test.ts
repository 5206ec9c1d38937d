/** The panel's place in the CRM's page: its width, its hiding, and what it leaves to the page. */
import { describe, expect, test } from "vitest";
import { ring, usePanel } from "../testing/panel-page.ts";

const { stage, button, field, card, practice, open } = usePanel();

describe("the width", () => {
  test("follows the pointer at the left edge within its bounds, and is kept for the next page", async () => {
    await open();
    const frame = () => stage.page.locator("iframe").boundingBox();
    await expect.poll(async () => (await frame())?.width).toBe(322);
    const box = await frame();
    if (!box) throw new Error("no panel");
    await stage.page.mouse.move(box.x + 3, box.y + 100);
    await stage.page.mouse.down();
    // From here on the CRM's page tells where the pointer goes.
    const held = () => stage.page.locator("iframe").evaluate((one) => getComputedStyle(one).pointerEvents);
    await expect.poll(held).toBe("none");
    await stage.page.mouse.move(box.x - 37, box.y + 100, { steps: 4 });
    await expect.poll(async () => (await frame())?.width).toBe(362);
    await stage.page.mouse.move(box.x - 400, box.y + 100, { steps: 4 });
    await stage.page.mouse.up();
    await expect.poll(async () => (await frame())?.width).toBe(422);
    await stage.page.reload();
    await field().waitFor();
    await expect.poll(async () => (await frame())?.width).toBe(422);
  });
});

describe("(i) hiding", () => {
  test("the whole panel leaves a tab at the edge; a call shows it, and it hides again", async () => {
    await open();
    await button("Убрать панель к краю окна").click();
    await button("Открыть Коммутатор").waitFor();
    const box = await stage.page.locator("iframe").boundingBox();
    expect(box && box.x + box.width).toBe(1280);

    stage.service.change({ cards: [ring()] });
    await card().waitFor();
    expect(await stage.panel.getByRole("grid").count()).toBe(0);
    stage.service.change({ cards: [] });
    await button("Открыть Коммутатор").waitFor();
  });

  test("it comes back when the pointer rests at the right edge, not when it passes", async () => {
    await open();
    await button("Убрать панель к краю окна").click();
    await button("Открыть Коммутатор").waitFor();
    await stage.page.mouse.move(1279, 300);
    await stage.page.mouse.move(900, 300);
    await stage.page.mouse.move(1279, 310);
    await stage.panel.getByRole("grid").waitFor();
  });

  test("it comes back by the key, with the cursor in the field, and Escape gives the cursor back", async () => {
    await stage.page.getByLabel("Название").focus();
    await stage.page.keyboard.press("Alt+KeyK");
    await expect.poll(() => field().evaluate((one) => one.matches(":focus"))).toBe(true);
    await stage.page.keyboard.type("лебед");
    expect(await field().inputValue()).toBe("лебед");
    await stage.page.keyboard.press("Escape");
    await stage.page.keyboard.press("Escape");
    await stage.panel.getByText("На связи").waitFor();
    await stage.page.keyboard.type("Окна");
    expect(await stage.page.getByLabel("Название").inputValue()).toBe("Окна");
  });

  test("only the list can be hidden, and the shape is kept for the next page", async () => {
    await open();
    await button(/Скрыть коллег/).click();
    await stage.panel.getByRole("grid").waitFor({ state: "detached" });
    await field().waitFor();
    await stage.page.reload();
    await field().waitFor();
    expect(await stage.panel.getByRole("grid").count()).toBe(0);
  });
});

describe("in the CRM's page", () => {
  test("it stands 12 px from the corner, above a bar at the bottom, and leaves everything else to the CRM", async () => {
    const gap = async () => {
      const box = await stage.page.locator("iframe").boundingBox();
      // The frame holds the panel's hairline of 1 px.
      return box && { right: 1280 - box.x - box.width + 1, bottom: 900 - box.y - box.height + 1 };
    };
    await expect.poll(gap).toEqual({ right: 12, bottom: 12 });
    await stage.page.evaluate(() => {
      const bar = document.createElement("div");
      bar.className = "save";
      document.body.append(bar);
    });
    await expect.poll(gap).toEqual({ right: 12, bottom: 84 });
    await stage.page.evaluate(() => document.querySelector(".save")?.remove());
    await expect.poll(gap).toEqual({ right: 12, bottom: 12 });
  });

  test("in a window that is low and narrow nothing of the card is outside of it", async () => {
    await stage.page.setViewportSize({ width: 480, height: 560 });
    await open();
    stage.service.change({ cards: [ring()] });
    await card().waitFor();
    const leftAndTop = async () => {
      const { x = -1, y = -1 } = (await card().boundingBox()) ?? {};
      return Math.min(x, y);
    };
    await expect.poll(leftAndTop).toBeGreaterThan(0);
  });

  test("in a low window the card stands beside the list, and the corner above it belongs to the CRM", async () => {
    await stage.page.setViewportSize({ width: 1280, height: 560 });
    await open();
    stage.service.change({ cards: [ring()] });
    await card().waitFor();
    const frame = await stage.page.locator("iframe").boundingBox();
    expect(frame?.width).toBe(320 + 8 + 320 + 2);
    const above = { x: (frame?.x ?? 0) + 100, y: (frame?.y ?? 0) + 20 };
    const tag = await stage.page.evaluate(({ x, y }) => document.elementFromPoint(x, y)?.tagName, above);
    expect(tag).not.toBe("IFRAME");
  });

  test("it follows the CRM's dark theme", async () => {
    const theme = () => stage.panel.locator("html").getAttribute("data-theme");
    expect(await theme()).toBe("light");
    await stage.page.evaluate(() => document.documentElement.setAttribute("data-color-scheme", "dark"));
    await expect.poll(theme).toBe("dark");
  });

  test("messages from other windows and in other words change nothing", async () => {
    await stage.page.evaluate(() => {
      const frame = document.querySelector("iframe");
      frame?.contentWindow?.postMessage({ type: "dial" }, "*");
      frame?.contentWindow?.postMessage("dial", "*");
      window.postMessage({ type: "open", path: "/leads/detail/1" }, "*");
      window.postMessage({ type: "frame", width: 5, height: 5, edge: false, parts: [] }, "*");
      const other = document.createElement("iframe");
      other.srcdoc = "<script>parent.frames[0].postMessage({ type: 'dial', number: '911' }, '*')</script>";
      document.body.append(other);
    });
    await stage.page.locator("iframe").nth(1).waitFor();
    await stage.page.locator("#phone").click();
    await expect.poll(() => stage.service.commands.length).toBe(1);
    expect(await practice("opened")).toEqual([]);
  });

  test("of two tabs only the one looked at shows a call by itself", async () => {
    const { page: second, panel: secondPanel } = await stage.openTab();
    stage.service.change({ cards: [ring()] });
    await secondPanel.getByRole("article").waitFor();
    expect(await card().count()).toBe(0);
    await stage.panel.getByText("Анна К.").waitFor({ state: "attached" });
    await second.close();
    await card().waitFor();
  });
});
