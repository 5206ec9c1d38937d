/** What calls, commands and time do to the screen: who sees a call, where it stands, what became of a dial. */
import { describe, expect, test } from "vitest";
import type { CardView, Lamps } from "../../src/panel/protocol.ts";
import { ru } from "../i18n/ru.ts";
import { sayIn } from "../i18n/words.ts";
import type { LinkState } from "../live/panel-link.ts";
import { announcement } from "./announce.ts";
import { endedFace, faceOf, nameOf, shortName } from "./card-face.ts";
import { dialIsShown, firstState, type PanelState, type PanelStep, step } from "./panel-state.ts";
import { callKey, placeCalls } from "./shown-calls.ts";

const well = { state: "ok", since: 0, reason: null } as const;
const lamps: Lamps = { pbx: well, crm: { ...well, waiting: 0 }, phone: well };
const anna = { name: "Анна Кравцова", company: "ООО «Окна Севера»", path: "/contacts/detail/1", deal: null };

function card(part: Partial<CardView> = {}): CardView {
  return {
    callId: "c1",
    legId: "l1",
    state: "ringing",
    pickedUp: false,
    direction: "inbound",
    number: "+7 916 123-45-67",
    e164: "+79161234567",
    line: "Отдел продаж",
    startedAt: 1_000,
    talkSince: null,
    clients: [anna],
    colleague: null,
    ...part,
  };
}

const live = (...cards: CardView[]): LinkState => ({
  state: "live",
  me: { userId: 1, name: "Роман", extension: "204", department: null, language: "ru" },
  view: { seq: 1, cards, colleagues: new Map(), lamps },
  clockAheadMs: 0,
});
const link = (now: number, ...cards: CardView[]): PanelStep => ({ type: "link", link: live(...cards), now });
const run = (...steps: PanelStep[]): PanelState => steps.reduce(step, firstState());
const leads: PanelStep = { type: "leads", leads: true };
const dialled: PanelStep = { type: "dialled", commandId: "d1", number: "89161234567", name: null, now: 1_000 };
const dialEnds = (end: Extract<PanelStep, { type: "command-ended" }>["end"]): PanelStep => ({
  type: "command-ended",
  id: "d1",
  command: { kind: "dial", number: "89161234567" },
  end,
});

describe("a call shows the panel", () => {
  test("in the tab that leads", () => {
    expect(run(leads, link(0), link(1, card())).shape.size).toBe("open");
  });

  test("not in the others, where it can be seen in the pill", () => {
    const state = run(link(0), link(1, card()));
    expect([state.shape.size, state.calls.length]).toEqual(["pill", 1]);
  });

  test("as soon as the tab takes the lead while it rings", () => {
    expect(run(link(0), link(1, card()), leads).shape.size).toBe("open");
  });

  test("once: a card that was put away stays away", () => {
    const collapse: PanelStep = { type: "shape", step: "collapse" };
    const state = run(leads, link(0), link(1, card()), collapse, link(2, card({ state: "talking", talkSince: 2 })));
    expect(state.shape.size).toBe("pill");
  });

  test("on a fresh page only while it rings", () => {
    expect(run(leads, link(1, card())).shape.size).toBe("open");
    expect(run(leads, link(1, card({ state: "talking", talkSince: 1 }))).shape.size).toBe("pill");
  });
});

describe("a call that has ended", () => {
  const ended = [leads, link(0), link(1, card()), link(10)] as const;

  test("stays for three seconds, then the panel goes back", () => {
    expect(run(...ended, { type: "tick", now: 3_009 }).calls).toHaveLength(1);
    const state = run(...ended, { type: "tick", now: 3_010 });
    expect([state.calls.length, state.shape.size]).toEqual([0, "pill"]);
  });

  test("stays under the pointer until the pointer leaves", () => {
    const inside: PanelStep = { type: "pointer", inside: true, now: 20 };
    expect(run(...ended, inside, { type: "tick", now: 60_000 }).calls).toHaveLength(1);
    expect(run(...ended, inside, { type: "pointer", inside: false, now: 60_000 }).calls).toHaveLength(0);
  });

  test("makes room for a new one at once", () => {
    const state = run(...ended, link(20, card({ callId: "c2" })));
    expect(state.calls.map((call) => call.card.callId)).toEqual(["c2"]);
  });
});

describe("several calls", () => {
  const talk = card({ state: "talking", talkSince: 1 });
  const ring = (n: number) => card({ callId: `r${n}`, startedAt: 1_000 + n });
  const places = (...cards: CardView[]) => {
    const { main, second, board } = placeCalls(run(link(0), link(1, talk), link(2, talk, ...cards)).calls);
    return [main?.card.callId, second?.card.callId, board.map((call) => call.card.callId)];
  };

  test("two: the later one is a line, the first card does not move", () => {
    expect(places(ring(1))).toEqual(["c1", "r1", []]);
  });

  test("from the third on: a board, oldest first, and the talk below it", () => {
    expect(places(ring(2), ring(1))).toEqual(["c1", undefined, ["r1", "r2"]]);
  });

  test("only ringing ones: the board alone; one that is over keeps its place", () => {
    const state = run(link(0), link(1, ring(1), ring(2), ring(3)), link(2, ring(1), ring(3)));
    const { main, board } = placeCalls(state.calls);
    expect(main).toBe(null);
    expect(board.map(({ card: { callId }, endedAt }) => [callId, endedAt])).toEqual([
      ["r1", null],
      ["r2", 2],
      ["r3", null],
    ]);
  });
});

