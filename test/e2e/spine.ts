/**
 * The product's main job as an employee lives it, from the trunk to the client's card: the same story on a real Asterisk
 * and on the PBX emulator. The CRM runs the real widget archive; what is seen is what Chromium shows.
 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { FrameLocator, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { PEOPLE, PIPELINES } from "../../emulators/amocrm/small-company.ts";
import { untilLive } from "../stage/panel-page.ts";
import type { TestPbx } from "../stage/pbx.ts";
import { Stage, type StageOptions } from "../stage/stage.ts";

const MARIA = 504141; // extension 201
const SALES = "74950003344"; // 201, then 202
const ANNA = "79001234567";
const ANNA_SHOWN = "+7 900 123-45-67";
const CARD = `/leads/detail/${PEOPLE.anna.lead}`;

/** Pictures for the manual are kept when somebody asks for them; a test run leaves the tree as it was. */
const PICTURES =
  process.env["KOMMUTATOR_PICTURES"] === "true" ? fileURLToPath(new URL("../../docs/img/", import.meta.url)) : null;

/** Runs in the CRM's page: the player that was opened there plays, and seeks to near the end. */
const SEEK = `(async () => {
  const audio = document.querySelector(".feed-note-call audio");
  while (!(audio.readyState >= 2)) await new Promise((resolve) => audio.addEventListener("canplay", resolve, { once: true }));
  audio.currentTime = audio.duration - 0.5;
  await new Promise((resolve) => audio.addEventListener("seeked", resolve, { once: true }));
  return { duration: audio.duration, at: audio.currentTime };
})()`;

