/** Brings the tables forward: numbered SQL files, each run once, in one transaction with its number. Never back. */
import { readdirSync, readFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import type { Database } from "./sqlite.ts";
import { StoreError } from "./store-error.ts";

const DIRECTORY = new URL("./migrations/", import.meta.url);

interface Migration {
  readonly number: number;
  readonly file: string;
}

function listMigrations(): Migration[] {
  return readdirSync(DIRECTORY)
    .filter((file) => /^\d{4}-.+\.sql$/.test(file))
    .sort()
    .map((file) => ({ number: Number(file.slice(0, 4)), file }));
}

/** @throws StoreError when the file is from a newer version or a step fails; a failed step leaves no trace */
export async function migrate(database: Database, file: DatabaseSync): Promise<void> {
  const migrations = listMigrations();
  const newest = migrations.at(-1)?.number ?? 0;
  try {
    const done =
      (await sql<{ user_version: number }>`pragma user_version`.execute(database)).rows[0]?.user_version ?? 0;
    if (done > newest) throw new StoreError("store/newer", { has: done, knows: newest });
    for (const { number, file: name } of migrations) {
      if (number <= done) continue;
      // One text, many statements: only the driver itself can run it. The number is in the file's header and so in the transaction.
      const text = readFileSync(new URL(name, DIRECTORY), "utf8");
      file.exec("begin immediate");
      try {
        file.exec(text);
        file.exec(`pragma user_version = ${number}`);
        file.exec("commit");
      } catch (error) {
        file.exec("rollback");
        throw error;
      }
    }
  } catch (error) {
    throw StoreError.from(error);
  }
}
