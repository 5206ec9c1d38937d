/**
 * The real panel in the real widget in a real browser, beside a service that says what the test wants. Elements are found by role and
 * name, waits are for facts. The CRM's page and the panel have different sites, as in life.
 */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type FrameLocator, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { CardView, Colleague } from "../../src/panel/protocol.ts";
import { buildWidgetArchive } from "../../src/widget/archive.ts";
import { buildPanel } from "../build.ts";
import { type CrmPage, startCrmPage } from "../testing/crm-page.ts";
import { FakeService } from "../testing/fake-service.ts";
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

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

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

let directory: string;
let browser: Browser;
let service: FakeService;
let crm: CrmPage;
let page: Page;
let panel: FrameLocator;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "kommutator-web-"));
  await buildPanel(directory);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
});

afterAll(async () => {
  await browser.close();
  await rm(directory, { recursive: true });
});

beforeEach(async () => {
  service = new FakeService(directory);
  service.state = { ...QUIET, colleagues: COLLEAGUES };
  const serviceUrl = await service.start();
  crm = await startCrmPage(await buildWidgetArchive({ serviceUrl, version: "1.0.0" }));
  page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  panel = await openCrm(page);
});

afterEach(async () => {
  await page.context().close();
  await service.stop();
  await crm.stop();
});

/** Opens the CRM and waits until the panel is there. */
async function openCrm(tab: Page): Promise<FrameLocator> {
  const problems: string[] = [];
  tab.on("pageerror", (error) => problems.push(error.message));
  tab.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  await tab.goto(crm.url);
  const frame = tab.frameLocator("iframe");
  await frame.getByText("На связи").waitFor();
  expect(problems).toEqual([]);
  return frame;
}

const button = (name: string | RegExp) => panel.getByRole("button", { name });
const field = () => panel.getByRole("combobox", { name: /номер/ });
const card = () => panel.getByRole("article");
const practice = <T>(name: string): Promise<T> =>
  page.evaluate((key) => Reflect.get(Reflect.get(window, "practice"), key), name);

async function open(): Promise<void> {
  await button("Развернуть").click();
  await field().waitFor();
}

async function refuseCommands(reason: "own-phone-no-answer" | "crm-unavailable"): Promise<void> {
  service.onCommand = (id) => service.outcome(id, { state: "refused", reason });
}

test("signs in with the CRM's token in a header and a ticket in the first message; no secret is in any address", () => {
  expect(service.tokens).toEqual(["token-of-504141"]);
  expect(service.signIns).toEqual([{ type: "hello", ticket: "ticket-1" }]);
  expect(service.requests.filter((request) => /ticket|token/.test(request))).toEqual([]);
});

describe("a call", () => {
  test("(a) shows itself with the client's name, and the timer runs from the talk", async () => {
    service.change({ cards: [ring()] });
    await panel.getByRole("article", { name: "Входящий: Анна Кравцова" }).waitFor();
    await panel.getByText("480 000 ₽ · Договор").waitFor();
    await panel
      .getByRole("status")
      .filter({ hasText: "Входящий: Анна Кравцова, ООО «Окна Севера», Отдел продаж." })
      .waitFor();
    expect(await practice("calling")).toEqual([true]);

    service.change({ cards: [ring({ state: "talking", talkSince: Date.now() - 134_000 })] });
    await panel
      .getByRole("timer")
      .filter({ hasText: /^02:1[4-6]$/ })
      .waitFor();

    service.change({ cards: [] });
    await panel.getByText("Разговор окончен", { exact: true }).waitFor();
    await panel.getByText("На связи").waitFor();
    expect(await practice("calling")).toEqual([true, false]);
  });

  test("does not take the cursor from the CRM's page", async () => {
    await page.getByLabel("Название").focus();
    service.change({ cards: [ring()] });
    await card().waitFor();
    await page.keyboard.type("Окна");
    expect(await page.getByLabel("Название").inputValue()).toBe("Окна");
  });

  test("is ended by its button, for the own leg", async () => {
    service.change({ cards: [ring({ state: "talking", talkSince: Date.now() })] });
    await button("Завершить").click();
    await expect
      .poll(() => service.commands.map(({ command }) => command))
      .toEqual([{ kind: "hang-up", callId: "c1", legId: "l1" }]);
  });

  test("(g) opens the client's card in the CRM", async () => {
    service.onCommand = () => service.open("/contacts/detail/1");
    service.change({ cards: [ring()] });
    await button("Карточка: Анна Кравцова").click();
    await expect.poll(() => practice("opened")).toEqual(["/contacts/detail/1"]);
    expect(service.commands[0]?.command).toEqual({ kind: "open-client", callId: "c1" });
  });

  test("of an unknown number offers to create the contact, and says when the CRM cannot", async () => {
    await refuseCommands("crm-unavailable");
    service.change({ cards: [ring({ clients: [] })] });
    await panel.getByText("Номера нет в CRM").waitFor();
    await button("Создать контакт").click();
    await panel.getByRole("alert").filter({ hasText: "Карточка не открыта. CRM не отвечает." }).waitFor();
  });

  test("a path that leads out of the CRM is not opened", async () => {
    for (const path of ["//evil.example/", "https://evil.example/", "javascript:alert(1)"]) service.open(path);
    service.open("/leads/detail/7");
    await expect.poll(() => practice("opened")).toEqual(["/leads/detail/7"]);
  });

  test("from the third on stands on a board, and the talk below it", async () => {
    const talk = ring({ state: "talking", talkSince: Date.now() });
    service.change({ cards: [talk, ring({ callId: "c2" }), ring({ callId: "c3" }), ring({ callId: "c4" })] });
    await panel.getByText("Ждут 3").waitFor();
    await panel.getByRole("article", { name: "Разговор: Анна Кравцова" }).waitFor();
  });
});

