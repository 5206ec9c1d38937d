/**
 * What an employee writes of a call in the panel, in Chromium: it stands in amoCRM's note of the call, and goes with the call to
 * the card where it belongs.
 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PEOPLE } from "../../emulators/amocrm/small-company.ts";
import { describeNeeding } from "../needs.ts";
import { type EmulatedPbx, startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { untilLive } from "../stage/panel-page.ts";
import { Stage } from "../stage/stage.ts";

const MARIA = 504141;
const PICTURES =
  process.env["KOMMUTATOR_PICTURES"] === "true" ? fileURLToPath(new URL("../../docs/img/", import.meta.url)) : null;

describeNeeding("chromium", "words of a call", () => {
  let pbx: EmulatedPbx;
  let stage: Stage;

  beforeEach(async () => {
    pbx = await startEmulatedPbx({ pace: 0.05 });
    stage = await Stage.start(pbx, {});
  });
  afterEach(async () => {
    await stage?.[Symbol.asyncDispose]();
  });

  const resultsOf = (part: "leads" | "contacts", id: number) =>
    stage.crm.controls.account.notesOf(part, id).flatMap(({ params }) => params["call_result"] ?? []);

  async function talksToAnna() {
    const client = await pbx.clientCalls({ from: "79001234567", did: "74950003344" });
    const phone = await (await pbx.phone("201")).waitCall();
    await phone.answer();
    await client.untilTalking();
    return client;
  }

  test("stand in the deal's note at once, and on the contact's card when the call is moved there later", async () => {
    const page = await stage.openCrm(MARIA, `/leads/detail/${PEOPLE.anna.lead}`);
    const panel = await untilLive(page);
    const client = await talksToAnna();
    await panel.getByRole("article", { name: "Разговор: Анна Кравцова" }).waitFor();
    await client.hangUp();

    const words = panel.getByRole("textbox", { name: "Заметка о звонке" });
    await panel.getByRole("article", { name: "Разговор окончен: Анна Кравцова" }).waitFor();
    await words.fill("Просит счёт с доставкой до Выборга");
    if (PICTURES) {
      await mkdir(PICTURES, { recursive: true });
      await panel.getByRole("button", { name: "Карточка звонка: Окна, 12 шт., сменить" }).click();
      await panel.getByRole("button", { name: "Анна Кравцова контакт" }).waitFor();
      await page.screenshot({ path: `${PICTURES}l-words.png` });
      await panel.getByRole("button", { name: "Карточка звонка: Окна, 12 шт., сменить" }).click();
    }
    await words.press("Enter");
    await panel.getByRole("article").waitFor({ state: "detached" });
    const inDeal = () => resultsOf("leads", PEOPLE.anna.lead);
    await expect
      .poll(inDeal, { timeout: 30_000 })
      .toEqual(["✎ Просит счёт с доставкой до Выборга | dst: 201 | Продажи | did: 74950003344"]);

    // Some time later it turns out to have been another matter.
    await page.keyboard.press("Alt+KeyK");
    await panel.getByRole("tab", { name: "Недавние" }).click();
    await panel.getByRole("button", { name: "Заметка о звонке: Анна Кравцова" }).click();
    await expect.poll(() => words.inputValue()).toBe("Просит счёт с доставкой до Выборга");
    await panel.getByRole("button", { name: "Карточка звонка: Окна, 12 шт., сменить" }).click();
    await panel.getByRole("button", { name: "Анна Кравцова контакт" }).click();
    await panel.getByRole("button", { name: "Карточка звонка: Анна Кравцова, сменить" }).waitFor();
    await expect
      .poll(() => resultsOf("contacts", PEOPLE.anna.contact), { timeout: 30_000 })
      .toEqual(["✎ Просит счёт с доставкой до Выборга | dst: 201 | Продажи | did: 74950003344"]);
    await expect.poll(inDeal, { timeout: 30_000 }).toEqual([expect.stringMatching(/^✎ Звонок отнесён к другой/)]);
    expect(stage.crm.controls.invariants()).toMatchObject({ doubledCalls: [], spreadCalls: [] });
    await page.context().close();
  }, 120_000);

  test("go to whichever card is open in the CRM", async () => {
    await (await talksToAnna()).hangUp();
    await expect.poll(() => resultsOf("leads", PEOPLE.anna.lead), { timeout: 30_000 }).toHaveLength(1);
    const page = await stage.openCrm(MARIA, `/contacts/detail/${PEOPLE.pavel.contact}`);
    const panel = await untilLive(page);
    await page.keyboard.press("Alt+KeyK");
    await panel.getByRole("tab", { name: "Недавние" }).click();
    await panel.getByRole("button", { name: "Заметка о звонке: Анна Кравцова" }).first().click();
    await panel.getByRole("button", { name: "Карточка звонка: Окна, 12 шт., сменить" }).click();
    await panel.getByRole("button", { name: /открыта сейчас/ }).click();
    await expect
      .poll(() => resultsOf("contacts", PEOPLE.pavel.contact), { timeout: 30_000 })
      .toContainEqual(expect.stringMatching(/^dst: 201/));
    await page.context().close();
  }, 60_000);
});
