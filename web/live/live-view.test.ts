/** The panel's view is the service's view: a snapshot, then each change once, and a gap is noticed. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Colleague } from "../../src/panel/protocol.ts";
import { aCard, aColleague, anOffer, QUIET } from "../testing/views.ts";
import { applyToView, type LiveView } from "./live-view.ts";

const card = aCard();
const colleague = (extension: string, presence: Colleague["presence"]): Colleague =>
  aColleague(extension, `name ${extension}`, { presence });
const view: LiveView = { ...QUIET, seq: 7, colleagues: new Map([["201", colleague("201", "free")]]) };

describe("a change", () => {
  test.each([
    ["the next one is applied", 8, [card]],
    ["one that is already held changes nothing", 7, []],
    ["an older one changes nothing", 3, []],
  ])("%s", (_, seq, cards) => {
    expect(applyToView(view, { type: "change", seq, cards: [card] })).toMatchObject({ cards });
  });

  test("after a missed one is a gap", () => {
    expect(applyToView(view, { type: "change", seq: 9, cards: [] })).toBe("gap");
  });

  test("before any snapshot is a gap", () => {
    expect(applyToView(null, { type: "change", seq: 1 })).toBe("gap");
  });

  test("keeps the colleagues it does not name, and their order", () => {
    const two = applyToView(view, { type: "change", seq: 8, colleagues: [colleague("202", "free")] }) as LiveView;
    const busy = applyToView(two, { type: "change", seq: 9, colleagues: [colleague("201", "talking")] }) as LiveView;
    expect([...busy.colleagues.values()].map((row) => [row.extension, row.presence])).toEqual([
      ["201", "talking"],
      ["202", "free"],
    ]);
  });
});

test("a snapshot replaces everything, whatever was before", () => {
  const state = { ...QUIET, cards: [card], offers: [anOffer()] };
  expect(applyToView(view, { type: "snapshot", seq: 1, ...state })).toEqual({
    ...state,
    seq: 1,

    colleagues: new Map(),
  });
});

test("whatever is lost or doubled on the way, the view ends equal to the service's", () => {
  const presences = ["free", "ringing", "talking", "offline"] as const;
  const step = fc.record({
    extension: fc.constantFrom("201", "202", "203"),
    presence: fc.constantFrom(...presences),
    fate: fc.constantFrom("arrives", "arrives", "is lost", "comes twice"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const service = new Map<string, Colleague>();
      let seq = 0;
      let held: LiveView | null = null;
      const snapshot = () => ({ type: "snapshot", seq, ...QUIET, colleagues: [...service.values()] }) as const;
      const take = (message: Parameters<typeof applyToView>[1]) => {
        const next = applyToView(held, message);
        held = next === "gap" ? (applyToView(held, snapshot()) as LiveView) : next;
      };
      for (const { extension, presence, fate } of [...steps, { extension: "201", presence: "free", fate: "arrives" }]) {
        const row = colleague(extension, presence as Colleague["presence"]);
        service.set(extension, row);
        const change = { type: "change", seq: ++seq, colleagues: [row] } as const;
        if (fate !== "is lost") take(change);
        if (fate === "comes twice") take(change);
      }
      expect(held).toEqual(applyToView(null, snapshot()));
    }),
  );
});