test("a busy colleague is told of when he is free, and called from there", async () => {
  await open();
  await panel.getByRole("row", { name: /Журавлёва/ }).hover();
  await button("Сказать, когда освободится: Анна Журавлёва").click();
  service.change({ colleagues: [colleague("214", "Анна Журавлёва", "free")] });
  await panel.getByText("Анна: телефон свободен").waitFor();
  await button("Позвонить: Анна Журавлёва, 214").first().click();
  await expect.poll(() => service.commands.map(({ command }) => command)).toEqual([{ kind: "dial", number: "214" }]);
  await panel.getByText("Анна: телефон свободен").waitFor({ state: "detached" });
});

test("whoever has several devices chooses which one rings", async () => {
  service.me = { ...service.me, extensions: ["204", "304"], mobile: "79165550102" };
  panel = await openCrm(page);
  await open();
  const dialled = () => service.commands.map(({ command }) => command);
  const choice = panel.getByRole("combobox", { name: "С какого телефона звонить" });
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
    await panel.getByText("позвонит 8 916 123-45-67").waitFor();
    await field().press("Enter");
    await panel.getByRole("article", { name: "Набираем: 8 916 123-45-67" }).waitFor();
    expect(service.commands.map(({ command }) => command)).toEqual([{ kind: "dial", number: "89161234567" }]);
  });

  test("(f) a filter with a single match + ENTER calls him; with several it does nothing until an arrow", async () => {
    await field().fill("fyyf");
    await panel.getByText("Ищем «анна»").waitFor();
    expect(await panel.getByRole("row").allTextContents()).toEqual([
      expect.stringContaining("Анна Журавлёва"),
      expect.stringContaining("Жанна Ли"),
    ]);
    await field().press("Enter");
    await field().press("ArrowDown");
    await field().press("ArrowDown");
    await panel.getByText("позвонит: Жанна Ли, 305").waitFor();
    await field().fill("лебед");
    await panel.getByText("позвонит: Пётр Лебедев, 212").waitFor();
    await field().press("Enter");
    await panel.getByRole("article", { name: "Набираем: Пётр Лебедев" }).waitFor();
    expect(service.commands.map(({ command }) => command)).toEqual([{ kind: "dial", number: "212" }]);
  });

  test("a colleague is called from his row, and by a double click", async () => {
    await panel.getByRole("row", { name: /Мария/ }).hover();
    await button("Позвонить: Мария Верхнеудинская, 205").click();
    await expect.poll(() => service.commands.length).toBe(1);
    await panel.getByRole("row", { name: /Лебедев/ }).dblclick();
    await expect
      .poll(() => service.commands.map(({ command }) => command))
      .toEqual([
        { kind: "dial", number: "205" },
        { kind: "dial", number: "212" },
      ]);
  });

  test("a colleague's state changes in his row", async () => {
    await panel.getByRole("row", { name: "Мария Верхнеудинская , на связи" }).waitFor();
    service.change({ colleagues: [colleague("205", "Мария Верхнеудинская", "ringing")] });
    await panel.getByRole("row", { name: /Мария Верхнеудинская , звонит телефон/ }).waitFor();
  });
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
    service.recent = recent;
    await page.reload();
    await panel.getByText("1 пропущенный").waitFor();
    await open();
    await panel.getByRole("tab", { name: /Недавние.*1 пропущенный/ }).click();
    const said = (await panel.getByRole("listitem").allInnerTexts()).map((text) => text.replace(/\s+/g, " "));
    expect(said).toEqual([
      expect.stringMatching(/^Перезвонить: Анна Кравцова пропущен · \d\d:\d\d/),
      expect.stringMatching(/8 800 555-35-35 разговор 4:32 · \d\d:\d\d/),
      expect.stringMatching(/Пётр Лебедев разговор 0:00 · 01\.01, \d\d:\d\d/),
    ]);
    await button("Карточка: Анна Кравцова").click();
    await expect.poll(() => practice("opened")).toEqual(["/contacts/detail/1"]);
    await button(/^Перезвонить: Анна Кравцова/).click();
    await expect
      .poll(() => service.commands.map(({ command }) => command))
      .toEqual([{ kind: "dial", number: "+79161234567" }]);
  });

  test("are walked through by the arrows, from the field on", async () => {
    service.recent = recent;
    await page.reload();
    await open();
    await panel.getByRole("tab", { name: /^Коллеги/ }).focus();
    await page.keyboard.press("ArrowRight");
    await panel.getByRole("list", { name: "Недавние" }).waitFor();
    await field().focus();
    for (const key of ["ArrowDown", "ArrowDown", "ArrowDown", "Enter"]) await page.keyboard.press(key);
    await panel.getByRole("article", { name: "Набираем: Пётр Лебедев" }).waitFor();
  });

  test("are asked for again when a call is over", async () => {
    await open();
    await panel.getByRole("tab", { name: "Недавние" }).click();
    await panel.getByText("Звонков пока не было").waitFor();
    service.change({ cards: [ring()] });
    await card().waitFor();
    service.recent = recent;
    service.change({ cards: [], ended: [{ callId: "c1", legId: "l1", how: "missed", by: null }] });
    await button("Закрыть").click();
    await panel.getByRole("tab", { name: /1 пропущенный/ }).waitFor();
  });
});

