/**
 * The real panel in the real widget in a real browser, beside a service that says what the test wants. Elements are found by role and
 * name, waits are for facts. The CRM's page and the panel have different sites, as in life.
 */
import { beforeEach, describe, expect, test } from "vitest";
import type { CardView, Colleague } from "../../src/panel/protocol.ts";
import { expectAccessible, useStage } from "../testing/stage.ts";
import {
  aCard,
  aColleague,
  aConsultation,
  aHandedOver,
  anOffer,
  aRecent,
  aTalk,
  aTransfer,
  QUIET,
} from "../testing/views.ts";

const colleague = (extension: string, name: string, presence: Colleague["presence"] = "free"): Colleague =>
  aColleague(extension, name, {
    department: "Отдел продаж",
    presence,
    since: presence === "free" ? null : Date.now(),
  });

const COLLEAGUES = [
  colleague("204", "Роман Ким"),
  colleague("205", "Мария Верхнеудинская"),
  colleague("212", "Пётр Лебедев"),
  colleague("214", "Анна Журавлёва", "talking"),
  colleague("305", "Жанна Ли", "dnd"),
];

const ring = (part: Partial<CardView> = {}): CardView =>
  aCard({
    startedAt: Date.now(),
    clients: [
      { name: "Анна Кравцова", company: "ООО «Окна Севера»", path: "/contacts/detail/1", deal: "480 000 ₽ · Договор" },
    ],
    ...part,
  });

const stage = useStage(COLLEAGUES);

const button = (name: string | RegExp) => stage.panel.getByRole("button", { name });
const field = () => stage.panel.getByRole("combobox", { name: /номер/ });
const card = () => stage.panel.getByRole("article");
const practice = <T>(name: string): Promise<T> =>
  stage.page.evaluate((key) => Reflect.get(Reflect.get(window, "practice"), key), name);

async function open(): Promise<void> {
  await button("Развернуть").click();
  await field().waitFor();
}

async function refuseCommands(reason: "own-phone-no-answer" | "crm-unavailable"): Promise<void> {
  stage.service.onCommand = (id) => stage.service.outcome(id, { state: "refused", reason });
}

test("signs in with the CRM's token in a header and a ticket in the first message; no secret is in any address", () => {
  expect(stage.service.tokens).toEqual(["token-of-504141"]);
  expect(stage.service.signIns).toEqual([{ type: "hello", ticket: "ticket-1" }]);
  expect(stage.service.requests.filter((request) => /ticket|token/.test(request))).toEqual([]);
});

