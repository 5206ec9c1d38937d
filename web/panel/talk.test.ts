/** What can be done with a talk, and what the panel asks before it does it. */
import { describe, expect, test } from "vitest";
import type { CardView } from "../../src/panel/protocol.ts";
import { colleague, usePanel } from "../testing/panel-page.ts";
import { aConsultation, anOffer, aTalk, aTransfer } from "../testing/views.ts";

const { stage, button, field, given, open } = usePanel();

describe("what can be done with a talk", () => {
  const talk = (part: Partial<CardView> = {}) => aTalk({ talkSince: Date.now(), ...part });

  const leg = { callId: "c1", legId: "l1" };

  test("only what the service says can be done has a button", async () => {
    stage.service.change({ cards: [talk({ can: ["hang-up", "hold"] })] });
    await button("Удержать").waitFor();
    for (const name of ["Перевести", "Тоновый набор", /^На парковку/]) expect(await button(name).count()).toBe(0);
  });

  test("H holds and resumes", async () => {
    stage.service.change({ cards: [talk({ can: ["hang-up", "hold"] })] });
    await button("Удержать").focus();
    await stage.page.keyboard.press("h");
    stage.service.change({ cards: [talk({ state: "hold", can: ["hang-up", "resume"] })] });
    await button("Снять с удержания").focus();
    await stage.page.keyboard.press("h");
    await expect.poll(given).toEqual([
      { kind: "hold", ...leg },
      { kind: "resume", ...leg },
    ]);
  });

  test("T looks for a colleague, an arrow and ENTER ask him, and the card is alone again", async () => {
    stage.service.change({ cards: [talk()] });
    await button("Перевести").focus();
    await stage.page.keyboard.press("t");
    await stage.panel.getByRole("combobox", { name: "Кому перевести: имя или номер" }).fill("лебед");
    await stage.panel.getByText("спросит: Пётр, клиент ждёт под музыку").waitFor();
    await field().press("Enter");
    await stage.panel.getByRole("grid").waitFor({ state: "detached" });
    expect(given()).toEqual([{ kind: "attended-transfer", ...leg, to: "212" }]);
    await stage.panel.getByText("Ждём ответа АТС…").waitFor();
  });

  test("letters in a text field are letters", async () => {
    stage.service.change({ cards: [aConsultation("consult-talking")] });
    const note = stage.panel.getByRole("textbox", { name: "Заметка коллеге" });
    await note.fill("");
    await note.pressSequentially("hrst");
    await expect.poll(given).toEqual([{ kind: "hand-over-note", ...leg, text: "hrst" }]);
  });

  test("what was written to the colleague is there after the page was loaded anew", async () => {
    stage.service.change({
      cards: [aConsultation("consult-talking", { transfer: aTransfer({ state: "consulting", note: "о счёте 118" }) })],
    });
    const note = stage.panel.getByRole("textbox", { name: "Заметка коллеге" });
    await expect.poll(() => note.inputValue()).toBe("о счёте 118");
  });

  test("an outside number is not offered to a PBX that hands over to its own only", async () => {
    await open();
    stage.service.change({ cards: [talk()] });
    await field().fill("89161234567");
    await stage.panel.getByText("На внешние номера эта АТС не переводит").waitFor();
    await field().press("Enter");
    stage.service.change({ cards: [talk({ transfersOutside: true })] });
    await stage.panel.getByText("спросит: 8 916 123-45-67, клиент ждёт под музыку").waitFor();
    await field().press("Enter");
    await expect.poll(given).toEqual([{ kind: "attended-transfer", ...leg, to: "89161234567" }]);
  });

  test("right after a change of state a click hits nothing", async () => {
    stage.service.change({ cards: [aConsultation("consult-calling")] });
    const box = await button("К клиенту").boundingBox();
    if (!box) throw new Error("no button");
    stage.service.change({ cards: [aConsultation("consult-talking")] });
    await button("Соединить").waitFor();
    await stage.page.mouse.click(box.x + 20, box.y + 20);
    await expect.poll(() => button("Соединить").evaluate((one) => getComputedStyle(one).pointerEvents)).toBe("auto");
    expect(given()).toEqual([]);
    await button("Соединить").click();
    await expect.poll(given).toEqual([{ kind: "complete-transfer", ...leg }]);
  });

  test("who is put through to the own client is asked before a colleague's talk is disturbed", async () => {
    const collision = { state: "talks", extension: "205", colleague: "Мария", at: Date.now(), talkSeconds: 0 } as const;
    stage.service.onCommand = (id) => stage.service.outcome(id, { state: "warned", collision });
    await stage.page.locator("#phone").click();
    await stage.panel.getByRole("article", { name: /^С клиентом говорит Мария/ }).waitFor();
    const safe = button("Не звонить");
    await expect.poll(() => safe.evaluate((one) => one === document.activeElement)).toBe(true);
    await button("Всё равно набрать клиента").click();
    await expect.poll(given).toEqual([
      { kind: "dial", number: "8 (916) 123-45-67" },
      { kind: "dial", number: "8 (916) 123-45-67", despite: true },
    ]);
  });

  test("instead of a second call to the client, the person waits until the colleague is free", async () => {
    const maria = colleague("205", "Мария Верхнеудинская", "talking");
    stage.service.change({ colleagues: [maria] });
    const collision = {
      state: "talks",
      extension: "205",
      colleague: maria.name,
      at: Date.now(),
      talkSeconds: 0,
    } as const;
    stage.service.onCommand = (id) => stage.service.outcome(id, { state: "warned", collision });
    await stage.page.locator("#phone").click();
    await button("Сказать, когда освободится").click();
    await stage.panel.getByRole("article", { name: /^С клиентом говорит Мария/ }).waitFor({ state: "detached" });
    await open();
    stage.service.change({ colleagues: [{ ...maria, presence: "free" }] });
    await stage.panel.getByText("Мария: телефон свободен").waitFor();
    expect(given()).toEqual([{ kind: "dial", number: "8 (916) 123-45-67" }]);
  });

  test("an own client who rings elsewhere is taken with A, or left", async () => {
    stage.service.change({ offers: [anOffer()] });
    await stage.panel.getByRole("article", { name: "Звонит ваш клиент: Анна Кравцова" }).waitFor();
    await button("Забрать").focus();
    await stage.page.keyboard.press("a");
    await expect.poll(given).toEqual([{ kind: "take", callId: "c1" }]);
    await stage.panel.getByText("Сейчас зазвонит ваш телефон").waitFor();
  });

  test("in a narrow panel the answers still fit", async () => {
    stage.service.change({ cards: [aConsultation("consult-talking")] });
    const grip = stage.panel.getByRole("separator", { name: "Ширина панели" });
    await grip.focus();
    for (let px = 320; px > 280; px -= 10) await grip.press("ArrowRight");
    await expect.poll(async () => (await stage.page.locator("iframe").boundingBox())?.width).toBe(282);
    const cut = await button("Соединить").evaluate((one) =>
      [...one.children].some((c) => c.scrollWidth > c.clientWidth),
    );
    expect(cut).toBe(false);
  });
});