describe("(d) a click on a number in the CRM", () => {
  test("dials once, however nervous the finger, and goes through its phases in words", async () => {
    await page.locator("#phone").dblclick();
    await panel.getByRole("article", { name: "Набираем: 8 916 123-45-67" }).waitFor();
    service.change({ cards: [ring({ direction: "outbound", state: "calling" })] });
    await panel.getByRole("article", { name: "Звонит ваш телефон: Анна Кравцова" }).waitFor();
    await panel.getByRole("img", { name: "Вы: снимите трубку; Клиент: наберём следом" }).waitFor();
    service.change({ cards: [ring({ direction: "outbound", state: "calling", pickedUp: true })] });
    await panel.getByRole("article", { name: "Звоним клиенту: Анна Кравцова" }).waitFor();
    service.change({ cards: [ring({ direction: "outbound", state: "talking", talkSince: Date.now() })] });
    await panel.getByRole("article", { name: "Разговор: Анна Кравцова" }).waitFor();
    expect(service.commands.map(({ command }) => command)).toEqual([{ kind: "dial", number: "8 (916) 123-45-67" }]);
  });

  test("that was refused says why, and can be tried again", async () => {
    await refuseCommands("own-phone-no-answer");
    await page.locator("#phone").click();
    await panel.getByRole("article", { name: "Ваш телефон не ответил: 8 916 123-45-67" }).waitFor();
    await panel.getByText("Трубку не сняли. Другой стороне не звонили").waitFor();
    service.onCommand = () => {};
    await button("Ещё раз").click();
    await panel.getByRole("article", { name: "Набираем: 8 916 123-45-67" }).waitFor();
    expect(service.commands.length).toBe(2);
  });
});

