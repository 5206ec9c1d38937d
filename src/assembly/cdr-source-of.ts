/** Where a PBX keeps its call records, opened by its settings. */
import { readFile } from "node:fs/promises";
import type { AsteriskField } from "../cdr/asterisk-row.ts";
import type { CdrError } from "../cdr/cdr-error.ts";
import type { CdrSource } from "../cdr/cdr-source.ts";
import { CsvCdrSource } from "../cdr/csv-source.ts";
import { LocalTime } from "../cdr/local-time.ts";
import { MikopbxCdrSource } from "../cdr/mikopbx-source.ts";
import { PbxHttp } from "../cdr/pbx-http.ts";
import { openMysql, openPostgres, openSqliteFile, type SqlDriver } from "../cdr/sql-driver.ts";
import { type CdrColumns, FREEPBX_COLUMNS, SqlCdrSource } from "../cdr/sql-source.ts";
import type { Config, PbxConfig } from "../config/config.ts";
import { StartError } from "../lib/start-error.ts";

export interface SourceDeps {
  readonly now: () => number;
  /** A record that makes no sense was passed over. */
  readonly onUnreadable: (error: CdrError) => void;
}

/**
 * @param zone that the records are written in
 * @returns undefined when the settings name none
 * @throws StartError, CdrError
 */
export async function openCdrSource(
  { records }: PbxConfig,
  zone: string,
  { now, onUnreadable }: SourceDeps,
): Promise<CdrSource | undefined> {
  const time = new LocalTime(zone);
  const lateMs = records.lateSeconds * 1000;
  const { kind, table } = records;
  const inTable = (driver: SqlDriver) =>
    new SqlCdrSource({ driver, table, columns: toColumns(records.columns), time, lateMs, now });
  // The schema has checked that what a kind needs is there.
  const file = records.file ?? "";
  switch (kind) {
    case "none":
      return undefined;
    case "mikopbx-rest": {
      const http = new PbxHttp({
        url: records.url ?? "",
        apiKey: records.apiKey ?? "",
        ca: await readCa(records.caFile),
        fingerprint256: records.fingerprint256 ?? undefined,
      });
      return new MikopbxCdrSource({ http, time, lateMs, now, random: Math.random });
    }
    case "mysql":
      return inTable(openMysql(await toServer(records, 3306)));
    case "postgres":
      return inTable(openPostgres(await toServer(records, 5432), zone));
    case "sqlite":
      return inTable(openSqliteFile(file));
    case "csv":
      return new CsvCdrSource({ path: file, time, lateMs, onUnreadable });
  }
}

/** The zone that a PBX's records are written in. */
export function zoneOf({ account, records }: PbxConfig, accounts: Config["accounts"]): string {
  return records.timeZone ?? accounts.find(({ id }) => id === account)?.timeZone ?? "UTC";
}

async function toServer(records: PbxConfig["records"], defaultPort: number) {
  const { host, port, user, password, database, caFile } = records;
  return {
    host: host ?? "",
    port: port ?? defaultPort,
    user: user ?? "",
    password: password ?? "",
    database,
    ca: await readCa(caFile),
  };
}

/** FreePBX's names, with those that the settings give in their place. */
function toColumns(named: readonly string[]): CdrColumns {
  const columns: Partial<Record<AsteriskField, string>> = { ...FREEPBX_COLUMNS };
  for (const each of named) {
    const [field = "", column = ""] = each.split("=");
    const known = field as AsteriskField; // the schema has checked it
    if (column === "") delete columns[known];
    else columns[known] = column;
  }
  return columns;
}

async function readCa(file: string | null): Promise<string | undefined> {
  if (file === null) return undefined;
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new StartError(`the file ${file} cannot be read; check records.caFile and the file's rights`, { cause });
  }
}
