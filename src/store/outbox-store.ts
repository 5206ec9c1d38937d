/** The outbox in SQL. The statements that matter are written out, so that they can be read aloud. */
import { sql, type Transaction } from "kysely";
import type { Call } from "../calls/call.ts";
import type {
  Claimed,
  ClaimRequest,
  Conclusion,
  ItemState,
  NewItem,
  OutboxItem,
  OutboxStore,
  OutboxSummary,
  Settled,
} from "../outbox/outbox-store.ts";
import type { Outcome } from "../outbox/performer.ts";
import { type Database, takeTurn, write } from "./database.ts";
import { claimAlike, claimNext, FIRST_OF_ITS_CLIENT } from "./outbox-claims.ts";
import { insertItem, toItem } from "./outbox-items.ts";
import type { Schema } from "./schema.ts";

export class SqlOutboxStore implements OutboxStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async endedCalls(account: string, limit: number): Promise<readonly { position: number; call: Call }[]> {
    const rows = await this.#database
      .selectFrom("call_event")
      .innerJoin("call", "call.id", "call_event.call_id")
      .select(["call_event.seq", "call.body"])
      .where("call_event.account", "=", account)
      .where("call_event.type", "=", "call-ended")
      .where(
        "call_event.seq",
        ">",
        sql<number>`coalesce((select position from outbox_position where account = ${account}), 0)`,
      )
      .orderBy("call_event.seq")
      .limit(limit)
      .execute();
    return rows.map(({ seq, body }) => ({ position: seq, call: JSON.parse(body) as Call })); // written by the journal
  }

  async callsSince(account: string, since: number): Promise<readonly Call[]> {
    const rows = await this.#database
      .selectFrom("call")
      .select("body")
      .where("account", "=", account)
      .where("started_at", ">=", since)
      .where("ended_at", "is not", null)
      .orderBy("ended_at")
      .execute();
    return rows.map(({ body }) => JSON.parse(body) as Call); // written by the journal
  }

  async recordConclusion(account: string, { position, items, turnOf }: Conclusion, now: number): Promise<void> {
    await write(this.#database, async (transaction) => {
      // Somebody else may have concluded the same calls meanwhile; the position never goes back.
      const { rows } = await sql<{ position: number }>`
        insert into outbox_position (account, position) values (${account}, ${position})
        on conflict (account) do update set position = excluded.position
         where outbox_position.position < excluded.position
        returning position`.execute(transaction);
      if (rows.length === 0) return;
      for (const item of items) await insertItem(transaction, account, item, now);
      if (turnOf === null) return;
      await sql`
        insert into rule_turn (account, rule, turns) values (${account}, ${turnOf}, 1)
        on conflict (account, rule) do update set turns = rule_turn.turns + 1`.execute(transaction);
    });
  }

  async turns(account: string): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#database
      .selectFrom("rule_turn")
      .select(["rule", "turns"])
      .where("account", "=", account)
      .execute();
    return new Map(rows.map(({ rule, turns }) => [rule, turns]));
  }

  async openTasks(account: string, clientKeys: readonly string[]): Promise<readonly string[]> {
    if (clientKeys.length === 0) return [];
    // An item's task is as old as the item.
    const rows = await this.#database
      .selectFrom("callback_task")
      .innerJoin("outbox", (join) =>
        join.onRef("outbox.account", "=", "callback_task.account").onRef("outbox.uniq", "=", "callback_task.uniq"),
      )
      .select("callback_task.uniq")
      .where("callback_task.account", "=", account)
      .where("callback_task.client_key", "in", clientKeys)
      .orderBy("outbox.id")
      .execute();
    return rows.map(({ uniq }) => uniq);
  }

  async outcomeOf(account: string, uniq: string): Promise<Outcome | undefined> {
    const row = await this.#database
      .selectFrom("outbox")
      .select("outcome")
      .where("account", "=", account)
      .where("uniq", "=", uniq)
      .executeTakeFirst();
    return row?.outcome == null ? undefined : (JSON.parse(row.outcome) as Outcome); // written by settle
  }

  async isWaiting(account: string, uniq: string): Promise<boolean> {
    const row = await this.#database
      .selectFrom("outbox")
      .select("state")
      .where("account", "=", account)
      .where("uniq", "=", uniq)
      .executeTakeFirst();
    return row?.state === "waiting";
  }

  async add(account: string, item: NewItem, now: number): Promise<number> {
    return write(this.#database, async (transaction) => {
      const id = await insertItem(transaction, account, item, now);
      if (id !== undefined) return id;
      const there = await transaction
        .selectFrom("outbox")
        .select("id")
        .where("account", "=", account)
        .where("uniq", "=", item.intent?.uniq ?? null)
        .executeTakeFirstOrThrow();
      return there.id;
    });
  }

  claim(account: string, request: ClaimRequest): Promise<readonly Claimed[]> {
    return this.#inTurn(account, (transaction) => claimNext(transaction, account, request));
  }

  claimBatch(account: string, request: ClaimRequest & { least: number }): Promise<readonly Claimed[]> {
    return this.#inTurn(account, (transaction) => claimAlike(transaction, account, request));
  }

  /** Whoever shares the store claims before or after, never meanwhile: what he leases is not chosen here, nor passed. */
  #inTurn<T>(account: string, claim: (transaction: Transaction<Schema>) => Promise<T>): Promise<T> {
    return write(this.#database, async (transaction) => {
      await takeTurn(transaction, `outbox ${account}`);
      return claim(transaction);
    });
  }

  async settle(holder: string, settled: readonly Settled[], now: number): Promise<void> {
    await write(this.#database, async (transaction) => {
      for (const { id, settlement } of settled) {
        const done = settlement.state === "done";
        await transaction
          .updateTable("outbox")
          .set({
            state: settlement.state,
            lease_until: 0,
            lease_holder: null,
            reason: done ? null : settlement.reason,
            may_have_happened: done ? 0 : Number(settlement.mayHaveHappened),
            ...(settlement.state === "waiting" ? { due_at: settlement.dueAt } : { settled_at: now }),
            ...(done && { outcome: JSON.stringify(settlement.outcome) }),
          })
          .where("id", "=", id)
          .where("state", "=", "waiting")
          .where("lease_holder", "=", holder)
          .execute();
      }
    });
  }

  async releaseLeases(account: string, holder: string, dueAt: number): Promise<void> {
    await write(this.#database, (transaction) =>
      transaction
        .updateTable("outbox")
        .set({ lease_until: 0, lease_holder: null, may_have_happened: 1, due_at: dueAt })
        .where("account", "=", account)
        .where("state", "=", "waiting")
        .where("lease_holder", "=", holder)
        .execute(),
    );
  }

  async find(id: number): Promise<OutboxItem | undefined> {
    const row = await this.#database.selectFrom("outbox").selectAll().where("id", "=", id).executeTakeFirst();
    return row && toItem(row);
  }

  async list(account: string, states: readonly ItemState[], limit: number): Promise<readonly OutboxItem[]> {
    const rows = await this.#database
      .selectFrom("outbox")
      .selectAll()
      .where("account", "=", account)
      .where("state", "in", states)
      .orderBy("id", "desc")
      .limit(limit)
      .execute();
    return rows.map(toItem);
  }

  async summary(account: string): Promise<OutboxSummary> {
    const { rows } = await sql<{
      waiting: number;
      quarantined: number;
      next_due_at: number | null;
      oldest_at: number | null;
    }>`
      select count(*) filter (where o.state = 'waiting')     as waiting,
             count(*) filter (where o.state = 'quarantined') as quarantined,
             min(o.created_at) filter (where o.state = 'waiting') as oldest_at,
             min(case when o.lease_until > o.due_at then o.lease_until else o.due_at end)
               filter (where o.state = 'waiting' and ${FIRST_OF_ITS_CLIENT}) as next_due_at
        from outbox as o
       where o.account = ${account} and o.state in ('waiting', 'quarantined')`.execute(this.#database);
    const [row] = rows;
    return {
      waiting: row?.waiting ?? 0,
      quarantined: row?.quarantined ?? 0,
      nextDueAt: row?.next_due_at ?? null,
      oldestAt: row?.oldest_at ?? null,
    };
  }

  async resend(account: string, id: number, now: number): Promise<boolean> {
    const { numUpdatedRows } = await write(this.#database, (transaction) =>
      transaction
        .updateTable("outbox")
        .set({ state: "waiting", due_at: now, settled_at: null })
        .where("account", "=", account)
        .where("id", "=", id)
        .where("state", "in", ["quarantined", "waiting"])
        .executeTakeFirst(),
    );
    return numUpdatedRows > 0n;
  }

  async discard(account: string, id: number, reason: string, now: number): Promise<boolean> {
    const { numUpdatedRows } = await write(this.#database, (transaction) =>
      transaction
        .updateTable("outbox")
        .set({ state: "discarded", reason, settled_at: now })
        .where("account", "=", account)
        .where("id", "=", id)
        .where("state", "in", ["quarantined", "waiting"])
        .where("lease_until", "<=", now)
        .executeTakeFirst(),
    );
    return numUpdatedRows > 0n;
  }
}
