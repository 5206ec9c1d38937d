// An intent is performed at least once; after a doubt the performer is told to look first; a client's order is kept;
// what a person waits for overtakes; nothing is tried while the CRM is closed.
import type { Dialect } from "kysely";
import { describe, expect, test, vi } from "vitest";
import { aroundWrites } from "../../test/databases/around-writes.ts";
import { StoreError } from "../store/store-error.ts";
import type { Outcome } from "./performer.ts";
import { describeOutbox, failure, intent, NOTE } from "./testing/outbox-stage.ts";

/** Another process with the same store. */
const stranger = { holder: "stranger", limit: 9, leaseUntil: 0, newSince: 0, onlyNew: false };

describeOutbox("the outbox", (setUp) => {
  test("an intent is performed once and its outcome is kept", async () => {
    const { outbox, performer, store, start, settled } = await setUp();
    await outbox.submit("+7916", "call-1", intent("a"));
    await outbox.submit("+7916", "call-1", intent("a"));
    expect(await store.isWaiting("main", "a")).toBe(true);
    await start();
    await settled();
    expect(await store.isWaiting("main", "a")).toBe(false);
    expect(performer.asked).toEqual([{ uniq: "a", mayHaveHappened: false }]);
    expect(await outbox.list(["done"], 10)).toMatchObject([
      { callId: "call-1", outcome: NOTE, attempts: 1, reason: null },
    ]);
  });

  describe("after an attempt that", () => {
    test("certainly failed, the same is tried again without looking", async () => {
      const { outbox, performer, start, settled } = await setUp();
      performer.answer = async (_, __, nth) => (nth === 1 ? Promise.reject(failure("retry")) : NOTE);
      await outbox.submit("x", null, intent("a"));
      await start();
      await settled();
      expect(performer.asked.map(({ mayHaveHappened }) => mayHaveHappened)).toEqual([false, false]);
    });

    test("got no answer, the CRM is looked at first, until an attempt is certain", async () => {
      const { outbox, performer, start, settled } = await setUp();
      performer.answer = async (_, __, nth) => (nth < 3 ? Promise.reject(failure("retry", nth === 1)) : NOTE);
      await outbox.submit("x", null, intent("a"));
      await start();
      await settled();
      expect(performer.asked.map(({ mayHaveHappened }) => mayHaveHappened)).toEqual([false, true, true]);
    });

    test("never ended because we died, the CRM is looked at first", async () => {
      const { outbox, performer, store, start, settled } = await setUp();
      await outbox.submit("x", null, intent("a"));
      const now = Date.now();
      await store.claim("main", {
        holder: "test",
        limit: 1,
        now,
        leaseUntil: now + 60_000,
        newSince: 0,
        onlyNew: false,
      });
      await start(); // the same holder comes back
      await settled();
      expect(performer.asked).toEqual([{ uniq: "a", mayHaveHappened: true }]);
    });

    test("was refused for what it is, it is put aside with the reason, and sent again by hand", async () => {
      const { outbox, performer, start, settled } = await setUp();
      performer.answer = async (_, __, nth) => (nth === 1 ? Promise.reject(failure("quarantine")) : NOTE);
      await outbox.submit("x", null, intent("a"));
      await start();
      await settled();
      const [item] = await outbox.list(["quarantined"], 10);
      expect(item).toMatchObject({ reason: "crm/quarantine: as the test says" });
      expect(await outbox.resend(item?.id ?? 0)).toBe(true);
      await settled();
      expect(await outbox.list(["done"], 10)).toHaveLength(1);
      expect(await outbox.discard(item?.id ?? 0, "no more")).toBe(false);
    });

    test("showed a defect of ours, it is put aside and the others go on", async () => {
      const { outbox, performer, start, settled } = await setUp();
      performer.answer = async ({ uniq }) => (uniq === "a" ? Promise.reject(new TypeError("defect")) : NOTE);
      await outbox.submit("x", null, intent("a"));
      await outbox.submit("y", null, intent("b"));
      await start();
      await settled();
      expect(await outbox.list(["quarantined"], 10)).toMatchObject([{ reason: "internal-error" }]);
      expect(await outbox.list(["done"], 10)).toHaveLength(1);
    });
  });

  test("an attempt that outlives its lease is not begun a second time", async () => {
    const { outbox, performer, database, start, until } = await setUp();
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    performer.answer = async ({ uniq }) => {
      if (uniq === "slow") {
        begun.resolve();
        await gate.promise;
      }
      return NOTE;
    };
    await outbox.submit("a", null, intent("slow"));
    await start();
    await begun.promise;
    await database.updateTable("outbox").set({ lease_until: 0 }).execute();
    await outbox.submit("b", null, intent("other"));
    await until(async () => (await outbox.list(["done"], 10)).length === 1);
    gate.resolve();
    await until(async () => (await outbox.list(["done"], 10)).length === 2);
    expect(performer.asked.map(({ uniq }) => uniq)).toEqual(["slow", "other"]);
  });

  test("an attempt that comes to its end after somebody else has done it changes nothing", async () => {
    const { outbox, store } = await setUp();
    await outbox.submit("a", null, intent("slow"));
    const claim = async (holder: string, now: number) => {
      const request = { holder, limit: 1, now, leaseUntil: now + 1_000, newSince: 0, onlyNew: false };
      const [item] = await store.claim("main", request);
      if (item === undefined) throw new Error(`nothing to claim for ${holder}`);
      return item;
    };
    const now = Date.now();
    const { id } = await claim("stalled", now);
    expect(await claim("other", now + 2_000)).toMatchObject({ id, mayHaveHappened: true });
    const failed = { state: "waiting", dueAt: now, reason: "timed out", mayHaveHappened: false } as const;
    await store.settle("stalled", [{ id, settlement: failed }], now + 3_000);
    expect(await store.claim("main", { ...stranger, now: now + 2_500 })).toEqual([]);
    await store.settle("other", [{ id, settlement: { state: "done", outcome: NOTE } }], now + 3_000);
    await store.settle("stalled", [{ id, settlement: failed }], now + 4_000);
    expect(await store.find(id)).toMatchObject({ state: "done", outcome: NOTE });
  });

  test("what the CRM has done while the disk was full is looked for when its lease is over, and the clients' calls go on", async () => {
    let [isFull, refused] = [false, 0];
    const wrap = (dialect: Dialect) =>
      aroundWrites(dialect, {
        before: (write) => {
          if (!isFull || !write.includes("outbox")) return;
          refused++;
          throw new StoreError("store/full");
        },
      });
    const { outbox, performer, database, start, until, settled } = await setUp(undefined, { wrap });
    await outbox.submit("x", null, intent("a"));
    await outbox.submit("x", null, intent("b"));
    performer.answer = async (_, __, nth) => {
      isFull = nth === 1;
      return NOTE;
    };
    await start();
    await until(() => refused > 0);
    expect((await outbox.summary()).waiting).toBe(2);
    isFull = false;
    // The lease runs out.
    await database.updateTable("outbox").set({ lease_until: 1 }).where("lease_holder", "is not", null).execute();
    await vi.waitFor(async () => {
      outbox.wake();
      expect((await outbox.summary()).waiting).toBe(0);
    }, 20_000);
    await settled();
    expect(performer.asked).toEqual([
      { uniq: "a", mayHaveHappened: false },
      { uniq: "a", mayHaveHappened: true },
      { uniq: "b", mayHaveHappened: false },
    ]);
  });

  test("an attempt that is due only because the clock was set back since is made now", async () => {
    const { outbox, performer, database, start, settled } = await setUp();
    await outbox.submit("a", null, intent("late"));
    await database
      .updateTable("outbox")
      .set({ due_at: Date.now() + 86_400_000 })
      .execute();
    await start();
    await settled();
    expect(performer.asked).toMatchObject([{ uniq: "late" }]);
  });

  test("a client's intents keep their order, another client's do not wait for them", async () => {
    const { outbox, performer, start, until, settled } = await setUp();
    const gate = Promise.withResolvers<void>();
    performer.answer = async ({ uniq }) => {
      if (uniq === "a1") await gate.promise;
      return NOTE;
    };
    await outbox.submit("a", null, intent("a1"));
    await outbox.submit("a", null, intent("a2"));
    await outbox.submit("b", null, intent("b1"));
    await start();
    await until(async () => (await outbox.list(["done"], 10)).length === 1);
    expect(performer.asked.map(({ uniq }) => uniq).toSorted()).toEqual(["a1", "b1"]);
    gate.resolve();
    await settled();
    expect(performer.asked.map(({ uniq }) => uniq).at(-1)).toBe("a2");
  });

  test("what a person waits for overtakes its client's backlog and gives its outcome", async () => {
    const { outbox, performer, start } = await setUp();
    const never = Promise.withResolvers<Outcome>();
    performer.answer = async ({ uniq }) => (uniq === "asked" ? { kind: "contact", contactId: 5 } : never.promise);
    await outbox.submit("a", null, intent("backlog"));
    await start();
    expect(await outbox.submitAndWait("a", intent("asked"), 10_000)).toEqual({ kind: "contact", contactId: 5 });
    expect(await outbox.submitAndWait("a", intent("asked"), 10_000)).toEqual({ kind: "contact", contactId: 5 });
    never.resolve(NOTE);
  });

  test("whoever waits is told the refusal, and told when it takes too long", async () => {
    const { outbox, performer, start } = await setUp();
    const never = Promise.withResolvers<Outcome>();
    performer.answer = ({ uniq }) => (uniq === "bad" ? Promise.reject(failure("quarantine")) : never.promise);
    await start();
    await expect(outbox.submitAndWait("a", intent("bad"), 10_000)).rejects.toMatchObject({ code: "outbox/refused" });
    const patient = outbox.submitAndWait("a", intent("slow"), 60_000);
    await expect(outbox.submitAndWait("a", intent("slow"), 1)).rejects.toMatchObject({ code: "outbox/too-late" });
    never.resolve(NOTE);
    expect(await patient, "who waits longer for the same").toEqual(NOTE);
  });

  test("nothing is tried while the CRM is closed; all of it when it opens, the newest client first", async () => {
    const { outbox, performer, start, settled } = await setUp();
    performer.become({ open: false, reason: "held", until: null });
    for (const client of ["a", "b", "c"]) await outbox.submit(client, null, intent(client));
    await start();
    expect(await outbox.summary()).toMatchObject({ waiting: 3, quarantined: 0 });
    expect(performer.asked).toEqual([]);
    performer.become({ open: true });
    await settled();
    expect(performer.asked.map(({ uniq }) => uniq)).toEqual(["c", "b", "a"]);
  });
});
