import fastify, { type FastifyInstance } from "fastify";
import { z } from "zod";
import type { CallRecord } from "./call-records.ts";
import { soundOf } from "./sound.ts";

export interface RestOptions {
  /** What a request must carry as `Authorization: Bearer …`. */
  readonly apiKey: string;
  /** Zone that times are written in. */
  readonly timeZone: string;
  readonly port: number;
  readonly host: string;
}

/** What the interface may be told to do wrong; each is used up by one request. */
export type RestFault = "busy" | "refused" | "html";

const DAY_MS = 86_400_000;
/** Without a date, or anything else that narrows the search, nothing older is shown. */
const SILENT_WINDOW_MS = 30 * DAY_MS;

const QUERY = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  offset: z.coerce.number().int().min(0).default(0),
  idFrom: z.coerce.number().int().optional(),
  dateFrom: z.string().optional(),
  dateTo: z.string().optional(),
  linkedid: z.string().optional(),
  did: z.string().optional(),
  src_num: z.string().optional(),
  dst_num: z.string().optional(),
  sort: z.enum(["id", "start"]).default("id"),
  order: z.enum(["ASC", "DESC"]).default("DESC"),
  grouped: z.enum(["true", "false"]).default("true"),
});

/**
 * MikoPBX's REST API v3, as far as call records go, as its sources tell it (docs/protocols/mikopbx.md#call-records): `GET /pbxcore/api/v3/cdr` with its
 * envelope, its defaults and its trap, and `cdr:playback`, `cdr:download` as mp3.
 */
export class RestServer {
  readonly #app: FastifyInstance;
  readonly port: number;
  readonly #faults: RestFault[];

  private constructor(app: FastifyInstance, port: number, faults: RestFault[]) {
    this.#app = app;
    this.port = port;
    this.#faults = faults;
  }

  static async open(rows: readonly CallRecord[], options: RestOptions): Promise<RestServer> {
    const app = fastify({ forceCloseConnections: true });
    const faults: RestFault[] = [];
    app.get("/pbxcore/api/v3/cdr", (request, reply) => {
      const envelope = (code: number, result: boolean, data: unknown, errors: readonly string[] = []) =>
        reply.code(code).send({
          result,
          data,
          messages: errors.length > 0 ? { error: errors } : [],
          function: "getList",
          processor: "cdr",
          pid: process.pid,
          httpCode: code,
        });
      if (request.headers.authorization !== `Bearer ${options.apiKey}`)
        return envelope(401, false, [], ["Unauthorized"]);
      const fault = faults.shift();
      if (fault === "busy") return envelope(503, false, [], ["Queue overloaded"]);
      if (fault === "refused") return envelope(200, false, [], ["Something went wrong"]);
      if (fault === "html") return reply.type("text/html").send("<html><body>Login</body></html>");
      const query = QUERY.safeParse(request.query);
      if (!query.success) return envelope(422, false, [], [z.prettifyError(query.error)]);
      return envelope(200, true, list(rows, query.data, options.timeZone));
    });
    // Two colons: one that means itself.
    for (const method of ["playback", "download"]) {
      app.get<{ Querystring: { token?: string } }>(`/pbxcore/api/v3/cdr::${method}`, async (request, reply) => {
        const row = rows.find((each) => request.query.token !== undefined && tokenOf(each) === request.query.token);
        if (row === undefined) return reply.code(403).send({ result: false, messages: { error: ["Bad token"] } });
        const sound = await soundOf(row.recordingFile);
        if (sound === null) return reply.code(404).send({ result: false, messages: { error: ["No file"] } });
        return reply.type("audio/mpeg").header("accept-ranges", "bytes").send(sound);
      });
    }
    await app.listen({ port: options.port, host: options.host });
    const address = app.server.address();
    return new RestServer(app, typeof address === "object" && address ? address.port : options.port, faults);
  }

  /** The next requests are answered so, one each. */
  misbehave(...faults: readonly RestFault[]): void {
    this.#faults.push(...faults);
  }

