/** What every class of the store is given: typed SQL, and the little in which the two databases differ. */
import { setImmediate } from "node:timers/promises";
import { type Kysely, PostgresAdapter, sql, type Transaction } from "kysely";
import type { Schema } from "./schema.ts";
import { StoreError } from "./store-error.ts";

export type Database = Kysely<Schema>;

/** A transaction that met another one is begun again so often. */
const TRIES = 3;
/** So many rows are written in some milliseconds, the wait for the disk included. */
const BATCH = 50;

/**
 * One transaction: all of it or nothing. Where two of them met, PostgreSQL ends one, which is then begun again; so `work`
 * changes nothing but the database.
 * @throws StoreError
 */
export async function write<T>(database: Database, work: (transaction: Transaction<Schema>) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      // Told, for it may be set otherwise on the server; SQLite knows one level only, a higher one.
      return await database.transaction().setIsolationLevel("read committed").execute(work);
    } catch (error) {
      const known = StoreError.from(error);
      if (known.code !== "store/conflict" || attempt === TRIES) throw known;
    }
  }
}

/**
 * A transaction for some of the items at a time, and between two of them whoever waits has his turn: the embedded store
 * writes on this thread, and a phone that rings is not to wait for what is written by the thousand.
 * @throws StoreError; what was written before it stays
 */
export async function writeInBatches<T>(
  database: Database,
  items: readonly T[],
  work: (transaction: Transaction<Schema>, batch: readonly T[]) => Promise<void>,
): Promise<void> {
  for (let first = 0; first < items.length; first += BATCH) {
    if (first > 0) await setImmediate();
    const batch = items.slice(first, first + BATCH);
    await write(database, (transaction) => work(transaction, batch));
  }
}

/**
 * Until this transaction ends nobody else passes here with the same name. SQLite has one writer anyway; PostgreSQL has
 * many, and hands out serial numbers in another order than the one in which their rows become visible.
 * @param name what is done alone, and for whom: "journal main"
 */
export async function takeTurn(transaction: Transaction<Schema>, name: string): Promise<void> {
  if (!isPostgres(transaction)) return;
  await sql`select pg_advisory_xact_lock(hashtextextended(${`kommutator ${name}`}, 0))`.execute(transaction);
}

function isPostgres(database: Database): boolean {
  return database.getExecutor().adapter instanceof PostgresAdapter;
}
