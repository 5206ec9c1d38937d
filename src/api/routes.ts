/** Endpoints as routes: the key, the check of what comes in, refusals, a line in the log for whatever was changed. */
import type { z } from "zod";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Route, RouteAnswer, RouteRequest } from "../lib/route.ts";
import { type ApiKey, ApiKeys } from "./api-key.ts";
import { ApiRefusal, callersOf, type Endpoint } from "./endpoint.ts";
import { COMMON_REFUSALS, type DescribedMessages, openApi } from "./open-api.ts";
import { RequestLimit } from "./request-limit.ts";

/** Below the service's public address. */
export const API_ROOT = "/api/v1";

/** Rules to be tried are the longest thing that anybody sends. */
const LONGEST_BODY = 256 * 1024;

export interface ApiOptions {
  readonly endpoints: readonly Endpoint[];
  /** For the description. */
  readonly messages: DescribedMessages;
  readonly keys: readonly ApiKey[];
  /** So many requests may be made with one key. */
  readonly perMinute: number;
  readonly publicUrl: string;
  /** Of the program. */
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

export function apiRoutes(options: ApiOptions): Route[] {
  const { endpoints, messages, publicUrl, version, log } = options;
  const description = JSON.stringify(openApi(endpoints, messages, publicUrl + API_ROOT, version));
  const keys = new ApiKeys(options.keys);
  const limit = new RequestLimit(options.perMinute, options.clock);
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
            const key = admit(each, request, keys, limit);
            const answer = await runOne(each, request, key);
            if (each.method === "POST") {
              log.info({ by: key.name, operation: each.id, ...request.params }, "asked for through the API");
            }
            return json(200, answer);
          } catch (error) {
            if (!(error instanceof ApiRefusal)) throw error;
            const { status, code, message, retryAfterSeconds } = error;
            const again = retryAfterSeconds === null ? {} : { "retry-after": String(retryAfterSeconds) };
            return json(status, { error: code, message }, again);
          }
        },
      }),
    ),
  ];
}

/** @throws ApiRefusal when the key is nobody's, opens something else, or has been used too often */
function admit(endpoint: Endpoint, request: RouteRequest, keys: ApiKeys, limit: RequestLimit): ApiKey {
  const key = keys.find(request.header("authorization"));
  if (key === undefined) throw common(401, "key-wanted");
  const waits = limit.take(key.hash);
  if (waits > 0) throw common(429, "too-many-requests", waits);
  if (!callersOf(endpoint).includes(key.caller.kind)) throw common(403, "not-for-this-key");
  return key;
}

function common(status: number, code: keyof typeof COMMON_REFUSALS, retryAfterSeconds?: number): ApiRefusal {
  return new ApiRefusal(status, code, COMMON_REFUSALS[code], retryAfterSeconds);
}

async function runOne(endpoint: Endpoint, request: RouteRequest, { name, caller }: ApiKey): Promise<unknown> {
  const { query, headers, body, answer, run } = endpoint;
  const told = await run({
    params: request.params,
    query: query && parse(query, Object.fromEntries(request.query), "query"),
    headers: headers ? (parse(headers, named(headers, request), "headers") as Record<string, unknown>) : {},
    body: body && parse(body, readJson(request.body), "body"),
    by: name,
    caller,
  });
  // What the description does not name is not told.
  return answer.parse(told);
}

/** The headers that the schema names. */
function named({ shape }: z.ZodObject, request: RouteRequest): Record<string, string | undefined> {
  return Object.fromEntries(Object.keys(shape).map((name) => [name, request.header(name)]));
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

const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): RouteAnswer => ({
  status,
  headers: { ...JSON_HEADERS, ...headers },
  body: JSON.stringify(body),
});
