/** A database whose every write a test hears of, before it is done and after: it may wait there, fail, or end the world. */
import type { CompiledQuery, DatabaseConnection, Dialect, Driver } from "kysely";

export interface AroundWrites {
  /** Nothing of the write would survive now. */
  before?(write: string): void | Promise<void>;
  /** All of it would. */
  after?(write: string): void | Promise<void>;
}

const READS = /^\s*(select|with|pragma|begin|start transaction|rollback|set)\b/i;

/** To be handed in as `StoreOptions.wrap`. A write is told by its statements' first words. */
export function aroundWrites(dialect: Dialect, around: AroundWrites): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (database) => dialect.createIntrospector(database),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => new ObservedDriver(dialect.createDriver(), around),
  };
}

class ObservedDriver implements Driver {
  readonly #driver: Driver;
  readonly #around: AroundWrites;

  constructor(driver: Driver, around: AroundWrites) {
    this.#driver = driver;
    this.#around = around;
  }

  init(): Promise<void> {
    return this.#driver.init();
  }

  async acquireConnection(): Promise<ObservedConnection> {
    return new ObservedConnection(await this.#driver.acquireConnection(), this.#around);
  }

  async beginTransaction(
    connection: ObservedConnection,
    settings: Parameters<Driver["beginTransaction"]>[1],
  ): Promise<void> {
    await this.#driver.beginTransaction(connection.real, settings);
    connection.written = [];
  }

  async commitTransaction(connection: ObservedConnection): Promise<void> {
    const write = (connection.written ?? []).join(", ");
    connection.written = undefined;
    if (write !== "") await this.#around.before?.(write);
    await this.#driver.commitTransaction(connection.real);
    if (write !== "") await this.#around.after?.(write);
  }

  async rollbackTransaction(connection: ObservedConnection): Promise<void> {
    connection.written = undefined;
    await this.#driver.rollbackTransaction(connection.real);
  }

  releaseConnection(connection: ObservedConnection): Promise<void> {
    return this.#driver.releaseConnection(connection.real);
  }

  destroy(): Promise<void> {
    return this.#driver.destroy();
  }
}

class ObservedConnection implements DatabaseConnection {
  readonly real: DatabaseConnection;
  /** What the transaction has written so far; undefined outside of one. */
  written: string[] | undefined;
  readonly #around: AroundWrites;

  constructor(real: DatabaseConnection, around: AroundWrites) {
    this.real = real;
    this.#around = around;
  }

  async executeQuery<R>(query: CompiledQuery) {
    if (READS.test(query.sql)) return this.real.executeQuery<R>(query);
    const write = wordsOf(query.sql);
    if (this.written !== undefined) {
      if (this.written.at(-1) !== write) this.written.push(write);
      return this.real.executeQuery<R>(query);
    }
    await this.#around.before?.(write);
    const result = await this.real.executeQuery<R>(query);
    await this.#around.after?.(write);
    return result;
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number) {
    return this.real.streamQuery<R>(query, chunkSize);
  }
}

/** "insert into call_event". */
function wordsOf(statement: string): string {
  return statement.replaceAll('"', "").trim().split(/\s+/, 3).join(" ");
}
