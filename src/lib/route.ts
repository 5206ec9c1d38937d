/**
 * A piece of HTTP as its owner sees it, free of any framework: request in, answer out. Folders that answer requests
 * (panel, amocrm, recordings) make routes of this shape; `main.ts` hands them to `http/`, which owns the wire: limits,
 * headers, CORS, ranges, errors.
 */
import type { Readable } from "node:stream";

export interface Route {
  readonly method: "GET" | "POST";
  /** Path with named parts, e.g. "/recordings/:link". */
  readonly path: string;
  /** Largest body in bytes; default 16 KiB. A larger one is answered with 413 and never read. */
  readonly bodyLimit?: number;
  /** Pages of these origins may call it from a browser; absent: only our own pages. */
  readonly cors?: Cors;
  /** Must settle; a rejection becomes a plain 500 and a line in the log. */
  handle(request: RouteRequest): Promise<RouteAnswer>;
}

export interface Cors {
  /** Exact origins, e.g. "https://example.amocrm.ru". */
  readonly origins: readonly string[];
  /** Request headers that such a page may send beside the ordinary ones. */
  readonly requestHeaders: readonly string[];
}

export interface RouteRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The header's value by its name in small letters; of a repeated header, the first. */
  header(name: string): string | undefined;
  /** As text; "" when there is none. */
  readonly body: string;
  /** Address of the client, told by a proxy only when the proxy is trusted. */
  readonly ip: string;
}

export interface RouteAnswer {
  readonly status: number;
  /** Names in small letters. They replace the server's own headers of the same name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A ranged body is served whole or in the range asked for; absent: empty. */
  readonly body?: string | Uint8Array | RangedBody;
}

/** Bytes that can be read from any place: what `Range`, `If-Range` and HEAD need. */
export interface RangedBody {
  /** Length in bytes. */
  readonly size: number;
  /** Names these very bytes: changes when they change. Without quotes. */
  readonly etag: string;
  /** Opens the bytes from `start` to `end`, both counted from 0 and both included. */
  open(start: number, end: number): Readable;
}
