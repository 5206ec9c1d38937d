// An intent is performed at least once; after a doubt the performer is told to look first; a client's order is kept;
// what a person waits for overtakes; nothing is tried while the CRM is closed.
import type { Dialect } from "kysely";
import { afterEach, describe, expect, test, vi } from "vitest";
import { aroundWrites } from "../../test/databases/around-writes.ts";
import type { Call } from "../calls/call.ts";
import { Listeners } from "../lib/listeners.ts";
import { createLog } from "../lib/log.ts";
import { retryAt } from "../lib/retry-at.ts";
import type { CrmIntent } from "../rules/intent.ts";
import { SqlCallJournal } from "../store/call-journal.ts";
import type { Database } from "../store/database.ts";
import { SqlOutboxStore } from "../store/outbox-store.ts";
import { StoreError } from "../store/store-error.ts";
import { describeOnEachStore } from "../store/stores.testing.ts";
import { CallFeed } from "./call-feed.ts";
import { Outbox } from "./outbox.ts";
import {
  type Attempt,
  type Availability,
  type BatchItem,
  type Outcome,
  type Performer,
  PerformFailure,
} from "./performer.ts";

const NOTE: Outcome = { kind: "note", entityType: "contacts", entityId: 1, noteId: 2 };

/** Does what each test says, and remembers what it was asked. */
class ScriptedPerformer implements Performer {
  readonly asked: { uniq: string; mayHaveHappened: boolean }[] = [];
  readonly #changes = new Listeners<Availability>();
  #availability: Availability = { open: true };
  readonly batches: string[][] = [];
  /** Of both kinds, as they came. */
  readonly order: string[] = [];
  answerBatch: (batch: readonly BatchItem[]) => Promise<readonly (Outcome | PerformFailure)[]> = async (batch) =>
    batch.map(() => NOTE);
  answer: (intent: CrmIntent, attempt: Attempt, nth: number) => Promise<Outcome> = async () => NOTE;

  perform(intent: CrmIntent, attempt: Attempt): Promise<Outcome> {
    this.order.push(intent.uniq);
    this.asked.push({ uniq: intent.uniq, mayHaveHappened: attempt.mayHaveHappened });
    return this.answer(intent, attempt, this.asked.length);
  }
  async performBatch(batch: readonly BatchItem[]): Promise<readonly (Outcome | PerformFailure)[]> {
    this.batches.push(batch.map(({ intent }) => intent.uniq));
    this.order.push(...batch.map(({ intent }) => intent.uniq));
    return this.answerBatch(batch);
  }
  availability(): Availability {
    return this.#availability;
  }
  onAvailability(listener: (availability: Availability) => void): Disposable {
    return this.#changes.add(listener);
  }
  become(availability: Availability): void {
    this.#availability = availability;
    this.#changes.tell(availability);
  }
}

const intent = (uniq: string): CrmIntent => ({
  kind: "create-contact",
  uniq,
  name: "Иван",
  phone: "+79161234567",
  userId: null,
});
const failure = (remedy: PerformFailure["remedy"], mayHaveHappened = false) =>
  new PerformFailure(`crm/${remedy}`, remedy, mayHaveHappened, "as the test says");

/** Another process with the same store. */
const stranger = { holder: "stranger", limit: 9, leaseUntil: 0, newSince: 0, onlyNew: false };

const log = createLog({ level: "error", format: "json" }, { write() {} });
const open: AsyncDisposable[] = [];

async function setUpOn(database: Database) {
  const store = new SqlOutboxStore(database);
  const performer = new ScriptedPerformer();
  const outbox = new Outbox({
    account: "main",
    holder: "test",
    store,
    performer,
    clock: { now: () => Date.now() },
    random: () => 0,
    log,
    concurrency: 4,
    doubtSettlesMs: 10,
  });
  const start = async () => {
    await outbox.start();
    open.push({ [Symbol.asyncDispose]: () => outbox.stop() });
  };
  /** Resolves when the summary says what is wanted: a fact, not a time. */
  const until = async (isTrue: () => Promise<boolean> | boolean) => {
    for (;;) {
      const { promise, resolve } = Promise.withResolvers<void>();
      using _ = outbox.onChange(resolve);
      if (await isTrue()) return;
      await promise;
    }
  };
  const settled = () => until(async () => (await outbox.summary()).waiting === 0);
  return { database, store, performer, outbox, start, until, settled };
}

