/** A quarter of an hour. */
const LONGEST_SECONDS = 900;

/**
 * When to try again: twice as long after each attempt, never all at the same moment.
 * @param attempt the one that failed, from 1
 * @param random from 0 (included) to 1
 * @param longestSeconds longer it never takes
 * @returns epoch ms
 */
export function retryAt(attempt: number, now: number, random: () => number, longestSeconds = LONGEST_SECONDS): number {
  const seconds = Math.min(2 ** (attempt - 1), longestSeconds) * (0.5 + random() / 2);
  return now + Math.round(seconds * 1000);
}
