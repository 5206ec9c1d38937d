/**
 * Walks through the demo as a person does, in a headless Chromium, and throws where it does not show what it should.
 * A page is brought to the front before it is clicked: what is behind is drawn once a second only.
 */
import type { BrowserContext, Page } from "playwright-core";
import { PEOPLE, PIPELINES } from "../../emulators/amocrm/small-company.ts";
import { startBrowser } from "../stage/browser.ts";
import { panelOf, untilLive } from "../stage/panel-page.ts";
import { COLLEAGUES, LINES } from "./company.ts";
import type { Demo, DemoOptions } from "./demo.ts";

const ANNA = "79001234567";
const STRANGER = "79031112233";
/** How long a step may take until it counts as not come true. */
const STEP_MS = 10_000;

/** Runs in the CRM's page: resolves with the seconds of sound of the player there, once that plays. */
const PLAYED = `(async () => {
  const audio = document.querySelector(".feed-note-call audio");
  while (!(audio.currentTime > 0)) await new Promise((resolve) => audio.addEventListener("timeupdate", resolve, { once: true }));
  return audio.duration;
})()`;

export async function walk(demo: Demo, step: DemoOptions["step"]): Promise<void> {
  await using browser = await startBrowser();
  const context = await browser.newContext({
    locale: "ru-RU",
    reducedMotion: "reduce",
    viewport: { width: 1280, height: 800 },
  });
  context.setDefaultTimeout(STEP_MS);
  const start = await context.newPage();
  const crm = await step("the start page opens the CRM as Maria, the panel is live", async () => {
    await start.goto(demo.startUrl);
    const page = await follow(context, start, /Мария, 201/);
    await untilLive(page);
    return page;
  });
  const phones = await step("the start page opens the desk phones", () =>
    follow(context, start, /Настольные телефоны/),
  );
  await answeredCall(crm, phones, step);
  await stranger(crm, phones, step);
  await clickToCall(crm, phones, step);
}

async function answeredCall(crm: Page, phones: Page, step: DemoOptions["step"]): Promise<void> {
  const panel = panelOf(crm);
  await step("a client calls: the panel shows who it is", async () => {
    await callCompany(phones, ANNA);
    await panel.getByRole("article", { name: /Входящий: Анна Кравцова/ }).waitFor();
  });
  await step("201 answers on the phone: the talk's time runs in the panel", async () => {
    await key(phones, "Ответить", "201");
    await panel.getByRole("timer").getByText("00:01").waitFor();
  });
  await step("201 hangs up: the deal's feed has a note, its recording plays", async () => {
    await key(phones, "Положить трубку", "201");
    await crm.bringToFront();
    await crm.locator(".feed-note-call a.feed-note__call-player").first().click();
    await crm.locator(".feed-note-call audio").first().waitFor({ state: "attached" });
    const seconds = await crm.evaluate<number>(PLAYED);
    if (!(seconds > 0.5)) throw new Error(`the recording has ${seconds} s of sound`);
  });
}

async function stranger(crm: Page, phones: Page, step: DemoOptions["step"]): Promise<void> {
  await step("a stranger calls and gives up: he stands in «Неразобранное»", async () => {
    await callCompany(phones, STRANGER);
    await panelOf(crm)
      .getByRole("article", { name: /Входящий: \+7 903/ })
      .waitFor();
    await phones.bringToFront();
    await phones.getByRole("button", { name: `Положить трубку: ${STRANGER}` }).click();
    await crm.bringToFront();
    await crm.goto(new URL(`/leads/pipeline/${PIPELINES.sales}`, crm.url()).href);
    await crm
      .getByText(/903 ?111/)
      .first()
      .waitFor();
  });
}

async function clickToCall(crm: Page, phones: Page, step: DemoOptions["step"]): Promise<void> {
  const panel = panelOf(crm);
  await step("a click on a number rings 201, then the client; both talk", async () => {
    await crm.goto(new URL(`/leads/detail/${PEOPLE.anna.lead}`, crm.url()).href);
    await untilLive(crm);
    await crm.locator(".js-stand-phone", { hasText: "900 123" }).first().click();
    await crm.getByRole("menuitem", { name: "Позвонить" }).click();
    await panel.getByRole("article", { name: /Звонит ваш телефон/ }).waitFor();
    await key(phones, "Ответить", "201");
    await phones.getByRole("button", { name: `Ответить: ${ANNA}` }).click();
    await panel.getByRole("article", { name: /Разговор: Анна Кравцова/ }).waitFor();
  });
  await step("«Завершить» in the panel ends it for both", async () => {
    await crm.bringToFront();
    await panel.getByRole("button", { name: /Завершить/ }).click();
    await phones
      .getByRole("status", { name: owner("201") })
      .getByText("Свободен")
      .waitFor();
  });
}

/** Clicks a link that opens a page of its own. */
async function follow(context: BrowserContext, from: Page, name: RegExp): Promise<Page> {
  const [page] = await Promise.all([context.waitForEvent("page"), from.getByRole("link", { name }).click()]);
  return page;
}

const owner = (extension: string) => `${extension} ${COLLEAGUES.find((one) => one.extension === extension)?.name}`;

async function key(phones: Page, word: string, extension: string): Promise<void> {
  await phones.bringToFront();
  await phones.getByRole("button", { name: `${word}: ${owner(extension)}` }).click();
}

async function callCompany(phones: Page, from: string): Promise<void> {
  await phones.bringToFront();
  await phones.getByLabel("Номер клиента").fill(from);
  await phones.getByLabel("Звонит на номер").selectOption(LINES.sales);
  await phones.getByRole("button", { name: "Позвонить в компанию" }).click();
}
