/** A colleague who talks, or has just talked, to a number is told of before it is dialled. */
import { expect, test } from "vitest";
import type { Call } from "../calls/call.ts";
import { callWith, cardWith } from "../calls/testing/call.ts";
import { RecentTalks } from "./recent-talks.ts";

const MINUTE = 60_000;
const talked = (said: Partial<Call> = {}): Call =>
  callWith({
    client: "79001234567",
    answeredAt: 1_000,
    endedAt: 10 * MINUTE,
    talkSeconds: 180,
    employees: [{ extension: "202", result: "answered", ringSeconds: 3, talkSeconds: 180 }],
    ...said,
  });

function find(
  calls: readonly Call[],
  { number = "+7 900 123-45-67", own = ["201"], now = 16 * MINUTE, live = [] as Call[] } = {},
) {
  const recent = new RecentTalks(15 * MINUTE);
  for (const call of calls) recent.onChange(call, call.endedAt ?? now);
  return recent.find(number, own, live, now);
}

test("a colleague's talk six minutes ago, by whatever prefix the number is written", () => {
  const collision = { state: "talked", extension: "202", at: 10 * MINUTE, talkSeconds: 180 };
  expect(find([talked()])).toEqual(collision);
  expect(find([talked()], { number: "89001234567" })).toEqual(collision);
});

test.each<[string, readonly Call[], { own?: string[]; now?: number; number?: string }]>([
  ["it was oneself", [talked()], { own: ["202"] }],
  ["it is too long ago", [talked()], { now: 26 * MINUTE }],
  ["nobody answered", [talked({ answeredAt: null, employees: [] })], {}],
  ["it was another number", [talked()], { number: "79007654321" }],
  ["the call goes on in another", [talked({ mergedInto: "call-2" })], {}],
])("no warning when %s", (_, calls, options) => {
  expect(find(calls, options)).toBeUndefined();
});

test("a talk that lasts comes before one that is over", () => {
  const live = callWith({ id: "live", answeredAt: 15 * MINUTE, cards: [cardWith({ extension: "203" })] });
  expect(find([talked()], { live: [live] })).toEqual({
    state: "talks",
    extension: "203",
    at: 15 * MINUTE,
    talkSeconds: 0,
  });
});

test("a PBX whose clock is ahead makes no talk end later than now, and none is remembered for ever", () => {
  expect(find([talked({ endedAt: 60 * MINUTE })], { now: 16 * MINUTE })).toMatchObject({ state: "talked" });
  const recent = new RecentTalks(15 * MINUTE);
  recent.onChange(talked({ endedAt: 600 * MINUTE }), 10 * MINUTE);
  expect(recent.find("79001234567", ["201"], [], 24 * MINUTE)).toMatchObject({ at: 10 * MINUTE });
  expect(recent.find("79001234567", ["201"], [], 26 * MINUTE)).toBeUndefined();
});

test("a client who rings at a colleague is not talked to yet", () => {
  const card = cardWith({ extension: "203", state: "ringing", pickedUp: false });
  expect(find([], { live: [callWith({ id: "live", cards: [card] })] })).toBeUndefined();
});
