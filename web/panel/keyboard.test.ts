/**
 * The panel without a mouse and without eyes: every feature by keys alone, and what a screen reader says of it. No element is
 * clicked or focused by the test: the keys lead to it as they lead a person.
 */
import { expect, test } from "vitest";
import type { PanelCommand } from "../../src/panel/protocol.ts";
import { useStage } from "../testing/stage.ts";
import {
  aCard,
  aColleague,
  aConsultation,
  aHandedOver,
  anOffer,
  aParked,
  aRecent,
  aTalk,
  aTransfer,
} from "../testing/views.ts";

const LEG = { callId: "c1", legId: "l1" };
const COLLEAGUES = [aColleague("205", "Мария Верхнеудинская"), aColleague("212", "Пётр Лебедев")];

const stage = useStage(COLLEAGUES);

/** Keys of the CRM's page that bring the cursor into the panel, and to what there: it takes a message from the one to the other. */
const ARRIVES: Readonly<Record<string, string>> = { "Alt+KeyK": "input:focus", "Alt+KeyJ": "article :focus" };

const press = async (...keys: string[]) => {
  for (const key of keys) {
    await stage.page.keyboard.press(key);
    const place = ARRIVES[key];
    if (place !== undefined) await stage.panel.locator(place).waitFor();
  }
};
const hear = async (sentence: string | RegExp) => {
  await expect.poll(() => stage.panel.getByRole("status").textContent()).toMatch(sentence);
};
const given = async (command: PanelCommand) => {
  await expect.poll(() => stage.service.commands.at(-1)?.command).toEqual(command);
};
/** What the cursor stands on, as a screen reader names it. */
const cursor = () => stage.panel.locator(":focus");
const cursorName = () => cursor().evaluateAll(([one]) => one?.getAttribute("aria-label") ?? one?.textContent ?? "");
const cursorOn = async (name: string | RegExp) => {
  await expect.poll(cursorName).toMatch(name);
};
/** Tab by tab to the element with this name; fails when a whole round does not meet it. */
const walkTo = async (name: RegExp) => {
  const met: string[] = [];
  for (let tab = 0; tab < 40; tab++) {
    await press("Tab");
    const here = await cursorName();
    if (name.test(here)) return;
    met.push(here);
  }
  throw new Error(`the Tab key meets no ${name}, only: ${met.join(" | ")}`);
};

test("an incoming call is heard without taking the cursor; it is reached, its client opened, and it is declined", async () => {
  stage.service.change({ cards: [aCard()] });
  await hear("Входящий: Анна Кравцова, ООО «Окна Севера», Отдел продаж.");
  const read = await stage.panel.getByRole("article").ariaSnapshot();
  expect(read.replace(/timer: .*/, "timer")).toBe(
    [
      `- 'article "Входящий: Анна Кравцова"':`,
      "  - text: Входящий · Отдел продаж",
      "  - timer",
      '  - button "Показать коллег"',
      '  - button "Свернуть карточку"',
      "  - text: Анна Кравцова ООО «Окна Севера» +7 916 123-45-67",
      '  - button "Скопировать номер"',
      `  - 'button "Карточка: Анна Кравцова"': Карточка`,
      "  - text: Снимите трубку 204.",
      '  - button "Заметка"',
      '  - button "Отклонить"',
    ].join("\n"),
  );
  await press("Alt+KeyJ");
  await cursorOn(/^Отклонить$/);
  await press("o");
  await given({ kind: "open-client", callId: "c1" });
  await stage.page.keyboard.down("Backspace");
  await given({ kind: "hang-up", ...LEG });
  await stage.page.keyboard.up("Backspace");
  stage.service.change({ cards: [] });
  await hear("Звонок окончен.");
});

test("a number is dialled, and each phase is heard", async () => {
  await press("Alt+KeyK");
  await cursorOn(/Имя, отдел или номер/);
  await stage.page.keyboard.type("89161234567");
  expect(
    await cursor().evaluate((one) => document.getElementById(one.getAttribute("aria-describedby") ?? "")?.textContent),
  ).toBe("ENTER позвонит 8 916 123-45-67");
  await press("Enter");
  await given({ kind: "dial", number: "89161234567" });
  const outbound = aCard({ direction: "outbound", state: "calling" });
  stage.service.change({ cards: [outbound] });
  await hear("Звонит ваш телефон, снимите трубку.");
  stage.service.change({ cards: [{ ...outbound, pickedUp: true }] });
  await hear("Звоним: Анна Кравцова");
  stage.service.change({ cards: [aTalk({ direction: "outbound" })] });
  await hear("Разговор: Анна Кравцова");
});

