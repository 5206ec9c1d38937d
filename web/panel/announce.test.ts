/** What a screen reader says when something changes. */
import { describe, expect, test } from "vitest";
import type { CardView } from "../../src/panel/protocol.ts";
import { ru } from "../i18n/ru.ts";
import { sayIn } from "../i18n/words.ts";
import type { LinkState } from "../live/panel-link.ts";
import { link, live, run, told } from "../testing/steps.ts";
import { aCard, aConsultation, aHandedOver, anOffer, aTalk, aTransfer, QUIET } from "../testing/views.ts";
import { announcement } from "./announce.ts";
import { type PanelStep, step } from "./panel-state.ts";

const say = sayIn("ru", ru);
const card = aCard;

describe("a screen reader hears", () => {
  const heard = (...steps: PanelStep[]) => {
    const [last, ...before] = steps.toReversed();
    const state = run(...before.toReversed());
    return last && announcement(state, step(state, last), say);
  };

  test("who calls, once", () => {
    expect(heard(link(0), link(1, card()))).toBe("Входящий: Анна Кравцова, ООО «Окна Севера», Отдел продаж.");
    expect(heard(link(0), link(1, card()), link(2, card()))).toBe(null);
  });

  test("each step of an own call", () => {
    const own = card({ state: "calling", direction: "outbound" });
    expect(heard(link(0), link(1, own))).toBe("Звонит ваш телефон, снимите трубку.");
    const calling = { ...own, pickedUp: true };
    expect(heard(link(0), link(1, own), link(2, calling))).toBe(
      "Звоним: Анна Кравцова, ООО «Окна Севера», Отдел продаж.",
    );
  });

  test("how long the talk was", () => {
    const talk = card({ state: "talking", talkSince: 10_000 });
    expect(heard(link(0), link(1, talk), link(282_000))).toBe("Разговор окончен, 4:32.");
  });

  test("who has a call that was handed over after asking", () => {
    const talk = card({ state: "consult-talking", talkSince: 10_000 });
    const { callId, legId } = talk;
    const after = told(282_000, { cards: [], ended: [{ callId, legId, how: "handed-over", by: "Мария Ким" }] });
    expect(heard(link(0), link(1, talk), after)).toBe("Клиент у коллеги: Мария Ким.");
  });

  test("of many calls only their number", () => {
    const many = [1, 2, 3, 4].map((n) => card({ callId: `c${n}` }));
    expect(heard(link(0), link(1, ...many))).toBe("4 звонка.");
  });

  test.each<[string, CardView, string]>([
    ["a consultation", aConsultation("consult-talking"), "Консультация: Мария слышит вас, клиент ждёт."],
    ["a call of a colleague", aConsultation("consult-calling"), "Вызов: Мария, клиент ждёт."],
    ["a return", aTalk({ transfer: aTransfer({ state: "no-answer" }) }), "Мария не берёт, клиент с вами."],
    ["a hold", aTalk({ state: "hold" }), "Удержание, клиент слышит музыку."],
  ])("%s", (_, view, sentence) => {
    expect(heard(link(0), link(1, aTalk()), link(2, view))).toBe(sentence);
  });

  test("of the own client who rings elsewhere, and who was faster", () => {
    const rings = told(1, { offers: [anOffer()] });
    expect(heard(link(0), rings)).toBe("Звонит ваш клиент: Анна Кравцова.");
    const taken = told(2, { offers: [anOffer({ takenBy: "Игорь Савельев" })] });
    expect(heard(link(0), rings, taken)).toBe("Говорит Игорь Савельев.");
  });

  test("what became of what was handed over", () => {
    const handed = told(2, { handedOver: [aHandedOver()] });
    expect(heard(link(0), link(1, aTalk()), handed)).toBe("Перевод: Мария. Звонок можно забрать.");
    const taken = told(3, { handedOver: [aHandedOver({ state: "completed" })] });
    expect(heard(link(0), link(1, aTalk()), handed, taken)).toBe("Говорит Мария Верхнеудинская.");
  });

  test("that the PBX, the CRM or the own phone is out, since when and what works, and that it is back", () => {
    const out = { state: "down", since: Date.UTC(2026, 10, 28, 6, 12), reason: null } as const;
    const { pbx, crm, phone } = QUIET.lamps;
    const lamps = (part: Partial<typeof QUIET.lamps>) => told(1, { lamps: { pbx, crm, phone, ...part } });
    expect(heard(link(0), lamps({ pbx: out }))).toBe(
      "Нет связи с АТС с 09:12. Телефоны звонят сами по себе, панель их не видит.",
    );
    expect(heard(link(0), lamps({ pbx: out }), lamps({ pbx: out }))).toBe(null);
    expect(heard(link(0), lamps({ crm: { ...out, waiting: 2 } }))).toMatch(/^CRM не отвечает.* 2 записи сохранены/);
    expect(heard(link(0), lamps({ phone: out }), lamps({}))).toBe("Телефон 204 снова на связи.");
  });

  test("that the link was lost and is back", () => {
    const { me, view } = live() as Extract<LinkState, { state: "live" }>;
    const stale: PanelStep = {
      type: "link",
      link: { state: "stale", me, view, clockAheadMs: 0, since: 1, attempt: 1 },
      now: 1,
    };
    expect(heard(link(0), stale)).toBe("Связь с Коммутатором прервалась. Телефон работает.");
    expect(heard(link(0), stale, link(2))).toBe("Связь восстановлена.");
  });
});
