import { AmiError } from "./ami-error.ts";

/**
 * An AMI action's headers. A record for the common case; a list of pairs where order matters; an array as value writes
 * the header once for each of its elements (`Variable`). `undefined` leaves the header out.
 */
export type ActionFields =
  | Readonly<Record<string, ActionValue>>
  | readonly (readonly [name: string, value: ActionValue])[];
export type ActionValue = string | number | boolean | readonly string[] | undefined;

/** What of an action may be logged. Never the whole of it: a login holds the secret, a dial the client's number. */
export function actionName(fields: ActionFields): string {
  const [, name] = toPairs(fields).find(([key]) => key.toLowerCase() === "action") ?? [];
  return name ?? "(none)";
}

/**
 * The longest line and the most headers that Asterisk's manager reads of one action; what is beyond, it drops without
 * a word. Known of its source (assumed for all versions): a line buffer of 1,025 bytes, 128 headers.
 */
const MAX_LINE_BYTES = 1024;
const MAX_HEADERS = 128;

/** The form of every header that Asterisk documents: `Action`, `ChannelId`, `ActionID`. */
const HEADER_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
/** CR and LF would end the header and begin one of the value's own choosing; NUL ends the line for Asterisk. */
const FORBIDDEN_IN_VALUE = /[\r\n\0]/;

/**
 * The action as it goes to the wire, with its ActionID.
 * @throws AmiError `ami/bad-action` naming the header, never its value
 */
export function encodeAction(fields: ActionFields, actionId: string): string {
  const headers = toPairs(fields);
  const name = actionName(fields);
  const refuse = (header: string, why: string): never => {
    throw new AmiError("ami/bad-action", { action: printable(name), header: printable(header), why });
  };
  if (headers[0]?.[0].toLowerCase() !== "action") refuse("Action", "must come first");
  if (headers.some(([header]) => header.toLowerCase() === "actionid")) refuse("ActionID", "is given by the connection");
  if (headers.length >= MAX_HEADERS) refuse("Variable", `more than ${MAX_HEADERS - 1} headers`);
  const lines = [...headers, ["ActionID", actionId] as const].map(([header, value]) => {
    if (!HEADER_NAME.test(header)) refuse(header, "is no header name");
    if (FORBIDDEN_IN_VALUE.test(value)) refuse(header, "value holds CR, LF or NUL");
    const line = `${header}: ${value}`;
    if (Buffer.byteLength(line) > MAX_LINE_BYTES) refuse(header, `line longer than ${MAX_LINE_BYTES} bytes`);
    return line;
  });
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function toPairs(fields: ActionFields): (readonly [name: string, value: string])[] {
  const pairs = isPairs(fields) ? fields : Object.entries(fields);
  return pairs.flatMap(([name, value]) => {
    if (value === undefined) return [];
    return (typeof value === "object" ? value : [String(value)]).map((one) => [name, one] as const);
  });
}

function isPairs(fields: ActionFields): fields is readonly (readonly [name: string, value: ActionValue])[] {
  return Array.isArray(fields);
}

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
