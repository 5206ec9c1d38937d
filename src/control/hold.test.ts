import { expect, test } from "vitest";
import { callWith, cardWith } from "../calls/testing/call.ts";
import { holdProcedure } from "./hold.ts";
import type { OneActionState } from "./one-action.ts";
import { done, type Heard, type Over, refused, timedOut } from "./procedure.ts";

const taken: Heard = { type: "taken" };
const deadline: Heard = { type: "deadline" };
const unanswered: Heard = { type: "not-taken", failure: "unanswered" };
const talks: Heard = { type: "call", call: callWith({ cards: [cardWith()] }) };
const holds: Heard = { type: "call", call: callWith({ cards: [cardWith({ state: "hold" })] }) };

test.each<[string, "hold" | "resume", Heard[], OneActionState | Over]>([
  ["the phone holds", "hold", [taken, talks, holds], done],
  ["it held before the PBX's answer", "hold", [holds, taken], done],
  ["the phone talks again", "resume", [taken, holds, talks], done],
  ["the phone does nothing", "hold", [taken, talks, deadline], refused("phone-ignores-it")],
  ["the answer was lost, and the phone holds", "hold", [unanswered, holds], done],
  ["the answer was lost: no word against the phone", "hold", [unanswered, deadline], timedOut],
  ["the PBX has no such channel", "hold", [{ type: "not-taken", failure: "rejected" }], refused("pbx-rejected")],
  [
    "the call ends meanwhile",
    "hold",
    [taken, { type: "call", call: callWith({ endedAt: 2_000 }) }],
    refused("client-left"),
  ],
])("%s", (_, ask, heard, expected) => {
  const { begin, decide } = holdProcedure(ask, "call-1", "1.1");
  let state: OneActionState | Over = begin;
  for (const each of heard) {
    if (state.state !== "over") state = decide(state, each);
  }
  expect(state).toEqual(expected);
});
