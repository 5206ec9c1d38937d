/** The field, the colleagues and the own last calls below it: who is found, called and called back. */
import { beforeEach, describe, expect, test } from "vitest";
import { COLLEAGUES, colleague, ring, usePanel } from "../testing/panel-page.ts";
import { aRecent } from "../testing/views.ts";

const { stage, button, field, card, given, practice, open } = usePanel();

test("a busy colleague is told of when he is free, and called from there", async () => {
  await open();
  await stage.panel.getByRole("row", { name: /Журавлёва/ }).hover();
  await button("Сказать, когда освободится: Анна Журавлёва").click();
  stage.service.change({ colleagues: [colleague("214", "Анна Журавлёва", "free")] });
  await stage.panel.getByText("Анна: телефон свободен").waitFor();
  await button("Позвонить: Анна Журавлёва, 214").first().click();
  await expect.poll(given).toEqual([{ kind: "dial", number: "214" }]);
  await stage.panel.getByText("Анна: телефон свободен").waitFor({ state: "detached" });
});

test("whoever has several devices chooses which one rings", async () => {
  stage.service.me = { ...stage.service.me, extensions: ["204", "304"], mobile: "79165550102" };
  await stage.page.reload();
  await open();
  const choice = stage.panel.getByRole("combobox", { name: "С какого телефона звонить" });
  await choice.selectOption({ label: "мобильный 7 916 555-01-02" });
  await field().fill("89161234567");
  await field().press("Enter");
  await expect.poll(given).toEqual([{ kind: "dial", number: "89161234567", from: "79165550102" }]);
  await choice.selectOption("204");
  await field().fill("89161234568");
  await field().press("Enter");
  await expect.poll(() => given()[1]).toEqual({ kind: "dial", number: "89161234568" });
});

describe("the field", () => {
  beforeEach(open);

  test("(e) number + ENTER dials, and the line below said so", async () => {
    await field().fill("8 (916) 123-45-67");
    await stage.panel.getByText("позвонит 8 916 123-45-67").waitFor();
    await field().press("Enter");
    await stage.panel.getByRole("article", { name: "Набираем: 8 916 123-45-67" }).waitFor();
    expect(given()).toEqual([{ kind: "dial", number: "89161234567" }]);
  });

  test("(f) a filter with a single match + ENTER calls him; with several it does nothing until an arrow", async () => {
    await field().fill("fyyf");
    await stage.panel.getByText("Ищем «анна»").waitFor();
    expect(await stage.panel.getByRole("row").allTextContents()).toEqual([
      expect.stringContaining("Анна Журавлёва"),
      expect.stringContaining("Жанна Ли"),
    ]);
    await field().press("Enter");
    await field().press("ArrowDown");
    await field().press("ArrowDown");
    await stage.panel.getByText("позвонит: Жанна Ли, 305").waitFor();
    await field().fill("лебед");
    await stage.panel.getByText("позвонит: Пётр Лебедев, 212").waitFor();
    await field().press("Enter");
    await stage.panel.getByRole("article", { name: "Набираем: Пётр Лебедев" }).waitFor();
    expect(given()).toEqual([{ kind: "dial", number: "212" }]);
  });

  test("a colleague is called from his row, and by a double click", async () => {
    await stage.panel.getByRole("row", { name: /Мария/ }).hover();
    await button("Позвонить: Мария Верхнеудинская, 205").click();
    await expect.poll(() => stage.service.commands.length).toBe(1);
    const row = stage.panel.getByRole("row", { name: /Лебедев/ });
    const isMarked = row.evaluate(
      (one) =>
        new Promise((resolve) => {
          one.addEventListener("selectstart", () => resolve(true), { once: true });
          one.addEventListener("dblclick", () => resolve(false), { once: true });
        }),
    );
    await row.locator(".nm").dblclick();
    expect(await isMarked).toBe(false);
    await expect.poll(given).toEqual([
      { kind: "dial", number: "205" },
      { kind: "dial", number: "212" },
    ]);
  });

  test("a colleague's state changes in his row", async () => {
    await stage.panel.getByRole("row", { name: "Мария Верхнеудинская , на связи" }).waitFor();
    stage.service.change({ colleagues: [colleague("205", "Мария Верхнеудинская", "ringing")] });
    await stage.panel.getByRole("row", { name: /Мария Верхнеудинская , звонит телефон/ }).waitFor();
  });
});

