/** What became of each command, in SQL. */
import type { CommandHistory, CommandJournal, CommandRecord } from "../control/command-journal.ts";
import type { Database } from "./database.ts";
import { StoreError } from "./store-error.ts";

export class SqlCommandJournal implements CommandJournal, CommandHistory {
  readonly #database: Database;
  readonly #accountOf: (pbx: string) => string;

  /** @param accountOf the account that owns a PBX connection */
  constructor(database: Database, accountOf: (pbx: string) => string) {
    this.#database = database;
    this.#accountOf = accountOf;
  }

  async keep(record: CommandRecord): Promise<void> {
    const { id, pbx, callId: call_id, kind, askedAt: asked_at, endedAt: ended_at } = record;
    const body = JSON.stringify(record);
    try {
      await this.#database
        .insertInto("command")
        .values({ id, account: this.#accountOf(pbx), pbx, call_id, kind, asked_at, ended_at, body })
        .onConflict((conflict) => conflict.column("id").doUpdateSet({ ended_at, body }))
        .execute();
    } catch (error) {
      throw StoreError.from(error);
    }
  }

  async ofCall(callId: string): Promise<readonly CommandRecord[]> {
    const rows = await this.#database
      .selectFrom("command")
      .select("body")
      .where("call_id", "=", callId)
      .orderBy("asked_at")
      .execute();
    return rows.map(({ body }) => JSON.parse(body) as CommandRecord); // written by keep
  }
}