/** @param options asked for when the story begins */
export function describeSpine(startPbx: () => Promise<TestPbx>, options: () => StageOptions = () => ({})): void {
  let stage: Stage;
  let page: Page;

  beforeAll(async () => {
    stage = await Stage.start(await startPbx(), options());
    await Promise.all([stage.pbx.phone("201"), stage.pbx.phone("202")]); // their phones are plugged in
    if (PICTURES) await mkdir(PICTURES, { recursive: true });
  });
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    await page?.context().close();
    await stage.pbx.hangUpAll();
  });

  const open = async (path = CARD, view: Parameters<Stage["openCrm"]>[2] = {}): Promise<FrameLocator> => {
    page = await stage.openCrm(MARIA, path, view);
    return untilLive(page);
  };
  const card = (panel: FrameLocator, name: string | RegExp): Locator => panel.getByRole("article", { name });
  const picture = async (name: string) => {
    if (PICTURES) await page.screenshot({ path: `${PICTURES}${name}.png` });
  };
  /** The whole panel, with its list. */
  const withList = async (panel: FrameLocator): Promise<Locator> => {
    const field = panel.getByRole("combobox").or(panel.getByRole("textbox")).first();
    await page.keyboard.press("Alt+KeyK");
    await field.waitFor();
    return field;
  };
  const feedCalls = () => page.locator(".feed-note-call");
  const untilQuiet = async () => {
    const { pbx } = stage;
    await expect.poll(async () => (await pbx.phone("201")).lines + (await pbx.phone("202")).lines).toBe(0);
  };

  test("(a) a known client calls: the panel shows who it is, the timer runs, the deal has one note whose recording plays", async () => {
    const panel = await open();
    const client = await stage.pbx.clientCalls({ from: ANNA, did: SALES });
    const phone = await (await stage.pbx.phone("201")).waitCall();
    const ringing = card(panel, /Входящий: Анна Кравцова/);
    await ringing.waitFor();
    await expect.poll(() => ringing.textContent()).toContain(ANNA_SHOWN);
    await expect.poll(() => ringing.textContent()).toContain("Окна, 12 шт.");
    await picture("a1-incoming");

    await phone.answer();
    await client.untilHears(phone);
    const talking = card(panel, /Разговор: Анна Кравцова/);
    const timer = talking.getByRole("timer");
    await expect.poll(() => timer.textContent()).toBe("00:01");
    await picture("a2-talking");
    await expect.poll(() => timer.textContent()).toBe("00:02");
    await client.hangUp();

    await feedCalls().first().waitFor();
    const note = feedCalls();
    expect(await note.count()).toBe(1);
    expect(await note.textContent()).toContain("Мария Верхнеудинская");
    expect(await note.textContent()).toContain("dst: 201 | Продажи | did: 74950003344");
    await note.locator("a.feed-note__call-player").click();
    await note.locator("audio").waitFor({ state: "attached" });
    const played = await page.evaluate<{ duration: number; at: number }>(SEEK);
    expect(played.duration).toBeGreaterThan(1.5);
    expect(played.at).toBeGreaterThan(0.9);
    await picture("a3-note");
    await untilQuiet();
  });

  const stranger = async (from: string, answered: boolean) => {
    const panel = await open(`/leads/pipeline/${PIPELINES.sales}`);
    const client = await stage.pbx.clientCalls({ from, did: SALES });
    const phone = await (await stage.pbx.phone("201")).waitCall();
    await card(panel, /Входящий: \+7 9/).waitFor();
    if (answered) {
      await phone.answer();
      await client.untilHears(phone);
    }
    await client.hangUp();
    const { account } = stage.crm.controls;
    const unsorted = () =>
      [...account.unsorted.values()].filter(({ metadata }) => String(metadata["phone"]).endsWith(from.slice(-10)));
    await expect.poll(() => unsorted().length).toBe(1);
    const [lead] = unsorted();
    expect(lead).toMatchObject({ pipeline_id: PIPELINES.sales, category: "sip" });
    await untilQuiet();
    return { panel, lead };
  };

  test("(b) a stranger calls and nobody answers: one unsorted lead in the line's pipeline, with a contact", async () => {
    await stranger("79031112233", false);
    await page.getByText(/звонок \+7 903 111-22-33/).waitFor();
    await picture("b-unsorted-missed");
  });

  test("(c) a stranger calls and is answered: likewise, with the recording", async () => {
    await stranger("79031112244", true);
    await page.getByText(/звонок \+7 903 111-22-44/).waitFor();
    await picture("c-unsorted-answered");
  });

  test("(d) a click on a number: 201 rings showing it, then the client; the timer starts with his answer; end call ends both", async () => {
    const panel = await open();
    await page.locator(".js-stand-phone", { hasText: "900 123" }).first().click();
    await page.getByRole("menuitem", { name: "Позвонить" }).click();
    const phone = await (await stage.pbx.phone("201")).waitCall();
    expect(phone.shownNumber.replace(/\D/g, "").slice(-10)).toBe(ANNA.slice(-10));
    await card(panel, /Звонит ваш телефон/).waitFor();
    await picture("d1-own-phone-rings");
    await phone.answer();
    const client = await stage.pbx.waitAtClient(ANNA);
    await card(panel, /Звоним клиенту/).waitFor();
    await picture("d2-client-rings");
    await client.answer();
    const talking = card(panel, /Разговор: Анна Кравцова/);
    await talking.waitFor();
    expect(await talking.getByRole("timer").textContent()).toMatch(/^00:0[01]$/);
    await client.untilHears(phone);
    await talking.getByRole("button", { name: /Завершить/ }).click();
    await Promise.all([client.untilEnded(), phone.untilEnded()]);
    await card(panel, /Разговор окончен: Анна Кравцова/).waitFor();
    await picture("d3-ended");
    await untilQuiet();
  });

  test("(e) a number and ENTER dial it", async () => {
    const panel = await open();
    const field = await withList(panel);
    await field.fill("8 900 123-45-67");
    await panel
      .getByText(/позвонит/)
      .first()
      .waitFor();
    await picture("e-number-enter");
    await field.press("Enter");
    const phone = await (await stage.pbx.phone("201")).waitCall();
    await phone.answer();
    const client = await stage.pbx.waitAtClient(ANNA);
    await client.refuse();
    await phone.untilEnded();
    await untilQuiet();
  });

  test("(f) a text filters the colleagues, in the wrong layout too; ENTER on the single match dials", async () => {
    const panel = await open();
    const field = await withList(panel);
    await field.fill(",jhbc"); // «борис» typed with a Latin layout
    await expect.poll(() => panel.getByRole("row", { name: /Борис Тимофеев/ }).count()).toBe(1);
    await expect.poll(() => panel.getByRole("row", { name: /Вера Нечаева/ }).count()).toBe(0);
    await picture("f-filter-enter");
    const colleague = await stage.pbx.phone("202");
    await field.press("Enter");
    const phone = await (await stage.pbx.phone("201")).waitCall();
    await phone.answer();
    const other = await colleague.waitCall();
    await other.answer();
    await phone.untilHears(other);
    await phone.hangUp();
    await other.untilEnded();
    await untilQuiet();
  });

  test("(g) the client's card opens when he is known, and is made when he is not", async () => {
    const panel = await open("/leads/");
    const known = await stage.pbx.clientCalls({ from: ANNA, did: SALES });
    await (await stage.pbx.phone("201")).waitCall();
    await card(panel, /Анна Кравцова/)
      .getByRole("button", { name: /Карточка/ })
      .click();
    await page.waitForURL(/\/(leads|contacts)\/detail\/\d+/);
    await known.hangUp();
    await untilQuiet();

    const unknown = await stage.pbx.clientCalls({ from: "79035556677", did: SALES });
    const phone = await (await stage.pbx.phone("201")).waitCall();
    await phone.answer();
    await unknown.untilTalking();
    await card(panel, /\+7 903 555-66-77/)
      .getByRole("button", { name: /Создать контакт/ })
      .click();
    await page.waitForURL(/\/contacts\/detail\/\d+/);
    await page
      .getByText(/903 ?555-?66-?77|79035556677/)
      .first()
      .waitFor();
    await picture("g-contact-made");
    await unknown.hangUp();
    await untilQuiet();
    expect(stage.crm.controls.invariants()).toMatchObject({ duplicateContacts: [] });
  });

  test("(h) an internal call shows the colleague by name, and the CRM is told nothing", async () => {
    const panel = await open();
    const caller = await (await stage.pbx.phone("202")).dial("201");
    const phone = await (await stage.pbx.phone("201")).waitCall();
    await card(panel, /Борис Тимофеев/).waitFor();
    await picture("h-internal");
    await phone.answer();
    await caller.untilHears(phone);
    await card(panel, /Разговор: Борис Тимофеев/).waitFor();
    await withList(panel);
    await panel.getByRole("row", { name: /Борис Тимофеев.*говорит/ }).waitFor();
    await caller.hangUp();
    await phone.untilEnded();
    await untilQuiet();
    await panel.getByRole("row", { name: /Борис Тимофеев.*на связи/ }).waitFor();
  });

  test("(i) the panel hides whole, hides its list, shows itself on a call, and comes back at the right edge", async () => {
    const panel = await open();
    await withList(panel);
    const frame = page.locator("iframe[src*='/panel/']");
    const width = async () => (await frame.boundingBox())?.width ?? 0;
    await panel.getByRole("row", { name: /Борис Тимофеев/ }).waitFor();
    await picture("i1-full");
    await panel.getByRole("button", { name: "Скрыть коллег" }).click();
    await expect.poll(() => panel.getByRole("grid", { name: "Коллеги" }).count()).toBe(0);
    await picture("i2-list-hidden");
    await panel.getByRole("button", { name: "Убрать панель к краю окна" }).click();
    await panel.getByRole("button", { name: "Открыть Коммутатор" }).waitFor();
    await expect.poll(width).toBeLessThan(40);
    await picture("i3-hidden");
    // A card under the pointer would stay until the pointer leaves it.
    await page.mouse.move(300, 300);

    const client = await stage.pbx.clientCalls({ from: ANNA, did: SALES });
    await (await stage.pbx.phone("201")).waitCall();
    await card(panel, /Входящий: Анна Кравцова/).waitFor();
    await client.hangUp();
    await untilQuiet();
    // The call over, it goes back to where the person had put it.
    await expect.poll(width, { timeout: 15_000 }).toBeLessThan(40);

    const view = page.viewportSize() ?? { width: 0, height: 0 };
    await page.mouse.move(view.width / 2, 300);
    await page.mouse.move(view.width - 1, 300, { steps: 5 });
    await expect.poll(width).toBeGreaterThan(150);
    await picture("i4-revealed");
  });

  test("(j) the panel speaks the user's language and is dark where the CRM is", async () => {
    const english = await open(CARD, { language: "en" });
    await withList(english);
    await english.getByRole("grid", { name: "Colleagues" }).waitFor();
    const client = await stage.pbx.clientCalls({ from: ANNA, did: SALES });
    const phone = await (await stage.pbx.phone("201")).waitCall();
    await card(english, /Incoming: Анна Кравцова/).waitFor();
    await picture("j1-english");
    await page.context().close();

    const dark = await open(CARD, { language: "ru" });
    await page.getByRole("button", { name: "Тёмная тема" }).click();
    await dark.locator("html[data-theme=dark]").waitFor({ state: "attached" });
    await card(dark, /Входящий: Анна Кравцова/).waitFor();
    await phone.answer();
    await client.untilTalking();
    await card(dark, /Разговор: Анна Кравцова/).waitFor();
    await withList(dark);
    await picture("j2-dark");
    await client.hangUp();
    await untilQuiet();
  });

  test("(k) a missed call stands among the last ones, and one key calls back; after the talk nobody waits", async () => {
    const panel = await open();
    await withList(panel);
    const lost = await stage.pbx.clientCalls({ from: ANNA, did: SALES });
    await (await stage.pbx.phone("201")).waitCall();
    await card(panel, /Входящий: Анна Кравцова/).waitFor();
    await lost.hangUp();
    await untilQuiet();
    const tab = panel.getByRole("tab", { name: /^Недавние/ });
    const count = tab.locator("[title]");
    const waiting = async () =>
      (await count.count()) === 0 ? 0 : parseInt((await count.getAttribute("title")) ?? "", 10);
    await tab.click();
    const missed = panel.getByRole("button", { name: /^Перезвонить: Анна Кравцова пропущен/ }).first();
    await missed.waitFor();
    const before = await waiting();
    await picture("k-recent");
    await missed.click();
    const phone = await (await stage.pbx.phone("201")).waitCall();
    await phone.answer();
    const client = await stage.pbx.waitAtClient(ANNA);
    await client.answer();
    await card(panel, /Разговор: Анна Кравцова/).waitFor();
    await client.untilHears(phone);
    // Less than a second would count as no talk.
    await panel.getByRole("timer").getByText("00:02").waitFor();
    await client.hangUp();
    await untilQuiet();
    await panel
      .getByRole("button", { name: /^Перезвонить: Анна Кравцова разговор/ })
      .first()
      .waitFor();
    await expect.poll(waiting).toBe(before - 1);
  });

  test("what the service wrote is one note for each call and no secret", async () => {
    const { output } = stage.service;
    expect(stage.crm.controls.invariants()).toMatchObject({
      doubledCalls: [],
      spreadCalls: [],
      doubledUnsorted: [],
      uncountedCalls: [],
    });
    expect(output).not.toContain(ANNA);
    expect(output).not.toContain(stage.pbx.ami.secret);
  });
}
