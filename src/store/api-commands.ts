/** Commands that programs asked for, in SQL. */
import type { CommandBookStore, CommandKey, KeptCommand } from "../api/command-book.ts";
import type { PhoneCommand, PhoneOutcome } from "../control/command.ts";
import { type Database, write } from "./database.ts";

export class SqlApiCommands implements CommandBookStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  begin({ account, extension, id, command, callId, askedAt }: KeptCommand): Promise<KeptCommand | undefined> {
    return write(this.#database, async (transaction) => {
      const { numInsertedOrUpdatedRows } = await transaction
        .insertInto("api_command")
        .values({ account, extension, id, asked_at: askedAt, call_id: callId, command: JSON.stringify(command) })
        .onConflict((conflict) => conflict.columns(["account", "extension", "id"]).doNothing())
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 0n ? find(transaction, { account, extension, id }) : undefined;
    });
  }

  async settle({ account, extension, id, callId, outcome, endedAt }: KeptCommand): Promise<void> {
    await write(this.#database, (transaction) =>
      transaction
        .updateTable("api_command")
        .set({ call_id: callId, outcome: outcome && JSON.stringify(outcome), ended_at: endedAt })
        .where("account", "=", account)
        .where("extension", "=", extension)
        .where("id", "=", id)
        .execute(),
    );
  }

  find(key: CommandKey): Promise<KeptCommand | undefined> {
    return find(this.#database, key);
  }

  async forgetBefore(at: number): Promise<void> {
    await write(this.#database, (transaction) =>
      transaction.deleteFrom("api_command").where("asked_at", "<", at).execute(),
    );
  }
}

async function find(database: Database, { account, extension, id }: CommandKey): Promise<KeptCommand | undefined> {
  const row = await database
    .selectFrom("api_command")
    .select(["command", "call_id", "outcome", "asked_at", "ended_at"])
    .where("account", "=", account)
    .where("extension", "=", extension)
    .where("id", "=", id)
    .executeTakeFirst();
  return (
    row && {
      account,
      extension,
      id,
      command: JSON.parse(row.command) as PhoneCommand, // written by begin
      callId: row.call_id,
      outcome: row.outcome === null ? null : (JSON.parse(row.outcome) as PhoneOutcome), // written by settle
      askedAt: row.asked_at,
      endedAt: row.ended_at,
    }
  );
}
