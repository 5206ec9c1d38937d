// Several programs, or several connections of one, on the same PostgreSQL: nothing is done twice, nothing is passed over.
import { sql } from "kysely";
import { expect, test } from "vitest";
import { aroundWrites } from "../../test/databases/around-writes.ts";
import type { Call } from "../calls/call.ts";
import type { JournalEntry } from "../calls/journal.ts";
import type { ClaimRequest, NewItem } from "../outbox/outbox-store.ts";
import { SqlCallJournal } from "./call-journal.ts";
import { write } from "./database.ts";
import { SqlOutboxStore } from "./outbox-store.ts";
import { StoreError } from "./store-error.ts";
import { describeOnPostgres } from "./stores.testing.ts";

const ended = (id: string, pbx = "main"): JournalEntry => ({
  event: { type: "call-ended", callId: id, at: 5, disposition: "missed", endedBy: null, partial: false },
  call: { id, pbx, startedAt: 1, endedAt: 5, employees: [] as Call["employees"] } as Call, // what is kept of it whole is not looked into
});
const item = (uniq: string, clientKey = uniq): NewItem => ({
  clientKey,
  callId: null,
  rule: null,
  interactive: false,
  skipped: null,
  intent: { kind: "create-contact", uniq, name: "Иван", phone: "+79161234567", userId: null },
});
const request = (holder: string, limit: number): ClaimRequest => ({
  holder,
  limit,
  now: 1_000,
  leaseUntil: 9_000,
  newSince: 0,
  onlyNew: false,
});

describeOnPostgres("on one PostgreSQL", (stores) => {
  /** Two programs, each with connections of its own. */
  const twoPrograms = async () => {
    const place = await stores.newPlace();
    return Promise.all([stores.open(place), stores.open(place)]);
  };

  test("an item is leased by one of two workers, and a client's items in their order", async () => {
    const programs = await twoPrograms();
    const [store] = programs.map((database) => new SqlOutboxStore(database));
    for (let nth = 0; nth < 120; nth++) await store?.add("main", item(`item ${nth}`, `client ${nth % 60}`), 0);
    const claims = programs.flatMap((database, at) =>
      Array.from({ length: 10 }, () => new SqlOutboxStore(database).claim("main", request(`worker ${at}`, 5))),
    );
    const claimed = (await Promise.all(claims)).flat();
    expect(claimed).toHaveLength(60);
    expect(new Set(claimed.map(({ id }) => id)).size).toBe(60);
    // The second item of each client waits for its first one.
    expect(claimed.every(({ intent }) => Number(intent.uniq.split(" ")[1]) < 60)).toBe(true);
  });

  test("a call that both conclude leads to one intent and one turn", async () => {
    const stores = (await twoPrograms()).map((database) => new SqlOutboxStore(database));
    const positions = Array.from({ length: 30 }, (_, at) => at + 1);
    await Promise.all(
      stores.map(async (store, program) => {
        for (const position of positions) {
          const conclusion = { position, items: [item(`${position} by ${program}`)], turnOf: "the rule" };
          await store.recordConclusion("main", conclusion, 5);
        }
      }),
    );
    const [store] = stores;
    const kept = (await store?.list("main", ["waiting"], 99)) ?? [];
    expect(kept.map(({ intent }) => Number.parseInt(intent?.uniq ?? "", 10)).sort((one, other) => one - other)).toEqual(
      positions,
    );
    expect(await store?.turns("main")).toEqual(new Map([["the rule", 30]]));
  });

  test("a call whose number is given out first and which is kept later is not passed over", async () => {
    const place = await stores.newPlace();
    const [atCommit, mayCommit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow = await stores.open(place, {
      wrap: (dialect) =>
        aroundWrites(dialect, {
          before: async (what) => {
            if (!what.includes("call_event")) return;
            atCommit.resolve();
            await mayCommit.promise;
          },
        }),
    });
    const fast = await stores.open(place);
    const store = new SqlOutboxStore(fast);
    const feed = async () => (await store.endedCalls("main", 9)).map(({ call }) => call.id);

    const first = new SqlCallJournal(slow, () => "main").append([ended("first")]);
    await atCommit.promise;
    let isKept = false;
    const second = new SqlCallJournal(fast, () => "main").append([ended("second", "another")]).then(() => {
      isKept = true;
    });
    const isHeldUp = async () => {
      const { rows } = await sql`select from pg_locks where locktype = 'advisory' and not granted`.execute(fast);
      return rows.length > 0;
    };
    await expect.poll(async () => isKept || (await isHeldUp())).toBe(true);
    const before = await store.endedCalls("main", 9);
    for (const { position } of before) {
      await store.recordConclusion("main", { position, items: [], turnOf: null }, 5);
    }
    mayCommit.resolve();
    await Promise.all([first, second]);
    expect([...before.map(({ call }) => call.id), ...(await feed())]).toEqual(["first", "second"]);
  });

  test("entries whose keeping was done and not answered are not kept twice", async () => {
    const place = await stores.newPlace();
    let answersLost = 1;
    const database = await stores.open(place, {
      wrap: (dialect) =>
        aroundWrites(dialect, {
          after: (what) => {
            if (what.includes("call_event") && answersLost-- > 0) throw new StoreError("store/unreachable");
          },
        }),
    });
    const journal = new SqlCallJournal(database, () => "main");
    const [one, other] = [ended("one"), ended("other")];
    await expect(journal.append([one])).rejects.toMatchObject({ code: "store/unreachable" });
    await journal.append([one, other]);
    expect(await journal.eventsOf("one")).toHaveLength(1);
    expect(await journal.eventsOf("other")).toHaveLength(1);
  });

  test("of two transactions that wait for each other one is begun again", async () => {
    const [one, other] = await twoPrograms();
    for (const account of ["a", "b"]) {
      await one.insertInto("outbox_position").values({ account, position: 0 }).execute();
    }
    const bothHold = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let begun = 0;
    const advance = (database: typeof one, own: number, accounts: readonly [string, string]) =>
      write(database, async (transaction) => {
        begun++;
        for (const [nth, account] of accounts.entries()) {
          await transaction
            .updateTable("outbox_position")
            .set(({ eb }) => ({ position: eb("position", "+", 1) }))
            .where("account", "=", account)
            .execute();
          if (nth > 0) continue;
          bothHold[own]?.resolve();
          await bothHold[1 - own]?.promise;
        }
      });
    await Promise.all([advance(one, 0, ["a", "b"]), advance(other, 1, ["b", "a"])]);
    expect(begun).toBe(3);
    expect(await one.selectFrom("outbox_position").select("position").execute()).toEqual([
      { position: 2 },
      { position: 2 },
    ]);
  });
});