test("a talk is held, keyed into, handed over, swapped, noted and connected", async () => {
  const can = ["hang-up", "blind-transfer", "attended-transfer", "hold", "park", "send-digits"] as const;
  stage.service.change({ cards: [aTalk({ can })] });
  await hear("Разговор: Анна Кравцова");
  await press("Alt+KeyJ", "h");
  await given({ kind: "hold", ...LEG });
  stage.service.change({ cards: [aTalk({ state: "hold", can: ["hang-up", "resume"] })] });
  await hear("Удержание, клиент слышит музыку.");
  await press("h");
  await given({ kind: "resume", ...LEG });
  stage.service.change({ cards: [aTalk({ can })] });
  await hear("Разговор: Анна Кравцова");

  await press("d", "5");
  await given({ kind: "send-digits", ...LEG, digits: "5" });
  await press("d", "t");
  await cursorOn(/Кому перевести/);
  await stage.page.keyboard.type("лебед");
  await press("Enter");
  await given({ kind: "attended-transfer", ...LEG, to: "212" });
  // The field has gone with the cursor in it.
  await cursorOn(/^Разговор: Анна Кравцова/);

  const transfer = aTransfer({ to: "212", toName: "Пётр Лебедев" });
  stage.service.change({ cards: [aConsultation("consult-calling", { transfer })] });
  await hear("Вызов: Пётр, клиент ждёт.");
  await press("Alt+KeyJ", "n");
  await cursorOn(/Заметка коллеге/);
  await stage.page.keyboard.type("счёт 118");
  await given({ kind: "hand-over-note", ...LEG, text: "счёт 118" });

  const consulting = aTransfer({ to: "212", toName: "Пётр Лебедев", state: "consulting" });
  stage.service.change({ cards: [aConsultation("consult-talking", { transfer: consulting })] });
  await hear("Консультация: Пётр слышит вас, клиент ждёт.");
  await press("Enter"); // is done with the note
  await press("s");
  await given({ kind: "swap", ...LEG });
  await press("r");
  await given({ kind: "cancel-transfer", ...LEG });
  await walkTo(/^Соединить$/);
  await press("Enter");
  await given({ kind: "complete-transfer", ...LEG });
});

test("a colleague's refusal and the client's return are heard", async () => {
  stage.service.change({ cards: [aConsultation("consult-calling")] });
  await hear(/^Вызов: Мария/);
  stage.service.change({ cards: [aTalk({ transfer: aTransfer({ state: "refused", since: Date.now() }) })] });
  await hear("Мария: вызов отклонён, клиент с вами.");
});

test("a call is parked and fetched, an own client taken, a call given away taken back", async () => {
  stage.service.change({ cards: [aTalk()] });
  await hear("Разговор: Анна Кравцова");
  await press("Alt+KeyJ");
  await walkTo(/^На парковку/);
  await press("Enter");
  await given({ kind: "park", ...LEG });

  stage.service.change({ cards: [], parked: [aParked()] });
  await hear("На парковке: Анна Кравцова");
  await stage.panel.getByRole("article", { name: "На парковке: Анна Кравцова" }).waitFor();
  await press("Alt+KeyK");
  await walkTo(/^Забрать с парковки: Анна Кравцова/);
  await press("Enter");
  await given({ kind: "retrieve", callId: "c1" });
  const { slot } = aParked();
  const rings = aCard({ callId: "c9", state: "calling", direction: "internal", number: slot, e164: null, clients: [] });
  stage.service.change({ cards: [rings] });
  await stage.panel.getByRole("article", { name: "Звонит ваш телефон: Анна Кравцова" }).waitFor();

  stage.service.change({ cards: [], parked: [], offers: [anOffer({ callId: "c2" })] });
  await hear("Звонит ваш клиент: Анна Кравцова.");
  await press("a");
  await given({ kind: "take", callId: "c2" });

  stage.service.change({ offers: [] });
  await hear("Пропущен.");
  stage.service.change({ handedOver: [{ ...aHandedOver(), callId: "c3" }] });
  await hear("Перевод: Мария. Звонок можно забрать.");
  await press("r");
  await given({ kind: "take-back", callId: "c3" });
});

test("a colleague's ringing call is picked up from the list, and a missed one is called back from the recent ones", async () => {
  const rings = { callId: "c7", caller: "Ольга Новая" };
  stage.service.recent = [aRecent({ result: "missed" })];
  stage.service.change({ colleagues: [aColleague("205", "Мария Верхнеудинская", { presence: "ringing", rings })] });
  await press("Alt+KeyK", "ArrowDown");
  await stage.panel.getByRole("row", { name: /Мария/, selected: true }).waitFor();
  await stage.panel
    .getByRole("row", { name: /Мария/ })
    .getByRole("button", { name: /^Ответить за/ })
    .waitFor();
  for (let key = 0; key < 3 && !(await cursorName()).startsWith("Ответить за"); key++) await press("ArrowRight");
  await cursorOn(/^Ответить за коллегу \(Мария Верхнеудинская\): Ольга Новая/);
  await press("Enter");
  await given({ kind: "pick-up", callId: "c7", extension: "205" });

  stage.service.cut();
  await hear("Связь восстановлена.");
  // Above the first colleague is the field: nobody is chosen.
  await press("Alt+KeyK", "ArrowUp");
  await walkTo(/^Коллеги\d/);
  await press("ArrowRight", "Alt+KeyK", "ArrowDown");
  await cursorOn(/^Перезвонить: Анна Кравцова/);
  await press("Enter");
  await given({ kind: "dial", number: "+79161234567" });
});

test("a busy colleague is waited for, and that he is free is heard once and can be called at once", async () => {
  stage.service.change({ colleagues: [aColleague("205", "Мария Верхнеудинская", { presence: "talking" })] });
  await press("Alt+KeyK", "ArrowDown");
  await stage.panel.getByRole("row", { name: /Мария/, selected: true }).waitFor();
  await press("ArrowRight");
  await cursorOn(/^Сказать, когда освободится: Мария/);
  await press("Enter");
  await hear("Ждём, когда освободится: Мария Верхнеудинская");
  await stage.panel.getByText("Ждём, когда освободится: Мария", { exact: true }).waitFor();
  stage.service.change({ colleagues: [aColleague("205", "Мария Верхнеудинская")] });
  await hear("Мария Верхнеудинская: телефон свободен");
  expect(await stage.panel.locator("[role=status], [role=alert], [aria-live]").count()).toBe(1);
  await walkTo(/^Позвонить: Мария Верхнеудинская, 205/);
  await press("Enter");
  await given({ kind: "dial", number: "205" });
});
