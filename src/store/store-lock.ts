/**
 * One service works with a store at a time. A second one would tell every webhook twice and conclude calls that are not
 * its own; so it is refused at the start. The lock is the process's own: whoever is killed has let it go.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { Alarm } from "../lib/alarm.ts";
import type { StorePlace } from "./open-store.ts";
import { StoreError } from "./store-error.ts";

/** So long whoever stops just now may take to let go. */
const PATIENCE_MS = 5_000;
const TRY_EVERY_MS = 250;
const CONNECT_MS = 5_000;
/** A server that restarts has forgotten who had the lock: it is taken again soon. */
const TAKE_AGAIN_MS = 1_000;

export interface StoreLockOptions {
  /** The database server had lost the lock, and another service has it now: both work. Told once. */
  readonly onTaken?: () => void;
  readonly patienceMs?: number;
}

/**
 * @returns to let go
 * @throws StoreError `store/taken` when another service has it; else as `openStore`
 */
export async function lockStore(
  { path, databaseUrl }: StorePlace,
  { onTaken = () => {}, patienceMs = PATIENCE_MS }: StoreLockOptions = {},
): Promise<AsyncDisposable> {
  if (databaseUrl === null && path === ":memory:") return { [Symbol.asyncDispose]: async () => {} };
  const take = databaseUrl === null ? async () => lockFile(path) : () => ServerLock.take(databaseUrl, onTaken);
  for (const end = Date.now() + patienceMs; ; await pause(TRY_EVERY_MS)) {
    const lock = await take();
    if (lock !== undefined) return lock;
    if (Date.now() >= end) throw new StoreError("store/taken");
  }
}

/** A file beside the store's, in which nothing is ever written: SQLite's lock on it ends with the process. */
function lockFile(path: string): AsyncDisposable | undefined {
  let file: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    file = new DatabaseSync(`${path}.lock`);
    file.exec("begin exclusive");
  } catch (error) {
    file?.close();
    const known = StoreError.from(error);
    if (known.code === "store/busy") return undefined;
    throw known;
  }
  const held = file;
  return {
    async [Symbol.asyncDispose]() {
      if (held.isOpen) held.close();
    },
  };
}

/** Without them a server hears for hours nothing of a machine that has lost its power. */
const SESSION = `
  set idle_session_timeout = 0;
  set tcp_keepalives_idle = 10;
  set tcp_keepalives_interval = 5;
  set tcp_keepalives_count = 3`;

/** Of the schema that the tables are in: others may have theirs in the same database. */
const LOCK = `select pg_try_advisory_lock(hashtextextended('kommutator service ' || current_schema(), 0)) as taken`;

/** An advisory lock of a connection that does nothing else. */
class ServerLock implements AsyncDisposable {
  readonly #url: string;
  readonly #onTaken: () => void;
  readonly #alarm = new Alarm();
  #client: pg.Client;
  #isReleased = false;
  #keeping: Promise<void>;

  private constructor(url: string, client: pg.Client, onTaken: () => void) {
    this.#url = url;
    this.#onTaken = onTaken;
    this.#client = client;
    this.#keeping = this.#keep();
  }

  /** undefined: another service has it. @throws StoreError */
  static async take(url: string, onTaken: () => void): Promise<ServerLock | undefined> {
    const client = await connectLocked(url);
    return client && new ServerLock(url, client, onTaken);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isReleased = true;
    this.#alarm.ring();
    await this.#client.end();
    await this.#keeping;
  }

  /** Until it is let go: whenever the connection has ended, another one takes the lock. */
  async #keep(): Promise<void> {
    let isTold = false;
    let client: pg.Client | undefined | null = this.#client;
    while (!this.#isReleased) {
      if (client) {
        this.#client = client;
        await ended(client);
      } else await this.#alarm.sleep(TAKE_AGAIN_MS);
      if (this.#isReleased) return;
      client = await connectLocked(this.#url).catch(() => null); // the server is away still, which the store itself tells
      if (client === undefined && !isTold) this.#onTaken();
      isTold ||= client === undefined;
    }
    await client?.end();
  }
}

/** Its error comes before that, and needs no word of its own. */
const ended = (client: pg.Client) => new Promise<void>((resolve) => void client.once("end", resolve));

async function connectLocked(url: string): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "kommutator lock",
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: CONNECT_MS,
    keepAlive: true,
  });
  client.on("error", () => {}); // its end is what tells
  try {
    await client.connect();
    await client.query(SESSION);
    const { rows } = await client.query<{ taken: boolean }>(LOCK);
    if (rows[0]?.taken === true) return client;
  } catch (error) {
    await client.end();
    throw StoreError.fromPostgres(error);
  }
  await client.end();
  return undefined;
}
