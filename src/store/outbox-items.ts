/** How an item of the outbox is written and read. */
import type { Transaction } from "kysely";
import { batchKeyOf } from "../outbox/batch.ts";
import type { ItemState, NewItem, OutboxItem } from "../outbox/outbox-store.ts";
import type { Schema } from "./schema.ts";

export type StoredIntent = NonNullable<OutboxItem["intent"]>;

/** undefined when an item of this `uniq` is there already: the same cause told twice is one intent. */
export async function insertItem(
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
  intent: StoredIntent,
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

export function toItem(row: {
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
    intent: row.intent === null ? null : (JSON.parse(row.intent) as StoredIntent), // written by insertItem
    interactive: row.interactive === 1,
    state: row.state as ItemState, // written by insertItem, settle, resend and discard
    attempts: row.attempts,
    dueAt: row.due_at,
    reason: row.reason,
    outcome: row.outcome === null ? null : (JSON.parse(row.outcome) as OutboxItem["outcome"]), // written by settle
    createdAt: row.created_at,
  };
}
