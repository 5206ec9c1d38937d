/** Over real sockets: the last calls that are over for an employee, as his panel is told them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Call, EmployeeResult } from "../calls/call.ts";
import { call, card, NOW } from "./company.testing.ts";
import { HubStage } from "./hub.testing.ts";

let stage: HubStage;

beforeEach(async () => {
  stage = await HubStage.open();
});
afterEach(() => stage[Symbol.asyncDispose]());

describe("the own last calls", () => {
  const share = (extension: string, result: EmployeeResult, talkSeconds = 0) => ({
    extension,
    result,
    ringSeconds: 5,
    talkSeconds,
  });
  const over = (id: string, more: Partial<Call>) => call(id, [], { endedAt: NOW, ...more });

  test("are told with names and with what became of them for him", async () => {
    const asked: unknown[] = [];
    stage.lastOf = (account, extensions) => {
      asked.push([account, extensions]);
      return [
        over("c1", { employees: [share("202", "answered", 60), share("201", "missed")] }),
        over("c2", {
          direction: "internal",
          client: null,
          employees: [share("211", "answered", 12), share("202", "answered")],
        }),
        over("c3", { client: "anonymous", employees: [share("201", "rejected")] }),
      ];
    };
    const { panel } = await stage.signIn(1);
    await panel.ask({ type: "get-recent" });
    const { calls } = await panel.next("recent");
    expect(asked).toEqual([["main", ["201", "211"]]]);
    expect(calls).toMatchObject([
      {
        callId: "c1",
        outgoing: false,
        name: "Мария Петрова",
        number: "+7 916 123-45-67",
        path: "/contacts/detail/77",
        result: "missed",
      },
      { callId: "c2", outgoing: true, name: "Борис", number: "202", path: null, result: "answered", talkSeconds: 12 },
      { callId: "c3", name: null, number: null, result: "rejected" },
    ]);
  });

  test("do not hold what is still on his card, is a part of another call, or was with nobody", async () => {
    stage.lastOf = () => [
      call("live", [card("live", "201")], { employees: [share("201", "missed")] }),
      call("gone-on", [card("gone-on", "202")], { employees: [share("201", "missed")] }),
      over("parking slot", { direction: "internal", client: null, employees: [share("201", "cancelled")] }),
      over("merged", { mergedInto: "other", employees: [share("201", "answered")] }),
    ];
    const { panel } = await stage.signIn(1);
    await panel.ask({ type: "get-recent" });
    expect((await panel.next("recent")).calls.map(({ callId }) => callId)).toEqual(["gone-on"]);
  });

  test("are read when the call that has just ended is in the journal; a full disk holds up no list", async () => {
    const disk = Promise.withResolvers<void>();
    stage.live.journal = disk.promise;
    let isKept = false;
    stage.lastOf = () => (isKept ? [over("just ended", { employees: [share("201", "answered", 5)] })] : []);
    const { panel } = await stage.signIn(1);
    await panel.ask({ type: "get-recent" });
    await panel.ask({ type: "get-snapshot" });
    await panel.next("snapshot");
    isKept = true;
    disk.resolve();
    expect((await panel.next("recent")).calls.map(({ callId }) => callId)).toEqual(["just ended"]);
    stage.live.journal = new Promise(() => undefined);
    await panel.ask({ type: "get-recent" });
    expect((await panel.next("recent")).calls).toHaveLength(1);
  });

  test("that cannot be read leave the panel as it is", async () => {
    stage.lastOf = () => {
      throw new Error("the store is away");
    };
    const { panel } = await stage.signIn(1);
    await panel.ask({ type: "get-recent" });
    await panel.ask({ type: "get-snapshot" });
    await panel.next("snapshot");
    expect(stage.logged.some((line) => line.includes("recent calls not read"))).toBe(true);
  });
});
