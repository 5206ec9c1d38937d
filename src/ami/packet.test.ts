import { expect, test } from "vitest";
import { AmiPacket } from "./packet.ts";

const lines = (...texts: string[]) => new AmiPacket(texts.join("\r\n"));

test.each([
  [
    "a value that holds a colon",
    "DialString: PJSIP/201/sip:201@10.0.0.1:5060",
    "DialString",
    "PJSIP/201/sip:201@10.0.0.1:5060",
  ],
  ["an empty value", "AccountCode: ", "AccountCode", ""],
  ["a header with nothing behind the colon", "AccountCode:", "AccountCode", ""],
  ["a value without the blank", "Exten:201", "Exten", "201"],
  ["a second blank, which belongs to the value", "CallerIDName:  Иван", "CallerIDName", " Иван"],
  ["leading zeros and a plus", "CallerIDNum: +0012", "CallerIDNum", "+0012"],
  ["a name that every JavaScript object has", "constructor: x", "constructor", "x"],
  ["another case of the name", "UniqueID: 1.2", "Uniqueid", "1.2"],
  ["the last line", "Event: Hangup\r\nCause: 16", "Cause", "16"],
])("%s is read as sent", (_, text, name, value) => {
  expect(lines(text).get(name)).toBe(value);
});

test("repeated headers are kept in order, and the first one is the one that get returns", () => {
  const packet = lines("Event: VarSet", "ChanVariable: A=1", "Channel: PJSIP/201-1", "ChanVariable: B=2");
  expect(packet.getAll("chanvariable")).toEqual(["A=1", "B=2"]);
  expect(packet.get("ChanVariable")).toBe("A=1");
  expect(packet.entries().map(([name]) => name)).toEqual(["Event", "ChanVariable", "Channel", "ChanVariable"]);
});

test("a header that is not there is undefined, and a line without a colon is no header", () => {
  const packet = lines("Event: Hangup", "no header at all", ": nameless");
  expect(packet.get("Cause")).toBeUndefined();
  expect(packet.entries()).toEqual([["Event", "Hangup"]]);
});

test.each([
  ["Event: Hangup\r\nCause: 16", "Hangup"],
  ["Event: Shutdown", "Shutdown"],
  ["ActionID: 1\r\nevent: Hangup", "Hangup"],
  ["Response: Success\r\nEventList: start", undefined],
])("the event of %j is %s", (text, event) => {
  expect(new AmiPacket(text).event).toBe(event);
});

test("the bare text of an old Command answer is read as Output headers, as newer versions send it", () => {
  const packet = lines(
    "Response: Follows",
    "Privilege: Command",
    "ActionID: 7",
    "Name: 201\nState: OK\n--END COMMAND--",
  );
  expect(packet.get("ActionID")).toBe("7");
  expect(packet.get("Name")).toBeUndefined();
  expect(packet.getAll("Output")).toEqual(["Name: 201", "State: OK"]);
  expect(lines("Response: Follows", "ActionID: 7").getAll("Output")).toEqual([]);
});
