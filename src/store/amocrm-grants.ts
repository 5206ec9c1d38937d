/** Sealed accesses to amoCRM accounts, in SQL. What is sealed in them only `amocrm/` can read. */
import type { Database } from "./database.ts";
import { StoreError } from "./store-error.ts";

export class SqlAmocrmGrants {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async load(account: string): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom("amocrm_grant")
      .select("sealed")
      .where("account", "=", account)
      .executeTakeFirst();
    return row?.sealed;
  }

  /** Resolves when it would survive a power cut. */
  async save(account: string, sealed: string): Promise<void> {
    try {
      await this.#database
        .insertInto("amocrm_grant")
        .values({ account, sealed })
        .onConflict((conflict) => conflict.column("account").doUpdateSet({ sealed }))
        .execute();
    } catch (error) {
      throw StoreError.from(error);
    }
  }

  async remove(account: string): Promise<void> {
    await this.#database.deleteFrom("amocrm_grant").where("account", "=", account).execute();
  }
}
