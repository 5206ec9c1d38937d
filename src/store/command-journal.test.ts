/** What became of a command is found again by its call, as it was kept last. */
import { beforeEach, expect, test } from "vitest";
import type { CommandRecord } from "../control/command-journal.ts";
import { SqlCommandJournal } from "./command-journal.ts";
import type { Database } from "./database.ts";
import { describeOnEachStore } from "./stores.testing.ts";

const asked: CommandRecord = {
  id: "one",
  pbx: "office",
  kind: "blind-transfer",
  by: { name: "Анна", userId: 1 },
  extension: "201",
  callId: "call-1",
  target: "202",
  askedAt: 5,
  seen: [{ at: 5, state: "looking-up" }],
  outcome: null,
  endedAt: null,
};

describeOnEachStore("the command journal", (stores) => {
  let database: Database;
  let journal: SqlCommandJournal;
  beforeEach(async () => {
    database = await stores.open();
    journal = new SqlCommandJournal(database, () => "main");
  });

  test("a record takes the place of the earlier one with its id; the others stand in the order they were asked", async () => {
    const ended: CommandRecord = {
      ...asked,
      seen: [...asked.seen, { at: 6, state: "asked" }],
      outcome: { state: "refused", reason: "target-busy" },
      endedAt: 9,
    };
    const earlier: CommandRecord = { ...asked, id: "two", kind: "decide-interception", by: null, askedAt: 3 };
    await journal.keep(asked);
    await journal.keep(ended);
    await journal.keep(earlier);
    await journal.keep({ ...asked, id: "three", callId: "call-2" });
    expect(await journal.ofCall("call-1")).toEqual([earlier, ended]);
  });

  test("a store that is closed says so", async () => {
    await database.destroy();
    await expect(journal.keep(asked)).rejects.toThrow();
  });
});
