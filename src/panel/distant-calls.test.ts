/** Which calls an employee is shown though no phone of his is in them. */
import { expect, test } from "vitest";
import type { Call, Transfer } from "../calls/call.ts";
import { call, card, NOW, panelAccount } from "./company.testing.ts";
import { distantCallsOf, toHandedOverView } from "./distant-calls.ts";

const account = panelAccount("main");
const [anna] = account.account.employees;

function shownOf(one: Call) {
  if (!anna) throw new Error("no employee");
  const distant = distantCallsOf(anna, [one], [{ call: one, takenBy: null }], account);
  return Object.entries(distant).flatMap(([list, calls]) => (calls.length > 0 ? [list] : []));
}

const away: Transfer = {
  kind: "blind",
  by: "201",
  to: "202",
  result: "pending",
  at: NOW,
  settledAt: null,
  transfereeLegId: "client",
};
const atBoris = card("c1", "202");

test.each<[string, Call, string[]]>([
  ["the own client who rings at a colleague's is offered", call("c1", [atBoris]), ["offers"]],
  ["not while he rings at the own phone", call("c1", [atBoris, card("c1", "201")]), []],
  [
    "what was given away may be taken back, and is no offer beside that",
    call("c1", [atBoris], { transfers: [away] }),
    ["handedOver"],
  ],
  [
    "what a colleague gave away is an offer",
    call("c1", [atBoris], { transfers: [{ ...away, by: "203" }] }),
    ["offers"],
  ],
  [
    "a parked client waits to be fetched, and is no offer beside that",
    call("c1", [], { parked: { slot: "701", legId: "client", by: "202", since: NOW } }),
    ["parked"],
  ],
])("%s", (_, one, lists) => {
  expect(shownOf(one)).toEqual(lists);
});

test("of a queue that took what was given away, whoever talks is named", () => {
  if (!anna) throw new Error("no employee");
  const talks = card("c1", "202", { state: "talking", peerLegId: "client" });
  const taken = { ...away, to: "2210", result: "completed" } as const;
  const [view] = toHandedOverView(
    call("c1", [talks], { transfers: [taken], clientLegId: "client" }),
    anna,
    [],
    account,
  );
  expect(view?.transfer).toMatchObject({ to: "2210", toName: "Борис" });
});
