/**
 * Connections to a PostgreSQL server. A server that restarts is waited for; what has to be told of it is told; values and
 * errors are brought into the form that the store knows.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { PostgresPool, PostgresPoolClient } from "kysely";
import pg from "pg";
import type { StoreWatch } from "./open-store.ts";
import { StoreError } from "./store-error.ts";

/** Enough for a burst of calls; a small server has a hundred for all its guests. */
const MOST_CONNECTIONS = 10;
const CONNECT_MS = 5_000;
/** The server ends what takes longer: something is wrong with it, or with us. */
const STATEMENT_MS = 30_000;
/** Then the network is given up, for the server would have answered. */
const ANSWER_MS = 40_000;
/** A transaction that waits for us holds up others: our process has stopped. */
const IDLE_IN_TRANSACTION_MS = 60_000;
/** A restart takes some seconds. Whoever asks meanwhile waits so long; after that he is told, and tries again himself. */
const PATIENCE_MS = 15_000;
const TRY_EVERY_MS = 250;

const INT8 = 20;
const NUMERIC = 1700;

/** What `count` and `sum` give, too. Our numbers are counts, ids and milliseconds: all far below 2⁵³. */
function toSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new StoreError("store/failed", { unreadable: "a number beyond 2^53" });
  return value;
}

const types: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: "text" | "binary") =>
    id === INT8 || id === NUMERIC ? toSafeInteger : pg.types.getTypeParser(id, format as "text"),
};

export class PatientPool implements PostgresPool {
  readonly options = {};
  readonly #pool: pg.Pool;
  readonly #watch: StoreWatch | undefined;
  /** It has answered once: what is wrong since then may pass. */
  #wasThere = false;
  #isLost = false;
  #isEnding = false;

  /** Connects when it is first asked to. @throws StoreError when the URL cannot be read */
  constructor(url: string, watch?: StoreWatch) {
    this.#watch = watch;
    this.#pool = openPool(url);
    // An idle connection that breaks leaves the pool by itself; the next statement tells what there is to tell.
    this.#pool.on("error", () => undefined);
  }

  async connect(): Promise<PostgresPoolClient> {
    for (const end = Date.now() + PATIENCE_MS; ; await pause(TRY_EVERY_MS)) {
      try {
        const client = await this.#pool.connect();
        this.#found();
        return this.#guarded(client);
      } catch (error) {
        const known = StoreError.fromPostgres(error);
        // Nobody waits for what only a person can mend, nor at the start, where somebody reads what is wrong.
        if (known.code !== "store/unreachable" || this.#isEnding || !this.#wasThere) throw known;
        this.#lost(known);
        if (Date.now() > end) throw known;
      }
    }
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#pool.end();
  }

  #guarded(client: pg.PoolClient): PostgresPoolClient {
    let isBroken = false;
    const onBroken = () => {
      isBroken = true; // the statement under way, or the next one, rejects with the reason
    };
    client.on("error", onBroken);
    return {
      query: (async (statement: string, values: readonly unknown[]) => {
        try {
          return await client.query(statement, values.map(toColumn));
        } catch (error) {
          const known = StoreError.fromPostgres(error);
          if (known.code === "store/unreachable") {
            isBroken = true;
            this.#lost(known);
          }
          throw known;
        }
      }) as unknown as PostgresPoolClient["query"], // Kysely's other form of it is for cursors, which are not used
      release: (destroy = false) => {
        client.off("error", onBroken);
        client.release(destroy || isBroken);
      },
    };
  }

  #found(): void {
    this.#wasThere = true;
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#watch?.onFound();
  }

  #lost(error: StoreError): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#watch?.onLost(error);
  }
}

function openPool(url: string): pg.Pool {
  try {
    return new pg.Pool({
      connectionString: url,
      application_name: "kommutator",
      max: MOST_CONNECTIONS,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: STATEMENT_MS,
      query_timeout: ANSWER_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      keepAlive: true,
      types,
    });
  } catch (error) {
    throw StoreError.fromPostgres(error);
  }
}

/**
 * SQLite takes what PostgreSQL refuses: NUL in a text, which may stand in what others have typed, and a fraction of a
 * millisecond in one of our integers.
 */
function toColumn(value: unknown): unknown {
  if (typeof value === "number") return Math.round(value);
  return typeof value === "string" && value.includes("\0") ? value.replaceAll("\0", "\uFFFD") : value;
}
