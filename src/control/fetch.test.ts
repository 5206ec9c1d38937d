/** An employee is rung for a call that rings elsewhere: who has the client in the end, and what is left behind. */
import { expect, test } from "vitest";
import type { Call, Card } from "../calls/call.ts";
import { callWith, cardWith } from "../calls/testing/call.ts";
import { type FetchContext, type FetchState, fetchProcedure } from "./fetch.ts";
import type { Heard, Over } from "./procedure.ts";

const context: FetchContext = {
  callId: "call-1",
  legId: "icp-1",
  extension: "204",
  client: "9.9",
  ringing: "1.1",
  shows: "79001234567",
  ringSeconds: 20,
};
const { decide, asks, lastsAtMost } = fetchProcedure(context);
const begun = (state: "asked" | "ringing" | "joining" | "losing"): FetchState => ({ state, callId: "call-1" });

const theirs = (said: Partial<Card> = {}) =>
  cardWith({ state: "ringing", direction: "inbound", peerLegId: "9.9", pickedUp: false, ...said });
const his = (said: Partial<Card> = {}) => theirs({ legId: "4.4", extension: "204", isFetching: true, ...said });
const talks = { state: "talking", pickedUp: true } as const;

const calls = (...cards: Card[]): Heard => changed({ cards });
const changed = (said: Partial<Call>): Heard => ({
  type: "call",
  call: callWith({ direction: "inbound", clientLegId: "9.9", ...said }),
});
const done: Over = { state: "over", outcome: { state: "done" } };
const refused = (reason: string) => ({ state: "over", outcome: { state: "refused", reason } });

/** What the state has become when each of these was heard. */
function after(state: FetchState, ...heard: Heard[]): FetchState | Over {
  return heard.reduce<FetchState | Over>((now, each) => (now.state === "over" ? now : decide(now, each)), state);
}

test("he answers and has the client", () => {
  const answered = after(begun("ringing"), calls(theirs(), his({ pickedUp: true })));
  expect(answered).toMatchObject({ state: "joining" });
  expect(after(begun("joining"), calls(his(talks)))).toEqual(done);
});

test.each<[string, Heard, string]>([
  ["another answers", calls(theirs({ pickedUp: true }), his()), "answered-elsewhere"],
  ["the client hangs up", changed({ clientLegId: null, cards: [his({ peerLegId: null })] }), "client-left"],
  ["the call ends", changed({ clientLegId: null, endedAt: 9 }), "client-left"],
  ["the client is parked", changed({ parked: { slot: "701", legId: "9.9", by: "201", since: 5 } }), "client-parked"],
  ["it is given up", { type: "hang-up-asked" }, "cancelled"],
])("while his phone rings and %s, it is silenced", (_, heard, reason) => {
  const state = after(begun("ringing"), heard);
  expect(state).toMatchObject({ state: "calling-off" });
  expect(state.state !== "over" && asks(state)).toEqual({ ask: "call-off", legId: "icp-1" });
  expect(after(state as FetchState, { type: "taken" })).toEqual(refused(reason));
  expect(after(state as FetchState, { type: "not-taken", failure: "no-such-leg" })).toEqual(refused(reason));
});

test("when both have answered the PBX decides: nothing is called off for a second", () => {
  const both = calls(theirs(talks), his({ pickedUp: true }));
  const losing = after(begun("joining"), both);
  expect(losing).toMatchObject({ state: "losing" });
  expect(lastsAtMost(losing as FetchState)).toBe(1_000);
  expect(after(losing as FetchState, calls(his(talks)))).toEqual(done);
  const late = after(losing as FetchState, { type: "deadline" });
  expect(late).toMatchObject({ state: "calling-off", outcome: refused("answered-elsewhere") });
});

test.each<[string, FetchState]>([
  ["he has answered", begun("joining")],
  ["both have answered", begun("losing")],
  ["he has the client", { state: "won", callId: "call-1", alone: "1.1" }],
])("nothing is called off once %s: his phone may have the client", (_, state) => {
  expect(after(state, { type: "hang-up-asked" })).toEqual(state);
});

test("somebody who answered too and is left alone is hung up, unless the PBX does it", () => {
  const won = after(begun("joining"), calls(theirs({ ...talks, peerLegId: null }), his(talks)));
  expect(won).toMatchObject({ state: "won", alone: "1.1" });
  expect(after(won as FetchState, calls(his(talks)))).toEqual(done);
  const clearing = after(won as FetchState, { type: "deadline" });
  expect(clearing.state !== "over" && asks(clearing)).toEqual({ ask: "hang-up", legId: "1.1", declining: false });
  expect(after(clearing as FetchState, { type: "taken" })).toEqual(done);
});

test("another who was rung for the same client and has picked up his phone does not have him yet", () => {
  const other = his({ legId: "5.5", extension: "205", pickedUp: true });
  expect(after(begun("joining"), calls(other))).toEqual(begun("joining"));
  expect(after(begun("joining"), calls({ ...other, ...talks, isFetching: false }))).toMatchObject({
    state: "calling-off",
    outcome: refused("answered-elsewhere"),
  });
});

test("a colleague who called, and is no client, is there as long as his own phone is", () => {
  const caller = theirs({ legId: "9.9", extension: "203", state: "calling", peerLegId: null, pickedUp: true });
  const between = changed({ clientLegId: null, cards: [caller, his({ peerLegId: null, pickedUp: true })] });
  expect(after(begun("joining"), between)).toEqual(begun("joining"));
  expect(after(begun("ringing"), changed({ clientLegId: null, cards: [caller] }))).toEqual(begun("ringing"));
});

test("his phone was dropped after his answer, for another has the client", () => {
  expect(after(begun("joining"), calls(theirs(talks)))).toMatchObject({
    state: "calling-off",
    outcome: refused("answered-elsewhere"),
  });
});

test.each<["no-answer" | "refused" | "unreached", string]>([
  ["no-answer", "own-phone-no-answer"],
  ["refused", "own-phone-rejected"],
  ["unreached", "own-phone-rejected"],
])("his phone: %s", (answer, reason) => {
  expect(after(begun("ringing"), { type: "own-phone", answer })).toEqual(refused(reason));
});

test("an answer of the PBX that was lost is none: his phone may ring", () => {
  expect(after(begun("asked"), { type: "not-taken", failure: "unanswered" })).toMatchObject({ state: "ringing" });
  expect(after(begun("asked"), { type: "not-taken", failure: "rejected" })).toEqual(refused("pbx-rejected"));
});
