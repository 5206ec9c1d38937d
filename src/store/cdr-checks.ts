/** In SQL: how far the PBXs' own records were read, and what came of comparing calls with them. */
import type { Call } from "../calls/call.ts";
import type { CdrCheck, CdrChecks, CdrProgress, CdrVerdict } from "../cdr/cdr-check.ts";
import type { Database } from "./database.ts";
import { StoreError } from "./store-error.ts";

export class SqlCdrChecks implements CdrChecks {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async progress(pbx: string): Promise<CdrProgress | undefined> {
    return this.#database
      .selectFrom("cdr_progress")
      .select(["mark", "since"])
      .where("pbx", "=", pbx)
      .executeTakeFirst();
  }

  async saveProgress(pbx: string, { mark, since }: CdrProgress): Promise<void> {
    await this.#write(() =>
      this.#database
        .insertInto("cdr_progress")
        .values({ pbx, mark, since })
        .onConflict((conflict) => conflict.column("pbx").doUpdateSet({ mark, since }))
        .execute(),
    );
  }

  async find(callId: string): Promise<CdrCheck | undefined> {
    const row = await this.#database
      .selectFrom("cdr_check")
      .selectAll()
      .where("call_id", "=", callId)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return {
      callId,
      verdict: row.verdict as CdrVerdict, // these four were written by save
      differences: JSON.parse(row.differences) as CdrCheck["differences"],
      told: row.told === null ? null : (JSON.parse(row.told) as CdrCheck["told"]),
      seen: row.seen === null ? null : (JSON.parse(row.seen) as CdrCheck["seen"]),
      checkedAt: row.checked_at,
    };
  }

  async save(pbx: string, { callId, verdict, differences, told, seen, checkedAt }: CdrCheck): Promise<void> {
    const change = {
      verdict,
      differences: JSON.stringify(differences),
      told: told && JSON.stringify(told),
      seen: seen && JSON.stringify(seen),
      checked_at: checkedAt,
    };
    await this.#write(() =>
      this.#database
        .insertInto("cdr_check")
        .values({ call_id: callId, pbx, ...change })
        .onConflict((conflict) => conflict.column("call_id").doUpdateSet(change))
        .execute(),
    );
  }

  async unchecked(pbx: string, from: number, until: number, limit: number): Promise<readonly Call[]> {
    const rows = await this.#database
      .selectFrom("call")
      .leftJoin("cdr_check", "cdr_check.call_id", "call.id")
      .select("call.body")
      .where("call.pbx", "=", pbx)
      .where("call.ended_at", ">=", from)
      .where("call.ended_at", "<", until)
      .where("cdr_check.call_id", "is", null)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("call_event")
              .select("seq")
              .whereRef("call_event.call_id", "=", "call.id")
              .where("type", "=", "call-absorbed"),
          ),
        ),
      )
      .orderBy("call.ended_at")
      .limit(limit)
      .execute();
    return rows.map(({ body }) => JSON.parse(body) as Call); // written by the journal
  }

  async #write<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw StoreError.from(error);
    }
  }
}
