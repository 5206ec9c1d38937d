/**
 * The embedded store: one SQLite file through `node:sqlite`. Knows files, pragmas and statements; knows nothing of calls.
 */
import { chmodSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { type Dialect, Kysely, sql } from "kysely";
import { Checkpoints } from "./checkpoints.ts";
import type { Database } from "./database.ts";
import { migrate } from "./migrate.ts";
import type { Schema } from "./schema.ts";
import { durableSqlite, type SqliteFile, type Statement } from "./sqlite-dialect.ts";
import { StoreError } from "./store-error.ts";
import { WalDisk } from "./wal-disk.ts";

/** Below it a WAL file could be reset under a reader and corrupt the database; fixed in 3.51.3. */
const OLDEST_SOUND_SQLITE = [3, 51, 3];

/** So long another program may hold the file before it is said. */
const BUSY_MS = 5_000;

/** Pages of the log (4 kB each) after which a commit folds into the file what `Checkpoints` has not folded yet. */
const CHECKPOINT_PAGES = 10_000;

/** Distinct SQL texts of the service are some dozens; the bound only keeps a mistake from growing for ever. */
const MAX_STATEMENTS = 500;

/**
 * Opens (and creates) the file, brings its tables up to date.
 * @param path file name, or ":memory:"
 * @param wrap see `StoreOptions`
 * @throws StoreError when the file cannot be opened, belongs to a newer Kommutator, or SQLite is unsound
 */
export async function openSqlite(
  path: string,
  { wrap = (dialect) => dialect }: { readonly wrap?: (dialect: Dialect) => Dialect } = {},
): Promise<Database> {
  const file = openFile(path);
  let disk: WalDisk | undefined;
  let checkpoints: Checkpoints | undefined;
  try {
    await bringForward(file);
    // From now on the disk is waited for outside the event loop, and by all who commit at the same time together.
    if (path !== ":memory:") {
      disk = await WalDisk.of(path);
      checkpoints = new Checkpoints(path);
    }
    file.exec(`pragma synchronous = normal; pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  } catch (error) {
    file.close();
    throw StoreError.from(error);
  }
  const database = new Kysely<Schema>({ dialect: wrap(durableSqlite(new OpenFile(file, disk, checkpoints))) });
  await sql`select 1`.execute(database); // Kysely closes only what it has used
  return database;
}

/** The file's own number of its form stands in its header, and so in the transaction. */
async function bringForward(file: DatabaseSync): Promise<void> {
  file.exec("begin immediate");
  try {
    await migrate({
      version: async () => Number(file.prepare("pragma user_version").get()?.["user_version"]),
      run: async (statements) => file.exec(statements),
      setVersion: async (version) => file.exec(`pragma user_version = ${version}`),
    });
    file.exec("commit");
  } catch (error) {
    // A full disk has ended it already.
    if (file.isTransaction) file.exec("rollback");
    throw error;
  }
}

function openFile(path: string): DatabaseSync {
  try {
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
    // From the first statement on: another program may be at what a killed one has left.
    const file = new DatabaseSync(path, { timeout: BUSY_MS });
    requireSoundVersion(file);
    // A call must survive a power cut once somebody was told of it; NORMAL may lose the last commits.
    file.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on");
    if (path !== ":memory:") chmodSync(path, 0o600);
    return file;
  } catch (error) {
    throw StoreError.from(error);
  }
}

function requireSoundVersion(file: DatabaseSync): void {
  const version = String(file.prepare("select sqlite_version() as version").get()?.["version"]);
  const parts = version.split(".").map(Number);
  const first = OLDEST_SOUND_SQLITE.findIndex((wanted, index) => parts[index] !== wanted);
  if (first >= 0 && (parts[first] ?? 0) < (OLDEST_SOUND_SQLITE[first] ?? 0)) {
    file.close();
    throw new StoreError("store/unsound-sqlite", { version });
  }
}

/** The file with each SQL text prepared once, and the disk that it lies on; none: it is in memory. */
class OpenFile implements SqliteFile {
  readonly #file: DatabaseSync;
  readonly #disk: WalDisk | undefined;
  readonly #checkpoints: Checkpoints | undefined;
  readonly #statements = new Map<string, PreparedStatement>();

  constructor(file: DatabaseSync, disk: WalDisk | undefined, checkpoints: Checkpoints | undefined) {
    this.#file = file;
    this.#disk = disk;
    this.#checkpoints = checkpoints;
  }

  get isInTransaction(): boolean {
    return this.#file.isTransaction;
  }

  prepare(sql: string): PreparedStatement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = new PreparedStatement(sql, this.#file.prepare(sql));
      if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  async flushed(): Promise<void> {
    this.#checkpoints?.written();
    await this.#disk?.flushed();
  }

  async close(): Promise<void> {
    await this.#disk?.[Symbol.asyncDispose]();
    await this.#checkpoints?.[Symbol.asyncDispose]();
    this.#statements.clear();
    this.#file.close();
  }
}

class PreparedStatement implements Statement {
  readonly #statement: StatementSync;
  readonly reader: boolean;
  readonly isSelect: boolean;

  constructor(sql: string, statement: StatementSync) {
    this.isSelect = /^\s*select\b/i.test(sql);
    this.#statement = statement;
    this.reader = statement.columns().length > 0;
  }

  all(parameters: readonly unknown[]): unknown[] {
    return this.#statement.all(...(parameters as SQLInputValue[])); // Kysely has serialised them for SQLite
  }

  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    return this.#statement.run(...(parameters as SQLInputValue[]));
  }
}
