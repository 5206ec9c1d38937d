/**
 * Recordings through MikoPBX's REST API v3 (2026.1 and later): the row of the call record gives a short-lived address of
 * the sound, which the PBX turns into mp3 itself. Facts, and what of them is assumed: docs/protocols/records.md.
 */
import { posix } from "node:path";
import { z } from "zod";
import type { Peer } from "../../lib/peer-pool.ts";
import { candidateNames, type NamingRules } from "../named-file.ts";
import { type FoundPart, type RecordingSource, type Refused, type SoughtPart, SourceError } from "../source.ts";
import { Remote, type RemoteLimits } from "./remote.ts";

const LIST = "/pbxcore/api/v3/cdr";
/** Where the PBX gives sound; an address that points elsewhere is not one of its own. */
const SOUND = /^\/pbxcore\/api\/v3\/cdr:(download|playback)$/;
/** Rows of a call are written so long after its end at the soonest. */
const ROWS_COME_MS = 5_000;
/** A call of more rows than this has been handed round a whole company. */
const MOST_ROWS = 100;

const text = z
  .union([z.string(), z.number(), z.null()])
  .default("")
  .transform((value) => String(value ?? ""));
const answer = z.object({
  result: z.boolean(),
  data: z.object({
    records: z.array(z.object({ UNIQUEID: text, recordingfile: text, download_url: text, playback_url: text })),
  }),
});

export interface MikopbxSoundOptions extends Peer, Pick<NamingRules, "pbxDirectory" | "timeZone"> {
  readonly apiKey: string;
  readonly limits?: Partial<RemoteLimits>;
}

export class MikopbxSource implements RecordingSource {
  readonly name = "mikopbx";
  readonly soonestMs = ROWS_COME_MS;
  readonly #options: MikopbxSoundOptions;
  readonly #remote: Remote;

  /** @throws ForbiddenAddress */
  constructor(options: MikopbxSoundOptions) {
    const { url, ca, fingerprint256, apiKey, limits } = options;
    this.#options = options;
    const headers = { authorization: `Bearer ${apiKey}` };
    this.#remote = new Remote({ url, ca, fingerprint256, headers, ...(limits && { limits }) });
  }

  async find({ file, startedAt, linkedids }: SoughtPart): Promise<FoundPart | "absent" | Refused> {
    const [wanted] = candidateNames(file, startedAt, { ...this.#options, patterns: ["{name}"] }) ?? [];
    if (wanted === undefined) return { refused: "outside-directory" };
    for (const linkedid of linkedids) {
      const rows = await this.#rowsOf(linkedid);
      const row = rows.find((each) => each.UNIQUEID === wanted || posix.parse(each.recordingfile).name === wanted);
      const address = row?.download_url || row?.playback_url;
      if (!address) continue; // not there yet, or not any more
      const path = soundPath(address, this.#options.url);
      if (path === null) return { refused: "foreign-address" };
      // Its token is another one each time; the name is what stays.
      return { sign: row?.recordingfile ?? "", fetch: (into) => this.#remote.download(path, into) };
    }
    return "absent";
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#remote[Symbol.asyncDispose]();
  }

  /** A linkedid lifts the silent window of 30 days. */
  async #rowsOf(linkedid: string) {
    const query = new URLSearchParams({ grouped: "false", limit: String(MOST_ROWS), linkedid });
    const { status, json } = await this.#remote.json(`${LIST}?${query}`);
    if (status === 401 || status === 403)
      throw new SourceError("recordings/unauthorised", `status ${status}; the key needs to read /api/v3/cdr`);
    if (status === 503) throw new SourceError("recordings/overloaded", "status 503");
    const told = answer.safeParse(json);
    if (!told.success || !told.data.result)
      throw new SourceError("recordings/refused", `status ${status}; the REST API v3 came with MikoPBX 2026.1`);
    return told.data.data.records;
  }
}

/** The address as a path of this very server, asking for mp3; null when it is any other. */
function soundPath(address: string, base: string): string | null {
  const { origin } = new URL(base);
  const url = URL.parse(address, origin);
  if (url?.origin !== origin || !SOUND.test(url.pathname)) return null;
  const token = url.searchParams.get("token");
  return token === null ? null : `${url.pathname}?${new URLSearchParams({ token, format: "mp3" })}`;
}
