/** Of a colleague one sees what takes him up most, over all his calls and devices, and nothing of whom he talks to. */
import { expect, test } from "vitest";
import type { Card } from "../calls/call.ts";
import type { DeviceState } from "../calls/presence.ts";
import { changedRows, phoneLamp, toColleagueRows } from "./colleague-rows.ts";
import { card, NOW, panelAccount } from "./testing.ts";

const { account } = panelAccount("main");
const noRing = () => null;
const device = (state: DeviceState) => ({ state, since: NOW });

test.each<[cards: Partial<Card>[], devices: [DeviceState, DeviceState], presence: string]>([
  [[], ["free", "free"], "free"],
  [[], ["offline", "free"], "free"],
  [[], ["offline", "offline"], "offline"],
  [[], ["unknown", "unknown"], "unknown"],
  [[], ["busy", "free"], "busy"],
  [[], ["dnd", "free"], "dnd"],
  [[{ state: "ringing" }], ["busy", "free"], "ringing"],
  [[{ state: "calling" }], ["busy", "free"], "busy"],
  [[{ state: "talking" }, { state: "ringing", extension: "211" }], ["free", "free"], "talking"],
  [[{ state: "hold" }], ["busy", "free"], "hold"],
  [[{ state: "consult-talking" }], ["busy", "free"], "talking"],
])("cards %j, devices %j: %s", (cards, [first, second], presence) => {
  const own = cards.map((each) => card("c1", "201", each));
  const rows = toColleagueRows(account, own, (extension) => device(extension === "201" ? first : second), noRing);
  expect(rows.get("201")?.presence).toBe(presence);
});

test("a row holds no number", () => {
  const rows = toColleagueRows(account, [card("c1", "201", { state: "talking" })], () => device("free"), noRing);
  expect(JSON.stringify([...rows.values()])).not.toContain("9161234567");
  expect([...rows.keys()]).toEqual(["201", "202", "203"]);
});

test("only rows that differ are told", () => {
  const before = toColleagueRows(account, [], () => device("free"), noRing);
  const after = toColleagueRows(account, [card("c1", "202")], () => device("free"), noRing);
  expect(changedRows(before, after).map(({ extension, presence }) => [extension, presence])).toEqual([
    ["202", "ringing"],
  ]);
  expect(changedRows(after, after)).toEqual([]);
});

test("the phone's lamp is red only when no device of the employee is registered", () => {
  const [anna] = account.employees;
  if (!anna) throw new Error("the company has an Anna");
  expect(phoneLamp(anna, () => device("offline"))).toEqual({ state: "down", since: NOW, reason: "offline" });
  expect(phoneLamp(anna, (extension) => device(extension === "201" ? "offline" : "free")).state).toBe("ok");
  expect(phoneLamp(anna, () => device("unknown")).state).toBe("ok");
});
