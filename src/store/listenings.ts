/** Who has listened to recordings, in SQL. */
import type { Listening, ListeningQuery, ListeningStore } from "../recordings/listening.ts";
import type { Database } from "./database.ts";
import { StoreError } from "./store-error.ts";

export class SqlListeningStore implements ListeningStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async begin(listening: Listening): Promise<number> {
    const { account, callId, userId, address, begunAt, lastAt, bytes, reachedSeconds } = listening;
    try {
      const { id } = await this.#database
        .insertInto("listening")
        .values({
          account,
          call_id: callId,
          user_id: userId,
          address,
          begun_at: begunAt,
          last_at: lastAt,
          bytes,
          reached_seconds: reachedSeconds,
        })
        .returning("id")
        .executeTakeFirstOrThrow();
      return id;
    } catch (error) {
      throw StoreError.from(error);
    }
  }

  async goOn(id: number, { lastAt, bytes, reachedSeconds }: Pick<Listening, "lastAt" | "bytes" | "reachedSeconds">) {
    const change = { last_at: lastAt, bytes, reached_seconds: reachedSeconds };
    try {
      await this.#database.updateTable("listening").set(change).where("id", "=", id).execute();
    } catch (error) {
      throw StoreError.from(error);
    }
  }

  async list(account: string, { callId, before, limit }: ListeningQuery): Promise<readonly Listening[]> {
    let query = this.#database.selectFrom("listening").selectAll().where("account", "=", account);
    if (callId !== undefined) query = query.where("call_id", "=", callId);
    if (before !== undefined) query = query.where("begun_at", "<", before);
    const rows = await query.orderBy("begun_at", "desc").orderBy("id", "desc").limit(limit).execute();
    return rows.map((row) => ({
      account: row.account,
      callId: row.call_id,
      userId: row.user_id,
      address: row.address,
      begunAt: row.begun_at,
      lastAt: row.last_at,
      bytes: row.bytes,
      reachedSeconds: row.reached_seconds,
    }));
  }
}
