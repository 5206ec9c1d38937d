/** What the CRM has of a call is found by the call, and a stranger's undecided lead by his number. */
import { beforeEach, expect, test } from "vitest";
import type { UnsortedCall, WrittenCall } from "../outbox/written-calls.ts";
import { describeOnEachStore } from "./stores.testing.ts";
import { SqlWrittenCalls } from "./written-calls.ts";

const note = (noteId: number): WrittenCall => ({ kind: "note", entityType: "leads", entityId: 1, noteId });
const unsorted = (leadId: number | null): UnsortedCall => ({ kind: "unsorted", uid: "uid", leadId, contactId: null });

describeOnEachStore("written calls", (stores) => {
  let written: SqlWrittenCalls;
  beforeEach(async () => {
    written = new SqlWrittenCalls(await stores.open());
  });

  test("all notes of a call are found, and none of a call whose id begins alike", async () => {
    await written.saveAll("main", [
      { uniq: "call-1/201", clientKey: "+7", written: note(2) },
      { uniq: "call-1", clientKey: "+7", written: note(1) },
      { uniq: "call-1/Ю", clientKey: "+7", written: note(3) },
      { uniq: "call-10", clientKey: "+7", written: note(4) },
      { uniq: "call-1_", clientKey: "+7", written: note(5) },
      { uniq: "CALL-1/201", clientKey: "+7", written: note(6) },
    ]);
    await written.save("other", "call-1", "+7", note(9));
    expect((await written.ofCall("main", "call-1")).map(({ uniq }) => uniq)).toEqual([
      "call-1",
      "call-1/201",
      "call-1/Ю",
    ]);
    expect(await written.find("main", "call-1/201")).toEqual(note(2));
    expect(await written.find("main", "call-2")).toBeUndefined();
  });

  test("the newest undecided lead is the one of the highest number; one without a number comes last", async () => {
    await written.save("main", "a", "+7916", unsorted(null));
    expect(await written.findUndecided("main", "+7916")).toEqual(unsorted(null));
    await written.save("main", "b", "+7916", unsorted(70));
    await written.save("main", "c", "+7916", unsorted(9));
    await written.save("main", "d", "+7999", unsorted(99));
    expect(await written.findUndecided("main", "+7916")).toEqual(unsorted(70));
    await written.forgetUndecided("main", [70, 9]);
    expect(await written.findUndecided("main", "+7916")).toEqual(unsorted(null));
    expect(await written.findUndecided("main", "+7000")).toBeUndefined();
  });

  test("what stands in a note now takes the place of what stood there", async () => {
    await written.save("main", "a", "+7916", unsorted(1));
    await written.save("main", "a", "+7916", note(3));
    expect(await written.find("main", "a")).toEqual(note(3));
    expect(await written.findUndecided("main", "+7916")).toBeUndefined();
  });
});