describe("what can be done with a talk", () => {
  const talk = (part: Partial<CardView> = {}) => aTalk({ talkSince: Date.now(), ...part });
  const given = () => service.commands.map(({ command }) => command);
  const leg = { callId: "c1", legId: "l1" };

  test("only what the service says can be done has a button", async () => {
    service.change({ cards: [talk({ can: ["hang-up", "hold"] })] });
    await button("Удержать").waitFor();
    for (const name of ["Перевести", "Тоновый набор", /^На парковку/]) expect(await button(name).count()).toBe(0);
  });

  test("H holds and resumes", async () => {
    service.change({ cards: [talk({ can: ["hang-up", "hold"] })] });
    await button("Удержать").focus();
    await page.keyboard.press("h");
    service.change({ cards: [talk({ state: "hold", can: ["hang-up", "resume"] })] });
    await button("Снять с удержания").focus();
    await page.keyboard.press("h");
    await expect.poll(given).toEqual([
      { kind: "hold", ...leg },
      { kind: "resume", ...leg },
    ]);
  });

  test("T looks for a colleague, an arrow and ENTER ask him, and the card is alone again", async () => {
    service.change({ cards: [talk()] });
    await button("Перевести").focus();
    await page.keyboard.press("t");
    await panel.getByRole("combobox", { name: "Кому перевести: имя или номер" }).fill("лебед");
    await panel.getByText("спросит: Пётр, клиент ждёт под музыку").waitFor();
    await field().press("Enter");
    await panel.getByRole("grid").waitFor({ state: "detached" });
    expect(given()).toEqual([{ kind: "attended-transfer", ...leg, to: "212" }]);
    await panel.getByText("Ждём ответа АТС…").waitFor();
  });

  test("letters in a text field are letters", async () => {
    service.change({ cards: [aConsultation("consult-talking")] });
    const note = panel.getByRole("textbox", { name: "Заметка коллеге" });
    await note.fill("");
    await note.pressSequentially("hrst");
    await expect.poll(given).toEqual([{ kind: "hand-over-note", ...leg, text: "hrst" }]);
  });

  test("what was written to the colleague is there after the page was loaded anew", async () => {
    service.change({
      cards: [aConsultation("consult-talking", { transfer: aTransfer({ state: "consulting", note: "о счёте 118" }) })],
    });
    const note = panel.getByRole("textbox", { name: "Заметка коллеге" });
    await expect.poll(() => note.inputValue()).toBe("о счёте 118");
  });

  test("an outside number is not offered to a PBX that hands over to its own only", async () => {
    await open();
    service.change({ cards: [talk()] });
    await field().fill("89161234567");
    await panel.getByText("На внешние номера эта АТС не переводит").waitFor();
    await field().press("Enter");
    service.change({ cards: [talk({ transfersOutside: true })] });
    await panel.getByText("спросит: 8 916 123-45-67, клиент ждёт под музыку").waitFor();
    await field().press("Enter");
    await expect.poll(given).toEqual([{ kind: "attended-transfer", ...leg, to: "89161234567" }]);
  });

  test("right after a change of state a click hits nothing", async () => {
    service.change({ cards: [aConsultation("consult-calling")] });
    const box = await button("К клиенту").boundingBox();
    if (!box) throw new Error("no button");
    service.change({ cards: [aConsultation("consult-talking")] });
    await button("Соединить").waitFor();
    await page.mouse.click(box.x + 20, box.y + 20);
    await expect.poll(() => button("Соединить").evaluate((one) => getComputedStyle(one).pointerEvents)).toBe("auto");
    expect(given()).toEqual([]);
    await button("Соединить").click();
    await expect.poll(given).toEqual([{ kind: "complete-transfer", ...leg }]);
  });

  test("who is put through to the own client is asked before a colleague's talk is disturbed", async () => {
    const collision = { state: "talks", extension: "205", colleague: "Мария", at: Date.now(), talkSeconds: 0 } as const;
    service.onCommand = (id) => service.outcome(id, { state: "warned", collision });
    await page.locator("#phone").click();
    await panel.getByRole("article", { name: /^С клиентом говорит Мария/ }).waitFor();
    const safe = button("Не звонить");
    await expect.poll(() => safe.evaluate((one) => one === document.activeElement)).toBe(true);
    await button("Всё равно набрать клиента").click();
    await expect.poll(given).toEqual([
      { kind: "dial", number: "8 (916) 123-45-67" },
      { kind: "dial", number: "8 (916) 123-45-67", despite: true },
    ]);
  });

  test("an own client who rings elsewhere is taken with A, or left", async () => {
    service.change({ offers: [anOffer()] });
    await panel.getByRole("article", { name: "Звонит ваш клиент: Анна Кравцова" }).waitFor();
    await button("Забрать").focus();
    await page.keyboard.press("a");
    await expect.poll(given).toEqual([{ kind: "take", callId: "c1" }]);
    await panel.getByText("Сейчас зазвонит ваш телефон").waitFor();
  });

  test("in a narrow panel the answers still fit", async () => {
    service.change({ cards: [aConsultation("consult-talking")] });
    const grip = panel.getByRole("separator", { name: "Ширина панели" });
    await grip.focus();
    for (let px = 320; px > 280; px -= 10) await grip.press("ArrowRight");
    await expect.poll(async () => (await page.locator("iframe").boundingBox())?.width).toBe(282);
    const cut = await button("Соединить").evaluate((one) =>
      [...one.children].some((c) => c.scrollWidth > c.clientWidth),
    );
    expect(cut).toBe(false);
  });
});

