/** A command is kept under its employee's id once, and what became of it beside. */
import { beforeEach, expect, test } from "vitest";
import type { KeptCommand } from "../api/command-book.ts";
import { SqlApiCommands } from "./api-commands.ts";
import { describeOnEachStore } from "./stores.testing.ts";

const asked: KeptCommand = {
  account: "main",
  extension: "201",
  id: "1",
  command: { kind: "dial", number: "+79161234567" },
  callId: null,
  askedAt: 5,
  outcome: null,
  endedAt: null,
};

describeOnEachStore("commands of programs", (stores) => {
  let commands: SqlApiCommands;
  beforeEach(async () => {
    commands = new SqlApiCommands(await stores.open());
  });

  test("the first under an id is kept, whoever else asks at the same moment", async () => {
    const begun = await Promise.all([1, 2, 3].map((at) => commands.begin({ ...asked, askedAt: at })));
    const first = await commands.find(asked);
    expect(begun.filter((earlier) => earlier === undefined)).toHaveLength(1);
    expect(begun.filter((earlier) => earlier !== undefined)).toEqual([first, first]);
    for (const changes of [{ account: "second" }, { extension: "202" }, { id: "2" }]) {
      expect(await commands.begin({ ...asked, ...changes })).toBeUndefined();
    }
  });

  test("how it ended is found again, until it is forgotten", async () => {
    await commands.begin(asked);
    await commands.begin({ ...asked, id: "2", askedAt: 9 });
    await commands.settle({ ...asked, callId: "call-1", outcome: { state: "sent" } });
    expect(await commands.find(asked)).toEqual({ ...asked, callId: "call-1", outcome: { state: "sent" } });
    const ended: KeptCommand = { ...asked, outcome: { state: "refused", reason: "client-busy" }, endedAt: 8 };
    await commands.settle(ended);
    expect(await commands.begin({ ...asked, askedAt: 7 })).toEqual(ended);
    await commands.forgetBefore(9);
    expect(await commands.find(asked)).toBeUndefined();
    expect(await commands.find({ ...asked, id: "2" })).toBeDefined();
  });
});
