/** Call records in a table, as FreePBX and others keep them. What the columns are called is data. */
import { ASTERISK_FIELDS, type AsteriskField, NEEDED_FIELDS, readAsteriskRecord } from "./asterisk-row.ts";
import { CdrError } from "./cdr-error.ts";
import type { CdrPage, CdrSource } from "./cdr-source.ts";
import type { LocalTime } from "./local-time.ts";
import type { SqlDriver } from "./sql-driver.ts";

/** Name of the column for each field; a field without one is not in the table. */
export type CdrColumns = Readonly<Partial<Record<AsteriskField, string>>>;

/** asteriskcdrdb.cdr of FreePBX (facts: its own installer's table). The same names are Asterisk's for its SQL modules. */
export const FREEPBX_COLUMNS: CdrColumns = {
  start: "calldate",
  duration: "duration",
  billsec: "billsec",
  src: "src",
  dst: "dst",
  channel: "channel",
  dstchannel: "dstchannel",
  lastapp: "lastapp",
  disposition: "disposition",
  uniqueid: "uniqueid",
  linkedid: "linkedid",
  did: "did",
  recordingfile: "recordingfile",
};

const ROWS_A_PAGE = 1_000;
/** No call lasts longer; it bounds how far back a row may have begun that ends now, so that an index on the start helps. */
const LONGEST_CALL_MS = 24 * 3_600_000;

export interface SqlSourceOptions {
  readonly driver: SqlDriver;
  readonly table: string;
  readonly columns: CdrColumns;
  readonly time: LocalTime;
  readonly lateMs: number;
  readonly now: () => number;
}

export class SqlCdrSource implements CdrSource {
  readonly tellsWholeCalls = false;
  readonly lateMs: number;
  readonly #options: SqlSourceOptions;
  readonly #sql: string;

  /** @throws CdrError when the columns lack what a record needs */
  constructor(options: SqlSourceOptions) {
    const missing = NEEDED_FIELDS.filter((field) => options.columns[field] === undefined);
    if (missing.length > 0) throw new CdrError("cdr/no-column", `nothing is named for ${missing.join(", ")}`);
    if (options.columns.end === undefined && options.columns.duration === undefined)
      throw new CdrError("cdr/no-column", "neither end nor duration is named");
    this.#options = options;
    this.lateMs = options.lateMs;
    this.#sql = statement(options);
  }

  async end(): Promise<string> {
    return String(this.#options.now());
  }

  /**
   * A mark is "end of a row, epoch ms [: rows to pass over]". Tables have no order of writing, so what ended shortly
   * before the mark is read again: it may have been written since.
   */
  async read(from: string): Promise<CdrPage> {
    const { driver, time, columns, lateMs } = this.#options;
    const [ended = 0, offset = 0] = from.split(":").map(Number);
    const since = time.toLocal(ended - lateMs);
    const earliest = time.toLocal(ended - lateMs - LONGEST_CALL_MS);
    const found = await driver.query(`${this.#sql} limit ${ROWS_A_PAGE} offset ${offset}`, [earliest, since]);
    const rows = found.map((row) => {
      const record = Object.fromEntries(
        ASTERISK_FIELDS.filter((field) => columns[field] !== undefined).map((field) => [field, textOf(row[field])]),
      );
      const read = readAsteriskRecord(record, "", time);
      return { ...read, mark: String(read.endedAt) };
    });
    const more = rows.length === ROWS_A_PAGE;
    const newest = Math.max(ended, ...rows.map(({ endedAt }) => endedAt));
    return { rows, next: more ? `${ended}:${offset + rows.length}` : String(newest), more };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.driver[Symbol.asyncDispose]();
  }
}

/** The statement, but for its page. */
function statement({ driver: { dialect }, table, columns }: SqlSourceOptions): string {
  const column = (field: AsteriskField) => dialect.quote(columns[field] ?? "");
  const named = ASTERISK_FIELDS.filter((field) => columns[field] !== undefined);
  const isTime = (field: AsteriskField) => field === "start" || field === "answer" || field === "end";
  const selected = named.map((field) => {
    return `${isTime(field) ? dialect.text(column(field)) : column(field)} as ${dialect.quote(field)}`;
  });
  const start = column("start");
  const end = columns.end === undefined ? dialect.after(start, column("duration")) : column("end");
  const from = table.split(".").map(dialect.quote).join(".");
  return `select ${selected.join(", ")} from ${from}
    where ${start} >= ${dialect.time(1)} and ${end} >= ${dialect.time(2)}
    order by ${end}, ${start}, ${column("uniqueid")}`;
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
