/** The same records, kept as FreePBX and others keep them, in each database that they do it in. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createConnection } from "mysql2/promise";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DatabaseServer, startMariadb, startPostgres } from "../../test/databases/private-server.ts";
import { describeNeeding } from "../../test/needs.ts";
import { sharedFolder } from "../../test/temporary-folder.ts";
import type { CdrRow } from "./cdr-row.ts";
import { LocalTime } from "./local-time.ts";
import { openMysql, openPostgres, openSqliteFile, type SqlDriver } from "./sql-driver.ts";
import { type CdrColumns, FREEPBX_COLUMNS, SqlCdrSource } from "./sql-source.ts";

const ZONE = "Europe/Moscow";
const time = new LocalTime(ZONE);
const NOON = Date.parse("2026-03-10T09:00:00Z");

/** FreePBX's table; `calldate` is a local time without zone. */
const TABLE = `create table cdr (
  calldate %TIME% not null, clid varchar(80) not null default '', src varchar(80) not null default '',
  dst varchar(80) not null default '', dcontext varchar(80) not null default '', channel varchar(80) not null default '',
  dstchannel varchar(80) not null default '', lastapp varchar(80) not null default '', duration int not null default 0,
  billsec int not null default 0, disposition varchar(45) not null default '', uniqueid varchar(32) not null default '',
  linkedid varchar(32) not null default '', did varchar(50) not null default '',
  recordingfile varchar(255) not null default '')`;

interface Bench {
  readonly driver: () => SqlDriver;
  readonly run: (sql: string) => Promise<void>;
}

/** One call of `seconds`, begun so many seconds after noon. */
function insert(id: number, after: number, seconds: number): string {
  const start = time.toLocal(NOON + after * 1000);
  const values = [
    start,
    "79001234567",
    "201",
    "PJSIP/provider-00000001",
    "PJSIP/201-00000002",
    "Dial",
    seconds,
    seconds - 2,
  ];
  const rest = [
    "ANSWERED",
    `pbx-${NOON / 1000 + after}.${id}`,
    `pbx-${NOON / 1000 + after}.${id}`,
    "74950003344",
    `in-${id}.wav`,
  ];
  const columns =
    "calldate, src, dst, channel, dstchannel, lastapp, duration, billsec, disposition, uniqueid, linkedid, did, recordingfile";
  return `insert into cdr (${columns}) values (${[...values, ...rest].map((value) => `'${value}'`).join(", ")})`;
}

function contract(bench: Bench): void {
  let now = NOON;
  const source = (columns: CdrColumns = FREEPBX_COLUMNS, table = "cdr") =>
    new SqlCdrSource({ driver: bench.driver(), table, columns, time, lateMs: 60_000, now: () => now });
  const drain = async (of: SqlCdrSource, from: string): Promise<{ rows: CdrRow[]; next: string }> => {
    const rows: CdrRow[] = [];
    let next = from;
    for (let more = true; more; ) {
      const page = await of.read(next);
      rows.push(...page.rows);
      ({ next, more } = page);
    }
    return { rows, next };
  };
  const names = (rows: readonly CdrRow[]) => [...new Set(rows.map(({ recording }) => recording))];

  beforeAll(async () => {
    await bench.run(insert(1, -3600, 10));
    await bench.run(insert(2, 10, 10));
  });

  test("a record is read whole, its times in the PBX's zone", async () => {
    await using records = source();
    const { rows } = await drain(records, await records.end());
    expect(rows).toEqual([
      {
        mark: String(NOON + 20_000),
        uniqueid: `pbx-${NOON / 1000 + 10}.2`,
        linkedid: `pbx-${NOON / 1000 + 10}.2`,
        startedAt: NOON + 10_000,
        answeredAt: NOON + 12_000,
        endedAt: NOON + 20_000,
        from: "79001234567",
        to: "201",
        channel: "PJSIP/provider-00000001",
        dstChannel: "PJSIP/201-00000002",
        outcome: "answered",
        did: "74950003344",
        queue: null,
        recording: "in-2.wav",
        attempt: null,
        isApp: false,
      },
    ]);
  });

  test("a long call that began earlier is met when it ends; a late row of a minute ago, too", async () => {
    await using records = source();
    const { next } = await drain(records, String(NOON));
    await bench.run(insert(3, -1800, 1900));
    await bench.run(insert(4, 5, 10));
    const { rows } = await drain(records, next);
    expect(names(rows)).toEqual(expect.arrayContaining(["in-3.wav", "in-4.wav"]));
  });

  test("more than a page is read to its end", async () => {
    for (let id = 10; id < 2_110; id++) await bench.run(insert(id, 1_000, 10));
    await using records = source();
    const { rows } = await drain(records, String(NOON + 900_000));
    expect(names(rows)).toHaveLength(2_100);
  });

  test("reading from the end gives nothing of what was there", async () => {
    now = NOON + 7_200_000;
    await using records = source();
    expect((await drain(records, await records.end())).rows).toEqual([]);
  });

  test("a table or a column that is not there is named", async () => {
    await using elsewhere = source(FREEPBX_COLUMNS, "calls");
    await expect(elsewhere.read("0")).rejects.toMatchObject({ code: "cdr/not-there" });
    await using misnamed = source({ ...FREEPBX_COLUMNS, did: "line" });
    await expect(misnamed.read("0")).rejects.toMatchObject({ code: "cdr/no-column" });
  });

  test("nothing can be written", async () => {
    await using driver = bench.driver();
    await expect(driver.query("delete from cdr", [])).rejects.toThrow();
    await using records = source();
    expect((await drain(records, String(NOON))).rows.length).toBeGreaterThan(0);
  });
}

