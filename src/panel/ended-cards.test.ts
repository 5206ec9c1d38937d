/** A phone that has stopped ringing: missed, answered by somebody else, or nothing worth a word. */
import { describe, expect, test } from "vitest";
import type { Call, Card, EmployeeResult, Transfer } from "../calls/call.ts";
import { toCardView } from "./card-view.ts";
import { call, card, FakeLive, panelAccount } from "./company.testing.ts";
import { endedCards } from "./ended-cards.ts";

const account = panelAccount("main");
const [anna] = account.account.employees;
const { abilities } = new FakeLive();

function ends(before: Card, after: readonly Card[], more: Partial<Call>) {
  if (!anna) throw new Error("no employee");
  const view = (one: Card) =>
    toCardView(
      { card: one, call: call("c1", [one]) },
      { clients: [], note: undefined, takenBack: false, pickedUpFrom: null, abilities },
      account,
    );
  const own = after.filter(({ extension }) => anna.extensions.includes(extension));
  const told = new Map([["c1", call("c1", after, more)]]);
  return endedCards([view(before)], own.map(view), told, anna, account);
}

const share = (result: EmployeeResult) => ({
  employees: [{ extension: "201", result, ringSeconds: 3, talkSeconds: 0 }],
});
const ringing = card("c1", "201");
const gone = { callId: "c1", legId: "c1-201" };

test("missed", () => {
  expect(ends(ringing, [], share("missed"))).toEqual([{ ...gone, how: "missed", by: null }]);
});

test("answered by a colleague, who is named", () => {
  const other = card("c1", "202", { state: "talking", peerLegId: "client" });
  const told = { ...share("answered-elsewhere"), clientLegId: "client" };
  expect(ends(ringing, [other], told)).toEqual([{ ...gone, how: "elsewhere", by: "Борис" }]);
});

test("answered where nobody of the directory sits", () => {
  expect(ends(ringing, [], share("answered-elsewhere"))).toEqual([{ ...gone, how: "elsewhere", by: null }]);
});

test.each<EmployeeResult>(["rejected", "cancelled", "busy", "failed"])("%s: he knows himself", (result) => {
  expect(ends(ringing, [], share(result))).toEqual([]);
});

test("a talk that is over was no ringing phone", () => {
  expect(ends(card("c1", "201", { state: "talking" }), [], share("missed"))).toEqual([]);
});

test("answered on his own other phone it goes on", () => {
  const second = card("c1", "211", { state: "talking" });
  expect(ends(ringing, [second], share("answered-elsewhere"))).toEqual([]);
});

describe("handed over after asking", () => {
  const asking = card("c1", "201", { state: "consult-talking" });
  const taker = card("c1", "202", { state: "talking", peerLegId: "client" });
  const handed = (more: Partial<Transfer> = {}) => ({
    transfers: [
      {
        kind: "attended",
        by: "201",
        to: "202",
        result: "completed",
        at: 1,
        settledAt: 2,
        transfereeLegId: "client",
        ...more,
      } satisfies Transfer,
    ],
  });

  test("it is told who has the client now", () => {
    expect(ends(asking, [taker], handed())).toEqual([{ ...gone, how: "handed-over", by: "Борис" }]);
  });

  test("a number that nobody of the directory has stands for itself", () => {
    expect(ends(asking, [taker], handed({ to: "299" }))).toMatchObject([{ by: "299" }]);
  });

  test.each([
    ["it came to nothing", handed({ result: "failed" })],
    ["somebody else did it", handed({ by: "202", to: "203" })],
    ["the client has left since", { ...handed(), endedAt: 3 }],
  ])("%s: nothing is said", (_why, more) => {
    expect(ends(asking, [taker], more)).toEqual([]);
  });
});

test("a call that became a part of another goes on there", () => {
  expect(ends(ringing, [], { ...share("missed"), mergedInto: "c2" })).toEqual([]);
});
