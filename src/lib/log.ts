/**
 * One line of log for each fact. Numbers of clients are masked and secrets left out here, at the one place that every
 * line passes, so that no caller can forget it.
 *
 *   info  call=1732435200.17 ringing from=+7495***0001 did=+74951112233 to=[201,202]
 */
import { type DestinationStream, type Logger, pino } from "pino";

export type Log = Logger;

export interface LogOptions {
  readonly level: "debug" | "info" | "warn" | "error";
  /** `text` for people and journald, `json` for collectors. */
  readonly format: "text" | "json";
}

/** Fields that hold a client's number. A DID is the company's own number and stays readable. */
const NUMBER_FIELDS = ["from", "to", "number", "phone", "client", "peer", "callerId"];

/** Fields that must never be written, whoever passes them by mistake. */
const SECRET_FIELDS = [
  "secret",
  "clientSecret",
  "password",
  "authorization",
  "token",
  "accessToken",
  "refreshToken",
  "longLivedToken",
  "ticket",
  "session",
  "key",
];

/** @param destination default: standard output */
export function createLog(options: LogOptions, destination: DestinationStream = process.stdout): Log {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: SERIALIZERS,
    },
    options.format === "json" ? destination : { write: (line) => destination.write(`${toText(line)}\n`) },
  );
}

/** pino runs these for the fields of a line and of a child logger alike. */
const SERIALIZERS: Readonly<Record<string, (value: unknown) => unknown>> = {
  ...Object.fromEntries(NUMBER_FIELDS.map((name) => [name, maskNumbers])),
  ...Object.fromEntries(SECRET_FIELDS.map((name) => [name, () => "***"])),
  error: (value) => (value instanceof Error ? pino.stdSerializers.errWithCause(value) : value),
};

function maskNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskNumbers);
  return typeof value === "string" ? maskNumber(value) : value;
}

/**
 * "+79161234567" → "+7916***4567". Extensions (up to five digits) stay as they are: they are not a client's.
 * At least three digits are hidden of anything longer.
 */
export function maskNumber(number: string): string {
  const digits = number.replace(/\D/g, "");
  const plus = number.trimStart().startsWith("+") ? "+" : "";
  if (digits.length <= 5) return number;
  const [head, tail] = digits.length >= 11 ? [4, 4] : digits.length >= 8 ? [2, 2] : [0, 2];
  return `${plus}${digits.slice(0, head)}***${digits.slice(-tail)}`;
}

/** A line as people read it: time, level, whose fact (`call=`, `pbx=`, …), the fact, its details. */
function toText(line: string): string {
  // The line is pino's own; `error` is what its serializer made of an Error.
  const { time, level, msg, error, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const owner = Object.entries(fields).filter(([name]) => OWNERS.has(name));
  const details = Object.entries(fields).filter(([name]) => !OWNERS.has(name));
  return [
    time,
    String(level).padEnd(5),
    ...owner.map(toPair),
    msg,
    ...details.map(toPair),
    ...(error === undefined ? [] : [toPair(["error", shortError(error)])]),
  ]
    .filter((part) => part !== undefined)
    .join(" ");
}

const OWNERS: ReadonlySet<string> = new Set(["call", "pbx", "account", "attempt"]);

function toPair([name, value]: readonly [string, unknown]): string {
  const text = Array.isArray(value)
    ? `[${value.map(String).join(",")}]`
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);
  return `${name}=${/[\s"=]/.test(text) && !Array.isArray(value) ? JSON.stringify(text) : text}`;
}

function shortError(error: unknown): unknown {
  if (typeof error !== "object" || error === null || !("message" in error)) return error;
  return "stack" in error
    ? `${error.message} ${String(error.stack)
        .split("\n")
        .slice(1, 4)
        .map((frame) => frame.trim())
        .join(" < ")}`
    : error.message;
}
