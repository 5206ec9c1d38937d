/** What the CRM has of our calls, in SQL. */
import type { UnsortedCall, WrittenCall, WrittenCalls } from "../outbox/written-calls.ts";
import { type Database, write } from "./database.ts";
import { StoreError } from "./store-error.ts";

export class SqlWrittenCalls implements WrittenCalls {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  save(account: string, uniq: string, clientKey: string, written: WrittenCall): Promise<void> {
    return this.saveAll(account, [{ uniq, clientKey, written }]);
  }

  async saveAll(
    account: string,
    all: readonly { uniq: string; clientKey: string; written: WrittenCall }[],
  ): Promise<void> {
    await write(this.#database, async (transaction) => {
      for (const { uniq, clientKey, written } of all) {
        const change = {
          client_key: clientKey,
          lead_id: written.kind === "unsorted" ? written.leadId : null,
          undecided: Number(written.kind === "unsorted"),
          body: JSON.stringify(written),
        };
        await transaction
          .insertInto("written_call")
          .values({ account, uniq, ...change })
          .onConflict((conflict) => conflict.columns(["account", "uniq"]).doUpdateSet(change))
          .execute();
      }
    });
  }

  async find(account: string, uniq: string): Promise<WrittenCall | undefined> {
    const row = await this.#database
      .selectFrom("written_call")
      .select("body")
      .where("account", "=", account)
      .where("uniq", "=", uniq)
      .executeTakeFirst();
    return row && (JSON.parse(row.body) as WrittenCall); // written by save
  }

  async ofCall(account: string, callId: string): Promise<readonly { uniq: string; written: WrittenCall }[]> {
    const rows = await this.#database
      .selectFrom("written_call")
      .select(["uniq", "body"])
      .where("account", "=", account)
      .where((where) =>
        where.or([
          where("uniq", "=", callId),
          // All that begin with the id and a slash, by the index: "0" follows "/".
          where.and([where("uniq", ">=", `${callId}/`), where("uniq", "<", `${callId}0`)]),
        ]),
      )
      .orderBy("uniq")
      .execute();
    return rows.map(({ uniq, body }) => ({ uniq, written: JSON.parse(body) as WrittenCall })); // written by save
  }

  async findUndecided(account: string, clientKey: string): Promise<UnsortedCall | undefined> {
    const row = await this.#database
      .selectFrom("written_call")
      .select("body")
      .where("account", "=", account)
      .where("client_key", "=", clientKey)
      .where("undecided", "=", 1)
      .orderBy("lead_id", (order) => order.desc().nullsLast())
      .executeTakeFirst();
    return row && (JSON.parse(row.body) as UnsortedCall); // written by save, which marks only these undecided
  }

  async forgetUndecided(account: string, leadIds: readonly number[]): Promise<void> {
    if (leadIds.length === 0) return;
    try {
      await this.#database
        .updateTable("written_call")
        .set({ undecided: 0 })
        .where("account", "=", account)
        .where("lead_id", "in", leadIds)
        .execute();
    } catch (error) {
      throw StoreError.from(error);
    }
  }
}
