/** What receivers of webhooks are still to be told, in SQL. */
import { type RawBuilder, sql } from "kysely";
import type { CallEvent } from "../calls/call-event.ts";
import type { MessageType } from "../webhooks/webhook.ts";
import type {
  Delivery,
  DeliveryState,
  NewDelivery,
  WebhookKey,
  WebhookStore,
  WebhookSummary,
} from "../webhooks/webhook-store.ts";
import { type Database, write } from "./database.ts";
import { isDue } from "./due.ts";

interface Row {
  readonly seq: number;
  readonly message_id: string;
  readonly call_id: string;
  readonly type: string;
  readonly body: string;
  readonly state: string;
  readonly attempts: number;
  readonly due_at: number;
  readonly reason: string | null;
  readonly created_at: number;
}

/** No earlier message of the same call waits. */
const FIRST_OF_ITS_CALL = sql<boolean>`(not exists (
  select 1 from webhook_delivery as earlier
   where earlier.account = d.account and earlier.webhook = d.webhook and earlier.call_id = d.call_id
     and earlier.state = 'waiting' and earlier.seq < d.seq))`;

export class SqlWebhooks implements WebhookStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async enrol({ account, webhook }: WebhookKey): Promise<void> {
    await write(this.#database, (transaction) =>
      sql`insert into webhook_position (account, webhook, position)
          values (${account}, ${webhook},
                  (select coalesce(max(seq), 0) from call_event where account = ${account}))
          on conflict (account, webhook) do nothing`.execute(transaction),
    );
  }

  async eventsAfter(
    { account, webhook }: WebhookKey,
    limit: number,
  ): Promise<readonly { position: number; event: CallEvent }[]> {
    const rows = await this.#database
      .selectFrom("call_event")
      .select(["seq", "body"])
      .where("account", "=", account)
      .where(
        "seq",
        ">",
        sql<number>`(select position from webhook_position where account = ${account} and webhook = ${webhook})`,
      )
      .orderBy("seq")
      .limit(limit)
      .execute();
    return rows.map(({ seq, body }) => ({ position: seq, event: JSON.parse(body) as CallEvent })); // written by the journal
  }

  async historyOf(callId: string, position: number): Promise<readonly CallEvent[]> {
    const rows = await this.#database
      .selectFrom("call_event")
      .select("body")
      .where("call_id", "=", callId)
      .where("seq", "<", position)
      .orderBy("seq")
      .execute();
    return rows.map(({ body }) => JSON.parse(body) as CallEvent); // written by the journal
  }

  async record(
    { account, webhook }: WebhookKey,
    position: number,
    deliveries: readonly NewDelivery[],
    now: number,
  ): Promise<void> {
    await write(this.#database, async (transaction) => {
      // Another process may have come so far meanwhile; the position never goes back.
      const { numUpdatedRows } = await transaction
        .updateTable("webhook_position")
        .set({ position })
        .where("account", "=", account)
        .where("webhook", "=", webhook)
        .where("position", "<", position)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n || deliveries.length === 0) return;
      await transaction
        .insertInto("webhook_delivery")
        .values(
          deliveries.map(({ messageId, callId, type, body, state }) => ({
            account,
            webhook,
            message_id: messageId,
            call_id: callId,
            type,
            body,
            state,
            due_at: now,
            created_at: now,
          })),
        )
        .execute();
    });
  }

  async settledRecordings({
    account,
    webhook,
  }: WebhookKey): Promise<readonly { delivery: Delivery; isReady: boolean }[]> {
    const rows = await this.#database
      .selectFrom("webhook_delivery as d")
      .innerJoin("recording", "recording.call_id", "d.call_id")
      .selectAll("d")
      .select("recording.state as recording_state")
      .where("d.account", "=", account)
      .where("d.webhook", "=", webhook)
      .where("d.state", "=", "awaited")
      .where("recording.state", "!=", "pending")
      .orderBy("d.seq")
      .execute();
    return rows.map((row) => ({ delivery: toDelivery(row), isReady: row.recording_state === "ready" }));
  }

  release(seq: number, body: string, now: number): Promise<void> {
    return this.#change(seq, sql`state = 'waiting', body = ${body}, due_at = ${now}, created_at = ${now}`);
  }

  async due({ account, webhook }: WebhookKey, now: number, limit: number): Promise<readonly Delivery[]> {
    const { rows } = await sql<Row>`
      select d.* from webhook_delivery as d
       where d.account = ${account} and d.webhook = ${webhook} and d.state = 'waiting'
         and ${isDue("d.due_at", now)} and ${FIRST_OF_ITS_CALL}
       order by d.seq
       limit ${limit}`.execute(this.#database);
    return rows.map(toDelivery);
  }

  retry(seq: number, dueAt: number, reason: string): Promise<void> {
    return this.#change(seq, sql`due_at = ${dueAt}, reason = ${reason}, attempts = attempts + 1`);
  }

  setAside(seq: number, reason: string): Promise<void> {
    return this.#change(seq, sql`state = 'set-aside', reason = ${reason}, attempts = attempts + 1`);
  }

  async remove(seqs: readonly number[]): Promise<void> {
    if (seqs.length === 0) return;
    await write(this.#database, (transaction) =>
      transaction.deleteFrom("webhook_delivery").where("seq", "in", seqs).execute(),
    );
  }

  async forgetBefore({ account, webhook }: WebhookKey, states: readonly DeliveryState[], at: number): Promise<number> {
    const { numDeletedRows } = await write(this.#database, (transaction) =>
      transaction
        .deleteFrom("webhook_delivery")
        .where("account", "=", account)
        .where("webhook", "=", webhook)
        .where("state", "in", states)
        .where("created_at", "<", at)
        .executeTakeFirstOrThrow(),
    );
    return Number(numDeletedRows);
  }

  async forgetAllBefore(at: number): Promise<void> {
    await write(this.#database, (transaction) =>
      transaction.deleteFrom("webhook_delivery").where("created_at", "<", at).execute(),
    );
  }

  async summary({ account, webhook }: WebhookKey): Promise<WebhookSummary> {
    const { rows } = await sql<{
      waiting: number;
      set_aside: number;
      oldest_at: number | null;
      next_due_at: number | null;
    }>`
      select count(*) filter (where d.state = 'waiting')   as waiting,
             count(*) filter (where d.state = 'set-aside') as set_aside,
             min(d.created_at) filter (where d.state = 'waiting') as oldest_at,
             min(d.due_at) filter (where d.state = 'waiting' and ${FIRST_OF_ITS_CALL}) as next_due_at
        from webhook_delivery as d
       where d.account = ${account} and d.webhook = ${webhook} and d.state in ('waiting', 'set-aside')`.execute(
      this.#database,
    );
    const [row] = rows;
    return {
      waiting: row?.waiting ?? 0,
      setAside: row?.set_aside ?? 0,
      oldestAt: row?.oldest_at ?? null,
      nextDueAt: row?.next_due_at ?? null,
    };
  }

  async list(
    { account, webhook }: WebhookKey,
    states: readonly DeliveryState[],
    limit: number,
  ): Promise<readonly Delivery[]> {
    const rows = await this.#database
      .selectFrom("webhook_delivery")
      .selectAll()
      .where("account", "=", account)
      .where("webhook", "=", webhook)
      .where("state", "in", states)
      .orderBy("seq")
      .limit(limit)
      .execute();
    return rows.map(toDelivery);
  }

  async resend(key: WebhookKey, seq: number, now: number): Promise<boolean> {
    return (await this.#sendAgain(key, now, sql<boolean>`seq = ${seq} and state in ('waiting', 'set-aside')`)) > 0;
  }

  resendAll(key: WebhookKey, now: number): Promise<number> {
    return this.#sendAgain(key, now, sql<boolean>`state = 'set-aside'`);
  }

  async discard({ account, webhook }: WebhookKey, seq: number): Promise<boolean> {
    const { numDeletedRows } = await write(this.#database, (transaction) =>
      transaction
        .deleteFrom("webhook_delivery")
        .where("account", "=", account)
        .where("webhook", "=", webhook)
        .where("seq", "=", seq)
        .where("state", "in", ["waiting", "set-aside"])
        .executeTakeFirstOrThrow(),
    );
    return numDeletedRows > 0n;
  }

  async #sendAgain({ account, webhook }: WebhookKey, now: number, which: RawBuilder<boolean>): Promise<number> {
    const { numUpdatedRows } = await write(this.#database, (transaction) =>
      transaction
        .updateTable("webhook_delivery")
        .set({ state: "waiting", due_at: now, created_at: now })
        .where("account", "=", account)
        .where("webhook", "=", webhook)
        .where(which)
        .executeTakeFirstOrThrow(),
    );
    return Number(numUpdatedRows);
  }

  async #change(seq: number, assignments: RawBuilder<unknown>): Promise<void> {
    await write(this.#database, (transaction) =>
      sql`update webhook_delivery set ${assignments} where seq = ${seq}`.execute(transaction),
    );
  }
}

function toDelivery(row: Row): Delivery {
  return {
    seq: row.seq,
    messageId: row.message_id,
    callId: row.call_id,
    type: row.type as MessageType, // written by record
    body: row.body,
    state: row.state as DeliveryState, // written here only
    attempts: row.attempts,
    dueAt: row.due_at,
    reason: row.reason,
    createdAt: row.created_at,
  };
}
