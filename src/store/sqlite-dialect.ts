/**
 * Kysely's SQLite dialect with a driver of our own, for one thing: a commit is answered when it is on disk, and meanwhile the
 * file is the next one's. So all who commit at the same time wait for the disk once.
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";

/** A prepared statement. */
export interface Statement {
  /** It gives rows; "insert … returning" changes some, too. */
  readonly reader: boolean;
  /** It can change nothing. */
  readonly isSelect: boolean;
  all(parameters: readonly unknown[]): unknown[];
  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint };
}

/** An open file. */
export interface SqliteFile {
  readonly isInTransaction: boolean;
  prepare(sql: string): Statement;
  /** Resolves when all that was committed until now would survive a power cut. */
  flushed(): Promise<void>;
  close(): Promise<void>;
}

export function durableSqlite(file: SqliteFile): Dialect {
  return {
    createDriver: () => new DurableDriver(file),
    createAdapter: () => new OwnQueueAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (database) => new SqliteIntrospector(database),
  };
}

/** Else Kysely keeps a queue of its own, in which nobody moves up until a commit is answered. */
class OwnQueueAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class DurableDriver implements Driver {
  readonly #file: SqliteFile;
  readonly #queue = new Queue();

  constructor(file: SqliteFile) {
    this.#file = file;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<Turn> {
    const turn = new Turn(this.#file, this.#queue);
    await turn.take();
    return turn;
  }

  async releaseConnection(turn: Turn): Promise<void> {
    turn.give();
  }

  async beginTransaction(turn: Turn): Promise<void> {
    turn.begin();
  }

  async commitTransaction(turn: Turn): Promise<void> {
    await turn.commit();
  }

  async rollbackTransaction(turn: Turn): Promise<void> {
    turn.rollBack();
  }

  async destroy(): Promise<void> {
    await this.#file.close();
  }
}

/** Lets one after another pass. */
class Queue {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when it is one's turn, with what ends it. */
  async enter(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    return resolve;
  }
}

/** What Kysely takes for a connection: the one file, for as long as nobody else may have it. */
class Turn implements DatabaseConnection {
  readonly #file: SqliteFile;
  readonly #queue: Queue;
  #end: (() => void) | undefined;
  #mayHaveChanged = false;

  constructor(file: SqliteFile, queue: Queue) {
    this.#file = file;
    this.#queue = queue;
  }

  async take(): Promise<void> {
    this.#end = await this.#queue.enter();
    this.#mayHaveChanged = false;
  }

  give(): void {
    this.#end?.();
    this.#end = undefined;
  }

  begin(): void {
    this.#file.prepare("begin").run([]);
  }

  async commit(): Promise<void> {
    this.#file.prepare("commit").run([]);
    await this.#keep();
  }

  rollBack(): void {
    // Kysely asks for it after a commit, too, that was done and then not kept: by now the file may be another one's.
    if (this.#end !== undefined && this.#file.isInTransaction) this.#file.prepare("rollback").run([]);
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#end === undefined) await this.take(); // given away by the statement before
    const statement = this.#file.prepare(sql);
    if (!statement.isSelect) this.#mayHaveChanged = true;
    const result = statement.reader
      ? { rows: statement.all(parameters) as R[] } // Kysely's types say what the SQL gives
      : { ...countsOf(statement.run(parameters)), rows: [] };
    if (!this.#file.isInTransaction) await this.#keep();
    return result;
  }

  // biome-ignore lint/correctness/useYield: it only says that there is none
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error("the rows of the embedded store are read at once, not as a stream");
  }

  /** Gives the file to the next one; resolves when what was changed is on disk. */
  async #keep(): Promise<void> {
    if (!this.#mayHaveChanged) return;
    this.give();
    await this.#file.flushed();
  }
}

function countsOf({ changes, lastInsertRowid }: ReturnType<Statement["run"]>) {
  return { insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes) };
}
