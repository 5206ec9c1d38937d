/** What receivers are to be told survives, once for each event of the journal, and goes in the order of each call. */
import { beforeEach, describe, expect, test } from "vitest";
import type { CallEvent } from "../calls/call-event.ts";
import type { NewDelivery, WebhookKey } from "../webhooks/webhook-store.ts";
import type { Database } from "./database.ts";
import { describeOnEachStore } from "./stores.testing.ts";
import { SqlWebhooks } from "./webhooks.ts";

const erp: WebhookKey = { account: "main", webhook: "erp" };
const other: WebhookKey = { account: "main", webhook: "other" };
const message = (callId: string, messageId: string, state: NewDelivery["state"] = "waiting"): NewDelivery => ({
  messageId,
  callId,
  type: state === "awaited" ? "recording-ready" : "call-ended",
  body: `{"id":"${messageId}"}`,
  state,
});

describeOnEachStore("webhooks", (stores) => {
  let database: Database;
  let webhooks: SqlWebhooks;

  beforeEach(async () => {
    database = await stores.open();
    webhooks = new SqlWebhooks(database);
  });

  /** In the journal, as it is kept there. */
  async function conclude(callId: string, at: number, account = "main"): Promise<void> {
    const event: CallEvent = { type: "call-absorbed", callId, at, into: "another" };
    await database
      .insertInto("call_event")
      .values({ account, pbx: "office", call_id: callId, type: event.type, at, body: JSON.stringify(event) })
      .execute();
  }
  const seen = async (key: WebhookKey, limit = 10) =>
    (await webhooks.eventsAfter(key, limit)).map(({ event }) => event.at);
  const due = async (now = 100, limit = 10) => (await webhooks.due(erp, now, limit)).map(({ messageId }) => messageId);
  const put = async (...deliveries: NewDelivery[]) => {
    await conclude("any", 0);
    const position = (await webhooks.eventsAfter(erp, 1))[0]?.position ?? 0;
    await webhooks.record(erp, position, deliveries, 10);
  };

  test("a new webhook begins at the end of its account's journal, a known one goes on where it was", async () => {
    await conclude("a", 1);
    await webhooks.enrol(erp);
    await conclude("a", 2);
    await conclude("b", 3);
    await conclude("c", 4, "another");
    expect(await seen(erp)).toEqual([2, 3]);
    expect(await seen(erp, 1)).toEqual([2]);
    await webhooks.enrol(erp);
    await webhooks.enrol(other);
    expect(await seen(erp)).toEqual([2, 3]);
    expect(await seen(other)).toEqual([]);
  });

  test("position and messages move together, and never back", async () => {
    await webhooks.enrol(erp);
    await conclude("a", 1);
    await conclude("a", 2);
    const [first, second] = await webhooks.eventsAfter(erp, 10);
    await webhooks.record(erp, second?.position ?? 0, [message("a", "m1"), message("a", "m2")], 10);
    await webhooks.record(erp, first?.position ?? 0, [message("a", "m1")], 10);
    expect(await seen(erp)).toEqual([]);
    expect((await webhooks.list(erp, ["waiting"], 10)).map(({ messageId }) => messageId)).toEqual(["m1", "m2"]);
    expect(await webhooks.list(other, ["waiting"], 10)).toEqual([]);
  });

  test("what was concluded of a call before a position is read back in order", async () => {
    for (const at of [1, 2, 3]) await conclude("a", at);
    await conclude("b", 4);
    await webhooks.enrol(erp);
    await conclude("a", 5);
    const position = (await webhooks.eventsAfter(erp, 1))[0]?.position ?? 0;
    expect((await webhooks.historyOf("a", position)).map(({ at }) => at)).toEqual([1, 2, 3]);
  });

  describe("messages", () => {
    beforeEach(() => webhooks.enrol(erp));

    test("go one by one for each call, however they are tried", async () => {
      await put(message("a", "a1"), message("a", "a2"), message("b", "b1"));
      expect(await due()).toEqual(["a1", "b1"]);
      expect(await due(9)).toEqual([]);
      expect(await due(100, 1)).toEqual(["a1"]);
      const [a1, b1] = await webhooks.due(erp, 100, 10);
      await webhooks.retry(a1?.seq ?? 0, 500, "the receiver answered 500");
      await webhooks.remove([b1?.seq ?? 0]);
      expect(await due()).toEqual([]);
      expect(await webhooks.summary(erp)).toEqual({ waiting: 2, setAside: 0, oldestAt: 10, nextDueAt: 500 });
      const [again] = await webhooks.due(erp, 500, 10);
      expect(again).toMatchObject({ messageId: "a1", attempts: 1, reason: "the receiver answered 500" });
    });

    test("that are set aside hold up nobody, and are sent or given up by hand", async () => {
      await put(message("a", "a1"), message("a", "a2"), message("a", "a3"));
      const [a1] = await webhooks.due(erp, 100, 1);
      const seq = a1?.seq ?? 0;
      await webhooks.setAside(seq, "the receiver answered 400");
      expect(await due()).toEqual(["a2"]);
      expect(await webhooks.summary(erp)).toMatchObject({ waiting: 2, setAside: 1 });
      expect(await webhooks.list(erp, ["set-aside"], 10)).toMatchObject([{ messageId: "a1", attempts: 1 }]);
      expect(await webhooks.resend(other, seq, 50)).toBe(false);
      expect(await webhooks.resend(erp, seq, 50)).toBe(true);
      expect(await due()).toEqual(["a1"]);
      expect(await webhooks.discard(other, seq)).toBe(false);
      expect(await webhooks.discard(erp, seq)).toBe(true);
      expect(await webhooks.discard(erp, seq)).toBe(false);
      expect(await due()).toEqual(["a2"]);
    });

    test("that were set aside are all sent again, in their order", async () => {
      await put(message("a", "a1"), message("a", "a2"), message("a", "a3"));
      for (const { seq } of await webhooks.list(erp, ["waiting"], 2)) await webhooks.setAside(seq, "401");
      expect(await webhooks.resendAll(other, 50)).toBe(0);
      expect(await webhooks.resendAll(erp, 50)).toBe(2);
      expect(await due()).toEqual(["a1"]);
      expect(await webhooks.summary(erp)).toMatchObject({ waiting: 3, setAside: 0 });
    });

    test("are forgotten by their state and age", async () => {
      await put(message("a", "old"));
      await put(message("b", "awaited", "awaited"));
      expect(await webhooks.forgetBefore(erp, ["waiting"], 10)).toBe(0);
      expect(await webhooks.forgetBefore(other, ["waiting"], 11)).toBe(0);
      expect(await webhooks.forgetBefore(erp, ["waiting"], 11)).toBe(1);
      await webhooks.forgetAllBefore(10);
      expect((await webhooks.list(erp, ["waiting", "awaited"], 10)).map(({ messageId }) => messageId)).toEqual([
        "awaited",
      ]);
      await webhooks.forgetAllBefore(11);
      expect(await webhooks.list(erp, ["waiting", "awaited"], 10)).toEqual([]);
    });

    test("of recordings wait until those are settled", async () => {
      await put(
        message("ready", "r1", "awaited"),
        message("none", "r2", "awaited"),
        message("pending", "r3", "awaited"),
      );
      for (const state of ["ready", "none", "pending"]) {
        await database
          .insertInto("recording")
          .values({
            call_id: state,
            account: "main",
            pbx: "office",
            state,
            since: 0,
            heard_at: 0,
            cached_bytes: 0,
            body: "{}",
          })
          .execute();
      }
      expect(await due()).toEqual([]);
      const settled = await webhooks.settledRecordings(erp);
      expect(settled.map(({ delivery, isReady }) => [delivery.messageId, isReady])).toEqual([
        ["r1", true],
        ["r2", false],
      ]);
      await webhooks.release(settled[0]?.delivery.seq ?? 0, "{}", 90);
      expect(await webhooks.due(erp, 100, 10)).toMatchObject([{ messageId: "r1", body: "{}", createdAt: 90 }]);
    });
  });
});
