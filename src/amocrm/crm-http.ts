/** One HTTP exchange with an amoCRM host, bounded in time and size. Knows nothing of tokens or of what is asked. */
import { isIP } from "node:net";
import { Pool } from "undici";
import { readRetryAfter } from "../lib/retry-after.ts";
import { CrmError } from "./crm-error.ts";

/** As amoCRM's own library: 5 s to connect, 20 s for the whole. */
const CONNECT_MS = 5_000;
const ANSWER_MS = 20_000;
/** 250 contacts with many fields were never seen above 2 MB. */
const LARGEST_ANSWER = 16 * 1024 * 1024;
/** A server that asks for more silence is asked again all the same. */
export const LONGEST_RETRY_AFTER_SECONDS = 900;
/** Servers close idle connections; ours must be the first, or a request meets the closing door. */
const KEEP_ALIVE_MS = 4_000;

export interface CrmRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface CrmResponse {
  readonly status: number;
  readonly text: string;
  /** undefined when the body is no JSON, or there is none. */
  readonly json: unknown;
  readonly requestId: string | undefined;
  /** 0: it does not ask for any. */
  readonly retryAfterSeconds: number;
}

export interface CrmTimeouts {
  readonly connectMs: number;
  readonly answerMs: number;
}

export class CrmHttp implements AsyncDisposable {
  readonly #timeouts: CrmTimeouts;
  #baseUrl: string;
  #pool: Pool;

  /**
   * @param baseUrl https, or http on this very machine
   * @throws RangeError for any other address
   */
  constructor(baseUrl: string, timeouts: CrmTimeouts = { connectMs: CONNECT_MS, answerMs: ANSWER_MS }) {
    this.#timeouts = timeouts;
    this.#baseUrl = toOrigin(baseUrl);
    this.#pool = openPool(this.#baseUrl, timeouts);
  }

  /** Scheme and host, without slash at the end. */
  get baseUrl(): string {
    return this.#baseUrl;
  }

  /** Whatever is sent from now on goes there. @throws RangeError as the constructor */
  moveTo(baseUrl: string): void {
    const origin = toOrigin(baseUrl);
    if (origin === this.#baseUrl) return;
    const old = this.#pool;
    this.#baseUrl = origin;
    this.#pool = openPool(origin, this.#timeouts);
    void old.close(); // what is under way ends first
  }

  /** @throws CrmError `crm/unreachable` when it was not sent, `crm/answer-lost` when it may have been done */
  async send({ method, path, headers = {}, body }: CrmRequest): Promise<CrmResponse> {
    try {
      const answer = await this.#pool.request({
        method,
        path,
        headers: {
          "user-agent": "Kommutator",
          accept: "application/json",
          ...(body !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
        // The pool's own limits are for silence; a server that drips byte by byte is bounded here.
        signal: AbortSignal.timeout(this.#timeouts.connectMs + this.#timeouts.answerMs),
      });
      const text = await answer.body.text();
      const requestId = answer.headers["x-request-id"];
      return {
        status: answer.statusCode,
        text,
        json: parseJson(text),
        requestId: typeof requestId === "string" ? requestId : undefined,
        retryAfterSeconds: readRetryAfter(answer.headers["retry-after"], Date.now(), LONGEST_RETRY_AFTER_SECONDS),
      };
    } catch (error) {
      throw toCrmError(error, method);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}

function toOrigin(baseUrl: string): string {
  const url = new URL(baseUrl);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    throw new RangeError(`amoCRM is spoken to by https only (http on this machine): ${url.origin}`);
  }
  return url.origin;
}

function openPool(origin: string, { connectMs, answerMs }: CrmTimeouts): Pool {
  return new Pool(origin, {
    connections: 8,
    pipelining: 1,
    connect: { timeout: connectMs },
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxResponseSize: LARGEST_ANSWER,
  });
}

export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, "");
  return bare === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // HTML of a proxy, or nothing: whoever asked decides what that means
  }
}

/** Errors that come before a byte of the request has left. */
const NOT_SENT = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_DESTROYED",
  "UND_ERR_CLOSED",
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

function toCrmError(error: unknown, method: CrmRequest["method"]): CrmError {
  const code = String((error as { code?: unknown }).code ?? "unknown");
  if (NOT_SENT.has(code)) return new CrmError("crm/unreachable", { detail: code }, error);
  return new CrmError("crm/answer-lost", { detail: code, mayHaveHappened: method !== "GET" }, error);
}
