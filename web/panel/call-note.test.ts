/** Words for the CRM's note of a call, and the card on which it belongs: during the talk, after it, and from the last calls. */
import { beforeEach, describe, expect, test } from "vitest";
import type { CallNoteView, CommandOutcome } from "../../src/panel/protocol.ts";
import { expectAccessible, useStage } from "../testing/stage.ts";
import { aCard, aColleague, aRecent, aTalk } from "../testing/views.ts";

const TOLD: CallNoteView = {
  text: "",
  path: "/leads/detail/7",
  places: [
    { kind: "lead", path: "/leads/detail/7", name: "Окна, 12 шт." },
    { kind: "contact", path: "/contacts/detail/1", name: "Анна Кравцова" },
    { kind: "company", path: "/companies/detail/5", name: "ООО «Окна Севера»" },
  ],
};

const stage = useStage([aColleague("205", "Мария Верхнеудинская")]);

const words = () => stage.panel.getByRole("textbox", { name: "Заметка о звонке" });
const button = (name: string | RegExp) => stage.panel.getByRole("button", { name });
const place = (name: string) => button(`Карточка звонка: ${name}, сменить`);
const press = async (...keys: string[]) => {
  for (const key of keys) await stage.page.keyboard.press(key);
};
const given = () => stage.service.commands.map(({ command }) => command);
const hear = (sentence: string) => expect.poll(() => stage.panel.getByRole("status").textContent()).toBe(sentence);
const answer = (outcome: CommandOutcome) => {
  const { notes } = stage.service;
  stage.service.onCommand = (id, command) => {
    const known = "callId" in command ? notes.get(command.callId) : undefined;
    if (outcome.state === "done" && known && command.kind === "note-call")
      notes.set(command.callId, { ...known, text: command.text });
    stage.service.outcome(id, outcome);
  };
};

async function talk(told: CallNoteView | null = TOLD): Promise<void> {
  if (told) stage.service.notes.set("c1", told);
  const now = Date.now();
  stage.service.change({ cards: [aTalk({ startedAt: now - 9_000, talkSince: now - 4_000 })] });
  await stage.panel.getByRole("article", { name: /^Разговор/ }).waitFor();
}

async function hangUp(): Promise<void> {
  stage.service.change({ cards: [] });
  await stage.panel.getByRole("article", { name: /^Разговор окончен/ }).waitFor();
}

const focusPanel = async () => {
  await press("Alt+KeyJ");
  await expect.poll(() => stage.panel.locator(":focus").count()).toBe(1);
};

describe("in the talk", () => {
  test("N opens the field, what is typed is kept after a pause, and ENTER is done with it", async () => {
    answer({ state: "done" });
    await talk();
    await focusPanel();
    await press("n");
    await expect.poll(() => words().evaluate((field) => field.matches(":focus"))).toBe(true);
    await stage.page.keyboard.type("Просит счёт\n");
    await words().waitFor({ state: "detached" });
    expect(given()).toEqual([{ kind: "note-call", callId: "c1", text: "Просит счёт" }]);
    // The letters are the panel's again: the field is back, with what was kept.
    await press("n");
    await expect.poll(() => words().inputValue()).toBe("Просит счёт");
    await stage.page.keyboard.type(", с доставкой");
    await hear("Заметка сохранена.");
    await stage.panel.getByText("сохранено", { exact: true }).waitFor();
    expect(given().at(-1)).toEqual({ kind: "note-call", callId: "c1", text: "Просит счёт, с доставкой" });
  });

  test("what was said before stands there, and no word of it is lost to one who types sooner than it is told", async () => {
    await talk({ ...TOLD, text: "Ждёт замера" });
    await button("Заметка").click();
    await expect.poll(() => words().inputValue()).toBe("Ждёт замера");
    await press("Escape");
    await words().waitFor({ state: "detached" });
    expect(given()).toEqual([]);
  });

  test("among colleagues, and with whoever hides his number, there is nothing to write", async () => {
    stage.service.change({ cards: [aTalk({ direction: "internal", clients: [], colleague: "Мария" })] });
    await button("Перевести").waitFor();
    expect(await button("Заметка").count()).toBe(0);
    stage.service.change({ cards: [aTalk({ number: null, e164: null, clients: [] })] });
    await stage.panel.getByRole("article", { name: /Номер скрыт/ }).waitFor();
    expect(await button("Заметка").count()).toBe(0);
  });

  test("the key stands where it stood when it rang, and all five fit the narrowest panel", async () => {
    const grip = stage.panel.getByRole("separator", { name: "Ширина панели" });
    const at = async () => (await button("Заметка").boundingBox())?.x;
    stage.service.change({ cards: [aCard({ can: ["hang-up", "blind-transfer"] })] });
    await grip.focus();
    for (let px = 320; px > 280; px -= 10) await grip.press("ArrowRight");
    const rings = await at();
    const can = ["hang-up", "hold", "park", "send-digits", "attended-transfer"] as const;
    stage.service.change({ cards: [aTalk({ can, talkSince: Date.now() })] });
    await button("Удержать").waitFor();
    expect(await at()).toBe(rings);
    const row = await stage.panel.locator(".k-acts").evaluate((one) => [one.scrollWidth, one.clientWidth]);
    expect(row[0]).toBe(row[1]);
  });
});

