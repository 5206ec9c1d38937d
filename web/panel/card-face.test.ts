/** What a card says in each state, and who hears whom. */
import { describe, expect, test } from "vitest";
import type { CardView } from "../../src/panel/protocol.ts";
import { ru } from "../i18n/ru.ts";
import { sayIn } from "../i18n/words.ts";
import { aCard, aConsultation, aTalk, aTransfer } from "../testing/views.ts";
import { endedFace, faceOf, nameOf, shortName } from "./card-face.ts";

const say = sayIn("ru", ru);
const card = aCard;
const [ANNA] = aCard().clients as [CardView["clients"][number]];
/** A moment after everything in the test views has happened. */
const NOW = 10_000;

describe("the face of a call", () => {
  test.each([
    ["ringing", "inbound", false, "Входящий", "blue", "strip"],
    ["ringing", "internal", false, "Звонит коллега", "blue", "strip"],
    ["calling", "outbound", false, "Звонит ваш телефон", "blue", "strip"],
    ["calling", "internal", false, "Звонит ваш телефон", "blue", "strip"],
    ["calling", "outbound", true, "Звоним клиенту", "blue", "waiting"],
    ["calling", "internal", true, "Звоним коллеге", "blue", "waiting"],
    ["hold", "inbound", true, "Удержание", "amber", "waiting"],
  ] as const)("%s %s (picked up: %s) is %s", (state, direction, pickedUp, title, hue, place) => {
    expect(faceOf(card({ state, direction, pickedUp }), NOW, say)).toMatchObject({ title, hue, counter: { place } });
  });

  test("the timer runs from the client's answer", () => {
    const { counter } = faceOf(card({ state: "talking", startedAt: 1_000, talkSince: 9_000 }), NOW, say);
    expect(counter).toEqual({ since: 9_000, place: "talk" });
  });

  test("of an ended one tells a talk from a ring", () => {
    const titles = [card(), card({ talkSince: 1 })].map((one) => endedFace(one, null, say).title);
    expect(titles).toEqual(["Вызов окончен", "Разговор окончен"]);
  });

  test.each([
    ["inbound", "Клиент у коллеги"],
    ["internal", "Звонок у коллеги"],
  ] as const)("of one handed over after asking (%s) tells who has it", (direction, title) => {
    const face = endedFace(card({ direction, talkSince: 1 }), { how: "handed-over", by: "Мария Ким" }, say);
    expect(face).toMatchObject({ title, via: "Мария Ким", hue: "grey" });
  });

  test.each([
    [card(), "Анна Кравцова"],
    [card({ clients: [] }), "+7 916 123-45-67"],
    [card({ clients: [ANNA, { ...ANNA, name: "Пётр" }] }), "+7 916 123-45-67"],
    [card({ clients: [], number: "205", colleague: "Мария", direction: "internal" }), "Мария"],
    // A colleague at the other end of the wire is not who the call is with.
    [card({ clients: [], colleague: "Мария" }), "+7 916 123-45-67"],
    [card({ clients: [], number: null }), null],
  ])("names who is there (%#)", (view, name) => {
    expect(nameOf(view)).toBe(name);
  });

  test.each([
    ["Анна Кравцова", "Анна К."],
    ["+7 916 123-45-67", "+7 916 123-45-67"],
    ["Склад", "Склад"],
  ])("%s is short as %s", (name, short) => {
    expect(shortName(name)).toBe(short);
  });
});

describe("who hears whom", () => {
  const wireOf = (view: CardView, now = NOW) => {
    const wire = faceOf(view, now, say).wire;
    return wire && [wire.ends.map(({ who, does }) => `${who}: ${does}`).join("; "), wire.stretches.join(" ")];
  };

  test.each<[string, CardView, string, string]>([
    [
      "while the colleague's phone rings",
      aConsultation("consult-calling"),
      "Клиент: музыка; Вы: гудки; Мария: звонит",
      "music rings",
    ],
    [
      "while the colleague is asked",
      aConsultation("consult-talking"),
      "Клиент: музыка; Вы: говорите; Мария: слышит вас",
      "music talks",
    ],
    [
      "with the sides swapped",
      aConsultation("consult-talking", {
        transfer: aTransfer({ state: "swapped" }),
        wire: { client: "talks", colleague: "music" },
      }),
      "Клиент: слышит вас; Вы: говорите; Мария: музыка",
      "talks music",
    ],
    [
      "when the colleague did not answer",
      aTalk({ transfer: aTransfer({ state: "no-answer" }) }),
      "Клиент: слышит вас; Вы: говорите; Мария: не берёт",
      "talks nothing",
    ],
  ])("%s", (_, view, ends, stretches) => {
    expect(wireOf(view)).toEqual([ends, stretches]);
  });

  test("a client who came back for no told reason is no alarm", () => {
    const view = aTalk({ transfer: aTransfer({ kind: "blind", state: "returned", since: NOW }) });
    expect(faceOf(view, NOW, say)).toMatchObject({ hue: "amber", title: "Клиент вернулся", via: null });
  });

  test("is told of the failed transfer for twenty seconds, then it is a talk like others", () => {
    const view = aTalk({ transfer: aTransfer({ state: "busy", since: NOW }) });
    expect(faceOf(view, NOW + 19_999, say)).toMatchObject({ hue: "red", title: "Мария: занято" });
    expect(faceOf(view, NOW + 20_000, say)).toMatchObject({ hue: "green", title: "Разговор", wire: null });
  });

  test("a colleague who is consulted sees by whom, and no wire of three", () => {
    const view = aTalk({ state: "consult-talking", colleague: "Мария", can: ["hang-up"] });
    expect(faceOf(view, NOW, say)).toMatchObject({ title: "Вас спрашивают", via: "Мария", wire: null });
  });
});

describe("why it rings here", () => {
  test.each([
    [{ kind: "transfer", colleague: "Мария Верхнеудинская" }, "Переводит Мария", null, "blue"],
    [{ kind: "transfer", colleague: null }, "Переводят вам", null, "blue"],
    [{ kind: "interception", colleague: "Игорь Савельев" }, "Звонит ваш клиент", "Игорь", "violet"],
    [{ kind: "pick-up", colleague: "Игорь" }, "Забираем звонок", "Игорь", "violet"],
  ] as const)("%j", (via, title, words, hue) => {
    expect(faceOf(card({ via }), NOW, say)).toMatchObject({ title, via: words, hue });
  });
});
