import fc from "fast-check";
import { expect, test } from "vitest";
import { actionName, encodeAction } from "./action.ts";

test("an action is written header by header, a list as one header each, undefined not at all", () => {
  const fields = { Action: "Originate", Priority: 1, Async: true, CallerID: undefined, Variable: ["a=1", "b=2"] };
  expect(encodeAction(fields, "x-1")).toBe(
    "Action: Originate\r\nPriority: 1\r\nAsync: true\r\nVariable: a=1\r\nVariable: b=2\r\nActionID: x-1\r\n\r\n",
  );
});

test("no value can begin a header of its own", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 80 }), (value) => {
      const encode = () =>
        encodeAction(
          [
            ["Action", "Getvar"],
            ["Variable", value],
          ],
          "x-1",
        );
      if (/[\r\n\0]/.test(value)) expect(encode).toThrow("ami/bad-action");
      else expect(encode()).toBe(`Action: Getvar\r\nVariable: ${value}\r\nActionID: x-1\r\n\r\n`);
    }),
  );
});

test.each([
  ["CR LF in a value", { Action: "Originate", Exten: "1\r\nAction: Command\r\nCommand: core stop now" }],
  ["CR LF in a list's element", { Action: "Originate", Variable: ["ok=1", "x=1\nAction: Logoff"] }],
  ["a header name with a colon", { Action: "Ping", "A: b\r\nC": "x" }],
  ["an ActionID of the caller's", { Action: "Ping", ActionID: "1" }],
  ["no action", { Exten: "201" }],
  ["an action that does not come first", { Exten: "201", Action: "Ping" }],
  ["a line longer than the manager reads", { Action: "Getvar", Variable: "я".repeat(600) }],
  ["more headers than the manager reads", { Action: "Originate", Variable: Array(200).fill("a=1") }],
])("%s is refused", (_, fields) => {
  expect(() => encodeAction(fields, "x-1")).toThrow("ami/bad-action");
});

test("a refusal does not repeat the value", () => {
  const fields = { Action: "Login", Username: "u", Secret: "s3cret\n" };
  expect(() => encodeAction(fields, "1")).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining("s3cret") }),
  );
  expect(actionName(fields)).toBe("Login");
});
