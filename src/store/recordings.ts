/** States of recordings in SQL. */
import type { Recording, RecordingStore } from "../recordings/recording.ts";
import type { Database } from "./database.ts";
import { StoreError } from "./store-error.ts";

export class SqlRecordingStore implements RecordingStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(callId: string): Promise<Recording | undefined> {
    const row = await this.#database
      .selectFrom("recording")
      .select("body")
      .where("call_id", "=", callId)
      .executeTakeFirst();
    return row && (JSON.parse(row.body) as Recording); // written by save
  }

  async accountOf(callId: string): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom("recording")
      .select("account")
      .where("call_id", "=", callId)
      .executeTakeFirst();
    return row?.account;
  }

  async save(account: string, pbx: string, recording: Recording): Promise<void> {
    const change = { state: recording.state, body: JSON.stringify(recording) };
    try {
      await this.#database
        .insertInto("recording")
        .values({ call_id: recording.callId, account, pbx, ...change })
        .onConflict((conflict) => conflict.column("call_id").doUpdateSet(change))
        .execute();
    } catch (error) {
      throw StoreError.from(error);
    }
  }

  async pending(): Promise<readonly { account: string; pbx: string; recording: Recording & { state: "pending" } }[]> {
    const rows = await this.#database
      .selectFrom("recording")
      .select(["account", "pbx", "body"])
      .where("state", "=", "pending")
      .execute();
    return rows.map(({ account, pbx, body }) => ({
      account,
      pbx,
      recording: JSON.parse(body) as Recording & { state: "pending" }, // written by save
    }));
  }
}
