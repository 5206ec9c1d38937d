/**
 * MikoPBX's call records through its REST API v3 (2026.1 and later), with an API key that may read `/api/v3/cdr`.
 * Facts: docs/protocols/records.md. Rows are asked for ungrouped and by id, always with an explicit `dateFrom`: without one a
 * silent window of 30 days would hide what is older, whatever `idFrom` says.
 */
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { CdrError } from "./cdr-error.ts";
import type { CdrOutcome, CdrRow } from "./cdr-row.ts";
import type { CdrPage, CdrSource } from "./cdr-source.ts";
import { birthOf, type LocalTime } from "./local-time.ts";
import type { PbxAnswer, PbxHttp } from "./pbx-http.ts";

const LIST = "/pbxcore/api/v3/cdr";
/** Each listed row costs the PBX a token for its sound: pages are modest. */
const ROWS_A_PAGE = 200;
/** A row is given its id when its call is over; its start may lie this far back. */
const LONGEST_CALL_MS = 2 * 24 * 3_600_000;
/** The PBX says 503 when its own queue is full. */
const TRIES = 5;
const FIRST_PAUSE_MS = 500;

const text = z.union([z.string(), z.number(), z.null()]).transform((value) => String(value ?? ""));
const optional = text.default("");

const row = z.object({
  id: z.coerce.number().int(),
  start: text,
  answer: optional,
  endtime: optional,
  src_chan: optional,
  src_num: optional,
  dst_chan: optional,
  dst_num: optional,
  UNIQUEID: text,
  linkedid: text,
  did: optional,
  disposition: optional,
  recordingfile: optional,
  dialstatus: optional,
  appname: optional,
  is_app: z.union([z.string(), z.number(), z.boolean(), z.null()]).default(null),
  duration: z.coerce.number().catch(0),
});

/** `result` is what counts: refusals may come with status 200. */
const envelope = z.object({
  result: z.boolean(),
  data: z.unknown(),
  messages: z.unknown(),
});
const list = z.object({
  records: z.array(row),
  pagination: z.object({ hasMore: z.boolean().optional() }).loose().optional(),
});

type Row = z.output<typeof row>;

export interface MikopbxSourceOptions {
  readonly http: PbxHttp;
  readonly time: LocalTime;
  readonly lateMs: number;
  readonly now: () => number;
  readonly random: () => number;
}

export class MikopbxCdrSource implements CdrSource {
  readonly tellsWholeCalls = true;
  readonly lateMs: number;
  readonly #options: MikopbxSourceOptions;

  constructor(options: MikopbxSourceOptions) {
    this.#options = options;
    this.lateMs = options.lateMs;
  }

  async end(): Promise<string> {
    const now = this.#options.now();
    const { rows } = await this.#list(now, { order: "DESC", limit: "1" });
    return toMark(rows[0]?.id ?? 0, now);
  }

  /** A mark is "last id read : epoch ms of a start near it". */
  async read(from: string): Promise<CdrPage> {
    const [id = 0, near = 0] = from.split(":").map(Number);
    const { rows, hasMore } = await this.#list(near, { order: "ASC", limit: String(ROWS_A_PAGE), idFrom: String(id) });
    const read = rows.map((each) => this.#toRow(each));
    const last = rows.at(-1);
    const next = last === undefined ? from : toMark(last.id, Math.max(near, ...read.map((each) => each.startedAt)));
    return { rows: read, next, more: hasMore && last !== undefined };
  }

  async again(linkedid: string, startedAt: number): Promise<readonly CdrRow[]> {
    const { rows } = await this.#list(startedAt, { order: "ASC", limit: "1000", linkedid });
    return rows.map((each) => this.#toRow(each));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.http[Symbol.asyncDispose]();
  }

  async #list(
    near: number,
    query: Readonly<Record<string, string>>,
  ): Promise<{ readonly rows: readonly Row[]; readonly hasMore: boolean }> {
    const dateFrom = this.#options.time.toLocal(near - LONGEST_CALL_MS);
    const { status, json } = await this.#ask({ grouped: "false", sort: "id", dateFrom, ...query });
    if (status === 401 || status === 403)
      throw new CdrError("cdr/unauthorised", `status ${status}; the key needs to read /api/v3/cdr`);
    if (status === 503) throw new CdrError("cdr/overloaded");
    const answer = envelope.safeParse(json);
    if (!answer.success)
      throw new CdrError("cdr/unreadable", `status ${status}; the REST API v3 came with MikoPBX 2026.1`);
    if (!answer.data.result) throw new CdrError("cdr/refused", JSON.stringify(answer.data.messages).slice(0, 300));
    const told = list.safeParse(answer.data.data);
    if (!told.success) throw new CdrError("cdr/unreadable", z.prettifyError(told.error).slice(0, 300));
    const { records, pagination } = told.data;
    return { rows: records, hasMore: pagination?.hasMore ?? records.length === Number(query["limit"]) };
  }

  async #ask(query: Readonly<Record<string, string>>): Promise<PbxAnswer> {
    const { http, random } = this.#options;
    let answer = await http.get(LIST, query);
    for (let tried = 1; answer.status === 503 && tried < TRIES; tried++) {
      await pause(FIRST_PAUSE_MS * 2 ** (tried - 1) * (0.5 + random()));
      answer = await http.get(LIST, query);
    }
    return answer;
  }

  #toRow(told: Row): CdrRow {
    const { time } = this.#options;
    // MikoPBX adds six letters of its own to the channel's id.
    const uniqueid = told.UNIQUEID.replace(/_[0-9A-Za-z]{6}$/, "");
    const startedAt = time.toEpoch(told.start, birthOf(uniqueid));
    if (startedAt === null) throw new CdrError("cdr/unreadable", `the record ${told.id} has no time of its start`);
    const outcome = outcomeOf(told);
    return {
      mark: toMark(told.id - 1, startedAt),
      uniqueid,
      linkedid: told.linkedid || null,
      startedAt,
      answeredAt: outcome === "answered" ? (time.toEpoch(told.answer, startedAt) ?? startedAt) : null,
      endedAt: time.toEpoch(told.endtime, startedAt) ?? startedAt + told.duration * 1000,
      from: told.src_num,
      to: told.dst_num,
      channel: told.src_chan,
      dstChannel: told.dst_chan,
      outcome,
      did: told.did || null,
      queue: /^Queue:(.+)$/.exec(told.dst_chan)?.[1] ?? null,
      recording: told.recordingfile || null,
      attempt: told.appname === "originate" ? "dial" : told.appname === "interception" ? "interception" : null,
      isApp: told.is_app === true || String(told.is_app) === "1",
    };
  }
}

/** `disposition` is no closed list: what it does not tell, the dial status may. */
function outcomeOf({ disposition, dialstatus }: Row): CdrOutcome {
  switch (disposition === "NOANSWER" && dialstatus !== "" ? dialstatus : disposition) {
    case "ANSWERED":
      return "answered";
    case "BUSY":
      return "busy";
    case "CANCEL":
      return "cancelled";
    case "CHANUNAVAIL":
    case "CONGESTION":
    case "FAILED":
      return "failed";
    default:
      return "no-answer";
  }
}

function toMark(id: number, near: number): string {
  return `${id}:${near}`;
}
