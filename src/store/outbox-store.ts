/** The outbox in SQL. The statements that matter are written out, so that they can be read aloud. */
import { type RawBuilder, sql, type Transaction } from "kysely";
import type { Call } from "../calls/call.ts";
import { batchKeyOf } from "../outbox/batch.ts";
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
import type { Schema } from "./schema.ts";

type Intent = NonNullable<OutboxItem["intent"]>;

/** No earlier item of the same client waits. People do not wait for that: what they asked for overtakes. */
const FIRST_OF_ITS_CLIENT = sql<boolean>`(
  o.interactive = 1
  or not exists (select 1 from outbox as earlier
                  where earlier.account = o.account and earlier.client_key = o.client_key
                    and earlier.state = 'waiting' and earlier.id < o.id))`;

/** No wait is as long: whatever is due later was put off before the machine's clock was set back. */
const LONGER_THAN_ANY_WAIT_MS = 3_600_000;
const isDue = (now: number) => sql<boolean>`(o.due_at <= ${now} or o.due_at > ${now + LONGER_THAN_ANY_WAIT_MS})`;

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
      for (const item of items) await insert(transaction, account, item, now);
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
      const id = await insert(transaction, account, item, now);
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

  async claim(account: string, request: ClaimRequest): Promise<readonly Claimed[]> {
    const { now, limit, newSince, onlyNew } = request;
    return this.#claimAlone(account, (transaction) =>
      lease(
        transaction,
        request,
        sql`select o.id from outbox as o
             where o.account = ${account} and o.state = 'waiting'
               and ${isDue(now)} and o.lease_until <= ${now} and o.created_at >= ${onlyNew ? newSince : 0}
               and ${FIRST_OF_ITS_CLIENT}
             order by o.interactive desc, o.created_at >= ${newSince} desc, o.may_have_happened desc, o.id desc
             limit ${limit}`,
      ),
    );
  }

  async claimBatch(account: string, request: ClaimRequest & { least: number }): Promise<readonly Claimed[]> {
    const { now, limit, least } = request;
    const canBatch = sql<boolean>`(o.interactive = 0 and o.may_have_happened = 0 and o.lease_holder is null
                                   and ${isDue(now)} and o.batch_key is not null)`;
    return this.#claimAlone(account, async (transaction) => {
      const { rows: keys } = await sql<{ batch_key: string }>`
        select o.batch_key from outbox as o
         where o.account = ${account} and o.state = 'waiting' and ${canBatch}
         group by o.batch_key having count(*) >= ${least}
         order by count(*) desc`.execute(transaction);
      for (const { batch_key: key } of keys) {
        // A client's items go as far as the first that has to go by itself.
        const { rows } = await sql<{ id: number }>`
          select o.id from outbox as o
            left join (select o.client_key, min(o.id) as id from outbox as o
                        where o.account = ${account} and o.state = 'waiting'
                          and not (${canBatch} and o.batch_key = ${key})
                        group by o.client_key) as blocker on blocker.client_key = o.client_key
           where o.account = ${account} and o.state = 'waiting' and ${canBatch} and o.batch_key = ${key}
             and (blocker.id is null or o.id < blocker.id)
           order by max(o.id) over (partition by o.client_key) desc, o.id
           limit ${limit}`.execute(transaction);
        if (rows.length < least) continue;
        const claimed = await lease(transaction, request, sql`${sql.join(rows.map(({ id }) => id))}`);
        return claimed.toSorted((one, other) => one.id - other.id);
      }
      return [];
    });
  }

  /** Whoever shares the store claims before or after, never meanwhile: what he leases is not chosen here, nor passed. */
  #claimAlone(
    account: string,
    choose: (transaction: Transaction<Schema>) => Promise<readonly Claimed[]>,
  ): Promise<readonly Claimed[]> {
    return write(this.#database, async (transaction) => {
      await takeTurn(transaction, `outbox ${account}`);
      return choose(transaction);
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

/** Leases the chosen items. A lease that was never ended was somebody's who died: what he did is not known. */
async function lease(
  transaction: Transaction<Schema>,
  { holder, leaseUntil }: ClaimRequest,
  chosen: RawBuilder<unknown>,
): Promise<readonly Claimed[]> {
  // A chosen one may have been discarded since it was looked at.
  const { rows } = await sql<{
    id: number;
    call_id: string | null;
    intent: string;
    attempts: number;
    interactive: number;
    created_at: number;
    may_have_happened: number;
  }>`
    update outbox
       set lease_until = ${leaseUntil}, lease_holder = ${holder}, attempts = attempts + 1,
           may_have_happened = case when lease_holder is null then may_have_happened else 1 end
     where id in (${chosen}) and state = 'waiting'
    returning id, call_id, intent, attempts, interactive, created_at, may_have_happened`.execute(transaction);
  return rows
    .map((row) => ({
      id: row.id,
      callId: row.call_id,
      intent: JSON.parse(row.intent) as Intent, // written by insert
      attempts: row.attempts,
      interactive: row.interactive === 1,
      createdAt: row.created_at,
      mayHaveHappened: row.may_have_happened === 1,
    }))
    .toSorted((one, other) => Number(other.interactive) - Number(one.interactive) || other.id - one.id);
}

/** undefined when an item of this `uniq` is there already: the same cause told twice is one intent. */
async function insert(
  transaction: Transaction<Schema>,
  account: string,
  { clientKey, callId, rule, interactive, intent, skipped }: NewItem,
  now: number,
): Promise<number | undefined> {
  const row = await transaction
    .insertInto("outbox")
    .values({
      account,
      client_key: clientKey,
      call_id: callId,
      uniq: intent?.uniq ?? null,
      intent: intent && JSON.stringify(intent),
      kind: intent?.kind ?? null,
      batch_key: intent && batchKeyOf(intent),
      rule,
      interactive: Number(interactive),
      state: intent === null ? "skipped" : "waiting",
      due_at: now,
      reason: skipped,
      created_at: now,
      settled_at: intent === null ? now : null,
    })
    .onConflict((conflict) => conflict.columns(["account", "uniq"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  if (row !== undefined && intent !== null) await noteTasks(transaction, account, clientKey, intent);
  return row?.id;
}

/** Which tasks stand open follows from the intents alone, so that the next call knows before any of them is done. */
async function noteTasks(
  transaction: Transaction<Schema>,
  account: string,
  clientKey: string,
  intent: Intent,
): Promise<void> {
  if (intent.kind === "add-task" && intent.closesItself) {
    await transaction
      .insertInto("callback_task")
      .values({ account, uniq: intent.uniq, client_key: clientKey })
      .execute();
  } else if (intent.kind === "close-tasks") {
    await transaction
      .deleteFrom("callback_task")
      .where("account", "=", account)
      .where("uniq", "in", intent.tasks)
      .execute();
  }
}

function toItem(row: {
  id: number;
  account: string;
  client_key: string;
  call_id: string | null;
  rule: string | null;
  intent: string | null;
  interactive: number;
  state: string;
  attempts: number;
  due_at: number;
  reason: string | null;
  outcome: string | null;
  created_at: number;
}): OutboxItem {
  return {
    id: row.id,
    account: row.account,
    clientKey: row.client_key,
    callId: row.call_id,
    rule: row.rule,
    intent: row.intent === null ? null : (JSON.parse(row.intent) as Intent), // written by insert
    interactive: row.interactive === 1,
    state: row.state as ItemState, // written by insert, settle, resend and discard
    attempts: row.attempts,
    dueAt: row.due_at,
    reason: row.reason,
    outcome: row.outcome === null ? null : (JSON.parse(row.outcome) as OutboxItem["outcome"]), // written by settle
    createdAt: row.created_at,
  };
}
