/** Misbehaviour on request: the next N requests that match go wrong in a chosen way (docs/protocols/amocrm-platform.md#faults). */
import type { Reply } from "../http/reply.ts";
import { html, nginxPage, noContent, Problem } from "../http/reply.ts";

export const FAULT_KINDS = [
  "429-json",
  "429-html",
  "403-html",
  "403-json",
  "401",
  "402",
  "500",
  "502",
  "503",
  "504",
  "204",
  "html-200",
  "malformed",
  "504-partial",
  "slow",
  "loose",
  "reset",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** How many requests it spoils. */
  readonly times: number;
  /** HTTP method; absent: any. */
  readonly method?: string;
  /** Beginning of the path, e.g. `/api/v4/leads`; absent: any. */
  readonly path?: string;
  /** Only requests whose body is a list of more items: big batches are what 504 is given for. */
  readonly moreThan?: number;
  /** `slow`: how long the answer waits, real ms. */
  readonly ms?: number;
  /**
   * The request is carried out first and only its answer is lost or spoiled. `malformed`, `slow` and `loose` always carry
   * out; `504-partial` carries out the first half of a list and answers 504.
   */
  readonly performed?: boolean;
}

export class FaultPlan {
  readonly #faults: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times });
  }

  clear(): void {
    this.#faults.length = 0;
  }

  list(): readonly Fault[] {
    return this.#faults.filter(({ left }) => left > 0).map(({ fault, left }) => ({ ...fault, times: left }));
  }

  /** The fault for this request, used up by one; the oldest matching wins. */
  take(method: string, path: string, body: Buffer): Fault | undefined {
    const entry = this.#faults.find(
      ({ fault, left }) =>
        left > 0 &&
        (fault.method === undefined || fault.method === method) &&
        path.startsWith(fault.path ?? "") &&
        (fault.moreThan === undefined || (listOf(body)?.length ?? 0) > fault.moreThan),
    );
    if (entry) entry.left -= 1;
    return entry?.fault;
  }
}

function listOf(body: Buffer): unknown[] | undefined {
  try {
    const json: unknown = JSON.parse(body.toString("utf8"));
    return Array.isArray(json) ? json : undefined;
  } catch {
    return undefined; // a form, or nothing
  }
}

/** The first half of a list, rounded up; anything else as it is. */
export function firstHalf(body: Buffer): Buffer {
  const items = listOf(body);
  return items ? Buffer.from(JSON.stringify(items.slice(0, Math.ceil(items.length / 2)))) : body;
}

const TOO_MANY = "You have sent too many requests in a given amount of time. Please try again later.";

export const tooManyRequests = (body: "json" | "html"): Reply =>
  body === "json" ? new Problem(429, TOO_MANY).reply : nginxPage(429, "Too Many Requests");

/** What is answered in place of `real`; "reset" cuts the connection without a word. */
export function spoil(kind: FaultKind, real: Reply | undefined): Reply | "reset" {
  switch (kind) {
    case "429-json":
      return tooManyRequests("json");
    case "429-html":
      return tooManyRequests("html");
    case "403-html":
      return nginxPage(403, "Forbidden");
    case "403-json":
      return new Problem(403, "Forbidden").reply;
    case "401":
      return new Problem(401, "Invalid user name or password").reply;
    case "402":
      return new Problem(402, "Payment required").reply;
    case "500":
      return new Problem(500, "Internal server error", { trace_id: "00000000000000000000000000000000" }).reply;
    case "502":
      return nginxPage(502, "Bad Gateway");
    case "503":
      return nginxPage(503, "Service Temporarily Unavailable");
    // Some of the list was written, and nobody says which.
    case "504-partial":
    case "504":
      return nginxPage(504, "Gateway Time-out");
    case "204":
      return noContent;
    case "html-200":
      return html("<!doctype html><title>CRM</title><p>Ведутся технические работы</p>");
    case "malformed": {
      const text = Buffer.from(real?.body ?? '{"_embedded":{}}');
      return {
        status: 200,
        headers: { "content-type": "application/hal+json" },
        body: text.subarray(0, text.length / 2),
      };
    }
    case "loose":
      return real ? loosely(real) : noContent;
    case "slow":
      return real ?? noContent;
    case "reset":
      return "reset";
  }
}

/** The same answer in every other spelling that PHP may give it: what no client should mind. */
function loosely(reply: Reply): Reply {
  const type = String(reply.headers?.["content-type"]);
  if (!type.includes("json") || reply.body === undefined) return reply;
  return { ...reply, body: JSON.stringify(respelt(JSON.parse(String(reply.body)))) };
}

/** Numbers and flags become texts, empty lists null, empty objects empty lists. */
function respelt(value: unknown): unknown {
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "1" : "";
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.length > 0 ? value.map(respelt) : null;
  const parts = Object.entries(value).map(([key, part]) => [key, respelt(part)] as const);
  return parts.length > 0 ? Object.fromEntries(parts) : [];
}
