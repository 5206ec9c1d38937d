/** Endpoints as routes: the key, the check of what comes in, refusals, a line in the log for whatever was changed. */
import type { z } from "zod";
import type { Log } from "../lib/log.ts";
import type { Route, RouteAnswer, RouteRequest } from "../lib/route.ts";
import { type AdminKey, findHolder } from "./admin-key.ts";
import { ApiRefusal, type Endpoint } from "./endpoint.ts";
import { openApi } from "./open-api.ts";

/** Below the service's public address. */
export const API_ROOT = "/api/v1";

/** Rules to be tried are the longest thing that anybody sends. */
const LONGEST_BODY = 256 * 1024;

export interface ApiOptions {
  readonly endpoints: readonly Endpoint[];
  readonly keys: readonly AdminKey[];
  readonly publicUrl: string;
  /** Of the program. */
  readonly version: string;
  readonly log: Log;
}

export function apiRoutes({ endpoints, keys, publicUrl, version, log }: ApiOptions): Route[] {
  const description = JSON.stringify(openApi(endpoints, publicUrl + API_ROOT, version));
  return [
    {
      method: "GET",
      path: `${API_ROOT}/openapi.json`,
      handle: async () => ({ status: 200, headers: JSON_HEADERS, body: description }),
    },
    ...endpoints.map(
      (each): Route => ({
        method: each.method,
        path: API_ROOT + each.path.replace(/\{(\w+)\}/g, ":$1"),
        bodyLimit: LONGEST_BODY,
        async handle(request) {
          try {
            const by = findHolder(keys, request.header("authorization"));
            if (by === undefined) throw KEY_WANTED;
            const answer = await runOne(each, request, by);
            if (each.method === "POST") log.info({ by, operation: each.id, ...request.params }, "asked for by hand");
            return json(200, answer);
          } catch (error) {
            if (!(error instanceof ApiRefusal)) throw error;
            return json(error.status, { error: error.code, message: error.message });
          }
        },
      }),
    ),
  ];
}

const KEY_WANTED = new ApiRefusal(
  401,
  "key-wanted",
  "Send a key that stands in http.adminKeys: Authorization: Bearer …",
);

function runOne({ query, body, run }: Endpoint, request: RouteRequest, by: string): Promise<unknown> {
  return run({
    params: request.params,
    query: query && parse(query, Object.fromEntries(request.query), "query"),
    body: body && parse(body, readJson(request.body), "body"),
    by,
  });
}

function readJson(text: string): unknown {
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new ApiRefusal(400, "not-acceptable", "body: want JSON");
    throw error;
  }
}

/** All mistakes together, each with its place. */
function parse(schema: z.ZodType, value: unknown, where: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map(({ path, message }) => `${[where, ...path].join(".")}: ${message}`);
  throw new ApiRefusal(400, "not-acceptable", mistakes.join("; "));
}

/** What it tells is for whoever asked, now. */
const JSON_HEADERS = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };

const json = (status: number, body: unknown): RouteAnswer => ({
  status,
  headers: JSON_HEADERS,
  body: JSON.stringify(body),
});
