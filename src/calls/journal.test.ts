import { expect, test } from "vitest";
import { changedCalls, type JournalEntry } from "./journal.ts";
import { LiveCalls } from "./live-calls.ts";

/** A call of one employee's phone, whose linkedid is its leg's. */
function began(calls: LiveCalls, leg: string, at: number): JournalEntry[] {
  const party = { kind: "employee", extension: leg } as const;
  return calls.hear({ type: "leg-began", at, leg, linkedid: leg, party, origin: { kind: "reached" }, found: false });
}

test("a call that became part of another is told before that one, whichever was heard of first", () => {
  const calls = new LiveCalls("office");
  const heard = [...began(calls, "201", 1), ...began(calls, "202", 2)];
  const merged = calls.hear({ type: "leg-connected", at: 3, leg: "202", with: ["201"], room: null });
  const older = heard[0]?.call.id;
  expect(changedCalls([...heard, ...merged]).map(({ mergedInto }) => mergedInto)).toEqual([older, null]);
});

test("of several changes of one call the last is told", () => {
  const calls = new LiveCalls("office");
  const heard = began(calls, "201", 1);
  expect(heard.length).toBeGreaterThan(1);
  expect(changedCalls(heard)).toEqual([heard.at(-1)?.call]);
});
