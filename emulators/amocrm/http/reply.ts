import type { ServerResponse } from "node:http";

/** What a handler answers; the server writes it. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** Takes the response over after the head was written (server-sent events). */
  readonly stream?: (response: ServerResponse) => void;
}

export const noContent: Reply = { status: 204 };

export const hal = (body: object, status = 200): Reply => ({
  status,
  headers: { "content-type": "application/hal+json" },
  body: JSON.stringify(body),
});

export const json = (body: unknown, status = 200): Reply => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

export const html = (body: string, status = 200, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8", ...headers },
  body,
});

export const redirect = (location: string, headers: Record<string, string> = {}): Reply => ({
  status: 302,
  headers: { location, ...headers },
});

/**
 * The bare page that the web server in front of the CRM shows, without any JSON (docs/protocols/amocrm-platform.md#answers,
 * #limits).
 */
export const nginxPage = (status: number, title: string): Reply =>
  html(
    `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
    status,
  );

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Payload Too Large",
  422: "Unprocessable Entity",
  425: "Too Early",
  426: "Upgrade Required",
  429: "Too Many Requests",
};

/** One thing wrong in one element of a batch, in the CRM's words (docs/protocols/amocrm-platform.md#errors). */
export interface FieldFault {
  readonly code: "NotSupportedChoice" | "InvalidType" | "NotNullable" | "FieldMissing";
  readonly path: string;
  readonly detail: string;
}

/** A refusal; thrown by handlers, answered as `application/problem+json` (docs/protocols/amocrm-platform.md#errors). */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly reply: Reply;
  constructor(status: number, detail: string, more: object = {}) {
    super(`${status} ${detail}`);
    const title = TITLES[status] ?? "Error";
    const body = { ...more, title, type: `https://httpstatus.es/${status}`, status, detail };
    this.reply = { status, headers: { "content-type": "application/problem+json" }, body: JSON.stringify(body) };
  }
}

/** The refusal of a whole batch because of some of its elements. */
export const validationProblem = (faults: readonly { request_id: string; errors: readonly FieldFault[] }[]): Problem =>
  new Problem(400, "Request validation failed", { "validation-errors": faults });
