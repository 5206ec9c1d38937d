/** The outage on each kind of call records that can be tried here. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { createConnection } from "mysql2/promise";
import pg from "pg";
import { startMariadb, startPostgres } from "../databases/private-server.ts";
import { startAsteriskPbx } from "../stage/asterisk-pbx.ts";
import { startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { type BackfillResult, backfill } from "./backfill.ts";
import { WatchedService } from "./watched-service.ts";

/** How the lab's dialplan names its recordings; Master.csv has no column for them. */
const LAB_RECORDING = "{year}/{month}/{day}/{hour}/{uniqueid}.wav";

interface OutageOptions {
  readonly calls: number;
  readonly seed: number;
}

/** FreePBX's table, filled from what Asterisk wrote: `calldate` is the start, the end follows from the duration. */
const FIELDS = {
  calldate: "start",
  src: "src",
  dst: "dst",
  dcontext: "dcontext",
  channel: "channel",
  dstchannel: "dstchannel",
  lastapp: "lastapp",
  duration: "duration",
  billsec: "billsec",
  disposition: "disposition",
  uniqueid: "uniqueid",
  linkedid: "linkedid",
  did: "did",
  recordingfile: "recordingfile",
} as const;

const columns = Object.keys(FIELDS).join(", ");
const tableWith = (timeType: string) =>
  `create table cdr (${Object.keys(FIELDS)
    .map((name) =>
      name === "calldate"
        ? `${name} ${timeType}`
        : /^(duration|billsec)$/.test(name)
          ? `${name} int`
          : `${name} varchar(255)`,
    )
    .join(", ")})`;

/**
 * On the real Asterisk, the same calls by four kinds of records at once: its own Master.csv and SQLite file, and FreePBX's
 * table in MariaDB and PostgreSQL, which are filled from that file.
 */
export async function outageOnAsterisk(options: OutageOptions): Promise<BackfillResult[]> {
  await using stack = new AsyncDisposableStack();
  // Asterisk writes its records in this machine's zone.
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const pbx = stack.use(await startAsteriskPbx());
  const masterDb = join(pbx.recordsDirectory, "master.db");
  const mariadb = stack.use(await startMariadb());
  const postgres = stack.use(await startPostgres());
  const { host, user } = mariadb;
  const mysqlAdmin = await createConnection({ host, port: mariadb.port, user, password: mariadb.password });
  stack.defer(() => mysqlAdmin.end());
  await mysqlAdmin.query("create database asteriskcdrdb");
  await mysqlAdmin.query("use asteriskcdrdb");
  await mysqlAdmin.query(tableWith("datetime"));
  const postgresAdmin = new pg.Client({
    host,
    port: postgres.port,
    user,
    password: postgres.password,
    database: "postgres",
  });
  await postgresAdmin.connect();
  stack.defer(() => postgresAdmin.end());
  await postgresAdmin.query(tableWith("timestamp"));

  const kinds = {
    csv: { kind: "csv", file: join(pbx.recordsDirectory, "cdr-csv/Master.csv"), recording: LAB_RECORDING },
    sqlite: { kind: "sqlite", file: masterDb, columns: ["start=start", "answer=answer", "end=endtime"] },
    mysql: { kind: "mysql", host, port: mariadb.port, user, password: mariadb.password },
    postgres: { kind: "postgres", host, port: postgres.port, user, password: postgres.password, database: "postgres" },
  };
  const services: WatchedService[] = [];
  for (const [name, records] of Object.entries(kinds))
    services.push(stack.use(await WatchedService.prepare(name, pbx, { ...records, timeZone })));
  stack.use(
    copyRecords(masterDb, async (row) => {
      await mysqlAdmin.query(`insert into cdr (${columns}) values (?)`, [row]);
      const places = row.map((_, at) => `$${at + 1}`).join(", ");
      await postgresAdmin.query(`insert into cdr (${columns}) values (${places})`, row);
    }),
  );
  return await backfill(pbx, services, options);
}

/** On the PBX emulator, by MikoPBX's REST interface with its moods, in a zone that is not this machine's. */
export async function outageOnMikopbx(options: OutageOptions): Promise<BackfillResult[]> {
  await using stack = new AsyncDisposableStack();
  const timeZone = "Asia/Kathmandu";
  const apiKey = "practice-key";
  const pbx = stack.use(await startEmulatedPbx({ rest: { apiKey, timeZone, settleMs: 300 }, pace: 0.1 }));
  const { emulator } = pbx;
  const records = { kind: "mikopbx-rest", url: `http://127.0.0.1:${emulator.restPort}`, apiKey, timeZone };
  const service = stack.use(await WatchedService.prepare("mikopbx-rest", pbx, records));
  return await backfill(pbx, [service], {
    ...options,
    beforeReturn: () => emulator.misbehaveRest("busy", "html", "busy", "refused"),
  });
}

/** Brings each record elsewhere as soon as Asterisk has written it, until it is disposed of. */
function copyRecords(file: string, write: (row: (string | number)[]) => Promise<void>): AsyncDisposable {
  const stopping = new AbortController();
  const selected = Object.values(FIELDS).map((field) => `"${field}"`);
  const copying = (async () => {
    let last = 0;
    while (!stopping.signal.aborted) {
      const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
      const found = database
        .prepare(`select rowid as place, ${selected.join(", ")} from cdr where rowid > ? order by rowid`)
        .all(last);
      database.close();
      for (const { place, ...row } of found) {
        await write(Object.values(row) as (string | number)[]); // the table holds nothing else
        last = Number(place);
      }
      await pause(100);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await copying;
    },
  };
}
