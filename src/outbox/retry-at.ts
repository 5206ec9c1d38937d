const LONGEST_SECONDS = 900;

/**
 * When to try again: twice as long after each attempt, at most a quarter of an hour, never all at the same moment.
 * @param attempt the one that failed, from 1
 * @param random from 0 (included) to 1
 * @returns epoch ms
 */
export function retryAt(attempt: number, now: number, random: () => number): number {
  const seconds = Math.min(2 ** (attempt - 1), LONGEST_SECONDS) * (0.5 + random() / 2);
  return now + Math.round(seconds * 1000);
}
