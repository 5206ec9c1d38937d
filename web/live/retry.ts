/** How long to wait before the link is tried again. */
const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/**
 * Milliseconds before attempt number `attempt` (the first is 1): doubling up to 15 s, half of it by chance,
 * so that a restarted service is not met by all panels in the same second. `random` is in [0, 1).
 */
export function retryAfterMs(attempt: number, random: number): number {
  const longest = Math.min(FIRST_MS * 2 ** (attempt - 1), LONGEST_MS);
  return Math.round(longest * (0.5 + random / 2));
}
