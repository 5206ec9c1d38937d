/** Three databases that PBXs keep their records in, read only, each through its own well-kept client. */
import { access, constants } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { createPool, type RowDataPacket } from "mysql2/promise";
import pg from "pg";
import { CdrError } from "./cdr-error.ts";

const CONNECT_MS = 5_000;
const QUERY_MS = 20_000;

/** How one database spells what they all can do. */
export interface SqlDialect {
  quote(name: string): string;
  /** The place of the n-th value (from 1) that is a local time. */
  time(place: number): string;
  /** A time column as text, "YYYY-MM-DD HH:MM:SS[.ffffff]". */
  text(column: string): string;
  /** A time so many seconds after another. */
  after(column: string, seconds: string): string;
}

export interface SqlDriver extends AsyncDisposable {
  readonly dialect: SqlDialect;
  /** @throws CdrError */
  query(sql: string, values: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface SqlServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** PEM of the authority that the server's certificate is checked by; undefined: no TLS. */
  readonly ca: string | undefined;
}

export function openMysql({ host, port, user, password, database, ca }: SqlServer): SqlDriver {
  const pool = createPool({
    host,
    port,
    user,
    password,
    database,
    connectionLimit: 1,
    connectTimeout: CONNECT_MS,
    dateStrings: true,
    ...(ca !== undefined && { ssl: { ca } }),
  });
  return {
    dialect: {
      quote: (name) => `\`${name.replaceAll("`", "``")}\``,
      time: () => "?",
      text: (column) => `cast(${column} as char)`,
      after: (column, seconds) => `date_add(${column}, interval ${seconds} second)`,
    },
    async query(sql, values) {
      try {
        const [rows] = await pool.query<RowDataPacket[]>({ sql, values: [...values], timeout: QUERY_MS });
        return rows;
      } catch (error) {
        throw toCdrError(error, MYSQL_CODES);
      }
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** @param zone columns with a zone of their own are told, and compared, in this one */
export function openPostgres({ host, port, user, password, database, ca }: SqlServer, zone: string): SqlDriver {
  const pool = new pg.Pool({
    host,
    port,
    user,
    password,
    database,
    max: 1,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
    options: `-c TimeZone=${zone} -c DateStyle=ISO -c default_transaction_read_only=on`,
    ...(ca !== undefined && { ssl: { ca } }),
  });
  // An idle connection that breaks is opened again at the next query, which tells what there is to tell.
  pool.on("error", () => undefined);
  return {
    dialect: {
      quote: (name) => `"${name.replaceAll('"', '""')}"`,
      time: (place) => `$${place}::text::timestamp`,
      text: (column) => `${column}::text`,
      after: (column, seconds) => `${column} + ${seconds} * interval '1 second'`,
    },
    async query(sql, values) {
      try {
        return (await pool.query<Record<string, unknown>>(sql, [...values])).rows;
      } catch (error) {
        throw toCdrError(error, POSTGRES_CODES);
      }
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** Asterisk's own SQLite file. It is opened for each question, so that a file that was put in its place is found. */
export function openSqliteFile(path: string): SqlDriver {
  return {
    dialect: {
      quote: (name) => `"${name.replaceAll('"', '""')}"`,
      time: () => "?",
      text: (column) => column,
      after: (column, seconds) => `datetime(${column}, '+' || ${seconds} || ' seconds')`,
    },
    async query(sql, values) {
      let file: DatabaseSync | undefined;
      try {
        file = new DatabaseSync(path, { readOnly: true, timeout: CONNECT_MS });
        return file.prepare(sql).all(...values);
      } catch (error) {
        throw await toSqliteError(error, path);
      } finally {
        file?.close();
      }
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

const MYSQL_CODES = {
  unauthorised: ["ER_ACCESS_DENIED_ERROR", "ER_DBACCESS_DENIED_ERROR", "ER_TABLEACCESS_DENIED_ERROR"],
  notThere: ["ER_NO_SUCH_TABLE", "ER_BAD_DB_ERROR"],
  noColumn: ["ER_BAD_FIELD_ERROR"],
  untrusted: ["HANDSHAKE_SSL_ERROR"],
};

/** PostgreSQL's SQLSTATE: 28… authorisation, 42501 insufficient privilege, 3D000 no database, 42P01 no table, 42703 no column. */
const POSTGRES_CODES = {
  unauthorised: ["28000", "28P01", "42501"],
  notThere: ["3D000", "42P01"],
  noColumn: ["42703"],
  untrusted: ["DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
};

function toCdrError(error: unknown, codes: typeof MYSQL_CODES): CdrError {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  if (codes.unauthorised.includes(code)) return new CdrError("cdr/unauthorised", message, error);
  if (codes.notThere.includes(code)) return new CdrError("cdr/not-there", message, error);
  if (codes.noColumn.includes(code)) return new CdrError("cdr/no-column", message, error);
  if (codes.untrusted.includes(code)) return new CdrError("cdr/untrusted", message, error);
  return new CdrError("cdr/unreachable", message || code, error);
}

async function toSqliteError(error: unknown, path: string): Promise<CdrError> {
  const { message } = error as Error;
  if (/no such table/.test(message)) return new CdrError("cdr/not-there", message, error);
  if (/no such column/.test(message)) return new CdrError("cdr/no-column", message, error);
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return new CdrError("cdr/not-there", path, error);
    if (code === "EACCES") return new CdrError("cdr/unauthorised", `${path} cannot be read by this user`, error);
  }
  return new CdrError("cdr/unreadable", `${path}: ${message}`, error);
}