describeOnEachStore("the outbox", (stores) => {
  // The outboxes end before their store does.
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
  });
  const setUp = async () => setUpOn(await stores.open());

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
    const { outbox, performer, database, start, until, settled } = await setUpOn(
      await stores.open(undefined, { wrap }),
    );
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

  describe("a backlog goes out in batches", () => {
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
      for (let client = 0; client < 30; client++)
        await outbox.submit(`client ${client}`, null, note(`again ${client}`));
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

  describe("the feed", () => {
    const ended = (id: string): Call => ({
      id,
      pbx: "main",
      linkedids: [id],
      direction: "inbound",
      client: "89161234567",
      did: null,
      clientLegId: null,
      parked: null,
      queue: null,
      startedAt: 1,
      answeredAt: null,
      endedAt: 2,
      disposition: "missed",
      ringSeconds: 1,
      talkSeconds: 0,
      endedBy: null,
      employees: [],
      transfers: [],
      recordings: [],
      cards: [],
      mergedInto: null,
      partial: false,
      doubts: [],
    });

    const end = (call: Call) =>
      ({
        event: { type: "call-ended", callId: call.id, at: 2, disposition: "missed", endedBy: null, partial: false },
        call,
      }) as const;

    test("concludes each ended call once, however often it runs and whenever it dies", async () => {
      const { database, store, outbox } = await setUp();
      const journal = new SqlCallJournal(database, () => "main");
      await journal.append(Array.from({ length: 250 }, (_, n) => end(ended(`call-${n}`))));
      let dies = true;
      const feed = new CallFeed({
        complete: async (call) => call,
        account: "main",
        country: "RU",
        store,
        log,
        now: () => 5,
        onAdded: () => outbox.wake(),
        decide: async (call) => {
          if (dies && call.id === "call-120") throw new Error("killed");
          return call.id === "call-7"
            ? { intents: [], skipped: "internal", rule: null, tookTurn: false }
            : { intents: [intent(call.id)], skipped: null, rule: "the rule", tookTurn: true };
        },
      });
      await expect(feed.follow()).rejects.toThrow("killed");
      expect(await outbox.summary()).toMatchObject({ waiting: 119 });
      dies = false;
      await Promise.all([feed.follow(), feed.follow()]);
      expect(await outbox.summary()).toMatchObject({ waiting: 249 });
      expect(await outbox.list(["skipped"], 10)).toMatchObject([
        { callId: "call-7", reason: "internal", intent: null },
      ]);
      expect((await outbox.list(["waiting"], 1))[0]).toMatchObject({ clientKey: "+79161234567", rule: "the rule" });
      expect(await store.turns("main")).toEqual(new Map([["the rule", 249]]));
    });

    test("passes over a call that shows a defect of ours, after a while, and tells so", async () => {
      const { database, store, outbox } = await setUp();
      await new SqlCallJournal(database, () => "main").append(["one", "poison", "two"].map((id) => end(ended(id))));
      let now = 0;
      const feed = new CallFeed({
        complete: async (call) => call,
        account: "main",
        country: "RU",
        store,
        log,
        now: () => now,
        onAdded: () => outbox.wake(),
        decide: async ({ id }) => {
          if (id === "poison") throw new TypeError("defect");
          return { intents: [intent(id)], skipped: null, rule: null, tookTurn: false };
        },
      });
      await expect(feed.follow()).rejects.toThrow("defect");
      now += 59_000;
      await expect(feed.follow()).rejects.toThrow("defect");
      now += 1_000;
      await feed.follow();
      const told = (await outbox.list(["waiting", "skipped"], 9)).map(({ callId, reason }) => [callId, reason]);
      expect(told).toEqual([
        ["two", null],
        ["poison", "internal-error"],
        ["one", null],
      ]);
    });
  });
});

test("the delay doubles, has an end, and is never the same for all", () => {
  const seconds = (attempt: number, random: number) => retryAt(attempt, 0, () => random) / 1000;
  expect([1, 2, 3, 4].map((attempt) => seconds(attempt, 1))).toEqual([1, 2, 4, 8]);
  expect(seconds(50, 1)).toBe(900);
  expect(seconds(3, 0)).toBe(2);
});