describe("a dial", () => {
  const ownPhone = card({ state: "calling", direction: "outbound", number: "+7 916 123-45-67" });

  test("shows itself at once, in any tab, and becomes the call that follows", () => {
    const asked = run(link(0), dialled);
    expect([asked.shape.size, dialIsShown(asked)]).toEqual(["open", true]);
    const rings = step(asked, link(1, ownPhone));
    expect([dialIsShown(rings), rings.dial?.call]).toEqual([false, callKey(ownPhone)]);
  });

  test("that was refused says why, in place of the call that is over", () => {
    const state = run(
      link(0),
      dialled,
      link(1, ownPhone),
      link(2),
      dialEnds({ state: "refused", reason: "own-phone-no-answer" }),
    );
    expect([dialIsShown(state), state.dial?.failure, state.calls.length]).toEqual([true, "own-phone-no-answer", 0]);
  });

  test("says why even when the refusal comes before the call is gone", () => {
    const refused = dialEnds({ state: "refused", reason: "client-busy" });
    expect(run(link(0), dialled, link(1, ownPhone), refused, link(2)).calls).toEqual([]);
  });

  test("without a link says so", () => {
    expect(run(link(0), dialled, dialEnds({ state: "not-sent" })).dial?.failure).toBe("not-sent");
  });

  test("that was cancelled by the person leaves nothing behind", () => {
    const state = run(link(0), dialled, dialEnds({ state: "refused", reason: "cancelled" }));
    expect([dialIsShown(state), state.shape.size]).toEqual([false, "pill"]);
  });
});

describe("a small command that came to nothing", () => {
  const end = (
    kind: "hang-up" | "open-client",
    reason: "no-such-call" | "not-your-leg" | "crm-unavailable",
  ): PanelStep => ({
    type: "command-ended",
    id: "x",
    command: kind === "hang-up" ? { kind, callId: "c1", legId: "l1" } : { kind, callId: "c1" },
    end: { state: "refused", reason },
  });

  test("is told until the calls are over", () => {
    const told = run(link(0), link(1, card()), end("open-client", "crm-unavailable"));
    expect(told.notice).toEqual({ what: "open-client", failure: "crm-unavailable" });
    expect(step(told, link(2)).notice).toBe(null);
  });

  test("is not told when what was wanted is so anyway", () => {
    expect(run(link(0), link(1, card()), end("hang-up", "no-such-call")).notice).toBe(null);
  });
});

describe("the face of a call", () => {
  test.each([
    ["ringing", "inbound", false, "call.ringing", "blue", "strip"],
    ["ringing", "internal", false, "call.ringing-colleague", "blue", "strip"],
    ["calling", "outbound", false, "call.own-phone", "blue", "strip"],
    ["calling", "internal", false, "call.own-phone", "blue", "strip"],
    ["calling", "outbound", true, "call.calling", "blue", "waiting"],
    ["calling", "internal", true, "call.calling-colleague", "blue", "waiting"],
    ["hold", "inbound", true, "call.hold", "amber", "waiting"],
    ["consult-talking", "inbound", true, "call.consult-talking", "amber", "waiting"],
  ] as const)("%s %s (picked up: %s) is %s", (state, direction, pickedUp, title, hue, place) => {
    expect(faceOf(card({ state, direction, pickedUp }))).toMatchObject({ title, hue, counter: { place } });
  });

  test("the timer runs from the client's answer", () => {
    const { counter } = faceOf(card({ state: "talking", startedAt: 1_000, talkSince: 9_000 }));
    expect(counter).toEqual({ since: 9_000, place: "talk" });
  });

  test("of an ended one tells a talk from a ring", () => {
    expect([endedFace(card()).title, endedFace(card({ talkSince: 1 })).title]).toEqual([
      "call.ended-ring",
      "call.ended-talk",
    ]);
  });

  test.each([
    [card(), "Анна Кравцова"],
    [card({ clients: [] }), "+7 916 123-45-67"],
    [card({ clients: [anna, { ...anna, name: "Пётр" }] }), "+7 916 123-45-67"],
    [card({ clients: [], number: "205", colleague: "Мария" }), "Мария"],
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

describe("a screen reader hears", () => {
  const say = sayIn("ru", ru);
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

  test("of many calls only their number", () => {
    const many = [1, 2, 3, 4].map((n) => card({ callId: `c${n}` }));
    expect(heard(link(0), link(1, ...many))).toBe("4 звонка.");
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
