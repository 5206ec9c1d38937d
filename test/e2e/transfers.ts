/**
 * Handing over, taking and asking as employees live it, from the panel in Chromium: the same story on a real Asterisk and on
 * the PBX emulator. What the phones do is checked at the phones, what people are told is checked on the screen.
 */
import type { FrameLocator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { PEOPLE } from "../../emulators/amocrm/small-company.ts";
import { untilLive } from "../stage/panel-page.ts";
import type { TestCall, TestPbx, TestPhone } from "../stage/pbx.ts";
import { Stage } from "../stage/stage.ts";

const MARIA = 504141; // extension 201
const BORIS = 504142; // extension 202
const SALES = "74950003344"; // 201, then 202
const ANNA = "79001234567";
/** A company whose responsible user is Boris. */
const NORTH_WIND = "74957770011";
const CARD = `/leads/detail/${PEOPLE.anna.lead}`;

export function describeTransfersInPanel(startPbx: () => Promise<TestPbx>): void {
  let stage: Stage;
  let own: TestPhone;
  let colleague: TestPhone;
  const pages: Page[] = [];

  beforeAll(async () => {
    stage = await Stage.start(await startPbx());
    [own, colleague] = await Promise.all([stage.pbx.phone("201"), stage.pbx.phone("202")]);
  });

  afterEach(async () => {
    await stage.pbx.hangUpAll();
    await expect.poll(() => stage.pbx.channels(), { timeout: 10_000 }).toBe(0);
    for (const page of pages.splice(0)) await page.context().close();
  });

  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]();
  });

  /** An employee's CRM with the panel opened whole. */
  async function sit(user: number): Promise<{ page: Page; panel: FrameLocator }> {
    const page = await stage.openCrm(user, CARD);
    pages.push(page);
    const panel = await untilLive(page);
    await page.keyboard.press("Alt+KeyK");
    await panel.getByRole("row").first().waitFor();
    return { page, panel };
  }

  const told = (panel: FrameLocator, name: string | RegExp) => panel.getByRole("article", { name }).waitFor();
  const wire = (panel: FrameLocator, name: string) => panel.getByRole("img", { name }).waitFor();
  const key = (panel: FrameLocator, name: string | RegExp) => panel.getByRole("button", { name });
  const field = (panel: FrameLocator) => panel.getByRole("combobox");
  const rowOf = (panel: FrameLocator, name: string) => panel.getByRole("row", { name: new RegExp(name) });

  async function bothHear(one: TestCall, other: TestCall): Promise<void> {
    await Promise.all([one.untilHears(other), other.untilHears(one)]);
  }

  /** Maria talks to Anna. */
  async function talking() {
    const { page, panel } = await sit(MARIA);
    const client = await stage.pbx.clientCalls({ from: ANNA, did: SALES });
    const mine = await own.waitCall();
    await told(panel, "Входящий: Анна Кравцова");
    await mine.answer();
    await bothHear(client, mine);
    await told(panel, "Разговор: Анна Кравцова");
    return { page, panel, client, mine };
  }

  /** Maria asks Boris while Anna waits. */
  async function consulting() {
    const { page, panel, client, mine } = await talking();
    await rowOf(panel, "Борис Тимофеев").dblclick();
    const theirs = await colleague.waitCall();
    await told(panel, "Вызов: Борис: Анна Кравцова");
    await wire(panel, "Клиент: музыка; Вы: гудки; Борис: звонит");
    await theirs.answer();
    await bothHear(mine, theirs);
    await told(panel, "Консультация: Анна Кравцова");
    await wire(panel, "Клиент: музыка; Вы: говорите; Борис: слышит вас");
    return { page, panel, client, mine, theirs };
  }

  test("a double click on a colleague asks him first; ENTER connects, and he sees who it is and what was written", async () => {
    const boris = await sit(BORIS);
    const { page, panel, client, mine, theirs } = await consulting();
    const note = panel.getByRole("textbox", { name: "Заметка коллеге" });
    await note.fill("Про счёт 118");
    await note.press("Enter");
    await boris.panel.getByText("«Про счёт 118»").waitFor();
    await page.keyboard.press("Enter");
    await mine.untilEnded();
    await bothHear(client, theirs);
    await told(boris.panel, "Разговор: Анна Кравцова");
  });

  test("the colleague refuses: the panel says so, and who hears whom", async () => {
    const { panel, client, mine } = await talking();
    await rowOf(panel, "Борис Тимофеев").dblclick();
    await (await colleague.waitCall()).refuse();
    await panel.getByRole("article", { name: /^Борис(: вызов отклонён| не берёт|: занято): Анна Кравцова$/ }).waitFor();
    await panel.getByRole("img", { name: /^Клиент: слышит вас; Вы: говорите; Борис: / }).waitFor();
    await bothHear(client, mine);
  });

  test("R goes back to the client at any moment of the consultation", async () => {
    const { page, panel, client, mine, theirs } = await consulting();
    await page.keyboard.press("r");
    await theirs.untilEnded();
    await bothHear(client, mine);
    await told(panel, "Разговор: Анна Кравцова");
  });

  test("S swaps: the client talks, the colleague waits, and back", async () => {
    const { page, panel, client, mine, theirs } = await consulting();
    await page.keyboard.press("s");
    await told(panel, "Говорит клиент: Анна Кравцова");
    await wire(panel, "Клиент: слышит вас; Вы: говорите; Борис: музыка");
    await bothHear(client, mine);
    await key(panel, /^Поменять/).click();
    await wire(panel, "Клиент: музыка; Вы: говорите; Борис: слышит вас");
    await bothHear(mine, theirs);
  });

  test("Shift ENTER gives the talk away; while his phone rings it is taken back", async () => {
    const { panel, client, mine } = await talking();
    await field(panel).fill("борис");
    await panel.getByText("спросит: Борис, клиент ждёт под музыку").waitFor();
    await panel.getByText("Shift ENTER отдаст сразу").waitFor();
    await field(panel).press("Shift+Enter");
    const theirs = await colleague.waitCall();
    await mine.untilEnded();
    await told(panel, "Перевод: Борис: Анна Кравцова");
    await wire(panel, "Клиент: гудки; Борис: звонит; Вы: свободны");
    await key(panel, "Забрать себе").click();
    const again = await own.waitCall();
    await theirs.untilEnded();
    await again.answer();
    await bothHear(client, again);
    await told(panel, "Вы забрали клиента: Анна Кравцова");
  });

  test("what was given away is taken by the colleague, and the panel says who talks", async () => {
    const { panel, client } = await talking();
    await field(panel).fill("борис");
    await field(panel).press("Shift+Enter");
    const theirs = await colleague.waitCall();
    await told(panel, "Перевод: Борис: Анна Кравцова");
    await theirs.answer();
    await bothHear(client, theirs);
    await told(panel, "Говорит Борис Тимофеев: Анна Кравцова");
  });

  test("before the answer ENTER sends the call on: the own phone goes quiet, the colleague's rings", async () => {
    const { panel } = await sit(MARIA);
    const client = await stage.pbx.clientCalls({ from: ANNA, did: SALES });
    const mine = await own.waitCall();
    await told(panel, "Входящий: Анна Кравцова");
    await field(panel).fill("борис");
    await panel.getByText("отдаст: Борис Тимофеев, ваш телефон умолкнет").waitFor();
    await field(panel).press("Enter");
    const theirs = await colleague.waitCall();
    await mine.untilEnded();
    await theirs.answer();
    await bothHear(client, theirs);
  });

  test("before the answer a double click on a colleague sends the call on, and he sees who hands it over", async () => {
    const boris = await sit(BORIS);
    const { panel } = await sit(MARIA);
    const client = await stage.pbx.clientCalls({ from: ANNA, did: SALES });
    const mine = await own.waitCall();
    await told(panel, "Входящий: Анна Кравцова");
    await rowOf(panel, "Борис Тимофеев").dblclick();
    const theirs = await colleague.waitCall();
    await mine.untilEnded();
    await told(boris.panel, "Переводит Мария: Анна Кравцова");
    await theirs.answer();
    await bothHear(client, theirs);
    await told(panel, "Говорит Борис Тимофеев: Анна Кравцова");
  });

  test("what was given away is refused: the client rings here again, and the panel says why", async () => {
    const { panel, client } = await talking();
    await field(panel).fill("борис");
    await field(panel).press("Shift+Enter");
    await (await colleague.waitCall()).refuse();
    const again = await own.waitCall();
    await again.answer();
    await bothHear(client, again);
    await told(panel, "Клиент вернулся: Анна Кравцова");
  });

  test("a number that the PBX does not know is refused in words, and the talk goes on", async () => {
    const { panel, client, mine } = await talking();
    await field(panel).fill("999");
    await field(panel).press("Enter");
    await panel
      .getByRole("alert")
      .filter({ hasText: "Вызвать коллегу не удалось. АТС не знает такого номера" })
      .waitFor();
    await bothHear(client, mine);
  });

  test("the own client rings at a colleague's: one key brings him here", async () => {
    const { page, panel } = await sit(BORIS);
    const client = await stage.pbx.clientCalls({ from: NORTH_WIND, did: SALES });
    const elsewhere = await own.waitCall();
    await told(panel, /^Звонит ваш клиент: /);
    await page.keyboard.press("Alt+KeyJ"); // from the field, where a letter is text, to the call
    await page.keyboard.press("a");
    const his = await colleague.waitCall();
    await his.answer();
    await bothHear(client, his);
    await elsewhere.untilEnded();
    await told(panel, /^Разговор: /);
  });

  test("the own client was answered by somebody who was faster: the panel says by whom", async () => {
    const { panel } = await sit(BORIS);
    await stage.pbx.clientCalls({ from: NORTH_WIND, did: SALES });
    const elsewhere = await own.waitCall();
    await told(panel, /^Звонит ваш клиент: /);
    await elsewhere.answer();
    await told(panel, /^Говорит Мария Верхнеудинская: /);
  });

  test("what rings at a colleague's phone is answered from his row", async () => {
    const { panel } = await sit(BORIS);
    const client = await stage.pbx.clientCalls({ from: ANNA, did: SALES });
    const elsewhere = await own.waitCall();
    await rowOf(panel, "Мария Верхнеудинская.*звонит").hover();
    await key(panel, /^Ответить за коллегу/).click();
    const his = await colleague.waitCall();
    await his.answer();
    await bothHear(client, his);
    await elsewhere.untilEnded();
    await told(panel, "Разговор: Анна Кравцова");
  });

  test("parked, the client waits in a line of the panel, and is fetched from it by a colleague", async () => {
    const boris = await sit(BORIS);
    const { panel, client, mine } = await talking();
    await key(panel, /^На парковку/).click();
    await mine.untilEnded();
    await panel.getByRole("region", { name: "На парковке" }).waitFor();
    await key(boris.panel, /^Забрать с парковки/).click();
    const his = await colleague.waitCall();
    await his.answer();
    await bothHear(client, his);
    await panel.getByRole("region", { name: "На парковке" }).waitFor({ state: "detached" });
  });

  test("the keypad sends tones, typed however fast", async () => {
    const { panel, client } = await talking();
    await key(panel, "Тоновый набор").click();
    for (const digit of "112#") await panel.getByRole("button", { name: digit, exact: true }).click();
    await panel.getByText("Набрано: 1 1 2 #").waitFor();
    await expect.poll(() => client.digits, { timeout: 10_000 }).toBe("112#");
  });

  test("a client who talks to a colleague is not called a second time without a question", async () => {
    const { panel, page } = await sit(BORIS);
    const client = await stage.pbx.clientCalls({ from: ANNA, did: SALES });
    const mine = await own.waitCall();
    await mine.answer();
    await bothHear(client, mine);
    await rowOf(panel, "Мария Верхнеудинская.*говорит").waitFor();
    await field(panel).fill("8 900 123-45-67");
    await field(panel).press("Enter");
    await told(panel, /^С клиентом говорит Мария: /);
    const safe = key(panel, "Не звонить");
    await expect.poll(() => panel.locator(":focus").textContent()).toBe("Не звонить");
    await page.keyboard.press("Enter");
    await safe.waitFor({ state: "detached" });
    expect(colleague.lines).toBe(0);
  });

  test("asked whether to call him nevertheless, the employee may", async () => {
    const { panel } = await sit(BORIS);
    const client = await stage.pbx.clientCalls({ from: ANNA, did: SALES });
    const mine = await own.waitCall();
    await mine.answer();
    await bothHear(client, mine);
    await rowOf(panel, "Мария Верхнеудинская.*говорит").waitFor();
    await field(panel).fill("8 900 123-45-67");
    await field(panel).press("Enter");
    await key(panel, "Всё равно набрать клиента").click();
    const his = await colleague.waitCall();
    await told(panel, /^Звонит ваш телефон: /);
    await his.hangUp();
  });

  test("a call that went on to the next phone was missed here, and can be called back", async () => {
    const { panel } = await sit(MARIA);
    const client = await stage.pbx.clientCalls({ from: ANNA, did: SALES });
    await own.waitCall();
    await told(panel, "Входящий: Анна Кравцова");
    await client.hangUp();
    await told(panel, "Пропущен: Анна Кравцова");
    await key(panel, "Перезвонить").waitFor();
  });
}
