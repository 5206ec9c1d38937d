import { DatabaseSync } from "node:sqlite";
import { Kysely, sql } from "kysely";
import { afterEach, expect, test } from "vitest";
import { durableSqlite, type SqliteFile, type Statement } from "./sqlite-dialect.ts";

/** A disk that keeps nothing until the test says so. */
class SlowDisk implements SqliteFile {
  readonly #file = new DatabaseSync(":memory:");
  readonly waiting: PromiseWithResolvers<void>[] = [];

  constructor() {
    this.#file.exec("create table note (text text primary key)");
  }

  get isInTransaction(): boolean {
    return this.#file.isTransaction;
  }

  prepare(text: string): Statement {
    const statement = this.#file.prepare(text);
    return {
      reader: statement.columns().length > 0,
      isSelect: text.startsWith("select"),
      all: (parameters) => statement.all(...(parameters as string[])),
      run: (parameters) => statement.run(...(parameters as string[])),
    };
  }

  flushed(): Promise<void> {
    const wait = Promise.withResolvers<void>();
    this.waiting.push(wait);
    return wait.promise;
  }

  async close(): Promise<void> {
    this.#file.close();
  }
}

const disk = new SlowDisk();
const database = new Kysely<{ note: { text: string } }>({ dialect: durableSqlite(disk) });
const answered: string[] = [];

afterEach(async () => {
  for (const wait of disk.waiting.splice(0)) wait.resolve();
  answered.length = 0;
});

const insert = (text: string) => database.insertInto("note").values({ text });
const write = (text: string) =>
  database.transaction().execute((transaction) => transaction.insertInto("note").values({ text }).execute());
const texts = async () => (await database.selectFrom("note").select("text").execute()).map(({ text }) => text);

test("a commit is answered when it is on disk, and the next one does not wait for that", async () => {
  const first = write("first").then(() => answered.push("first"));
  const second = write("second").then(() => answered.push("second"));
  await expect.poll(() => disk.waiting.length).toBe(2);
  expect(await texts()).toEqual(expect.arrayContaining(["first", "second"]));
  expect(answered).toEqual([]);
  disk.waiting[0]?.resolve();
  await first;
  expect(answered).toEqual(["first"]);
  disk.waiting[1]?.resolve();
  await second;
});

test("a statement of its own is kept like a transaction, also one that gives rows", async () => {
  const plain = insert("plain")
    .execute()
    .then(() => answered.push("plain"));
  const returning = insert("returning")
    .returning("text")
    .executeTakeFirstOrThrow()
    .then(({ text }) => answered.push(text));
  await expect.poll(() => disk.waiting.length).toBe(2);
  expect(answered).toEqual([]);
  for (const wait of disk.waiting) wait.resolve();
  await Promise.all([plain, returning]);
});

test("what only reads does not wait for the disk", async () => {
  await texts();
  await database.transaction().execute((transaction) => transaction.selectFrom("note").selectAll().execute());
  expect(disk.waiting).toEqual([]);
});

test("what is not kept is told so, and undoes nothing of whoever has the file by then", async () => {
  const failed = write("failed");
  await expect.poll(() => disk.waiting.length).toBe(1);
  const isInside = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const other = database.transaction().execute(async (transaction) => {
    await transaction.insertInto("note").values({ text: "other" }).execute();
    isInside.resolve();
    await mayEnd.promise;
  });
  await isInside.promise;
  disk.waiting[0]?.reject(new Error("the disk is gone"));
  await expect(failed).rejects.toThrow("the disk is gone");
  mayEnd.resolve();
  await expect.poll(() => disk.waiting.length).toBe(2);
  disk.waiting[1]?.resolve();
  await other;
  expect(await texts()).toContain("other");
});

test("a transaction that fails is undone, and the next one has the file", async () => {
  const failing = database.transaction().execute(async (transaction) => {
    await transaction.insertInto("note").values({ text: "undone" }).execute();
    throw new Error("changed our mind");
  });
  await expect(failing).rejects.toThrow("changed our mind");
  expect(await texts()).not.toContain("undone");
});

test("statements on one connection each have the file, also after the first was kept", async () => {
  const both = database.connection().execute(async (connection) => {
    await connection.insertInto("note").values({ text: "one" }).execute();
    await connection.insertInto("note").values({ text: "two" }).execute();
  });
  await expect.poll(() => disk.waiting.length).toBe(1);
  await sql`select 1`.execute(database);
  disk.waiting[0]?.resolve();
  await expect.poll(() => disk.waiting.length).toBe(2);
  disk.waiting[1]?.resolve();
  await both;
  expect(await texts()).toEqual(expect.arrayContaining(["one", "two"]));
});
