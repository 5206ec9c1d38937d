/** What calls, commands and time do to the screen: who sees a call, where it stands, what became of a command. */
import { describe, expect, test } from "vitest";
import type { CardView, CommandRefusal } from "../../src/panel/protocol.ts";
import { link, run, told } from "../testing/steps.ts";
import { aCard, aConsultation, aHandedOver, anOffer, aTalk } from "../testing/views.ts";
import { isMissedOffer } from "./distant-calls.ts";
import { handOverTarget } from "./handing-over.ts";
import { dialIsShown, type PanelStep, step } from "./panel-state.ts";
import { callKey, placeCalls } from "./shown-calls.ts";

const card = aCard;
const leads: PanelStep = { type: "leads", leads: true };
const dialled: PanelStep = { type: "dialled", commandId: "d1", number: "89161234567", name: null, now: 1_000 };
const dialEnds = (end: Extract<PanelStep, { type: "command-ended" }>["end"]): PanelStep => ({
  type: "command-ended",
  id: "d1",
  command: { kind: "dial", number: "89161234567" },
  end,
  now: 2_000,
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

  const talked = [leads, link(0), link(1, aTalk()), link(10)] as const;
  const note = (kind: "opened" | "closed"): PanelStep => ({ type: "note", step: { kind, callId: "c1" } });
  const typed: PanelStep = { type: "note", step: { kind: "typed", callId: "c1", text: "Да" } };

  test("as a talk stays for half a minute, in which something may be written of it; in the pill for no longer than another", () => {
    expect(run(...talked, { type: "tick", now: 30_009 }).calls).toHaveLength(1);
    expect(run(...talked, { type: "tick", now: 30_010 }).calls).toEqual([]);
    const inPill = run(...talked, { type: "shape", step: "collapse" }, { type: "tick", now: 3_010 });
    expect(inPill.calls).toEqual([]);
  });

  test("stays while something is being written of it, for any time and beside any call", () => {
    const writing = run(...talked, note("opened"), typed, { type: "tick", now: 90_000 });
    expect(writing.calls).toHaveLength(1);
    const other = card({ callId: "c2" });
    expect(step(writing, link(91_000, other)).calls.map((one) => one.card.callId)).toEqual(["c1", "c2"]);
    expect(step(writing, dialled).calls).toHaveLength(1);
  });

  test("goes for a new one, and takes the field with it, but not the words", () => {
    const opened = run(...talked, note("opened"));
    const other = step(opened, link(20, card({ callId: "c2" })));
    expect([other.calls.map((one) => one.card.callId), other.notes]).toEqual([["c2"], []]);
    expect([step(opened, dialled).calls, step(opened, dialled).notes]).toEqual([[], []]);
    const putAway = run(...talked, note("opened"), typed, { type: "put-away", key: "c1 l1" }, note("closed"));
    expect(putAway.notes).toMatchObject([{ callId: "c1", text: "Да", isOpen: false }]);
  });

  test("whose words were refused is spoken for when its field is gone, but for what goes again by itself", () => {
    const command = { kind: "note-call", callId: "c1", text: "Да" } as const;
    const asked: PanelStep = { type: "asked", id: "w1", command };
    const given = run(...talked, note("opened"), typed, asked, { type: "put-away", key: "c1 l1" }, note("closed"));
    const end = (why: PanelStep & { type: "command-ended" }) => step(given, why);
    const refused = { state: "refused", reason: "crm-unavailable" } as const;
    const ended = { type: "command-ended", id: "w1", command, now: 30 } as const;
    expect(end({ ...ended, end: refused })).toMatchObject({
      notice: { what: "note-call", failure: "crm-unavailable" },
      shape: { size: "open" },
    });
    expect(end({ ...ended, end: { state: "not-sent" } })).toMatchObject({ notice: null, shape: { size: "pill" } });
  });

  test("stays for three seconds, then the panel goes back", () => {
    expect(run(...ended, { type: "tick", now: 3_009 }).calls).toHaveLength(1);
    const state = run(...ended, { type: "tick", now: 3_010 });
    expect([state.calls.length, state.shape.size]).toEqual([0, "pill"]);
  });

  test("stays under the pointer until the pointer leaves", () => {
    const inside: PanelStep = { type: "pointer", inside: true, now: 20 };
    expect(run(...ended, inside, { type: "tick", now: 30_019 }).calls).toHaveLength(1);
    expect(run(...ended, inside, { type: "pointer", inside: false, now: 20_000 }).calls).toHaveLength(0);
  });

  test("does not wait for ever for a pointer that somebody has laid there", () => {
    const inside: PanelStep = { type: "pointer", inside: true, now: 20 };
    const moved: PanelStep = { type: "pointer", inside: true, now: 20_000 };
    expect(run(...ended, inside, { type: "tick", now: 30_020 }).calls).toHaveLength(0);
    expect(run(...ended, inside, moved, { type: "tick", now: 30_020 }).calls).toHaveLength(1);
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

describe("a dial of a number that a colleague talks to", () => {
  const collision = { state: "talks", extension: "205", colleague: "Мария", at: 1, talkSeconds: 0 } as const;

  test("asks the person, and nothing is dialled until he says so", () => {
    const asked = run(link(0), dialled, dialEnds({ state: "warned", collision }));
    expect([dialIsShown(asked), asked.dial?.collision]).toEqual([true, collision]);
    const left = step(asked, { type: "dial-closed" });
    expect([dialIsShown(left), left.shape.size]).toEqual([false, "pill"]);
  });
});

describe("a command that came to nothing", () => {
  type Given = Extract<PanelStep, { type: "asked" }>["command"];
  const leg = { callId: "c1", legId: "l1" };
  const end = (command: Given, reason: CommandRefusal): PanelStep => ({
    type: "command-ended",
    id: "x",
    command,
    end: { state: "refused", reason },
    now: 5_000,
  });

  test("is told for a while", () => {
    const told = run(link(0), link(1, card()), end({ kind: "open-client", callId: "c1" }, "crm-unavailable"));
    expect(told.notice).toEqual({ what: "open-client", failure: "crm-unavailable", at: 5_000 });
    expect(step(told, { type: "tick", now: 19_999 }).notice).not.toBe(null);
    expect(step(told, { type: "tick", now: 20_000 }).notice).toBe(null);
  });

  test.each<[Given, CommandRefusal]>([
    [{ kind: "hang-up", ...leg }, "no-such-call"],
    [{ kind: "take", callId: "c1" }, "answered-elsewhere"],
    [{ kind: "attended-transfer", ...leg, to: "205" }, "target-busy"],
    [{ kind: "blind-transfer", ...leg, to: "205" }, "cancelled"],
  ])("is not told when the calls show it: %j %s", (command, reason) => {
    expect(run(link(0), link(1, card()), end(command, reason)).notice).toBe(null);
  });

  test("is told when the calls do not show it", () => {
    const unknown = end({ kind: "attended-transfer", ...leg, to: "299" }, "unknown-target");
    expect(run(link(0), link(1, aTalk()), unknown).notice?.failure).toBe("unknown-target");
  });
});

test("a command is under way until the call has changed or its end is told", () => {
  const asked: PanelStep = { type: "asked", id: "x", command: { kind: "park", callId: "c1", legId: "l1" } };
  const given = run(link(0), link(1, aTalk()), asked);
  expect(step(given, link(2, aTalk({ note: null }))).asked).toHaveLength(1);
  expect(step(given, link(2, aTalk({ state: "hold" }))).asked).toEqual([]);
});

describe("handing over", () => {
  const picking: PanelStep = { type: "picking", on: true };

  test("means the call with the card; asks where the PBX lets a colleague be asked", () => {
    const second = aTalk({ callId: "c2", can: ["hang-up", "blind-transfer"] });
    expect(handOverTarget(run(link(0), link(1, aTalk()), link(2, aTalk(), second)))).toMatchObject({
      card: { callId: "c1" },
      asks: true,
      gives: true,
    });
  });

  test("means nothing where no call can be handed over", () => {
    expect(handOverTarget(run(link(0), link(1, card())))).toBe(null);
    expect(run(link(0), link(1, card()), picking).picking).toBe(null);
  });

  test("the search ends with the talk, and the list goes back to where it was", () => {
    const searching = run(leads, link(0), link(1, aTalk({ state: "ringing" })), picking);
    expect([searching.picking, searching.shape.list]).toEqual([{ openedList: true }, true]);
    const consulting = step(searching, link(2, aConsultation("consult-calling")));
    expect([consulting.picking, consulting.shape.list]).toEqual([null, false]);
  });

  test("what was handed over is one thing on the screen, not a call that is over beside it", () => {
    const state = run(leads, link(0), link(1, aTalk()), told(2, { handedOver: [aHandedOver()] }));
    expect([state.calls, state.distant.shown.map(({ kind }) => kind)]).toEqual([[], ["handed-over"]]);
    const taken = step(state, told(3, { handedOver: [aHandedOver({ state: "completed" })] }));
    expect(step(taken, { type: "tick", now: 3_003 }).shape.size).toBe("pill");
  });
});

describe("the own client who rings elsewhere", () => {
  const rings: PanelStep = told(1, { offers: [anOffer()] });

  test("shows the panel, and goes when it is put away, though he rings on", () => {
    const offered = run(leads, link(0), rings);
    expect([offered.shape.size, offered.distant.shown.length]).toEqual(["open", 1]);
    const left = step(offered, { type: "put-away", key: "offer c1" });
    expect([left.shape.size, step(left, rings).distant.shown]).toEqual(["pill", []]);
  });

  test("who was faster is told for three seconds", () => {
    const taken = told(10, { offers: [anOffer({ takenBy: "Игорь Савельев" })] });
    const state = run(leads, link(0), rings, taken);
    expect(step(state, { type: "tick", now: 3_009 }).distant.shown).toHaveLength(1);
    const over = step(state, { type: "tick", now: 3_010 });
    expect([over.distant.shown, step(over, taken).distant.shown]).toEqual([[], []]);
  });

  test("a client who gave up is one to call back", () => {
    const state = run(leads, link(0), rings, told(10, {}));
    expect(state.distant.shown.map(isMissedOffer)).toEqual([true]);
    expect(step(state, { type: "tick", now: 10_009 }).distant.shown).toHaveLength(1);
    expect(step(state, { type: "tick", now: 10_010 }).distant.shown).toEqual([]);
  });

  test("is one call when the own phone rings for him", () => {
    const state = run(leads, link(0), rings, told(2, { cards: [card()], offers: [anOffer()] }));
    expect([state.calls.length, state.distant.shown.length]).toEqual([1, 0]);
  });
});

describe("how a call ended at this phone", () => {
  const ended = (how: "missed" | "elsewhere", by: string | null = null) =>
    run(leads, link(0), link(1, card()), told(10, { ended: [{ callId: "c1", legId: "l1", how, by }] }));

  test("answered by a colleague: three seconds, then gone", () => {
    const state = ended("elsewhere", "Мария");
    expect(state.calls[0]?.end).toEqual({ callId: "c1", legId: "l1", how: "elsewhere", by: "Мария" });
    expect(step(state, { type: "tick", now: 3_010 }).calls).toEqual([]);
  });

  test("missed: it stays to be called back, until it is put away", () => {
    const state = ended("missed");
    expect(step(state, { type: "tick", now: 10_009 }).calls).toHaveLength(1);
    expect(step(state, { type: "tick", now: 10_010 }).calls).toEqual([]);
    expect(step(state, { type: "put-away", key: "c1 l1" }).calls).toEqual([]);
  });
});

test("the keypad closes with the talk it was opened for", () => {
  const typed = run(
    link(0),
    link(1, aTalk()),
    { type: "keypad", call: "c1 l1" },
    { type: "tone", digit: "2" },
    { type: "tone", digit: "#" },
  );
  expect(typed.keypad).toEqual({ call: "c1 l1", typed: "2#" });
  expect(step(typed, link(2)).keypad).toBe(null);
});

test.each([
  [100, 280],
  [333.4, 333],
  [999, 420],
])("a width of %d px becomes %d", (asked, width) => {
  expect(run({ type: "width", width: asked }).width).toBe(width);
});