test("a colleague whom the queue does not ring is told of in a word, and in full to who listens", async () => {
  const [, maria, peter] = COLLEAGUES;
  await open();
  await stage.panel.getByRole("row", { name: "Мария Верхнеудинская , на связи 205" }).waitFor();
  const queue = { takes: [], paused: ["main"], reason: "обед" };
  stage.service.change({
    colleagues: [
      { ...maria, queue },
      { ...peter, queue: { takes: [], paused: [], reason: null } },
    ],
  });
  const row = (name: string) => stage.panel.getByRole("row", { name });
  await row("Мария Верхнеудинская , на связи, перерыв в очереди main: обед 205").getByText("перерыв").first().waitFor();
  await row("Пётр Лебедев , на связи, не в очереди 212").waitFor();
  stage.service.change({ colleagues: [{ ...maria, queue: { ...queue, takes: ["main"], paused: [] } }] });
  await row("Мария Верхнеудинская , на связи 205").waitFor();
});

describe("the own last calls", () => {
  const recent = [
    aRecent({ callId: "r1", result: "missed", startedAt: Date.now() - 60_000 }),
    aRecent({
      callId: "r2",
      direction: "outbound",
      outgoing: true,
      number: "8 800 555-35-35",
      e164: "+78005553535",
      name: null,
      path: null,
      talkSeconds: 272,
      startedAt: Date.now() - 600_000,
    }),
    aRecent({ callId: "r3", direction: "internal", number: "212", e164: null, name: "Пётр Лебедев", path: null }),
  ];

  test("stand beside the colleagues with what became of them; one key calls back, another opens the card", async () => {
    stage.service.recent = recent;
    await stage.page.reload();
    await stage.panel.getByText("1 пропущенный").waitFor();
    await open();
    await stage.panel.getByRole("tab", { name: /Недавние.*1 пропущенный/ }).click();
    const said = (await stage.panel.getByRole("listitem").allInnerTexts()).map((text) => text.replace(/\s+/g, " "));
    expect(said).toEqual([
      expect.stringMatching(/^Перезвонить: Анна Кравцова пропущен · \d\d:\d\d/),
      expect.stringMatching(/8 800 555-35-35 разговор 4:32 · \d\d:\d\d/),
      expect.stringMatching(/Пётр Лебедев разговор 0:00 · 01\.01, 03:00/),
    ]);
    await button("Карточка: Анна Кравцова").click();
    await expect.poll(() => practice("opened")).toEqual(["/contacts/detail/1"]);
    await button(/^Перезвонить: Анна Кравцова/).click();
    await expect.poll(given).toEqual([{ kind: "dial", number: "+79161234567" }]);
  });

  test("are walked through by the arrows, from the field on", async () => {
    stage.service.recent = recent;
    await stage.page.reload();
    await open();
    await stage.panel.getByRole("tab", { name: /^Коллеги/ }).focus();
    await stage.page.keyboard.press("ArrowRight");
    await stage.panel.getByRole("list", { name: "Недавние" }).waitFor();
    await field().focus();
    for (const key of ["ArrowDown", "ArrowDown", "ArrowDown", "Enter"]) await stage.page.keyboard.press(key);
    await stage.panel.getByRole("article", { name: "Набираем: Пётр Лебедев" }).waitFor();
  });

  test("are asked for again when a call is over", async () => {
    await open();
    await stage.panel.getByRole("tab", { name: "Недавние" }).click();
    await stage.panel.getByText("Звонков пока не было").waitFor();
    stage.service.change({ cards: [ring()] });
    await card().waitFor();
    stage.service.recent = recent;
    stage.service.change({ cards: [], ended: [{ callId: "c1", legId: "l1", how: "missed", by: null }] });
    await button("Закрыть").click();
    await stage.panel.getByRole("tab", { name: /1 пропущенный/ }).waitFor();
  });
});
