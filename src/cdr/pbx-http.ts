/** GET from the PBX's web interface, bounded in time and size, over a certificate that is checked or pinned. */
import { isIP } from "node:net";
import type { TLSSocket } from "node:tls";
import { buildConnector, Pool } from "undici";
import { CdrError } from "./cdr-error.ts";

const CONNECT_MS = 5_000;
/** Requests go through a queue in the PBX; some seconds are nothing unusual. */
const ANSWER_MS = 30_000;
const LARGEST_ANSWER = 16 * 1024 * 1024;

export interface PbxHttpOptions {
  /** "https://pbx.example.org" */
  readonly url: string;
  readonly apiKey: string;
  /** PEM of the authority, or of the PBX's own certificate. */
  readonly ca: string | undefined;
  /** SHA-256 of the PBX's certificate, "AB:CD:…". Given, it alone decides. */
  readonly fingerprint256: string | undefined;
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
    this.#pool = new Pool(new URL(options.url).origin, {
      connections: 1,
      connect: pinned(options),
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
      maxResponseSize: LARGEST_ANSWER,
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

function pinned({ ca, fingerprint256, url }: PbxHttpOptions): buildConnector.connector {
  const { hostname } = new URL(url);
  const connect = buildConnector({
    timeout: CONNECT_MS,
    ...(ca !== undefined && { ca }),
    // A certificate is asked for by name only: TLS forbids an address there.
    ...(isIP(hostname) === 0 && { servername: hostname }),
    // With a fingerprint the check is ours, below.
    rejectUnauthorized: fingerprint256 === undefined,
  });
  if (fingerprint256 === undefined) return connect;
  return (options, done) =>
    connect(options, (error, socket) => {
      if (error !== null) return done(error, null);
      const shown = (socket as TLSSocket).getPeerCertificate?.().fingerprint256;
      if (shown?.toUpperCase() === fingerprint256.toUpperCase()) return done(null, socket);
      socket.destroy();
      return done(new CdrError("cdr/untrusted", `its fingerprint is ${shown ?? "none"}`), null);
    });
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // HTML of a proxy or of the web interface: whoever asked decides what that means
  }
}

function toCdrError(error: unknown): CdrError {
  if (error instanceof CdrError) return error;
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return new CdrError(/CERT|UNABLE_TO/.test(code) ? "cdr/untrusted" : "cdr/unreachable", code || message, error);
}
