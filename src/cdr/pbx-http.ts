/** GET from the PBX's web interface, bounded in time and size, over a certificate that is checked or pinned. */
import type { Pool } from "undici";
import { openPool, type Peer, UntrustedPeer } from "../lib/peer-pool.ts";
import { CdrError } from "./cdr-error.ts";

const CONNECT_MS = 5_000;
/** Requests go through a queue in the PBX; some seconds are nothing unusual. */
const ANSWER_MS = 30_000;
const LARGEST_ANSWER = 16 * 1024 * 1024;

export interface PbxHttpOptions extends Peer {
  readonly apiKey: string;
}

export interface PbxAnswer {
  readonly status: number;
  /** undefined when the body is no JSON. */
  readonly json: unknown;
}

export class PbxHttp implements AsyncDisposable {
  readonly #pool: Pool;
  readonly #options: PbxHttpOptions;

  constructor(options: PbxHttpOptions) {
    this.#options = options;
    this.#pool = openPool(options, {
      connections: 1,
      connectMs: CONNECT_MS,
      answerMs: ANSWER_MS,
      largestAnswer: LARGEST_ANSWER,
    });
  }

  /** @throws CdrError `cdr/unreachable` or `cdr/untrusted` */
  async get(path: string, query: Readonly<Record<string, string>>): Promise<PbxAnswer> {
    try {
      const answer = await this.#pool.request({
        method: "GET",
        path,
        query,
        headers: {
          accept: "application/json",
          "user-agent": "Kommutator",
          authorization: `Bearer ${this.#options.apiKey}`,
        },
        signal: AbortSignal.timeout(CONNECT_MS + ANSWER_MS),
      });
      return { status: answer.statusCode, json: toJson(await answer.body.text()) };
    } catch (error) {
      throw toCdrError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // HTML of a proxy or of the web interface: whoever asked decides what that means
  }
}

function toCdrError(error: unknown): CdrError {
  if (error instanceof UntrustedPeer) return new CdrError("cdr/untrusted", error.message, error);
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return new CdrError(/CERT|UNABLE_TO/.test(code) ? "cdr/untrusted" : "cdr/unreachable", code || message, error);
}