describe("a call", () => {
  test("(a) shows itself with the client's name, and the timer runs from the talk", async () => {
    stage.service.change({ cards: [ring()] });
    await stage.panel.getByRole("article", { name: "Входящий: Анна Кравцова" }).waitFor();
    await stage.panel.getByText("480 000 ₽ · Договор").waitFor();
    await stage.panel
      .getByRole("status")
      .filter({ hasText: "Входящий: Анна Кравцова, ООО «Окна Севера», Отдел продаж." })
      .waitFor();
    expect(await practice("calling")).toEqual([true]);

    stage.service.change({ cards: [ring({ state: "talking", talkSince: Date.now() - 134_000 })] });
    await stage.panel
      .getByRole("timer")
      .filter({ hasText: /^02:1[4-6]$/ })
      .waitFor();

    stage.service.change({ cards: [] });
    await stage.panel.getByText("Разговор окончен", { exact: true }).waitFor();
    await expect.poll(() => practice("calling")).toEqual([true, false]);
    await button("Закрыть").click();
    await stage.panel.getByText("На связи").waitFor();
  });

  test("does not take the cursor from the CRM's page", async () => {
    await stage.page.getByLabel("Название").focus();
    stage.service.change({ cards: [ring()] });
    await card().waitFor();
    await stage.page.keyboard.type("Окна");
    expect(await stage.page.getByLabel("Название").inputValue()).toBe("Окна");
  });

  test("is ended by its button, for the own leg", async () => {
    stage.service.change({ cards: [ring({ state: "talking", talkSince: Date.now() })] });
    await button("Завершить").click();
    await expect
      .poll(() => stage.service.commands.map(({ command }) => command))
      .toEqual([{ kind: "hang-up", callId: "c1", legId: "l1" }]);
  });

  test("has its place in the CRM's page from its first moment on, though it slides in: a click meets what it was meant for", async () => {
    await stage.page.evaluate(() => {
      const heights: number[] = [];
      Reflect.set(window, "heights", heights);
      window.addEventListener("message", ({ data }) => data.type === "frame" && heights.push(data.height));
    });
    stage.service.change({ cards: [ring({ state: "talking", talkSince: Date.now() })] });
    await card().waitFor();
    // With its hairline. The pointer makes it be drawn anew.
    const height = 2 + (await card().evaluate((one) => one.clientHeight));
    await card().hover();
    await expect.poll(() => card().evaluate((one) => one.matches(":hover"))).toBe(true);
    expect(await stage.page.evaluate(() => Reflect.get(window, "heights"))).toEqual([height]);
  });

  test("(g) opens the client's card in the CRM", async () => {
    stage.service.onCommand = () => stage.service.open("/contacts/detail/1");
    stage.service.change({ cards: [ring()] });
    await button("Карточка: Анна Кравцова").click();
    await expect.poll(() => practice("opened")).toEqual(["/contacts/detail/1"]);
    expect(stage.service.commands[0]?.command).toEqual({ kind: "open-client", callId: "c1" });
  });

  test("of an unknown number offers to create the contact, and says when the CRM cannot", async () => {
    await refuseCommands("crm-unavailable");
    stage.service.change({ cards: [ring({ clients: [] })] });
    await stage.panel.getByText("Номера нет в CRM").waitFor();
    await button("Создать контакт").click();
    await stage.panel.getByRole("alert").filter({ hasText: "Карточка не открыта. CRM не отвечает." }).waitFor();
  });

  test("of a contact that was made of the number tells the number once", async () => {
    const made = { name: "+7 (916) 123-45-67", company: null, path: "/contacts/detail/9", deal: null };
    stage.service.change({ cards: [ring({ clients: [made] })] });
    await button("Карточка: +7 (916) 123-45-67").waitFor();
    const said = (await card().allInnerTexts()).join().replace(/\D/g, "");
    expect(said.match(/79161234567/g)).toHaveLength(1);
    expect(await stage.panel.getByText("Номера нет в CRM").count()).toBe(0);
  });

  test("a path that leads out of the CRM is not opened", async () => {
    for (const path of ["//evil.example/", "https://evil.example/", "javascript:alert(1)"]) stage.service.open(path);
    stage.service.open("/leads/detail/7");
    await expect.poll(() => practice("opened")).toEqual(["/leads/detail/7"]);
  });

  test("from the third on stands on a board, and the talk below it", async () => {
    const talk = ring({ state: "talking", talkSince: Date.now() });
    stage.service.change({ cards: [talk, ring({ callId: "c2" }), ring({ callId: "c3" }), ring({ callId: "c4" })] });
    await stage.panel.getByText("Ждут 3").waitFor();
    await stage.panel.getByRole("article", { name: "Разговор: Анна Кравцова" }).waitFor();
  });
});

test("a busy colleague is told of when he is free, and called from there", async () => {
  await open();
  await stage.panel.getByRole("row", { name: /Журавлёва/ }).hover();
  await button("Сказать, когда освободится: Анна Журавлёва").click();
  stage.service.change({ colleagues: [colleague("214", "Анна Журавлёва", "free")] });
  await stage.panel.getByText("Анна: телефон свободен").waitFor();
  await button("Позвонить: Анна Журавлёва, 214").first().click();
  await expect
    .poll(() => stage.service.commands.map(({ command }) => command))
    .toEqual([{ kind: "dial", number: "214" }]);
  await stage.panel.getByText("Анна: телефон свободен").waitFor({ state: "detached" });
});

test("whoever has several devices chooses which one rings", async () => {
  stage.service.me = { ...stage.service.me, extensions: ["204", "304"], mobile: "79165550102" };
  await stage.page.reload();
  await open();
  const dialled = () => stage.service.commands.map(({ command }) => command);
  const choice = stage.panel.getByRole("combobox", { name: "С какого телефона звонить" });
  await choice.selectOption({ label: "мобильный 7 916 555-01-02" });
  await field().fill("89161234567");
  await field().press("Enter");
  await expect.poll(dialled).toEqual([{ kind: "dial", number: "89161234567", from: "79165550102" }]);
  await choice.selectOption("204");
  await field().fill("89161234568");
  await field().press("Enter");
  await expect.poll(() => dialled()[1]).toEqual({ kind: "dial", number: "89161234568" });
});

