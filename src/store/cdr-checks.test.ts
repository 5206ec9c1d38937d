/** How far the records were read, and what they told, is kept; calls that nothing was compared with yet are found. */
import { beforeEach, expect, test } from "vitest";
import type { Call } from "../calls/call.ts";
import type { CdrCheck } from "../cdr/cdr-check.ts";
import { SqlCallJournal } from "./call-journal.ts";
import { SqlCdrChecks } from "./cdr-checks.ts";
import { describeOnEachStore } from "./stores.testing.ts";

const call = (id: string, endedAt: number, mergedInto: string | null = null) =>
  ({ id, pbx: "office", startedAt: 1, endedAt, mergedInto, employees: [] as Call["employees"] }) as Call; // what is kept of it whole is not looked into
const check: CdrCheck = {
  callId: "a",
  verdict: "differs",
  differences: [],
  told: null,
  seen: call("a", 10),
  checkedAt: 99,
};

describeOnEachStore("checks against the PBX's records", (stores) => {
  let checks: SqlCdrChecks;
  let journal: SqlCallJournal;
  beforeEach(async () => {
    const database = await stores.open();
    checks = new SqlCdrChecks(database);
    journal = new SqlCallJournal(database, () => "main");
  });

  test("the place where reading goes on is the one saved last", async () => {
    expect(await checks.progress("office")).toBeUndefined();
    await checks.saveProgress("office", { mark: "1", since: 5 });
    await checks.saveProgress("office", { mark: "2", since: 5 });
    expect(await checks.progress("office")).toEqual({ mark: "2", since: 5 });
  });

  test("a later check of a call takes the place of the earlier one", async () => {
    await checks.save("office", check);
    await checks.save("office", { ...check, verdict: "agrees", seen: null });
    expect(await checks.find("a")).toEqual({ ...check, verdict: "agrees", seen: null });
    expect(await checks.find("b")).toBeUndefined();
  });

  test("unchecked calls come as they ended; one that went into another, or was checked, is none", async () => {
    const ended = (of: Call) =>
      ({
        event: { type: "call-ended", callId: of.id, at: 9, disposition: "missed", endedBy: null, partial: false },
        call: of,
      }) as const;
    const merged = call("m", 15, "b");
    await journal.append([
      ended(call("b", 20)),
      ended(call("a", 10)),
      ended(call("checked", 12)),
      { event: { type: "call-absorbed", callId: "m", at: 15, into: "b" }, call: merged },
      ended(call("late", 30)),
    ]);
    await checks.save("office", { ...check, callId: "checked" });
    expect((await checks.unchecked("office", 10, 30, 9)).map(({ id }) => id)).toEqual(["a", "b"]);
    expect(await checks.unchecked("office", 10, 30, 1)).toHaveLength(1);
    expect(await checks.unchecked("other", 10, 30, 9)).toEqual([]);
  });
});
