/** Why nobody answered a transfer is judged from the call's events, in whatever order they come. */
import { beforeEach, expect, test } from "vitest";
import type { Call, EmployeeShare, Transfer } from "../calls/call.ts";
import { callWith, cardWith } from "../calls/testing/call.ts";
import { type BlindTransferState, blindTransferProcedure } from "./blind-transfer.ts";
import type { Over } from "./procedure.ts";

const { decide } = blindTransferProcedure({
  callId: "call-1",
  legId: "1.1",
  extension: "201",
  peerLegId: "9.9",
  isRinging: false,
  to: "202",
  note: null,
  transfersBefore: 0,
  ringSeconds: 30,
  canReturn: () => canReturn,
});
let canReturn = true;
beforeEach(() => {
  canReturn = true;
});

const transfer = (result: Transfer["result"]): Transfer => ({
  kind: "blind",
  by: "201",
  to: "202",
  result,
  at: 1_000,
  settledAt: null,
  transfereeLegId: "9.9",
});
const share = (result: EmployeeShare["result"]): EmployeeShare => ({
  extension: "202",
  result,
  ringSeconds: 1,
  talkSeconds: 0,
});
const theirs = cardWith({ legId: "2.2", extension: "202", state: "ringing", peerLegId: "9.9", pickedUp: false });

const rings = callWith({ clientLegId: "9.9", transfers: [transfer("pending")], cards: [theirs] });
/** The colleague's phone is silent before the client is known to be gone: why, is told with its own end. */
const phoneFirst = callWith({ ...rings, cards: [], employees: [share("missed")] });
const inVain = callWith({ ...phoneFirst, transfers: [{ ...transfer("pending"), inVain: "refused" }] });
/** The client is gone, and the colleague's phone is not yet known to be silent. */
const clientFirst = callWith({ ...rings, clientLegId: null, transfers: [transfer("failed")] });
const settled = callWith({ ...clientFirst, cards: [], employees: [share("missed")] });
const ended = (endedBy: Call["endedBy"], result: EmployeeShare["result"] = "missed") =>
  callWith({ ...settled, employees: [share(result)], endedAt: 9_000, endedBy });

/** What it has become when each of these was heard. */
function after(...calls: readonly Call[]): BlindTransferState | Over {
  const sent: BlindTransferState | Over = { state: "sent", callId: "call-1" };
  return calls.reduce<BlindTransferState | Over>(
    (state, call) => (state.state === "over" ? state : decide(state, { type: "call", call })),
    sent,
  );
}
const refused = (reason: string) => ({ state: "over", outcome: { state: "refused", reason } });

test.each<[string, readonly Call[]]>([
  ["the phone's silence first", [rings, phoneFirst, settled, ended("client")]],
  ["his leaving first", [rings, clientFirst, settled, ended("client")]],
  ["all at once", [rings, ended("client")]],
  ["nothing before the end", [ended("client")]],
])("the client hangs up while the colleague's phone rings, told with %s", (_, calls) => {
  expect(after(...calls)).toEqual(refused("client-left"));
});

test("a colleague who was handed over and hangs up has left, too", () => {
  expect(after(rings, clientFirst, ended("203"))).toEqual(refused("client-left"));
});

test.each<[EmployeeShare["result"], string]>([
  ["missed", "target-no-answer"],
  ["rejected", "target-refused"],
  ["busy", "target-busy"],
  ["failed", "target-unreachable"],
])("the PBX ends the call of a client whose target has %s it", (result, reason) => {
  expect(after(rings, clientFirst, ended("pbx", result))).toEqual(refused(reason));
});

test.each<[string, readonly Call[]]>([
  ["was seen to ring", [rings, inVain]],
  ["rang and refused between two changes", [inVain]],
])("the client is fetched back from a colleague whose phone %s", (_, calls) => {
  expect(after(...calls)).toEqual({ state: "returning", callId: "call-1", client: "9.9", why: "target-refused" });
});

test("nobody is fetched back to a phone that cannot ring", () => {
  canReturn = false;
  expect(after(rings, inVain)).toEqual(refused("target-refused"));
});

test("a colleague who answers in the moment in which the client is fetched back has him", () => {
  expect(after(rings, inVain, callWith({ ...rings, transfers: [transfer("completed")] }))).toEqual({
    state: "over",
    outcome: { state: "done" },
  });
});

test("whom the PBX brings back by itself is not fetched once more", () => {
  const back = cardWith({ legId: "3.3", extension: "201", state: "ringing", peerLegId: "9.9", since: 2_000 });
  const phoneOfBefore = { ...back, since: 500 };
  expect(after(rings, callWith({ ...inVain, cards: [back] }))).toEqual(refused("target-refused"));
  expect(after(rings, callWith({ ...inVain, cards: [phoneOfBefore] }))).toMatchObject({ state: "returning" });
});

test("while it is settled and the call has not ended, nothing is told yet", () => {
  expect(after(rings, clientFirst)).toMatchObject({ state: "handed-over" });
});
