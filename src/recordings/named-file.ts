/**
 * From the name that the PBX gives a recording to the names under which it may be had. Pure. A name is never trusted: it
 * may come from a call record that somebody else wrote.
 */
import { posix } from "node:path";

export interface NamingRules {
  /** Directory as the PBX names it, e.g. "/storage/usbdisk1/mikopbx/astspool/monitor". */
  readonly pbxDirectory: string;
  /**
   * Names below it to try in turn, best first: "{dir}/{name}.wav". `{dir}` and `{name}` are of the told path, without its
   * extension; `{year}` `{month}` `{day}` `{hour}` of the recording's begin.
   */
  readonly patterns: readonly string[];
  /** IANA zone of the PBX, for the date in the patterns. */
  readonly timeZone: string;
}

export const NAME_PLACEHOLDERS = ["dir", "name", "year", "month", "day", "hour"] as const;

const LONGEST = 1_000;

/** @returns paths below the directory, without a slash before them; null when the name leads, or may lead, outside */
export function candidateNames(named: string, startedAt: number, rules: NamingRules): readonly string[] | null {
  const root = posix.normalize(`${rules.pbxDirectory}/`);
  if (isSuspect(named)) return null;
  const path = posix.normalize(named.startsWith("/") ? named : posix.join(root, named));
  if (!path.startsWith(root) || path === root) return null;
  const { dir, name } = posix.parse(path.slice(root.length));
  if (name === "") return null;
  const values: Record<string, string> = { dir, name, ...dateParts(startedAt, rules.timeZone) };
  const names = rules.patterns.map((pattern) =>
    posix.normalize(pattern.replace(/\{(\w+)\}/g, (place, key: string) => values[key] ?? place)).replace(/^\/+/, ""),
  );
  return [...new Set(names)];
}

/** No PBX writes such names. Control characters also end strings for whatever is below us. */
function isSuspect(named: string): boolean {
  const tricks = [/\p{Cc}/u, /\\/, /:\/\//, /(^|\/)\.\.(\/|$)/];
  return named.length > LONGEST || tricks.some((trick) => trick.test(named));
}

function dateParts(at: number, timeZone: string): Record<string, string> {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    hourCycle: "h23",
  });
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}
