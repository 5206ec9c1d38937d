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

/** Nobody waits longer for another try, whatever asks for it. */
export const LONGEST_WAIT_MS = 3_600_000;

/**
 * Is a wait over? One that would last longer than any was begun before the machine's clock was set back.
 * @param until epoch ms, as `now`
 */
export function isWaitOver(until: number, now: number): boolean {
  return until <= now || until > now + LONGEST_WAIT_MS;
}
