/** Which items of the outbox are done next, and who has them. Whoever claims has the turn (`takeTurn`). */
import { type RawBuilder, sql, type Transaction } from "kysely";
import type { Claimed, ClaimRequest } from "../outbox/outbox-store.ts";
import { isDue } from "./due.ts";
import type { StoredIntent } from "./outbox-items.ts";
import type { Schema } from "./schema.ts";

/** No earlier item of the same client waits. People do not wait for that: what they asked for overtakes. */
export const FIRST_OF_ITS_CLIENT = sql<boolean>`(
  o.interactive = 1
  or not exists (select 1 from outbox as earlier
                  where earlier.account = o.account and earlier.client_key = o.client_key
                    and earlier.state = 'waiting' and earlier.id < o.id))`;

/** Leases what is to go next: people's first, then what is new, then what may have happened; of these the latest. */
export function claimNext(
  transaction: Transaction<Schema>,
  account: string,
  request: ClaimRequest,
): Promise<readonly Claimed[]> {
  const { now, limit, newSince, onlyNew } = request;
  return lease(
    transaction,
    request,
    sql`
      select o.id from outbox as o
       where o.account = ${account} and o.state = 'waiting'
         and ${isDue("o.due_at", now)} and o.lease_until <= ${now} and o.created_at >= ${onlyNew ? newSince : 0}
         and ${FIRST_OF_ITS_CLIENT}
       order by o.interactive desc, o.created_at >= ${newSince} desc, o.may_have_happened desc, o.id desc
       limit ${limit}`,
  );
}

/** Leases as many as may go in one request, of the kind of which there are most; none where fewer than `least` may. */
export async function claimAlike(
  transaction: Transaction<Schema>,
  account: string,
  request: ClaimRequest & { least: number },
): Promise<readonly Claimed[]> {
  const { now, limit, least } = request;
  const canBatch = sql<boolean>`(o.interactive = 0 and o.may_have_happened = 0 and o.lease_holder is null
                                 and ${isDue("o.due_at", now)} and o.batch_key is not null)`;
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
      intent: JSON.parse(row.intent) as StoredIntent, // written by insertItem
      attempts: row.attempts,
      interactive: row.interactive === 1,
      createdAt: row.created_at,
      mayHaveHappened: row.may_have_happened === 1,
    }))
    .toSorted((one, other) => Number(other.interactive) - Number(one.interactive) || other.id - one.id);
}
