import { expect, test } from "vitest";
import { aCard, aRecent } from "../testing/views.ts";
import { isCallOver, missedCalls } from "./recent-calls.ts";

const missed = aRecent({ callId: "missed", result: "missed" });
const idsOf = (...recent: Parameters<typeof missedCalls>[0]) => missedCalls(recent).map(({ callId }) => callId);

test("who was missed waits until there was a talk, whoever called", () => {
  expect(idsOf(missed)).toEqual(["missed"]);
  expect(idsOf(aRecent({ outgoing: true, direction: "outbound", result: "missed" }), missed)).toEqual(["missed"]);
  expect(idsOf(aRecent({ outgoing: true, direction: "outbound", talkSeconds: 40 }), missed)).toEqual([]);
  expect(idsOf(aRecent({ talkSeconds: 40 }), missed)).toEqual([]);
  expect(idsOf(missed, aRecent({ talkSeconds: 40 }))).toEqual(["missed"]);
});

test("three calls of one person are one person who waits; a hidden number cannot be called back", () => {
  expect(idsOf(aRecent({ callId: "last", result: "missed" }), missed, missed)).toEqual(["last"]);
  expect(idsOf(aRecent({ result: "missed", number: null, e164: null }))).toEqual([]);
});

test("a call is over when its card has gone", () => {
  const cards = [aCard()];
  expect(isCallOver({ cards: [] }, { cards })).toBe(false);
  expect(isCallOver({ cards }, { cards: [aCard({ state: "talking" })] })).toBe(false);
  expect(isCallOver({ cards }, { cards: [] })).toBe(true);
});
