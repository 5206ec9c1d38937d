/**
 * Asterisk's own `cdr-csv/Master.csv`, followed by byte offset: through rotation, and past a last line that is only
 * half written. Columns as cdr_csv writes them (cdr.conf: loguniqueid and loguserfield; newcdrcolumns adds the linkedid).
 */
import { constants } from "node:fs";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type AsteriskRecord, readAsteriskRecord } from "./asterisk-row.ts";
import { CdrError } from "./cdr-error.ts";
import type { CdrRow } from "./cdr-row.ts";
import type { CdrPage, CdrSource } from "./cdr-source.ts";
import { parseCsvLine } from "./csv-line.ts";
import type { LocalTime } from "./local-time.ts";

/** A line of cdr_csv is at most 1,024 bytes; a page holds some hundreds. */
const BYTES_A_PAGE = 256 * 1024;
const LONGEST_LINE = 64 * 1024;
const NEWLINE = 0x0a;
/** Stands for the inode of a file that is not there yet. */
const NONE = "none";

/**
 * Columns in their order. `amaflags` is the last that is always there; `uniqueid` and `userfield` are an option that is
 * needed here, the last three came with Asterisk 1.8 and are an option, too.
 */
const COLUMNS = [
  "accountcode",
  "src",
  "dst",
  "dcontext",
  "clid",
  "channel",
  "dstchannel",
  "lastapp",
  "lastdata",
  "start",
  "answer",
  "end",
  "duration",
  "billsec",
  "disposition",
  "amaflags",
  "uniqueid",
  "userfield",
  "peeraccount",
  "linkedid",
  "sequence",
] as const;

export interface CsvSourceOptions {
  readonly path: string;
  readonly time: LocalTime;
  readonly lateMs: number;
  /** A line that is no record, by its place in the file; it is passed over. */
  readonly onUnreadable: (error: CdrError) => void;
}

/** Which file (a rotated one keeps its inode), and how far. */
interface Mark {
  readonly inode: string;
  readonly offset: number;
}

export class CsvCdrSource implements CdrSource {
  readonly tellsWholeCalls = false;
  readonly lateMs: number;
  readonly #options: CsvSourceOptions;

  constructor(options: CsvSourceOptions) {
    this.#options = options;
    this.lateMs = options.lateMs;
  }

  async end(): Promise<string> {
    await using file = await this.#openCurrent();
    // Asterisk makes it with the first call.
    if (file === undefined) return toText({ inode: NONE, offset: 0 });
    const { ino, size } = await file.stat({ bigint: true });
    // The line that is being written belongs to what is written later.
    const tail = Math.max(0, Number(size) - LONGEST_LINE);
    const lastLine = (await readBytes(file, tail, LONGEST_LINE)).lastIndexOf(NEWLINE) + 1;
    return toText({ inode: String(ino), offset: tail + lastLine });
  }

  async read(from: string): Promise<CdrPage> {
    const mark = toMark(from);
    await using current = await this.#openCurrent();
    const inode = current && String((await current.stat({ bigint: true })).ino);
    if (current !== undefined && inode === mark.inode) return await this.#readFrom(current, mark);
    const beginning = inode === undefined ? from : toText({ inode, offset: 0 });
    const more = inode !== undefined;
    // Rotated away since we were here: what is left of it comes first.
    const rotated = await this.#findRotated(mark.inode);
    if (rotated === undefined) return { rows: [], next: beginning, more };
    await using old = await open(rotated, constants.O_RDONLY);
    const page = await this.#readFrom(old, mark);
    return page.more ? page : { rows: page.rows, next: more ? beginning : page.next, more };
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #readFrom(file: FileHandle, { inode, offset }: Mark): Promise<CdrPage> {
    const { size } = await file.stat();
    // Emptied in place (copytruncate): what is in it now is new.
    const begin = offset > size ? 0 : offset;
    const bytes = await readBytes(file, begin, BYTES_A_PAGE);
    const rows: CdrRow[] = [];
    let at = 0;
    for (let end = bytes.indexOf(NEWLINE, at); end !== -1; end = bytes.indexOf(NEWLINE, at)) {
      const row = this.#readLine(bytes.toString("utf8", at, end), { inode, offset: begin + at });
      if (row !== undefined) rows.push(row);
      at = end + 1;
    }
    if (at === 0 && bytes.length === BYTES_A_PAGE)
      throw new CdrError("cdr/unreadable", `${this.#options.path} has a line of more than ${BYTES_A_PAGE} bytes`);
    return { rows, next: toText({ inode, offset: begin + at }), more: bytes.length === BYTES_A_PAGE };
  }

  #readLine(line: string, mark: Mark): CdrRow | undefined {
    if (line.trim() === "") return undefined;
    try {
      const fields = parseCsvLine(line);
      const record: AsteriskRecord = Object.fromEntries(COLUMNS.map((name, at) => [name, fields[at] ?? null]));
      return readAsteriskRecord(record, toText(mark), this.#options.time);
    } catch (error) {
      if (!(error instanceof CdrError)) throw error;
      this.#options.onUnreadable(
        new CdrError("cdr/unreadable", `${this.#options.path} at byte ${mark.offset}: ${error.message}`, error),
      );
      return undefined;
    }
  }

  /** logrotate leaves it beside the new one, under a name of its own. */
  async #findRotated(inode: string): Promise<string | undefined> {
    const folder = dirname(this.#options.path);
    for (const name of await readdir(folder)) {
      const file = join(folder, name);
      const found = await stat(file, { bigint: true }).catch(() => undefined); // gone since it was listed
      if (found?.isFile() && String(found.ino) === inode) return file;
    }
    return undefined;
  }

  /** undefined: its folder is there, but no such file yet. */
  async #openCurrent(): Promise<FileHandle | undefined> {
    const { path } = this.#options;
    try {
      return await open(path, constants.O_RDONLY);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" && (await stat(dirname(path)).catch(() => undefined))?.isDirectory()) return undefined;
      if (code === "ENOENT") throw new CdrError("cdr/not-there", path, error);
      if (code === "EACCES") throw new CdrError("cdr/unauthorised", `${path} cannot be read by this user`, error);
      throw error;
    }
  }
}

async function readBytes(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

function toText({ inode, offset }: Mark): string {
  return `${inode}:${offset}`;
}

function toMark(text: string): Mark {
  const [inode = "", offset = "0"] = text.split(":");
  return { inode, offset: Number(offset) };
}
