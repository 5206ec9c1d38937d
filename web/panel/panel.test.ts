/**
 * The real panel in the real widget in a real browser, beside a service that says what the test wants. Elements are found by role and
 * name, waits are for facts. The CRM's page and the panel have different sites, as in life.
 */
import { describe, expect, test } from "vitest";
import { ring, usePanel } from "../testing/panel-page.ts";
import { QUIET } from "../testing/views.ts";

const { stage, button, field, card, given, practice, open, refuseCommands } = usePanel();

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
    await expect.poll(given).toEqual([{ kind: "hang-up", callId: "c1", legId: "l1" }]);
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
    refuseCommands("crm-unavailable");
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
    expect(given()).toEqual([{ kind: "dial", number: "8 (916) 123-45-67" }]);
  });

  test("that was refused says why, and can be tried again", async () => {
    refuseCommands("own-phone-no-answer");
    await stage.page.locator("#phone").click();
    await stage.panel.getByRole("article", { name: "Ваш телефон не ответил: 8 916 123-45-67" }).waitFor();
    await stage.panel.getByText("Трубку не сняли. Другой стороне не звонили").waitFor();
    stage.service.onCommand = () => {};
    await button("Ещё раз").click();
    await stage.panel.getByRole("article", { name: "Набираем: 8 916 123-45-67" }).waitFor();
    expect(stage.service.commands.length).toBe(2);
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
