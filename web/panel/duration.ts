/** Times as the panel shows them. Times are milliseconds; hours are those of a zone, and whose zone it is the service tells. */

/** "0:07", "02:14", "1:02:14": a waiting time has one digit of minutes, a timer two. */
export function formatDuration(milliseconds: number, kind: "timer" | "waiting"): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const two = (n: number) => String(n).padStart(2, "0");
  if (hours > 0) return `${hours}:${two(minutes)}:${two(seconds % 60)}`;
  return `${kind === "timer" ? two(minutes) : minutes}:${two(seconds % 60)}`;
}

/** "09:12". `at` is epoch ms, `timeZone` an IANA zone. */
export function formatHour(at: number, timeZone: string): string {
  const { hour, minute } = partsOf(at, timeZone);
  return `${hour}:${minute}`;
}

/** "14:05" of the same day, "24.11, 14:05" of another. Both are epoch ms, `timeZone` is an IANA zone. */
export function formatMoment(at: number, now: number, timeZone: string): string {
  const { year, month, day } = partsOf(at, timeZone);
  const today = partsOf(now, timeZone);
  const hour = formatHour(at, timeZone);
  return year === today.year && month === today.month && day === today.day ? hour : `${day}.${month}, ${hour}`;
}

type Parts = Readonly<Record<"year" | "month" | "day" | "hour" | "minute", string>>;

function partsOf(at: number, timeZone: string): Parts {
  const parts = formatOf(timeZone).formatToParts(at);
  return Object.fromEntries(parts.map(({ type, value }) => [type, value])) as Parts; // it was asked for exactly these
}

/** A format is dear to make, and there is one zone. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const format = formats.get(timeZone) ?? newFormat(timeZone);
  formats.set(timeZone, format);
  return format;
}

function newFormat(timeZone: string): Intl.DateTimeFormat {
  const shape = { dateStyle: "short", timeStyle: "short" } as const;
  try {
    return new Intl.DateTimeFormat("en-GB", { ...shape, timeZone });
  } catch (error) {
    // A browser may be older than the zone's name; its own clock is the nearest thing to it.
    if (error instanceof RangeError) return new Intl.DateTimeFormat("en-GB", shape);
    throw error;
  }
}