describe("the width", () => {
  test("follows the pointer at the left edge within its bounds, and is kept for the next page", async () => {
    await open();
    const frame = () => page.locator("iframe").boundingBox();
    await expect.poll(async () => (await frame())?.width).toBe(322);
    const box = await frame();
    if (!box) throw new Error("no panel");
    await page.mouse.move(box.x + 3, box.y + 100);
    await page.mouse.down();
    // From here on the CRM's page tells where the pointer goes.
    const held = () => page.locator("iframe").evaluate((one) => getComputedStyle(one).pointerEvents);
    await expect.poll(held).toBe("none");
    await page.mouse.move(box.x - 37, box.y + 100, { steps: 4 });
    await expect.poll(async () => (await frame())?.width).toBe(362);
    await page.mouse.move(box.x - 400, box.y + 100, { steps: 4 });
    await page.mouse.up();
    await expect.poll(async () => (await frame())?.width).toBe(422);
    await page.reload();
    await field().waitFor();
    await expect.poll(async () => (await frame())?.width).toBe(422);
  });
});

describe("(i) hiding", () => {
  test("the whole panel leaves a tab at the edge; a call shows it, and it hides again", async () => {
    await open();
    await button("Убрать панель к краю окна").click();
    await button("Открыть Коммутатор").waitFor();
    const box = await page.locator("iframe").boundingBox();
    expect(box && box.x + box.width).toBe(1280);

    service.change({ cards: [ring()] });
    await card().waitFor();
    expect(await panel.getByRole("grid").count()).toBe(0);
    service.change({ cards: [] });
    await button("Открыть Коммутатор").waitFor();
  });

  test("it comes back when the pointer rests at the right edge, not when it passes", async () => {
    await open();
    await button("Убрать панель к краю окна").click();
    await button("Открыть Коммутатор").waitFor();
    await page.mouse.move(1279, 300);
    await page.mouse.move(900, 300);
    await page.mouse.move(1279, 310);
    await panel.getByRole("grid").waitFor();
  });

  test("it comes back by the key, with the cursor in the field, and Escape gives the cursor back", async () => {
    await page.getByLabel("Название").focus();
    await page.keyboard.press("Alt+KeyK");
    await field().waitFor();
    await page.keyboard.type("лебед");
    expect(await field().inputValue()).toBe("лебед");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await panel.getByText("На связи").waitFor();
    await page.keyboard.type("Окна");
    expect(await page.getByLabel("Название").inputValue()).toBe("Окна");
  });

  test("only the list can be hidden, and the shape is kept for the next page", async () => {
    await open();
    await button(/Скрыть коллег/).click();
    await panel.getByRole("grid").waitFor({ state: "detached" });
    await field().waitFor();
    await page.reload();
    await field().waitFor();
    expect(await panel.getByRole("grid").count()).toBe(0);
  });
});

