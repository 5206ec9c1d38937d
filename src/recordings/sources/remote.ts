/** Asks one server, the configured one, and no other: whatever a name or a redirect says, nothing leaves its origin. */
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Dispatcher, Pool } from "undici";
import { openPool, type Peer, UntrustedPeer } from "../../lib/peer-pool.ts";
import { type Refused, SourceError } from "../source.ts";

export interface RemoteOptions extends Peer {
  /** Sent with each request, e.g. `authorization`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly limits?: Partial<RemoteLimits>;
}

export interface RemoteLimits {
  readonly largestBytes: number;
  readonly answerMs: number;
  /** For a whole download. */
  readonly downloadMs: number;
}

/** An hour of wav is 58 MB. */
const LIMITS: RemoteLimits = { largestBytes: 512 * 2 ** 20, answerMs: 20_000, downloadMs: 10 * 60_000 };
const CONNECT_MS = 5_000;
/** A PBX has other things to do. */
const CONNECTIONS = 2;
const MOST_REDIRECTS = 3;

type Answer = Dispatcher.ResponseData;

export class Remote implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #origin: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #limits: RemoteLimits;
  readonly #closing = new AbortController();

  /** @throws ForbiddenAddress */
  constructor({ headers, limits, ...peer }: RemoteOptions) {
    this.#limits = { ...LIMITS, ...limits };
    this.#pool = openPool(peer, {
      connections: CONNECTIONS,
      connectMs: CONNECT_MS,
      answerMs: this.#limits.answerMs,
    });
    this.#origin = new URL(peer.url).origin;
    this.#headers = { "user-agent": "Kommutator", ...headers };
  }

  /**
   * Only what is told of the file.
   * @param path with its query
   * @throws SourceError
   */
  async head(path: string): Promise<{ readonly sign: string } | "absent" | Refused> {
    const answer = await this.#ask("HEAD", path, CONNECT_MS + this.#limits.answerMs);
    if ("refused" in answer) return answer;
    answer.body.on("error", () => {}); // there is none
    const { status, headers } = toHead(answer);
    if (isAbsent(status)) return "absent";
    requireOk(status);
    if (Number(headers["content-length"] ?? 0) > this.#limits.largestBytes) return { refused: "too-large" };
    const told = ["content-length", "etag", "last-modified"].map((name) => String(headers[name] ?? ""));
    return { sign: told.join(" ") };
  }

  /** @throws SourceError */
  async json(path: string): Promise<{ readonly status: number; readonly json: unknown }> {
    const answer = await this.#ask("GET", path, CONNECT_MS + this.#limits.answerMs);
    if ("refused" in answer) throw new SourceError("recordings/refused", "it sends us elsewhere");
    try {
      const text = await readText(answer, LARGEST_JSON);
      return { status: answer.statusCode, json: JSON.parse(text) };
    } catch (error) {
      if (error instanceof SyntaxError) return { status: answer.statusCode, json: undefined }; // a proxy's page
      throw toSourceError(error);
    }
  }

  /**
   * Writes the body into a file.
   * @throws SourceError, or the file system's error when the file cannot be written
   */
  async download(path: string, into: string): Promise<{ readonly file: string } | "absent" | Refused> {
    const answer = await this.#ask("GET", path, this.#limits.downloadMs);
    if ("refused" in answer) return answer;
    const { status, headers } = toHead(answer);
    const announced = Number(headers["content-length"] ?? 0);
    if (status !== 200 || announced > this.#limits.largestBytes) {
      answer.body.destroy();
      if (isAbsent(status)) return "absent";
      requireOk(status);
      return { refused: "too-large" };
    }
    const gate = new SizeGate(this.#limits.largestBytes);
    try {
      await pipeline(answer.body, gate, createWriteStream(into, { mode: 0o600 }));
      return { file: into };
    } catch (error) {
      await rm(into, { force: true });
      if (gate.isExceeded) return { refused: "too-large" };
      if (isOfFileSystem(error)) throw error;
      throw toSourceError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#pool.destroy();
  }

  async #ask(method: "GET" | "HEAD", path: string, withinMs: number): Promise<Answer | Refused> {
    let to = path;
    for (let turns = 0; turns <= MOST_REDIRECTS; turns++) {
      const answer = await this.#request(method, to, withinMs);
      const { location } = answer.headers;
      if (answer.statusCode < 300 || answer.statusCode > 399 || typeof location !== "string") return answer;
      answer.body.on("error", () => {}).destroy(); // what stands beside a redirect nobody reads
      const next = URL.parse(location, new URL(to, this.#origin).href);
      if (next?.origin !== this.#origin) return { refused: "foreign-address" };
      to = next.pathname + next.search;
    }
    throw new SourceError("recordings/refused", "too many redirects");
  }

  async #request(method: "GET" | "HEAD", path: string, withinMs: number): Promise<Answer> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(withinMs)]);
    try {
      return await this.#pool.request({ method, path, headers: { ...this.#headers }, signal });
    } catch (error) {
      throw toSourceError(error);
    }
  }
}

/** 100 rows of call records are some 100 kB. */
const LARGEST_JSON = 4 * 2 ** 20;

async function readText({ body }: Answer, largest: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).length; // no encoding is set, so it is one
    if (size > largest) throw new SourceError("recordings/refused", "the answer is too long");
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Lets so many bytes through and no more, whatever was announced. */
class SizeGate extends Transform {
  isExceeded = false;
  #left: number;

  constructor(largest: number) {
    super();
    this.#left = largest;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: Error | null, chunk?: Buffer) => void) {
    this.#left -= chunk.length;
    this.isExceeded = this.#left < 0;
    if (this.isExceeded) done(new Error("larger than is read"));
    else done(null, chunk);
  }
}

function toHead({ statusCode, headers }: Answer) {
  return { status: statusCode, headers };
}

function isAbsent(status: number): boolean {
  return status === 404 || status === 410;
}

function requireOk(status: number): void {
  if (status === 401 || status === 403) throw new SourceError("recordings/unauthorised", `status ${status}`);
  if (status === 503 || status === 429) throw new SourceError("recordings/overloaded", `status ${status}`);
  if (status !== 200) throw new SourceError("recordings/refused", `status ${status}`);
}

function isOfFileSystem(error: unknown): boolean {
  const { code = "", syscall = "" } = error as NodeJS.ErrnoException;
  return code !== "" && /^(open|write|close|mkdir)$/.test(syscall);
}

function toSourceError(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  if (error instanceof UntrustedPeer) return new SourceError("recordings/untrusted", error.message, error);
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return new SourceError(
    /CERT|UNABLE_TO/.test(code) ? "recordings/untrusted" : "recordings/unreachable",
    code || message,
    error,
  );
}