  async close(): Promise<void> {
    await this.#app.close();
  }
}

function list(rows: readonly CallRecord[], query: z.output<typeof QUERY>, zone: string) {
  const { limit, offset, idFrom, dateFrom, dateTo, linkedid, did, src_num, dst_num, sort, order } = query;
  const isNarrowed = [dateFrom, dateTo, linkedid, src_num, dst_num, did].some((value) => value !== undefined);
  const earliest = isNarrowed ? dateFrom : local(Date.now() - SILENT_WINDOW_MS, zone);
  const found = rows
    .filter((row) => earliest === undefined || local(row.start, zone) >= earliest)
    .filter((row) => dateTo === undefined || local(row.start, zone) <= dateTo)
    .filter((row) => idFrom === undefined || row.id > idFrom)
    .filter((row) => linkedid === undefined || row.linkedid === linkedid)
    .filter((row) => did === undefined || row.did.includes(did))
    .filter((row) => src_num === undefined || row.srcNum.includes(src_num))
    .filter((row) => dst_num === undefined || row.dstNum.includes(dst_num))
    .sort((one, two) => (order === "ASC" ? 1 : -1) * (one[sort] - two[sort] || one.id - two.id));
  const page = found.slice(offset, offset + limit).map((row) => toJson(row, zone));
  return {
    records: query.grouped === "true" ? grouped(page) : page,
    pagination: {
      total: found.length,
      limit,
      offset,
      hasMore: offset + page.length < found.length,
      lastId: page.at(-1)?.id ?? 0,
    },
  };
}

type Json = ReturnType<typeof toJson>;

function grouped(page: readonly Json[]) {
  return [...Map.groupBy(page, ({ linkedid }) => linkedid)].map(([linkedid, records]) => {
    const [first] = records;
    const line = records.find((row) => row.did !== "")?.did;
    return {
      linkedid,
      start: first?.start,
      src_num: first?.src_num,
      dst_num: line ?? first?.dst_num,
      did: line ?? "",
      disposition: records.some((row) => row.disposition === "ANSWERED") ? "ANSWERED" : first?.disposition,
      totalDuration: records.reduce((sum, row) => sum + row.duration, 0),
      totalBillsec: records.reduce((sum, row) => sum + row.billsec, 0),
      records,
    };
  });
}

function toJson(row: CallRecord, zone: string) {
  const token = tokenOf(row);
  return {
    id: row.id,
    start: local(row.start, zone),
    answer: row.answer === null ? "" : local(row.answer, zone),
    endtime: local(row.end, zone),
    src_chan: row.srcChan,
    src_num: row.srcNum,
    src_name: "",
    dst_chan: row.dstChan,
    dst_num: row.dstNum,
    dst_name: "",
    UNIQUEID: row.uniqueid,
    linkedid: row.linkedid,
    did: row.did,
    disposition: row.disposition,
    recordingfile: row.recordingFile,
    from_account: row.fromAccount,
    to_account: row.toAccount,
    dialstatus: row.dialStatus,
    appname: row.appName,
    transfer: "0",
    is_app: row.isApp ? "1" : "0",
    duration: Math.round((row.end - row.start) / 1000),
    billsec: row.answer === null ? 0 : Math.max(1, Math.round((row.end - row.answer) / 1000)),
    work_completed: "1",
    playback_url: token && `/pbxcore/api/v3/cdr:playback?token=${token}`,
    download_url: token && `/pbxcore/api/v3/cdr:download?token=${token}`,
  };
}

/** Empty when there is no file. MikoPBX makes a new one for each row that it lists, which lives an hour. */
function tokenOf({ id, recordingFile }: CallRecord): string {
  return recordingFile === "" ? "" : id.toString(16).padStart(32, "0");
}

/** "2026-01-15 10:30:45.123", as MikoPBX writes its own time. */
function local(epoch: number, zone: string): string {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  return `${format.format(epoch)}.${String(epoch % 1000).padStart(3, "0")}`;
}
