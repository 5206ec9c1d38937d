/** Of all that is posted in the CRM's page only the widget's own words are taken, and of those only the parts that are known. */
import { expect, test } from "vitest";
import { readFromHost } from "./host-protocol.ts";

test.each([
  { type: "page", theme: "dark", width: 1280, height: 720, card: null },
  { type: "page", theme: "light", width: 1280, height: 720, card: "/companies/detail/15" },
  { type: "kept", size: "edge", list: false, width: 400 },
  { type: "kept-words", words: "{}" },
  { type: "lead", value: true },
  { type: "dial", number: "8 (916) 123-45-67" },
  { type: "reveal" },
  { type: "pulled", screenX: -40 },
  { type: "let-go" },
  { type: "focus-field" },
  { type: "focus-call" },
])("$type is taken as it is", (message) => {
  expect(readFromHost({ ...message, surplus: "x" })).toEqual(message);
});

test("a shape that was kept before panels had widths has the first one", () => {
  const kept = { type: "kept", size: "pill", list: true };
  expect(readFromHost(kept)).toEqual({ ...kept, width: 320 });
});

test("an older widget tells of no open card", () => {
  const page = { type: "page", theme: "dark", width: 1280, height: 720 };
  expect(readFromHost(page)).toEqual({ ...page, card: null });
});

test("a ticket, or why there is none", () => {
  expect(readFromHost({ type: "ticket", ticket: "t" })).toEqual({ type: "ticket", answer: { ticket: "t" } });
  expect(readFromHost({ type: "ticket", failure: "not-allowed" })).toEqual({
    type: "ticket",
    answer: { failure: "not-allowed" },
  });
});

test.each([
  null,
  "reveal",
  42,
  {},
  { type: "open" },
  { type: "dial", number: 5 },
  { type: "page", theme: "pink", width: 1, height: 1 },
  { type: "page", theme: "dark", width: Number.NaN, height: 1 },
  { type: "page", theme: "dark", width: 1, height: 1, card: "/leads/detail/1/../../users" },
  { type: "page", theme: "dark", width: 1, height: 1, card: 5 },
  { type: "kept", size: "huge", list: true },
  { type: "kept", size: "open", list: true, width: "wide" },
  { type: "kept-words", words: null },
  { type: "lead", value: "yes" },
  { type: "pulled", screenX: "left" },
  { type: "ticket" },
  { type: "ticket", failure: "whatever" },
])("%j is not a message", (value) => {
  expect(readFromHost(value)).toBe(null);
});
