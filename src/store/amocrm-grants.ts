/** What is sealed of amoCRM accounts, in SQL: accesses, and keys of external integrations. Only `amocrm/` can read it. */
import type { Database } from "./database.ts";
import { StoreError } from "./store-error.ts";

export class SqlAmocrmGrants {
  readonly #database: Database;
  readonly #table: "amocrm_grant" | "amocrm_integration";

  constructor(database: Database, table: "amocrm_grant" | "amocrm_integration" = "amocrm_grant") {
    this.#database = database;
    this.#table = table;
  }

  async load(account: string): Promise<string | undefined> {
    const row = await this.#database
      .selectFrom(this.#table)
      .select("sealed")
      .where("account", "=", account)
      .executeTakeFirst();
    return row?.sealed;
  }

  /** Resolves when it would survive a power cut. */
  async save(account: string, sealed: string): Promise<void> {
    try {
      await this.#database
        .insertInto(this.#table)
        .values({ account, sealed })
        .onConflict((conflict) => conflict.column("account").doUpdateSet({ sealed }))
        .execute();
    } catch (error) {
      throw StoreError.from(error);
    }
  }

  async remove(account: string): Promise<void> {
    await this.#database.deleteFrom(this.#table).where("account", "=", account).execute();
  }
}
