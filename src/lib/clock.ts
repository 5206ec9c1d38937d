/** Time is an argument: whatever needs "now" is given a clock, so that a replay and a test can tell it the hour. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
