import { expect, test } from "vitest";
import type { Disposition, EmployeeResult } from "../calls/call.ts";
import { callWith } from "../calls/testing/call.ts";
import { type DialContext, type DialState, decideDial, dialProcedure } from "./dial.ts";
import { done, type Heard, refused, timedOut } from "./procedure.ts";

const context: DialContext = {
  legId: "c2c-1",
  extension: "201",
  number: "79001234567",
  wasOnCall: false,
  ringSeconds: 30,
};

const taken: Heard = { type: "taken" };
const hangUpAsked: Heard = { type: "hang-up-asked" };
const deadline: Heard = { type: "deadline" };
const goesOn: Heard = { type: "call", call: callWith() };
const clientAnswered: Heard = { type: "call", call: callWith({ answeredAt: 2_000 }) };

function ownPhone(answer: Extract<Heard, { type: "own-phone" }>["answer"]): Heard {
  return { type: "own-phone", answer };
}

function ended(disposition: Disposition, own?: EmployeeResult): Heard {
  const employees = own === undefined ? [] : [{ extension: "201", result: own, ringSeconds: 1, talkSeconds: 0 }];
  return { type: "call", call: callWith({ endedAt: 3_000, disposition, employees }) };
}

const noWay: Heard = { type: "call", call: callWith({ endedAt: 3_000, disposition: "cancelled", endedBy: "pbx" }) };

function run(heard: readonly Heard[], said: Partial<DialContext> = {}) {
  let state: DialState | ReturnType<typeof refused> = { state: "asked" };
  for (const each of heard) {
    if (state.state !== "over") state = decideDial(state, each, { ...context, ...said });
  }
  return state;
}

const unreached = (clientCause: number): Heard => ({
  type: "call",
  call: callWith({ endedAt: 3_000, disposition: "failed", clientCause }),
});

test.each<[string, Heard[], ReturnType<typeof run>]>([
  ["nobody has the number", [taken, ownPhone("answered"), unreached(1)], refused("no-such-number")],
  ["the number has the wrong form", [taken, ownPhone("answered"), unreached(28)], refused("no-such-number")],
  ["the client's phone is off", [taken, ownPhone("answered"), unreached(19)], refused("client-no-answer")],
  ["the line is down", [taken, ownPhone("answered"), unreached(34)], refused("no-route")],
  ["the client answers", [taken, ownPhone("answered"), goesOn, clientAnswered], done],
  ["the answer is seen though the PBX's words about the own phone were lost", [taken, clientAnswered], done],
  [
    "the call became part of another, which is answered",
    [taken, { type: "call", call: callWith({ endedAt: 2_000, mergedInto: "call-2" }) }, clientAnswered],
    done,
  ],
  ["the events were faster than the response", [ownPhone("answered"), taken, clientAnswered], done],
  ["nobody picks up the own phone", [taken, goesOn, ownPhone("no-answer")], refused("own-phone-no-answer")],
  ["the own phone is declined", [taken, goesOn, ownPhone("refused")], refused("own-phone-rejected")],
  [
    "no own phone is registered",
    [taken, ownPhone("unreached"), ended("failed", "failed")],
    refused("own-phone-offline"),
  ],
  ["no own phone, and no call was ever seen", [taken, ownPhone("unreached"), deadline], refused("own-phone-offline")],
  [
    "a PBX that names no reason: not picked up",
    [taken, ownPhone("unreached"), ended("missed", "missed")],
    refused("own-phone-no-answer"),
  ],
  [
    "a PBX that names no reason: declined",
    [taken, ownPhone("unreached"), ended("busy", "rejected")],
    refused("own-phone-rejected"),
  ],
  ["the client is busy", [taken, ownPhone("answered"), ended("busy", "busy")], refused("client-busy")],
  ["the client does not answer", [taken, ownPhone("answered"), ended("missed", "missed")], refused("client-no-answer")],
  ["no trunk takes the number", [taken, ownPhone("answered"), ended("failed", "failed")], refused("no-route")],
  ["the dialplan has no way to the number", [taken, ownPhone("answered"), noWay], refused("no-route")],
  [
    "the employee gives up while the client rings",
    [taken, ownPhone("answered"), ended("cancelled", "cancelled")],
    refused("cancelled"),
  ],
  [
    "the employee hangs up in the panel while his phone rings",
    [taken, hangUpAsked, ownPhone("unreached")],
    refused("cancelled"),
  ],
  [
    "the employee hangs up in the panel while the client rings",
    [taken, ownPhone("answered"), hangUpAsked, ended("missed", "missed")],
    refused("cancelled"),
  ],
  ["the client answers while the employee hangs up", [taken, hangUpAsked, clientAnswered], done],
  ["the hang-up is never seen", [taken, hangUpAsked, deadline], timedOut],
  ["the PBX says Success and does nothing", [taken, deadline], timedOut],
  [
    "the link drops before the response, and the call is seen later",
    [{ type: "not-taken", failure: "unanswered" }, clientAnswered],
    done,
  ],
  [
    "the link drops before the response, and nothing is seen",
    [{ type: "not-taken", failure: "unanswered" }, deadline],
    timedOut,
  ],
  ["the PBX is away", [{ type: "not-taken", failure: "pbx-unreachable" }], refused("pbx-unreachable")],
  ["the PBX forbids", [{ type: "not-taken", failure: "permission-denied" }], refused("pbx-permission")],
  ["the number is none", [{ type: "not-taken", failure: "invalid-number" }], refused("invalid-number")],
  ["the dialplan does not know the number", [{ type: "not-taken", failure: "no-route" }], refused("no-route")],
])("%s", (_, heard, expected) => {
  expect(run(heard)).toEqual(expected);
});

test("a phone that refuses while its owner is on another call is busy", () => {
  expect(run([taken, ownPhone("refused")], { wasOnCall: true })).toEqual(refused("own-phone-busy"));
});

test("each state but the first has a deadline, and the own phone's is longer than it rings", () => {
  const { lastsAtMost } = dialProcedure(context);
  expect(lastsAtMost({ state: "asked" })).toBeNull();
  expect(lastsAtMost({ state: "own-phone" })).toBeGreaterThan(30_000);
  for (const state of ["unreached", "client", "cancelling"] as const) expect(lastsAtMost({ state })).toBeGreaterThan(0);
});