describe("the field", () => {
  beforeEach(open);

  test("(e) number + ENTER dials, and the line below said so", async () => {
    await field().fill("8 (916) 123-45-67");
    await stage.panel.getByText("позвонит 8 916 123-45-67").waitFor();
    await field().press("Enter");
    await stage.panel.getByRole("article", { name: "Набираем: 8 916 123-45-67" }).waitFor();
    expect(stage.service.commands.map(({ command }) => command)).toEqual([{ kind: "dial", number: "89161234567" }]);
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
    expect(stage.service.commands.map(({ command }) => command)).toEqual([{ kind: "dial", number: "212" }]);
  });

  test("a colleague is called from his row, and by a double click", async () => {
    await stage.panel.getByRole("row", { name: /Мария/ }).hover();
    await button("Позвонить: Мария Верхнеудинская, 205").click();
    await expect.poll(() => stage.service.commands.length).toBe(1);
    await stage.panel.getByRole("row", { name: /Лебедев/ }).dblclick();
    await expect
      .poll(() => stage.service.commands.map(({ command }) => command))
      .toEqual([
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
  const [, maria, peter] = COLLEAGUES as [Colleague, Colleague, Colleague];
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
    await expect
      .poll(() => stage.service.commands.map(({ command }) => command))
      .toEqual([{ kind: "dial", number: "+79161234567" }]);
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

describe("(d) a click on a number in the CRM", () => {
  test("dials once, however nervous the finger, and goes through its phases in words", async () => {
    await stage.page.locator("#phone").dblclick();
    await stage.panel.getByRole("article", { name: "Набираем: 8 916 123-45-67" }).waitFor();
    stage.service.change({ cards: [ring({ direction: "outbound", state: "calling" })] });
    await stage.panel.getByRole("article", { name: "Звонит ваш телефон: Анна Кравцова" }).waitFor();
    await stage.panel.getByRole("img", { name: "Вы: снимите трубку; Клиент: наберём следом" }).waitFor();
    stage.service.change({ cards: [ring({ direction: "outbound", state: "calling", pickedUp: true })] });
    await stage.panel.getByRole("article", { name: "Звоним клиенту: Анна Кравцова" }).waitFor();
    stage.service.change({ cards: [ring({ direction: "outbound", state: "talking", talkSince: Date.now() })] });
    await stage.panel.getByRole("article", { name: "Разговор: Анна Кравцова" }).waitFor();
    expect(stage.service.commands.map(({ command }) => command)).toEqual([
      { kind: "dial", number: "8 (916) 123-45-67" },
    ]);
  });

  test("that was refused says why, and can be tried again", async () => {
    await refuseCommands("own-phone-no-answer");
    await stage.page.locator("#phone").click();
    await stage.panel.getByRole("article", { name: "Ваш телефон не ответил: 8 916 123-45-67" }).waitFor();
    await stage.panel.getByText("Трубку не сняли. Другой стороне не звонили").waitFor();
    stage.service.onCommand = () => {};
    await button("Ещё раз").click();
    await stage.panel.getByRole("article", { name: "Набираем: 8 916 123-45-67" }).waitFor();
    expect(stage.service.commands.length).toBe(2);
  });
});

describe("what can be done with a talk", () => {
  const talk = (part: Partial<CardView> = {}) => aTalk({ talkSince: Date.now(), ...part });
  const given = () => stage.service.commands.map(({ command }) => command);
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
    await field().waitFor();
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

describe("trouble", () => {
  test("a lost link keeps what was known, says so, and comes back by itself", async () => {
    await open();
    stage.service.change({ cards: [ring({ state: "talking", talkSince: Date.now() })] });
    await card().waitFor();
    stage.service.refusal = "busy";
    stage.service.cut();
    await stage.panel.getByText("Разговор идёт, завершить можно на телефоне.").waitFor();
    expect(await button("Завершить").isDisabled()).toBe(true);
    stage.service.refusal = null;
    await expect.poll(() => button("Завершить").isEnabled(), { timeout: 10_000 }).toBe(true);
    expect(stage.service.signIns.map(({ type }) => type)).toContain("resume");
  });

  test("lamps speak in sentences: what, since when, what still works", async () => {
    await open();
    const crmLamp = { state: "down", since: Date.UTC(2026, 10, 24, 9, 12), reason: null, waiting: 7 } as const;
    stage.service.change({ lamps: { ...QUIET.lamps, crm: crmLamp } });
    await stage.panel.getByText("CRM не отвечает с 12:12.", { exact: true }).waitFor(); // in the account's zone
    await stage.panel.getByText("Звонки идут. 7 записей сохранены и уйдут сами.", { exact: true }).waitFor();
  });

  test("who has no access is told why, and is let in when that was settled", async () => {
    stage.service.refusal = "not-an-employee";
    await stage.page.reload();
    await stage.panel.getByText("Нет доступа").waitFor();
    await button("Развернуть").click();
    await stage.panel.getByRole("alert").filter({ hasText: "Вам не открыт доступ" }).waitFor();
    stage.service.refusal = null;
    await button("Попробовать ещё раз").click();
    await field().waitFor();
  });

  test("a service that does not know the CRM's token says so", async () => {
    stage.service.sessionStatus = 401;
    await stage.page.reload();
    await stage.panel.getByText("Нет доступа").waitFor();
  });
});

describe("for everybody", () => {
  const states: Record<string, () => Promise<void>> = {
    pill: async () => {},
    list: open,
    "list with a filter": async () => {
      await open();
      await field().fill("анна");
      await stage.panel.getByText("2 коллеги").waitFor();
    },
    "recent calls": async () => {
      stage.service.recent = [
        aRecent({ result: "missed" }),
        aRecent({ callId: "c2", number: null, e164: null, name: null }),
      ];
      await stage.page.reload();
      await open();
      await stage.panel.getByRole("tab", { name: /Недавние/ }).click();
      await button(/^Перезвонить: Анна/).waitFor();
    },
    "ringing card": async () => {
      stage.service.change({ cards: [ring()] });
      await card().waitFor();
    },
    "two calls and the list": async () => {
      await open();
      stage.service.change({ cards: [ring({ state: "hold", talkSince: 1 }), ring({ callId: "c2", clients: [] })] });
      await stage.panel.getByText("Удержание", { exact: true }).waitFor();
    },
    board: async () => {
      stage.service.change({ cards: [1, 2, 3, 4, 5, 6].map((n) => ring({ callId: `c${n}` })) });
      await stage.panel.getByText("6 звонков", { exact: true }).waitFor();
    },
    "looking for whom to hand over to": async () => {
      stage.service.change({ cards: [aTalk({ talkSince: 1 })] });
      await button("Перевести").click();
      await field().press("ArrowDown");
      await button("Спросить: Мария Верхнеудинская, 205")
        .or(button(/^Спросить/))
        .first()
        .waitFor();
    },
    consultation: async () => {
      stage.service.change({ cards: [aConsultation("consult-talking")] });
      await button("Соединить").waitFor();
    },
    "returned client and keypad": async () => {
      stage.service.change({ cards: [aTalk({ transfer: aTransfer({ state: "no-answer", since: Date.now() }) })] });
      await button("Тоновый набор").click();
      await button("5").waitFor();
    },
    "own client elsewhere": async () => {
      stage.service.change({ offers: [anOffer()] });
      await button("Забрать").waitFor();
    },
    "handed over": async () => {
      stage.service.change({ handedOver: [aHandedOver()] });
      await button("Забрать себе").waitFor();
    },
    "missed call": async () => {
      stage.service.change({ cards: [ring()] });
      await card().waitFor();
      stage.service.change({ cards: [], ended: [{ callId: "c1", legId: "l1", how: "missed", by: null }] });
      await button("Перезвонить").waitFor();
    },
    "refused dial": async () => {
      await refuseCommands("own-phone-no-answer");
      await stage.page.locator("#phone").click();
      await button("Ещё раз").waitFor();
    },
    "all lamps out": async () => {
      await open();
      const lamp = { state: "down", since: 1, reason: null } as const;
      stage.service.change({ lamps: { pbx: lamp, crm: { ...lamp, waiting: 2 }, phone: lamp } });
      await stage.panel.getByText(/^Нет связи с АТС с \d\d:\d\d\.$/).waitFor();
    },
    edge: async () => {
      await open();
      await button("Убрать панель к краю окна").click();
      await button("Открыть Коммутатор").waitFor();
    },
  };

  test.each(Object.entries(states))("axe finds nothing in: %s, light and dark", async (_, reach) => {
    await reach();
    await expectAccessible(stage.page);
  });

  test("a first look costs at most seven requests, fonts included", async () => {
    await open();
    stage.service.change({ cards: [ring()] });
    await card().waitFor();
    await stage.panel.locator("html").evaluate(() => document.fonts.ready);
    const requests = stage.service.requests.filter((request) => request.startsWith("GET /panel/"));
    expect(new Set(requests).size).toBe(requests.length);
    expect(requests.length).toBeLessThanOrEqual(7);
  });

  test("two thousand colleagues are there at once", async () => {
    const colleagues = Array.from({ length: 2_000 }, (_, i) => colleague(String(1_000 + i), `Коллега ${i}`));
    stage.service.state = { ...QUIET, colleagues };
    await stage.page.reload();
    await open();
    await stage.panel.getByRole("row", { name: /Коллега 1000 / }).waitFor();
    expect(await stage.panel.getByRole("row").count()).toBeLessThan(60);
    await field().press("ArrowUp");
    await stage.panel.getByRole("row", { name: /Коллега 999 /, selected: true }).waitFor();
  });
});