describe("after the talk", () => {
  test("whose cursor was in the panel finds it in the field; ENTER keeps the words and puts the card away", async () => {
    answer({ state: "done" });
    await talk();
    await focusPanel();
    await hangUp();
    await expect.poll(() => words().evaluate((field) => field.matches(":focus"))).toBe(true);
    await stage.page.keyboard.type("Договорились");
    await press("Enter");
    await stage.panel.getByRole("article").waitFor({ state: "detached" });
    expect(given()).toEqual([{ kind: "note-call", callId: "c1", text: "Договорились" }]);
    await hear("Заметка сохранена.");
  });

  test("whoever types in the CRM's page is left there; the card goes when it is put away", async () => {
    await stage.page.getByLabel("Название").focus();
    await talk();
    await hangUp();
    await words().waitFor();
    await stage.page.keyboard.type("Окна");
    expect(await stage.page.getByLabel("Название").inputValue()).toBe("Окна");
    await button("Закрыть").click();
    await stage.panel.getByText("На связи").waitFor();
    expect(given()).toEqual([]);
  });

  test("another call does not take the field away from under the cursor", async () => {
    answer({ state: "done" });
    await talk();
    await focusPanel();
    await hangUp();
    await stage.page.keyboard.type("Перезвонить в ");
    stage.service.change({ cards: [aCard({ callId: "c2", clients: [] })] });
    await button("Отклонить: +7 916 123-45-67").waitFor();
    await stage.page.keyboard.type("среду");
    expect(await words().inputValue()).toBe("Перезвонить в среду");
    await press("Enter");
    await stage.panel.getByRole("article", { name: /^Входящий/ }).waitFor();
    await expect.poll(() => given().at(-1)).toEqual({ kind: "note-call", callId: "c1", text: "Перезвонить в среду" });
  });

  test("it is put on another card of the client, or on the one that is open in the CRM", async () => {
    answer({ state: "done" });
    const open = { kind: "lead", path: "/leads/detail/70", name: "Склад" } as const;
    await stage.page.evaluate(() => window.history.pushState(null, "", "/leads/detail/70?tab=1"));
    await talk({ ...TOLD, places: [...TOLD.places, open] });
    await hangUp();
    await place("Окна, 12 шт.").click();
    await expect.poll(() => stage.service.asked.at(-1)).toMatchObject({ callId: "c1", open: "/leads/detail/70" });
    const offered = stage.panel.getByRole("group", { name: "На какую карточку отнести звонок" });
    await expect
      .poll(() => offered.getByRole("button").allTextContents())
      .toEqual([
        "Окна, 12 шт.сделка",
        "Анна Кравцоваконтакт",
        "ООО «Окна Севера»компания",
        "Складсделка, открыта сейчас",
      ]);
    await offered.getByRole("button", { name: "Склад" }).click();
    await hear("Звонок на карточке: Склад.");
    expect(given()).toEqual([{ kind: "move-call", callId: "c1", path: "/leads/detail/70" }]);
    // The cursor is where it was, and the field says where the call stands now.
    await expect.poll(() => place("Склад").evaluate((one) => one.matches(":focus"))).toBe(true);
    await stage.panel.getByText("перенесено", { exact: true }).waitFor();
  });

  test("a card that is opened in the CRM while another one is being chosen is asked for, too", async () => {
    await talk();
    await hangUp();
    await place("Окна, 12 шт.").click();
    await expect.poll(() => stage.service.asked.length).toBe(2); // with the field, and with the choice
    await stage.page.evaluate(() => window.history.pushState(null, "", "/leads/detail/70"));
    await expect.poll(() => stage.service.asked.at(-1)).toMatchObject({ callId: "c1", open: "/leads/detail/70" });
  });

  test("an open card that is not to be had is spoken of", async () => {
    await stage.page.evaluate(() => window.history.pushState(null, "", "/leads/detail/71"));
    await talk();
    await hangUp();
    await place("Окна, 12 шт.").click();
    await stage.panel.getByText("Открытую карточку выбрать нельзя").waitFor();
  });
});

