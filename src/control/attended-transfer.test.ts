/** A consultation that Asterisk's Atxfer was asked for: seen, typed anew, or begun unseen. */
import { expect, test } from "vitest";
import type { Card } from "../calls/call.ts";
import { callWith, cardWith } from "../calls/testing/call.ts";
import { type AttendedTransferState, attendedTransferProcedure } from "./attended-transfer.ts";
import type { Heard } from "./procedure.ts";

const { decide, asks } = attendedTransferProcedure({
  callId: "call-1",
  legId: "1.1",
  extension: "201",
  peerLegId: "9.9",
  to: "202",
  note: null,
  transfersBefore: 0,
});
const sent: AttendedTransferState = { state: "sent", callId: "call-1" };
const calls = (card: Partial<Card>): Heard => ({
  type: "call",
  call: callWith({ clientLegId: "9.9", cards: [cardWith({ legId: "1.1", ...card })] }),
});

test("what shows no effect is typed once, and then given up", () => {
  const talking = decide(sent, calls({ state: "talking", peerLegId: "9.9" }));
  const typing = decide(talking as AttendedTransferState, { type: "deadline" });
  expect(typing).toEqual({ state: "typing", callId: "call-1" });
  expect(asks(typing as AttendedTransferState)).toMatchObject({ ask: "consult", typed: true });
  expect(decide(typing as AttendedTransferState, { type: "deadline" })).toMatchObject({
    outcome: { state: "timed-out" },
  });
});

test("a link that was lost while the colleague answered: he is talked to, and nothing is typed into that", () => {
  expect(decide(sent, calls({ state: "talking", peerLegId: "2.2" }))).toMatchObject({ outcome: { state: "done" } });
});

test("whom another one has put in the client's place before anything was asked is no colleague who answered", () => {
  const asked: AttendedTransferState = { state: "asked", callId: "call-1" };
  expect(decide(asked, calls({ state: "talking", peerLegId: "7.7" }))).toEqual(asked);
});

test("between two bridges there is nobody, which is no answer", () => {
  expect(decide(sent, calls({ state: "talking", peerLegId: null }))).toEqual(sent);
});