describe("in an SQLite file", () => {
  const path = join(sharedFolder(), "master.db");
  const file = new DatabaseSync(path);
  beforeAll(() => file.exec(TABLE.replace("%TIME%", "text")));
  afterAll(() => file.close());
  contract({ driver: () => openSqliteFile(path), run: async (sql) => file.exec(sql) });

  test("a file that is not there is named", async () => {
    await using driver = openSqliteFile("/nowhere/master.db");
    await expect(driver.query("select 1", [])).rejects.toMatchObject({ code: "cdr/not-there" });
  });
});

const READER = { user: "reader", password: "reads-only" };

describeNeeding("mariadb", "in MariaDB", () => {
  let server: DatabaseServer;
  let admin: Awaited<ReturnType<typeof createConnection>>;
  beforeAll(async () => {
    server = await startMariadb();
    const { host, port, user, password } = server;
    admin = await createConnection({ host, port, user, password });
    await admin.query("create database asteriskcdrdb");
    await admin.query("use asteriskcdrdb");
    await admin.query(TABLE.replace("%TIME%", "datetime"));
    await admin.query(`create user reader@127.0.0.1 identified by '${READER.password}'`);
    await admin.query("grant select on asteriskcdrdb.* to reader@127.0.0.1");
  });
  afterAll(async () => {
    await admin?.end();
    await server?.[Symbol.asyncDispose]();
  });
  const open = (over = {}) =>
    openMysql({ host: server.host, port: server.port, ...READER, database: "asteriskcdrdb", ca: undefined, ...over });
  contract({ driver: open, run: async (sql) => void (await admin.query(sql)) });

  test("a wrong password, a wrong database and a closed port are told apart", async () => {
    await using wrong = open({ password: "guessed" });
    await expect(wrong.query("select 1", [])).rejects.toMatchObject({ code: "cdr/unauthorised" });
    await using elsewhere = open({ database: "nothing" });
    await expect(elsewhere.query("select 1", [])).rejects.toMatchObject({ code: "cdr/unauthorised" });
    await using closed = open({ port: 1 });
    await expect(closed.query("select 1", [])).rejects.toMatchObject({ code: "cdr/unreachable" });
  });
});

describeNeeding("postgres", "in PostgreSQL", () => {
  let server: DatabaseServer;
  let admin: pg.Client;
  beforeAll(async () => {
    server = await startPostgres();
    const { host, port, user, password } = server;
    admin = new pg.Client({ host, port, user, password, database: "postgres" });
    await admin.connect();
    await admin.query(TABLE.replace("%TIME%", "timestamp"));
    await admin.query(`create role reader login password '${READER.password}'`);
    await admin.query("grant select on cdr to reader");
  });
  afterAll(async () => {
    await admin?.end();
    await server?.[Symbol.asyncDispose]();
  });
  const open = (over = {}) =>
    openPostgres(
      { host: server.host, port: server.port, ...READER, database: "postgres", ca: undefined, ...over },
      ZONE,
    );
  contract({ driver: open, run: async (sql) => void (await admin.query(sql)) });

  test("a column with a zone of its own tells the same", async () => {
    await admin.query("set timezone to 'Europe/Moscow'");
    await admin.query("create table zoned as select * from cdr where recordingfile = 'in-2.wav'");
    await admin.query("alter table zoned alter column calldate type timestamptz");
    await admin.query("grant select on zoned to reader");
    await using records = new SqlCdrSource({
      driver: open(),
      table: "public.zoned",
      columns: FREEPBX_COLUMNS,
      time,
      lateMs: 0,
      now: () => NOON,
    });
    const { rows } = await records.read(String(NOON));
    expect(rows.map(({ startedAt }) => startedAt)).toEqual([NOON + 10_000]);
  });

  test("a wrong password, a wrong database and a closed port are told apart", async () => {
    await using wrong = open({ password: "guessed" });
    await expect(wrong.query("select 1", [])).rejects.toMatchObject({ code: "cdr/unauthorised" });
    await using elsewhere = open({ database: "nothing" });
    await expect(elsewhere.query("select 1", [])).rejects.toMatchObject({ code: "cdr/not-there" });
    await using closed = open({ port: 1 });
    await expect(closed.query("select 1", [])).rejects.toMatchObject({ code: "cdr/unreachable" });
  });
});