describe("trouble", () => {
  test("a refusal says why, and can be tried again", async () => {
    answer({ state: "refused", reason: "no-such-client" });
    await talk();
    await hangUp();
    await place("Окна, 12 шт.").click();
    await button("Анна Кравцова контакт").click();
    await stage.panel.getByRole("alert").filter({ hasText: "Звонок не перенесён. Такой карточки нет" }).waitFor();
    await place("Окна, 12 шт.").waitFor();
    answer({ state: "done" });
    await button("Ещё раз").click();
    await place("Анна Кравцова").waitFor();
  });

  test("without a link the text stays, and goes by itself when the link is back", async () => {
    answer({ state: "done" });
    await talk();
    await hangUp();
    await words().waitFor();
    await expect.poll(() => stage.service.asked.length).toBe(1);
    stage.service.refusal = "busy";
    stage.service.cut();
    await stage.panel.getByText("Показано то, что было известно").waitFor();
    await words().fill("Ждёт до пятницы");
    await stage.panel.getByText("уйдёт, когда будет связь").waitFor();
    await words().press("Enter");
    await stage.panel.getByRole("article").waitFor({ state: "detached" });
    expect(given()).toEqual([]);
    stage.service.refusal = null;
    await expect
      .poll(given, { timeout: 20_000 })
      .toEqual([{ kind: "note-call", callId: "c1", text: "Ждёт до пятницы" }]);
  });

  describe("a page that is loaded anew while words cannot go", () => {
    beforeEach(async () => {
      answer({ state: "done" });
      await talk({ ...TOLD, text: "Ждёт" });
      await hangUp();
      await expect.poll(() => words().inputValue()).toBe("Ждёт");
      stage.service.refusal = "busy";
      stage.service.cut();
      await stage.panel.getByText("Показано то, что было известно").waitFor();
      await words().fill("Ждёт до пятницы");
      await expect.poll(kept).toContain("Ждёт до пятницы");
    });
    const kept = () => stage.page.evaluate(() => JSON.stringify({ ...sessionStorage }));
    const comeBack = async () => {
      stage.service.refusal = null;
      await stage.page.reload();
      await stage.panel.getByText("На связи").waitFor();
    };

    test("sends them by itself, once, and keeps them no longer", async () => {
      await comeBack();
      await expect.poll(given).toEqual([{ kind: "note-call", callId: "c1", text: "Ждёт до пятницы" }]);
      await expect.poll(kept).toBe("{}");
      await comeBack();
      await expect.poll(() => stage.service.signIns.length).toBeGreaterThan(2);
      expect(given()).toHaveLength(1);
    });

    test("does not lose what a colleague has written meanwhile", async () => {
      stage.service.notes.set("c1", { ...TOLD, text: "Мария: ушёл." });
      await comeBack();
      await expect.poll(given).toEqual([{ kind: "note-call", callId: "c1", text: "Мария: ушёл. Ждёт до пятницы" }]);
    });

    test.each([
      ["another employee signs in", () => ({ me: { ...stage.service.me, userId: 504142 } })],
      ["the service knows nobody any more", () => ({ refusal: "not-an-employee" as const })],
    ])("gives nothing away when %s", async (_, changed) => {
      stage.service.refusal = null;
      Object.assign(stage.service, changed());
      await stage.page.reload();
      await expect.poll(kept).toBe("{}");
      expect(given()).toEqual([]);
    });
  });

  test("a card that was put away before its words were refused is spoken for, and the words are where the call is", async () => {
    answer({ state: "refused", reason: "crm-unavailable" });
    stage.service.recent = [aRecent()];
    await talk();
    await hangUp();
    await words().fill("Ждёт до пятницы");
    await words().press("Enter");
    await stage.panel.getByRole("alert").filter({ hasText: "Заметка не сохранена. Коммутатор не смог" }).waitFor();
    await stage.panel.getByRole("tab", { name: "Недавние" }).click();
    await button("Заметка о звонке: Анна Кравцова").click();
    expect(await words().inputValue()).toBe("Ждёт до пятницы");
  });
});

test("from the last calls, by the keys alone", async () => {
  answer({ state: "done" });
  stage.service.recent = [aRecent({ callId: "r1" }), aRecent({ callId: "r2", direction: "internal", number: "212" })];
  stage.service.notes.set("r1", { ...TOLD, text: "Ждёт счёт" });
  await stage.page.reload();
  await stage.panel.getByText("На связи").waitFor();
  await press("Alt+KeyK");
  await stage.panel.getByRole("combobox").waitFor();
  await stage.panel.getByRole("tab", { name: "Недавние" }).click();
  expect(await button(/^Заметка о звонке/).count()).toBe(1);
  await stage.panel.getByRole("combobox").focus();
  await press("ArrowDown", "Tab", "Tab");
  const key = button("Заметка о звонке: Анна Кравцова");
  await expect.poll(() => key.evaluate((one) => one.matches(":focus"))).toBe(true);
  await press("Enter");
  await expect.poll(() => words().evaluate((field) => field.matches(":focus"))).toBe(true);
  await expect.poll(() => words().inputValue()).toBe("Ждёт счёт");
  await press("End");
  await stage.page.keyboard.type(", отправлен");
  await press("Tab", "Enter", "Tab", "Tab", "Enter");
  await expect.poll(given).toEqual([
    { kind: "note-call", callId: "r1", text: "Ждёт счёт, отправлен" },
    { kind: "move-call", callId: "r1", path: "/contacts/detail/1" },
  ]);
  await press("Escape");
  await words().waitFor({ state: "detached" });
  await expect.poll(() => key.evaluate((one) => one.matches(":focus"))).toBe(true);
});

test("axe finds nothing in the field with its cards and a refusal, light and dark", async () => {
  answer({ state: "refused", reason: "no-such-client" });
  await talk();
  await hangUp();
  await place("Окна, 12 шт.").click();
  await button("Анна Кравцова контакт").click();
  await stage.panel.getByRole("alert").waitFor();
  await place("Окна, 12 шт.").click();
  await expectAccessible(stage.page);
});
