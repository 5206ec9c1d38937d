/** Opens the store where the settings say: in a file beside the service, or on a PostgreSQL server. */
import type { Dialect } from "kysely";
import type { Database } from "./database.ts";
import { openPostgres } from "./postgres.ts";
import { openSqlite } from "./sqlite.ts";
import type { StoreError } from "./store-error.ts";

export interface StorePlace {
  /** File of the embedded store, or ":memory:". */
  readonly path: string;
  /** `postgres://user:password@host/database`; null: the embedded store. */
  readonly databaseUrl: string | null;
}

/** Told while a database server is away. What is asked of it meanwhile waits, or is tried again by whoever asked. */
export interface StoreWatch {
  /** Once each time that it goes away. */
  onLost(error: StoreError): void;
  onFound(): void;
}

export interface StoreOptions {
  readonly watch?: StoreWatch;
  /** Stands between the store and its database, where a test wants to see or to disturb. */
  readonly wrap?: (dialect: Dialect) => Dialect;
}

/**
 * Opens (and creates) the store, brings its tables up to date.
 * @throws StoreError when it cannot be opened or belongs to a newer Kommutator; it never tells the password
 */
export function openStore({ path, databaseUrl }: StorePlace, options: StoreOptions = {}): Promise<Database> {
  return databaseUrl === null ? openSqlite(path, options) : openPostgres(databaseUrl, options);
}
