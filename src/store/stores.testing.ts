/** What the store promises it promises on both databases: a suite of it is told once and run on each. */
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { type DatabaseServer, postgresUrl, startPostgres } from "../../test/databases/private-server.ts";
import { describeNeeding } from "../../test/needs.ts";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import type { Database } from "./database.ts";
import { openStore, type StoreOptions, type StorePlace } from "./open-store.ts";

export interface TestStores {
  /** Where nothing is yet. */
  newPlace(): Promise<StorePlace>;
  /** Closed when the test ends. Without a place: a new one. */
  open(place?: StorePlace, options?: StoreOptions): Promise<Database>;
}

/** The same on a server that the test may stop. */
export interface PostgresStores extends TestStores {
  readonly server: () => DatabaseServer;
}

export function describeOnEachStore(name: string, suite: (stores: TestStores) => void): void {
  describe(name, () => {
    describe("on SQLite", () => {
      suite(closing(async () => ({ path: join(temporaryFolder(), "kommutator.db"), databaseUrl: null })));
    });

    describeOnPostgres("on PostgreSQL", suite);
  });
}

/** For what only a server of its own can do. */
export function describeOnPostgres(name: string, suite: (stores: PostgresStores) => void): void {
  describeNeeding("postgres", name, () => {
    let server: DatabaseServer | undefined;
    let places = 0;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server?.[Symbol.asyncDispose]());
    const running = () => {
      if (server === undefined) throw new Error("the server runs only while tests do");
      return server;
    };
    const stores = closing(async () => {
      // A schema of its own is as good as a database, and made at once.
      const schema = `place_${places++}`;
      const url = postgresUrl(running());
      const client = new pg.Client(url);
      await client.connect();
      await client.query(`create schema ${schema}`);
      await client.end();
      return { path: "unused", databaseUrl: `${url}?options=${encodeURIComponent(`-c search_path=${schema}`)}` };
    });
    suite({ ...stores, server: running });
  });
}

function closing(newPlace: () => Promise<StorePlace>): TestStores {
  const opened: Database[] = [];
  afterEach(() => Promise.all(opened.splice(0).map((database) => database.destroy())));
  return {
    newPlace,
    async open(place, options) {
      const database = await openStore(place ?? (await newPlace()), options);
      opened.push(database);
      return database;
    },
  };
}
