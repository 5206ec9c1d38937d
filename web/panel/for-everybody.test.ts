/** Nobody is shut out: axe in every state, a first look that is cheap, a big company. */
import { describe, expect, test } from "vitest";
import { colleague, ring, usePanel } from "../testing/panel-page.ts";
import { expectAccessible } from "../testing/stage.ts";
import { aConsultation, aHandedOver, anOffer, aRecent, aTalk, aTransfer, QUIET } from "../testing/views.ts";

const { stage, button, field, card, open, refuseCommands } = usePanel();

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
      refuseCommands("own-phone-no-answer");
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