describe("in the CRM's page", () => {
  test("it stands 12 px from the corner, above a bar at the bottom, and leaves everything else to the CRM", async () => {
    const gap = async () => {
      const box = await page.locator("iframe").boundingBox();
      // The frame holds the panel's hairline of 1 px.
      return box && { right: 1280 - box.x - box.width + 1, bottom: 900 - box.y - box.height + 1 };
    };
    await expect.poll(gap).toEqual({ right: 12, bottom: 12 });
    await page.evaluate(() => {
      const bar = document.createElement("div");
      bar.className = "save";
      document.body.append(bar);
    });
    await expect.poll(gap).toEqual({ right: 12, bottom: 84 });
    await page.evaluate(() => document.querySelector(".save")?.remove());
    await expect.poll(gap).toEqual({ right: 12, bottom: 12 });
  });

  test("in a low window the card stands beside the list, and the corner above it belongs to the CRM", async () => {
    await page.setViewportSize({ width: 1280, height: 560 });
    await open();
    service.change({ cards: [ring()] });
    await card().waitFor();
    const frame = await page.locator("iframe").boundingBox();
    expect(frame?.width).toBe(320 + 8 + 320 + 2);
    const above = { x: (frame?.x ?? 0) + 100, y: (frame?.y ?? 0) + 20 };
    const tag = await page.evaluate(({ x, y }) => document.elementFromPoint(x, y)?.tagName, above);
    expect(tag).not.toBe("IFRAME");
  });

  test("it follows the CRM's dark theme", async () => {
    const theme = () => panel.locator("html").getAttribute("data-theme");
    expect(await theme()).toBe("light");
    await page.evaluate(() => document.documentElement.setAttribute("data-color-scheme", "dark"));
    await expect.poll(theme).toBe("dark");
  });

  test("messages from other windows and in other words change nothing", async () => {
    await page.evaluate(() => {
      const frame = document.querySelector("iframe");
      frame?.contentWindow?.postMessage({ type: "dial" }, "*");
      frame?.contentWindow?.postMessage("dial", "*");
      window.postMessage({ type: "open", path: "/leads/detail/1" }, "*");
      window.postMessage({ type: "frame", width: 5, height: 5, edge: false, parts: [] }, "*");
      const other = document.createElement("iframe");
      other.srcdoc = "<script>parent.frames[0].postMessage({ type: 'dial', number: '911' }, '*')</script>";
      document.body.append(other);
    });
    await page.locator("iframe").nth(1).waitFor();
    await page.locator("#phone").click();
    await expect.poll(() => service.commands.length).toBe(1);
    expect(await practice("opened")).toEqual([]);
  });

  test("of two tabs only the one looked at shows a call by itself", async () => {
    const second = await page.context().newPage();
    const secondPanel = await openCrm(second);
    service.change({ cards: [ring()] });
    await secondPanel.getByRole("article").waitFor();
    expect(await card().count()).toBe(0);
    await panel.getByText("Анна К.").waitFor({ state: "attached" });
    await second.close();
    await card().waitFor();
  });
});

describe("trouble", () => {
  test("a lost link keeps what was known, says so, and comes back by itself", async () => {
    await open();
    service.change({ cards: [ring({ state: "talking", talkSince: Date.now() })] });
    await card().waitFor();
    service.refusal = "busy";
    service.cut();
    await panel.getByText("Разговор идёт, завершить можно на телефоне.").waitFor();
    expect(await button("Завершить").isDisabled()).toBe(true);
    service.refusal = null;
    await expect.poll(() => button("Завершить").isEnabled(), { timeout: 10_000 }).toBe(true);
    expect(service.signIns.map(({ type }) => type)).toContain("resume");
  });

  test("lamps speak in sentences: what, since when, what still works", async () => {
    await open();
    const crmLamp = { state: "down", since: Date.now(), reason: null, waiting: 7 } as const;
    service.change({ lamps: { ...QUIET.lamps, crm: crmLamp } });
    await panel.getByText("Звонки идут. 7 записей сохранены и уйдут сами.").waitFor();
  });

  test("who has no access is told why, and is let in when that was settled", async () => {
    service.refusal = "not-an-employee";
    await page.reload();
    await panel.getByText("Нет доступа").waitFor();
    await button("Развернуть").click();
    await panel.getByRole("alert").filter({ hasText: "Вам не открыт доступ" }).waitFor();
    service.refusal = null;
    await button("Попробовать ещё раз").click();
    await field().waitFor();
  });

  test("a service that does not know the CRM's token says so", async () => {
    service.sessionStatus = 401;
    await page.reload();
    await panel.getByText("Нет доступа").waitFor();
  });
});

