/** Employees' words about calls, in SQL. */
import type { CallWord, CallWords } from "../outbox/call-words.ts";
import { type Database, write } from "./database.ts";

export class SqlCallWords implements CallWords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async say(account: string, callId: string, word: Omit<CallWord, "id">, by: string, at: number): Promise<void> {
    const { text, entity } = word;
    const row = { account, call_id: callId, said: text, said_by: by, said_at: at };
    await write(this.#database, (transaction) =>
      transaction
        .insertInto("call_word")
        .values({ ...row, entity_type: entity?.type ?? null, entity_id: entity?.id ?? null })
        .execute(),
    );
  }

  async ofCalls(account: string, callIds: readonly string[]): Promise<readonly CallWord[]> {
    const rows = await this.#database
      .selectFrom("call_word")
      .select(["id", "said", "entity_type", "entity_id"])
      .where("account", "=", account)
      .where("call_id", "in", callIds)
      .orderBy("id")
      .execute();
    return rows.map(({ id, said: text, entity_type: type, entity_id: entityId }) => ({
      id,
      text,
      entity: type === null || entityId === null ? null : { type, id: entityId },
    }));
  }
}
