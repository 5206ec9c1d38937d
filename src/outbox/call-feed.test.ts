// Ended calls become intents, each once.
import { expect, test } from "vitest";
import type { Call } from "../calls/call.ts";
import { callWith } from "../calls/testing/call.ts";
import { SqlCallJournal } from "../store/call-journal.ts";
import { CallFeed, type CallFeedDeps } from "./call-feed.ts";
import { describeOutbox, intent, log } from "./testing/outbox-stage.ts";

describeOutbox("the feed", (setUp) => {
  const feedTo = async (how: Pick<CallFeedDeps, "now" | "decide">) => {
    const { database, store, outbox } = await setUp();
    const feed = new CallFeed({
      complete: async (call) => call,
      account: "main",
      country: "RU",
      store,
      log,
      onAdded: () => outbox.wake(),
      ...how,
    });
    return { feed, store, outbox, journal: new SqlCallJournal(database, () => "main") };
  };

  const ended = (id: string): Call =>
    callWith({
      id,
      pbx: "main",
      linkedids: [id],
      client: "89161234567",
      startedAt: 1,
      endedAt: 2,
      disposition: "missed",
    });

  const end = (call: Call) =>
    ({
      event: { type: "call-ended", callId: call.id, at: 2, disposition: "missed", endedBy: null, partial: false },
      call,
    }) as const;

  test("concludes each ended call once, however often it runs and whenever it dies", async () => {
    let dies = true;
    const { feed, store, outbox, journal } = await feedTo({
      now: () => 5,
      decide: async (call) => {
        if (dies && call.id === "call-120") throw new Error("killed");
        return call.id === "call-7"
          ? { intents: [], skipped: "internal", rule: null, tookTurn: false }
          : { intents: [intent(call.id)], skipped: null, rule: "the rule", tookTurn: true };
      },
    });
    await journal.append(Array.from({ length: 250 }, (_, n) => end(ended(`call-${n}`))));
    await expect(feed.follow()).rejects.toThrow("killed");
    expect(await outbox.summary()).toMatchObject({ waiting: 119 });
    dies = false;
    await Promise.all([feed.follow(), feed.follow()]);
    expect(await outbox.summary()).toMatchObject({ waiting: 249 });
    expect(await outbox.list(["skipped"], 10)).toMatchObject([{ callId: "call-7", reason: "internal", intent: null }]);
    expect((await outbox.list(["waiting"], 1))[0]).toMatchObject({ clientKey: "+79161234567", rule: "the rule" });
    expect(await store.turns("main")).toEqual(new Map([["the rule", 249]]));
  });

  test("goes on trying a call that fails often in a short time", async () => {
    let fails = true;
    const { feed, outbox, journal } = await feedTo({
      now: () => 59_000,
      decide: async ({ id }) => {
        if (fails) throw new TypeError("for a while");
        return { intents: [intent(id)], skipped: null, rule: null, tookTurn: false };
      },
    });
    await journal.append([end(ended("one"))]);
    for (let tries = 0; tries < 20; tries++) await expect(feed.follow()).rejects.toThrow("for a while");
    fails = false;
    await feed.follow();
    expect((await outbox.list(["waiting", "skipped"], 9)).map(({ reason }) => reason)).toEqual([null]);
  });

  test("passes over a call that shows a defect of ours, after a while, and tells so", async () => {
    let now = 0;
    const { feed, outbox, journal } = await feedTo({
      now: () => now,
      decide: async ({ id }) => {
        if (id === "poison") throw new TypeError("defect");
        return { intents: [intent(id)], skipped: null, rule: null, tookTurn: false };
      },
    });
    await journal.append(["one", "poison", "two"].map((id) => end(ended(id))));
    await expect(feed.follow()).rejects.toThrow("defect");
    now += 4 * 86_400_000; // the machine slept, or its clock was set ahead
    await expect(feed.follow()).rejects.toThrow("defect");
    await expect(feed.follow()).rejects.toThrow("defect");
    await expect(feed.follow()).rejects.toThrow("defect");
    await feed.follow();
    const told = (await outbox.list(["waiting", "skipped"], 9)).map(({ callId, reason }) => [callId, reason]);
    expect(told).toEqual([
      ["two", null],
      ["poison", "internal-error"],
      ["one", null],
    ]);
  });
});
