// A backlog goes out in batches, and what is new does not wait for it.
import { expect, test } from "vitest";
import type { CrmIntent } from "../rules/intent.ts";
import type { Outbox } from "./outbox.ts";
import { describeOutbox, failure, NOTE } from "./testing/outbox-stage.ts";

describeOutbox("a backlog goes out in batches", (setUp) => {
  const note = (uniq: string): CrmIntent => ({
    kind: "log-call",
    uniq,
    entity: { type: "leads", id: 1 },
    userId: null,
    calledName: null,
    result: "",
    isCopy: false,
    call: {
      id: uniq,
      direction: "inbound",
      disposition: "missed",
      did: null,
      startedAt: 1,
      talkSeconds: 0,
      phone: "+79161234567",
      recordingUrl: null,
    },
  });
  const backlog = async (outbox: Outbox, clients: number, each = 1) => {
    for (let nth = 0; nth < each; nth++) {
      for (let client = 0; client < clients; client++) {
        await outbox.submit(`client ${client}`, null, note(`${client}/${nth}`));
      }
    }
  };

  test("of the newest clients first, each in its order, and each item has its own result", async () => {
    const { outbox, performer, start, settled } = await setUp();
    await backlog(outbox, 60, 2);
    performer.answerBatch = async (batch) =>
      batch.map(({ intent: { uniq } }) => (uniq === "59/0" ? failure("quarantine") : NOTE));
    await start();
    await settled();
    expect(performer.batches[0]).toHaveLength(50);
    // Half of the first batch are first calls: of those whose second ones come with it.
    expect(performer.batches[0]?.slice(0, 2)).toEqual(["35/0", "36/0"]);
    expect(performer.batches[0]?.slice(-2)).toEqual(["58/1", "59/1"]);
    const performed = performer.order;
    expect(new Set(performed).size).toBe(120);
    expect(performed).toHaveLength(120);
    expect(performed.indexOf("7/1")).toBeGreaterThan(performed.indexOf("7/0"));
    expect(await outbox.list(["quarantined"], 9)).toMatchObject([{ intent: { uniq: "59/0" } }]);
  });

  test("but a few go one by one, and so does what is in doubt", async () => {
    const { outbox, performer, start, settled } = await setUp();
    await backlog(outbox, 9);
    await start();
    await settled();
    expect(performer.batches).toEqual([]);
    performer.answerBatch = () => Promise.reject(failure("retry", true));
    performer.become({ open: false, reason: "held", until: null });
    // More than the least, since a claim that was under way when it closed may take some of them.
    for (let client = 0; client < 30; client++) await outbox.submit(`client ${client}`, null, note(`again ${client}`));
    performer.become({ open: true });
    await settled();
    expect(performer.batches).toHaveLength(1);
    expect(performer.asked.filter(({ mayHaveHappened }) => mayHaveHappened)).toHaveLength(
      performer.batches[0]?.length ?? 0,
    );
  });

  test("and what is new goes beside it, and nothing else does", async () => {
    const { outbox, performer, start, until, settled, database } = await setUp();
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    performer.answerBatch = async (batch) => {
      begun.resolve();
      await gate.promise;
      return batch.map(() => NOTE);
    };
    await backlog(outbox, 60);
    await database.updateTable("outbox").set({ created_at: 1 }).execute();
    await start();
    await begun.promise;
    await outbox.submit("new", null, note("new"));
    await until(async () => (await outbox.list(["done"], 9)).length === 1);
    expect(performer.asked.map(({ uniq }) => uniq)).toEqual(["new"]);
    gate.resolve();
    await settled();
  });
});
