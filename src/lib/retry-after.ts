/**
 * What a server asks for by `Retry-After` (RFC 9110 §10.2.3: seconds, or a moment).
 * @param now epoch ms
 * @param longestSeconds longer nobody waits
 * @returns seconds; 0 when it asks for nothing, or in words that nobody understands
 */
export function readRetryAfter(
  header: string | readonly string[] | undefined,
  now: number,
  longestSeconds: number,
): number {
  const text = typeof header === "string" ? header.trim() : "";
  const seconds = /^\d+$/.test(text) ? Number(text) : MOMENT.test(text) ? (Date.parse(text) - now) / 1000 : 0;
  return Math.min(Math.max(seconds || 0, 0), longestSeconds);
}

/** "Fri, 31 Jul 2026 12:00:00 GMT", and the older forms, which all name the day of the week. */
const MOMENT = /^(mon|tue|wed|thu|fri|sat|sun)/i;
