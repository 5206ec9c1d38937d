/**
 * Each screen while it loads, with nothing to show, live, with the link lost, and refused: reached in a browser, read by axe in both themes, and
 * pictured into dist/pictures when KOMMUTATOR_PICTURES=true.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "vitest";
import type { Lamp } from "../../src/panel/protocol.ts";
import { expectAccessible, useStage } from "../testing/stage.ts";
import { aCard, aColleague, aConsultation, aParked, aRecent, aTalk, aTransfer, QUIET } from "../testing/views.ts";

const PICTURES =
  process.env["KOMMUTATOR_PICTURES"] === "true" ? fileURLToPath(new URL("../../dist/pictures", import.meta.url)) : null;

const now = Date.now();
const department = "Отдел продаж";
const COLLEAGUES = [
  aColleague("205", "Мария Верхнеудинская", { department }),
  aColleague("212", "Пётр Лебедев", { department, presence: "ringing" }),
  aColleague("214", "Анна Журавлёва", { department, presence: "talking", since: now - 75_000 }),
  aColleague("305", "Жанна Ли", { department: "Склад", presence: "dnd" }),
  aColleague("306", "Ян Оч", { department: "Склад", presence: "offline", since: now - 3_600_000 }),
];
const RECENT = [
  aRecent({ callId: "r1", result: "missed", startedAt: now - 60_000 }),
  aRecent({
    callId: "r2",
    direction: "outbound",
    outgoing: true,
    name: null,
    number: "8 800 555-35-35",
    path: null,
    talkSeconds: 272,
    startedAt: now - 900_000,
  }),
  aRecent({
    callId: "r3",
    number: null,
    e164: null,
    name: null,
    path: null,
    result: "missed",
    startedAt: now - 2_000_000,
  }),
  aRecent({
    callId: "r4",
    direction: "internal",
    number: "212",
    e164: null,
    name: "Пётр Лебедев",
    path: null,
    talkSeconds: 41,
    startedAt: now - 90_000_000,
  }),
];
const CALL = { startedAt: now - 9_000, number: "+7 495 777-00-11", e164: "+74957770011" };
const TALK = { ...CALL, talkSince: now - 134_000 };

const stage = useStage(COLLEAGUES);

const button = (name: string | RegExp) => stage.panel.getByRole("button", { name });
const shows = (text: string | RegExp) => stage.panel.getByText(text).first().waitFor();
async function open(): Promise<void> {
  await button("Развернуть").click();
  await stage.panel.getByRole("combobox").waitFor();
}
async function openRecent(): Promise<void> {
  await open();
  await stage.panel.getByRole("tab", { name: /^Недавние/ }).click();
}
/** No sign-in succeeds from here on, and the page is loaded anew. */
async function loadInVain(): Promise<void> {
  stage.service.refusal = "busy";
  await stage.page.reload();
  await shows("Подключаемся…");
}
async function loseLink(): Promise<void> {
  stage.service.refusal = "busy";
  stage.service.cut();
}
async function refuse(): Promise<void> {
  stage.service.refusal = "not-an-employee";
  await stage.page.reload();
  await shows("Нет доступа");
}
async function withRecent(): Promise<void> {
  stage.service.recent = RECENT;
  await stage.page.reload();
  await shows("1 пропущенный");
}
const lamp = (state: Lamp["state"]): Lamp => ({ state, since: now - 600_000, reason: null });

const STATES: Record<string, () => Promise<void>> = {
  "pill loading": loadInVain,
  "pill live": async () => {},
  "pill with missed calls": withRecent,
  "pill stale": async () => {
    await loseLink();
    await shows("Нет связи");
  },
  "pill refused": refuse,
  "pill, phone offline": async () => {
    stage.service.change({ lamps: { ...QUIET.lamps, phone: lamp("down") } });
    await shows("204 не на связи");
  },
  "edge live": async () => {
    await open();
    await button("Убрать панель к краю окна").click();
    await button("Открыть Коммутатор").waitFor();
  },
  "edge with missed calls": async () => {
    await withRecent();
    await open();
    await button("Убрать панель к краю окна").click();
    await button("Открыть Коммутатор, 1 пропущенный").waitFor();
  },
  "list loading": async () => {
    await loadInVain();
    await open();
    await stage.panel.locator("[aria-busy=true]").waitFor();
  },
  "list empty": async () => {
    stage.service.state = QUIET;
    await stage.page.reload();
    await open();
    await shows("Коллег пока нет");
  },
  "list live": open,
  "list stale": async () => {
    await open();
    await loseLink();
    await shows(/^Связь с Коммутатором прервалась/);
  },
  "list refused": async () => {
    await refuse();
    await button("Развернуть").click();
    await shows("Вам не открыт доступ");
  },
  "list, nobody found": async () => {
    await open();
    await stage.panel.getByRole("combobox").fill("щука");
    await shows("«щука» не нашли");
  },
  "list, all lamps out": async () => {
    await open();
    const crm = { ...lamp("down"), waiting: 2 };
    stage.service.change({ lamps: { pbx: lamp("down"), crm, phone: lamp("down") } });
    await shows(/^Нет связи с АТС/);
  },
  "recent empty": async () => {
    await openRecent();
    await shows("Звонков пока не было");
  },
  "recent live": async () => {
    await withRecent();
    await openRecent();
    await shows("8 800 555-35-35");
  },
  "recent stale": async () => {
    await withRecent();
    await openRecent();
    await loseLink();
    await shows(/^Связь с Коммутатором прервалась/);
  },
  "ringing live": async () => {
    stage.service.change({ cards: [aCard(CALL)] });
    await shows("Входящий");
  },
  "ringing stale": async () => {
    stage.service.change({ cards: [aCard(CALL)] });
    await shows("Входящий");
    await loseLink();
    await shows(/^Связь с Коммутатором прервалась/);
  },
  "talk live": async () => {
    stage.service.change({ cards: [aTalk(TALK)] });
    await shows("Разговор");
  },
  "talk stale": async () => {
    stage.service.change({ cards: [aTalk(TALK)] });
    await shows("Разговор");
    await loseLink();
    await shows("Разговор идёт, завершить можно на телефоне.");
  },
  "consultation with the list": async () => {
    await open();
    const transfer = aTransfer({ state: "consulting", since: now - 14_000 });
    stage.service.change({ cards: [aConsultation("consult-talking", { ...TALK, transfer })] });
    await button("Соединить").waitFor();
  },
  "parked with the list": async () => {
    await open();
    stage.service.change({ parked: [aParked({ since: now - 30_000 })] });
    await button(/^Забрать с парковки/).waitFor();
  },
};

test.each(Object.entries(STATES))("%s", async (name, reach) => {
  await reach();
  if (PICTURES) await mkdir(PICTURES, { recursive: true });
  await expectAccessible(stage.page, async (theme) => {
    const clip = { x: 880, y: 200, width: 400, height: 700 };
    if (PICTURES) await stage.page.screenshot({ path: join(PICTURES, `${name} ${theme}.png`), clip });
  });
});
