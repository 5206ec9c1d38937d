/** Of a colleague one sees what takes him up most, over all his calls and devices, and nothing of whom he talks to. */
import { expect, test } from "vitest";
import type { Card } from "../calls/call.ts";
import type { DeviceState, QueueSeat } from "../calls/presence.ts";
import { changedRows, type PhonesNow, phoneLamp, toColleagueRows } from "./colleague-rows.ts";
import { card, NOW, panelAccount } from "./company.testing.ts";

const { account } = panelAccount("main");
const device = (state: DeviceState) => ({ state, since: NOW });
const rowsOf = (part: Partial<PhonesNow> = {}, company = account) =>
  toColleagueRows(company, {
    cards: [],
    deviceOf: () => device("free"),
    seatsOf: () => [],
    ringOf: () => null,
    ...part,
  });

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
  const rows = rowsOf({ cards: own, deviceOf: (extension) => device(extension === "201" ? first : second) });
  expect(rows.get("201")?.presence).toBe(presence);
});

test("a row holds no number", () => {
  const rows = rowsOf({ cards: [card("c1", "201", { state: "talking" })] });
  expect(JSON.stringify([...rows.values()])).not.toContain("9161234567");
  expect([...rows.keys()]).toEqual(["201", "202", "203"]);
});

test("only rows that differ are told", () => {
  const before = rowsOf();
  const after = rowsOf({ cards: [card("c1", "202")] });
  expect(changedRows(before, after).map(({ extension, presence }) => [extension, presence])).toEqual([
    ["202", "ringing"],
  ]);
  expect(changedRows(after, after)).toEqual([]);
  const seated = rowsOf({ seatsOf: () => [{ queue: "main", isPaused: true, reason: null }] });
  expect(changedRows(before, seated).map(({ extension }) => extension)).toEqual(["201", "202", "203"]);
});

test("a seat in a queue is told of everybody in a department that has one, and so is its lack", () => {
  const seat = (queue: string, reason?: string): QueueSeat => ({
    queue,
    isPaused: reason !== undefined,
    reason: reason ?? null,
  });
  const [anna, boris, stock] = account.employees.map((one) => one.name);
  const employees = account.employees.map((one) => (one.name === stock ? { ...one, department: "Склад" } : one));
  const queuesWith = (seats: Record<string, QueueSeat[]>) => {
    const rows = rowsOf({ seatsOf: (extension) => seats[extension] ?? [] }, { ...account, employees });
    return Object.fromEntries([...rows.values()].map(({ name, queue }) => [name, queue]));
  };
  const none = { takes: [], paused: [], reason: null };
  expect(queuesWith({})).toEqual({ [`${anna}`]: null, [`${boris}`]: null, [`${stock}`]: null });
  // Анна has two phones; the queue "main" rings her as long as one of them takes its calls.
  expect(queuesWith({ "201": [seat("main", "обед"), seat("sales", "обед")], "211": [seat("main")] })).toEqual({
    [`${anna}`]: { takes: ["main"], paused: ["sales"], reason: "обед" },
    [`${boris}`]: none,
    [`${stock}`]: null,
  });
});

test("the phone's lamp is red only when no device of the employee is registered", () => {
  const [anna] = account.employees;
  if (!anna) throw new Error("the company has an Anna");
  expect(phoneLamp(anna, () => device("offline"))).toEqual({ state: "down", since: NOW, reason: "offline" });
  expect(phoneLamp(anna, (extension) => device(extension === "201" ? "offline" : "free")).state).toBe("ok");
  expect(phoneLamp(anna, () => device("unknown")).state).toBe("ok");
});
