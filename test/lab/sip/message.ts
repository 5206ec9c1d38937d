/** SIP messages as text (RFC 3261 §7): reading them, writing them, and taking their header values apart. */

/** Headers of one message; names without regard to case, compact forms ("i") as the long ones ("call-id"). */
export class SipHeaders {
  readonly #values = new Map<string, string[]>();

  add(name: string, value: string): void {
    const long = COMPACT_FORMS[name.toLowerCase()] ?? name.toLowerCase();
    this.#values.set(long, [...this.all(long), value]);
  }

  /** The first value of a header, by its long name in lower case. */
  get(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  /** Every value of a header, in order: `Via` and `Record-Route` may stand several times. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }
}

interface SipMessage {
  readonly headers: SipHeaders;
  readonly body: string;
  readonly cseq: { readonly number: number; readonly method: string };
  /** The id of the transaction, from the topmost `Via`. */
  readonly branch: string;
}

export interface SipRequest extends SipMessage {
  readonly kind: "request";
  readonly method: string;
  readonly uri: string;
}

export interface SipResponse extends SipMessage {
  readonly kind: "response";
  readonly status: number;
  readonly reason: string;
}

/** Header values to be written; several values give several lines. */
export type HeaderFields = Readonly<Record<string, string | readonly string[]>>;

/** @throws Error when the first line is neither a request's nor a response's */
export function parseSip(text: string): SipRequest | SipResponse {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [first = "", ...lines] = head.replace(/\r\n[ \t]+/g, " ").split("\r\n");
  const headers = new SipHeaders();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.add(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  const [number = "", method = ""] = (headers.get("cseq") ?? "").split(/\s+/);
  const common = {
    headers,
    body: rest.join("\r\n\r\n"),
    cseq: { number: Number(number), method },
    branch: /branch=([^;,\s]+)/.exec(headers.get("via") ?? "")?.[1] ?? "",
  };
  const response = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(first);
  if (response) return { kind: "response", status: Number(response[1]), reason: response[2] ?? "", ...common };
  const request = /^([A-Z]+) (\S+) SIP\/2\.0$/.exec(first);
  if (!request) throw new Error(`not a SIP message: ${first}`);
  return { kind: "request", method: request[1] ?? "", uri: request[2] ?? "", ...common };
}

/** One message as text. `Content-Length` is added here. */
export function writeSip(firstLine: string, headers: HeaderFields, body = ""): string {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`));
  return `${[firstLine, ...lines, `Content-Length: ${Buffer.byteLength(body)}`].join("\r\n")}\r\n\r\n${body}`;
}

/** The `tag` parameter of a From or To value. */
export function tagOf(value: string | undefined): string | undefined {
  return /;\s*tag=([^;>\s]+)/.exec(value ?? "")?.[1];
}

/** The URI of a value such as `"Anna" <sip:201@pbx>;tag=1`. */
export function uriOf(value: string | undefined): string {
  return /<([^>]*)>/.exec(value ?? "")?.[1] ?? (value ?? "").split(";")[0]?.trim() ?? "";
}

/** The user part of a value's URI: the number. Empty when it has none. */
export function numberOf(value: string | undefined): string {
  return decodeURIComponent(/^sips?:([^@;>]*)@/.exec(uriOf(value))?.[1] ?? "");
}

/** The display name of a value, without its quotes. */
export function nameOf(value: string | undefined): string {
  return (/^\s*"((?:[^"\\]|\\.)*)"/.exec(value ?? "")?.[1] ?? /^\s*([^<"]+?)\s*</.exec(value ?? "")?.[1] ?? "").trim();
}

/** Whether an INVITE asks the phone to pick up by itself, in one of the two ways that desk phones know. */
export function asksForAnswer({ headers }: SipRequest): boolean {
  return (
    /;\s*answer-after=0\b/.test(headers.get("call-info") ?? "") ||
    /;\s*info=alert-autoanswer\b/.test(headers.get("alert-info") ?? "")
  );
}

/** The words that stand behind a status on the wire. */
export function reasonPhrase(status: number): string {
  return REASON_PHRASES[status] ?? "Answer";
}

const COMPACT_FORMS: Readonly<Record<string, string>> = {
  b: "referred-by",
  c: "content-type",
  e: "content-encoding",
  f: "from",
  i: "call-id",
  k: "supported",
  l: "content-length",
  m: "contact",
  o: "event",
  r: "refer-to",
  s: "subject",
  t: "to",
  v: "via",
};

const REASON_PHRASES: Readonly<Record<number, string>> = {
  100: "Trying",
  180: "Ringing",
  200: "OK",
  404: "Not Found",
  480: "Temporarily Unavailable",
  481: "Call Does Not Exist",
  486: "Busy Here",
  487: "Request Terminated",
  501: "Not Implemented",
  503: "Service Unavailable",
  600: "Busy Everywhere",
  603: "Decline",
};