describe("for everybody", () => {
  const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
  const states: Record<string, () => Promise<void>> = {
    pill: async () => {},
    list: open,
    "list with a filter": async () => {
      await open();
      await field().fill("анна");
      await panel.getByText("2 коллеги").waitFor();
    },
    "recent calls": async () => {
      service.recent = [aRecent({ result: "missed" }), aRecent({ callId: "c2", number: null, e164: null, name: null })];
      await page.reload();
      await open();
      await panel.getByRole("tab", { name: /Недавние/ }).click();
      await button(/^Перезвонить: Анна/).waitFor();
    },
    "ringing card": async () => {
      service.change({ cards: [ring()] });
      await card().waitFor();
    },
    "two calls and the list": async () => {
      await open();
      service.change({ cards: [ring({ state: "hold", talkSince: 1 }), ring({ callId: "c2", clients: [] })] });
      await panel.getByText("Удержание", { exact: true }).waitFor();
    },
    board: async () => {
      service.change({ cards: [1, 2, 3, 4, 5, 6].map((n) => ring({ callId: `c${n}` })) });
      await panel.getByText("6 звонков", { exact: true }).waitFor();
    },
    "looking for whom to hand over to": async () => {
      service.change({ cards: [aTalk({ talkSince: 1 })] });
      await button("Перевести").click();
      await field().press("ArrowDown");
      await button("Спросить: Мария Верхнеудинская, 205")
        .or(button(/^Спросить/))
        .first()
        .waitFor();
    },
    consultation: async () => {
      service.change({ cards: [aConsultation("consult-talking")] });
      await button("Соединить").waitFor();
    },
    "returned client and keypad": async () => {
      service.change({ cards: [aTalk({ transfer: aTransfer({ state: "no-answer", since: Date.now() }) })] });
      await button("Тоновый набор").click();
      await button("5").waitFor();
    },
    "own client elsewhere": async () => {
      service.change({ offers: [anOffer()] });
      await button("Забрать").waitFor();
    },
    "handed over": async () => {
      service.change({ handedOver: [aHandedOver()] });
      await button("Забрать себе").waitFor();
    },
    "missed call": async () => {
      service.change({ cards: [ring()] });
      await card().waitFor();
      service.change({ cards: [], ended: [{ callId: "c1", legId: "l1", how: "missed", by: null }] });
      await button("Перезвонить").waitFor();
    },
    "refused dial": async () => {
      await refuseCommands("own-phone-no-answer");
      await page.locator("#phone").click();
      await button("Ещё раз").waitFor();
    },
    "all lamps out": async () => {
      await open();
      const lamp = { state: "down", since: 1, reason: null } as const;
      service.change({ lamps: { pbx: lamp, crm: { ...lamp, waiting: 2 }, phone: lamp } });
      await panel.getByText("Нет связи с АТС").waitFor();
    },
    edge: async () => {
      await open();
      await button("Убрать панель к краю окна").click();
      await button("Открыть Коммутатор").waitFor();
    },
  };

  test.each(Object.entries(states))("axe finds nothing in: %s, light and dark", async (_, reach) => {
    await reach();
    const frame = page.frames().find((one) => one.url().includes("/panel/"));
    if (!frame) throw new Error("no panel");
    // The page's policy lets no foreign script in; the debugger's evaluation is not bound by it.
    await frame.evaluate(readFileSync(axe, "utf8"));
    for (const theme of ["light", "dark"]) {
      await frame.evaluate((value) => document.documentElement.setAttribute("data-theme", value), theme);
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
    }
  });

  test("a first look costs at most seven requests, fonts included", async () => {
    await open();
    service.change({ cards: [ring()] });
    await card().waitFor();
    await panel.locator("html").evaluate(() => document.fonts.ready);
    const requests = service.requests.filter((request) => request.startsWith("GET /panel/"));
    expect(new Set(requests).size).toBe(requests.length);
    expect(requests.length).toBeLessThanOrEqual(7);
  });

  test("two thousand colleagues are there at once", async () => {
    const colleagues = Array.from({ length: 2_000 }, (_, i) => colleague(String(1_000 + i), `Коллега ${i}`));
    service.state = { ...QUIET, colleagues };
    await page.reload();
    await open();
    await panel.getByRole("row", { name: /Коллега 1000 / }).waitFor();
    expect(await panel.getByRole("row").count()).toBeLessThan(60);
    await field().press("ArrowUp");
    await panel.getByRole("row", { name: /Коллега 999 /, selected: true }).waitFor();
  });
});
