import { expect, test } from "vitest";
import { Obedience } from "./obedience.ts";

const ignored = { state: "refused", reason: "phone-ignores-it" } as const;

test("a phone that ignores two requests in a row is asked no more, until it has been away", () => {
  const obedience = new Obedience();
  obedience.onOutcome("201", ignored);
  expect(obedience.isLacking("201")).toBe(false);
  obedience.onOutcome("201", { state: "done" });
  obedience.onOutcome("201", ignored);
  obedience.onOutcome("201", { state: "refused", reason: "client-left" });
  expect(obedience.isLacking("201")).toBe(false);
  obedience.onOutcome("201", ignored);
  expect(obedience.isLacking("201")).toBe(true);
  expect(obedience.isLacking("202")).toBe(false);
  obedience.forget("201");
  expect(obedience.isLacking("201")).toBe(false);
});
