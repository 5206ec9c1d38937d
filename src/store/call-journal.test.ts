import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import type { Call, Card } from "../calls/call.ts";
import type { JournalEntry } from "../calls/journal.ts";
import { callWith } from "../calls/testing/call.ts";
import { SqlCallJournal } from "./call-journal.ts";
import type { Database } from "./database.ts";
import { openStore } from "./open-store.ts";
import { openSqlite } from "./sqlite.ts";
import { describeOnEachStore } from "./stores.testing.ts";

const call = (id: string, endedAt: number | null, pbx = "main"): Call =>
  callWith({ id, pbx, linkedids: [`${id}-linked`], endedAt, disposition: endedAt === null ? null : "missed" });

const entry = (of: Call, at: number): JournalEntry => ({
  event: { type: "call-absorbed", callId: of.id, at, into: "another" },
  call: of,
});

const fileOf = () => join(temporaryFolder(), "kommutator.db");
const journalOf = (database: Database) => new SqlCallJournal(database, (pbx) => `account of ${pbx}`);

describeOnEachStore("the call journal", (stores) => {
  test("gives back, after a restart, the calls that had not ended, with their events in order", async () => {
    const place = await stores.newPlace();
    const before = await openStore(place);
    await journalOf(before).append([entry(call("a", null), 1), entry(call("b", null), 2), entry(call("a", null), 3)]);
    await journalOf(before).append([entry(call("b", 4), 4), entry(call("c", null, "second"), 5)]);
    await before.destroy();

    const after = await stores.open(place);
    const live = await journalOf(after).liveCalls("main");
    expect(live.map(({ call: { id } }) => id)).toEqual(["a"]);
    expect(live[0]?.call).toEqual(call("a", null));
    expect(live[0]?.events.map(({ at }) => at)).toEqual([1, 3]);
  });

  test("appends all or nothing", async () => {
    const database = await stores.open();
    const unkeepable = { ...call("b", null), startedAt: null as unknown as number };
    await expect(journalOf(database).append([entry(call("a", null), 1), entry(unkeepable, 2)])).rejects.toThrow(
      "store/failed",
    );
    expect(await database.selectFrom("call_event").selectAll().execute()).toEqual([]);
  });

  test("remembers the calls that ended last, of one PBX, the oldest first", async () => {
    const journal = journalOf(await stores.open());
    const began = (id: string, startedAt: number, endedAt: number | null, pbx = "main") =>
      entry({ ...call(id, endedAt, pbx), startedAt }, startedAt);
    await journal.append([
      began("first", 1, 9),
      began("third", 3, 4),
      began("second", 2, 3),
      began("alive", 5, null),
      began("elsewhere", 6, 7, "branch"),
    ]);
    expect((await journal.lastEnded("main", 2)).map(({ id }) => id)).toEqual(["second", "third"]);
  });

  test("tells the last calls of some extensions, newest first", async () => {
    const database = await stores.open();
    const journal = journalOf(database);
    const of = (id: string, startedAt: number, extension: string, pbx = "main"): JournalEntry => {
      const share = { extension, result: "missed", ringSeconds: 1, talkSeconds: 0 } as const;
      return entry({ ...call(id, 9, pbx), startedAt, employees: [share] }, startedAt);
    };
    await journal.append([of("a", 1, "201"), of("b", 2, "202"), of("c", 3, "211"), of("d", 4, "2011")]);
    await journal.append([of("e", 5, "201", "second"), of("f", 6, "201")]);
    const last = async (most: number) =>
      (await journal.lastOf("account of main", ["201", "211"], most)).map(({ id }) => id);
    expect(await last(9)).toEqual(["f", "c", "a"]);
    expect(await last(2)).toEqual(["f", "c"]);
    expect(await journal.lastOf("account of main", [], 9)).toEqual([]);
  });

  test("tells the last calls also when many others name the extension without having reached it", async () => {
    const journal = journalOf(await stores.open());
    const share = { extension: "201", result: "missed", ringSeconds: 1, talkSeconds: 0 } as const;
    const reached = { ...call("reached", 9), startedAt: 1, employees: [share] };
    const card: Card = {
      callId: "rings",
      legId: "1.1",
      extension: "201",
      state: "ringing",
      direction: "inbound",
      peer: null,
      peerLegId: null,
      waitingLegId: null,
      isFetching: false,
      since: 2,
      pickedUp: false,
    };
    const rings = { ...call("rings", null), startedAt: 2, cards: [card] };
    await journal.append([entry(reached, 1), entry(rings, 2)]);
    expect((await journal.lastOf("account of main", ["201", "202"], 1)).map(({ id }) => id)).toEqual(["reached"]);
  });

  test("takes more events at once than one statement can bind", async () => {
    const database = await stores.open();
    await journalOf(database).append(
      Array.from({ length: 12_000 }, (_, at) => entry(call(`call-${at % 7}`, null), at)),
    );
    const { count } = await database
      .selectFrom("call_event")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    expect(count).toBe(12_000);
  });
});

describe("the file", () => {
  test("tells why it could not be made, and not what went wrong after", async () => {
    const module = new URL("./sqlite.ts", import.meta.url).href;
    const program = `const { openSqlite } = await import("${module}");
      await openSqlite(process.argv[1]).catch((error) => console.log(error.cause.message));`;
    // A file may not grow beyond so many half kilobytes, which is in the middle of the first tables.
    const script = 'trap "" XFSZ; ulimit -f 200; exec "$0" --input-type=module --eval "$1" "$2"';
    const { stdout } = await promisify(execFile)("sh", ["-c", script, process.execPath, program, fileOf()]);
    expect(stdout.trim()).toBe("disk I/O error");
  });

  test("says that the disk is full and keeps what it had", async () => {
    const file = fileOf();
    const database = await openSqlite(file);
    await journalOf(database).append([entry(call("a", null), 1)]);
    const { sql } = await import("kysely");
    const pages = await sql<{ page_count: number }>`pragma page_count`.execute(database);
    // SQLite's own way to be out of room: the same error code as a full disk.
    await sql.raw(`pragma max_page_count = ${pages.rows[0]?.page_count ?? 0}`).execute(database);
    const many = Array.from({ length: 2000 }, (_, at) => entry(call("b", null), at));
    await expect(journalOf(database).append(many)).rejects.toMatchObject({ code: "store/full" });
    await sql.raw("pragma max_page_count = 1000000").execute(database);
    await journalOf(database).append(many);
    expect((await journalOf(database).liveCalls("main")).map(({ call: { id } }) => id)).toEqual(["a", "b"]);
    await database.destroy();
  });

  test("is readable by its owner only", async () => {
    const file = fileOf();
    await (await openSqlite(file)).destroy();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("of a newer version is refused in words", async () => {
    const file = fileOf();
    await (await openSqlite(file)).destroy();
    const newer = new DatabaseSync(file);
    newer.exec("pragma user_version = 9999");
    newer.close();
    await expect(openSqlite(file)).rejects.toMatchObject({ code: "store/newer" });
  });

  test("that is no database is refused in words", async () => {
    const file = fileOf();
    const { writeFileSync } = await import("node:fs");
    writeFileSync(file, "this is no database, and it is long enough to have a header of its own ".repeat(20));
    await expect(openSqlite(file)).rejects.toMatchObject({ code: "store/corrupt" });
  });
});
