/** Completing, giving up and swapping a consultation before a PBX that does what it is asked for, or something else. */
import { expect, test } from "vitest";
import type { Call, Card, Transfer } from "../calls/call.ts";
import { callWith, cardWith } from "../calls/testing/call.ts";
import {
  type ConsultationState,
  cancelTransferProcedure,
  completeSwappedProcedure,
  completeTransferProcedure,
  swapProcedure,
} from "./consultation.ts";
import { type Heard, isOver, type Procedure } from "./procedure.ts";

const about = { callId: "call-1", legId: "1.1", client: "9.9", colleague: "2.2" };
const complete = completeTransferProcedure(about);
const completeSwapped = completeSwappedProcedure(about);
const cancel = cancelTransferProcedure(about);
const swap = swapProcedure(about, "9.9");

const transfer = (result: Transfer["result"]): Transfer => ({
  kind: "attended",
  by: "201",
  to: "202",
  result,
  at: 1_000,
  settledAt: null,
  transfereeLegId: "9.9",
});
const consulting: Partial<Card> = { state: "consult-talking", peerLegId: "2.2", waitingLegId: "9.9" };
const heard = (result: Transfer["result"], card: Partial<Card> | null, said: Partial<Call> = {}): Heard => ({
  type: "call",
  call: callWith({
    clientLegId: "9.9",
    transfers: [transfer(result)],
    cards: card === null ? [] : [cardWith({ legId: "1.1", ...card })],
    ...said,
  }),
});
const taken: Heard = { type: "taken" };
const deadline: Heard = { type: "deadline" };
const unanswered: Heard = { type: "not-taken", failure: "unanswered" };

/** What the command has become when each of these was heard: its state, or how it ended. */
function after<S extends { readonly state: string }>(
  { begin, decide }: Procedure<S>,
  ...all: readonly Heard[]
): string {
  let state = begin;
  for (const each of all) {
    const next = decide(state, each);
    if (isOver(next)) {
      const { outcome } = next;
      return outcome.state === "refused" ? outcome.reason : outcome.state;
    }
    state = next;
  }
  return state.state;
}

test.each<[string, Procedure<ConsultationState>, readonly Heard[], string]>([
  ["completed", complete, [taken, heard("completed", null)], "done"],
  ["completed, and nothing happens", complete, [taken, heard("pending", consulting), deadline], "timed-out"],
  ["completed while the colleague's phone rings", complete, [taken, heard("pending", null)], "left"],
  ["completed, and the colleague answers", complete, [taken, heard("pending", null), heard("completed", null)], "done"],
  ["completed, and he declines", complete, [taken, heard("pending", null), heard("refused", null)], "target-refused"],
  ["completed, and never answered", complete, [taken, heard("pending", null), deadline], "timed-out"],
  [
    "completed, and the client hangs up",
    complete,
    [taken, heard("pending", null), heard("failed", null, { clientLegId: null })],
    "client-left",
  ],
  ["completed without an answer of the PBX", complete, [unanswered, heard("completed", null)], "done"],
  [
    "completed with the sides swapped: the colleague is taken back first",
    completeSwapped,
    [taken, heard("pending", { ...consulting, peerLegId: "2.2", waitingLegId: "9.9" })],
    "again",
  ],
  [
    "completed with the sides swapped, and done",
    completeSwapped,
    [taken, heard("pending", consulting), unanswered, heard("completed", null)],
    "done",
  ],
  ["given up", cancel, [taken, heard("cancelled", { state: "talking", peerLegId: "9.9" })], "done"],
  ["given up, and nothing happens", cancel, [taken, heard("pending", consulting), deadline], "again"],
  ["given up in vain both ways", cancel, [taken, deadline, taken, deadline], "timed-out"],
  ["given up, and between two bridges", cancel, [taken, heard("pending", { peerLegId: null })], "sent"],
  [
    "given up, and the client hangs up: the colleague is still there",
    cancel,
    [taken, heard("failed", { state: "talking", peerLegId: "2.2" }, { clientLegId: null })],
    "client-left",
  ],
])("%s", (_, procedure, all, ends) => {
  expect(after(procedure, ...all)).toBe(ends);
});

test.each<[string, readonly Heard[], string]>([
  ["swapped", [taken, heard("pending", { ...consulting, peerLegId: "9.9", waitingLegId: "2.2" })], "done"],
  ["and the colleague hangs up: whoever waited is talked to", [taken, heard("refused", { peerLegId: "9.9" })], "done"],
  ["and the client hangs up", [taken, heard("failed", { peerLegId: "2.2" }, { clientLegId: null })], "client-left"],
  ["and nothing happens", [taken, heard("pending", consulting), deadline], "timed-out"],
  ["and the call ends", [taken, heard("failed", null)], "client-left"],
])("sides are swapped: %s", (_, all, ends) => {
  expect(after(swap, ...all)).toBe(ends);
});

test("the minute in which a colleague may still answer begins when the employee is out", () => {
  const lasting = (state: ConsultationState["state"]) => complete.lastsAtMost({ state, callId: "call-1" });
  expect(lasting("sent")).toBe(10_000);
  expect(lasting("left")).toBe(60_000);
});
