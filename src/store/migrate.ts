/**
 * Brings the tables forward: numbered SQL files, each run once. Never back. The files are written in what SQLite and
 * PostgreSQL have in common; what they spell differently is translated in `postgres.ts`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { StoreError } from "./store-error.ts";

const DIRECTORY = new URL("./migrations/", import.meta.url);

/** A database while nobody else changes its tables, in one transaction. */
export interface Migratable {
  /** Number of the last file that was run; 0 when none was. */
  version(): Promise<number>;
  /** Runs a text of many statements. */
  run(statements: string): Promise<void>;
  setVersion(version: number): Promise<void>;
}

/** @throws StoreError when the database is from a newer version; what the database itself throws when a step fails */
export async function migrate(database: Migratable): Promise<void> {
  const migrations = readdirSync(DIRECTORY)
    .filter((file) => /^\d{4}-.+\.sql$/.test(file))
    .sort()
    .map((file) => ({ number: Number(file.slice(0, 4)), file }));
  const newest = migrations.at(-1)?.number ?? 0;
  const done = await database.version();
  if (done > newest) throw new StoreError("store/newer", { has: done, knows: newest });
  for (const { number, file } of migrations) {
    if (number > done) await database.run(readFileSync(new URL(file, DIRECTORY), "utf8"));
  }
  if (newest > done) await database.setVersion(newest);
}
