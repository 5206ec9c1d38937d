/** What is written to whoever a call is handed over to. */
import { expect, test } from "vitest";
import { callWith } from "../calls/testing/call.ts";
import { HandOverNotes } from "./hand-over-notes.ts";
import { anna, boris, type DeskStage, done, own, setStageForEachTest, talkingCall } from "./testing/desk-stage.ts";

let stage: DeskStage;
setStageForEachTest((fresh) => {
  stage = fresh;
});

test("a note goes with the transfer, can be changed while it lasts, and ends with the call", async () => {
  stage.live = [talkingCall()];
  await stage.ask(anna, "a", { kind: "blind-transfer", ...own, to: "202", note: " urgent " });
  expect(stage.desk.notes.noteOf("call-1")).toEqual({ to: "202", by: "201", text: "urgent" });
  const pending = {
    kind: "attended",
    by: "201",
    to: "203",
    result: "pending",
    at: 1,
    settledAt: null,
    transfereeLegId: "9.9",
  } as const;
  stage.live = [talkingCall({ transfers: [pending] })];
  expect(await stage.ask(anna, "b", { kind: "hand-over-note", ...own, text: "about the bill" })).toEqual([done]);
  expect(stage.desk.notes.noteOf("call-1")).toEqual({ to: "203", by: "201", text: "about the bill" });
  stage.desk.onChange(callWith({ endedAt: 9 }));
  expect(stage.desk.notes.noteOf("call-1")).toBeUndefined();
});

test("a note outlives a restart: the journal of the call's commands tells it", async () => {
  stage.live = [talkingCall()];
  await stage.ask(anna, "a", { kind: "attended-transfer", ...own, to: "203", note: "urgent" });
  const pending = { kind: "attended", by: "201", to: "203", result: "pending", at: 1, settledAt: null } as const;
  stage.live = [talkingCall({ transfers: [{ ...pending, transfereeLegId: "9.9" }] })];
  const restored = () => {
    const notes = new HandOverNotes();
    notes.restore("call-1", [...stage.kept.values()]);
    return notes.noteOf("call-1");
  };
  expect(restored()).toEqual({ to: "203", by: "201", text: "urgent" });
  await stage.ask(anna, "b", { kind: "hand-over-note", ...own, text: "about the bill" });
  await stage.ask(boris, "c", { kind: "hand-over-note", ...own, text: "a colleague may not" });
  expect(restored()).toEqual({ to: "203", by: "201", text: "about the bill" });
  await stage.ask(anna, "d", { kind: "hand-over-note", ...own, text: "" });
  expect(restored()).toBeUndefined();
});
