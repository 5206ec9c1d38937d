import { expect, test } from "vitest";
import { callWith, cardWith } from "../calls/testing/call.ts";
import { hangUpProcedure } from "./hang-up.ts";
import type { OneActionState } from "./one-action.ts";
import { done, type Heard, type Over, refused, timedOut } from "./procedure.ts";

const { begin, decide } = hangUpProcedure("call-1", "1.1", false);
const taken: Heard = { type: "taken" };
const stillThere: Heard = { type: "call", call: callWith({ cards: [cardWith()] }) };
const othersOnly: Heard = { type: "call", call: callWith({ cards: [cardWith({ legId: "2.2", extension: "202" })] }) };
const merged: Heard = { type: "call", call: callWith({ endedAt: 2_000, mergedInto: "call-2" }) };
const ended: Heard = { type: "call", call: callWith({ endedAt: 2_000 }) };

test.each<[string, Heard[], OneActionState | Over]>([
  ["the leg is gone with the call", [taken, stillThere, ended], done],
  ["the leg is gone and the call goes on with others", [taken, othersOnly], done],
  ["the leg was gone before the response", [ended, taken], done],
  ["the leg lives on", [taken, stillThere], { state: "sent", callId: "call-1" }],
  [
    "another call ends",
    [taken, { type: "call", call: callWith({ id: "call-2", endedAt: 2_000 }) }],
    { state: "sent", callId: "call-1" },
  ],
  [
    "the call became part of another, and there the leg is gone",
    [taken, merged, { type: "call", call: callWith({ id: "call-2" }) }],
    done,
  ],
  ["the PBX says Success and does nothing", [taken, stillThere, { type: "deadline" }], timedOut],
  ["the leg ended by itself a moment before", [{ type: "not-taken", failure: "no-such-leg" }], refused("no-such-call")],
  ["the response was lost and the leg is gone", [{ type: "not-taken", failure: "unanswered" }, ended], done],
])("%s", (_, heard, expected) => {
  let state: OneActionState | Over = begin;
  for (const each of heard) {
    if (state.state !== "over") state = decide(state, each);
  }
  expect(state).toEqual(expected);
});
