/** How much one key may ask: a bucket that fills again evenly, so that a burst is let through and a flood is not. */
import type { Clock } from "../lib/clock.ts";

/** A script may ask so much at once of what it has for a minute. */
const BURST = 1 / 4;

export class RequestLimit {
  readonly #perMs: number;
  readonly #most: number;
  readonly #clock: Clock;
  readonly #left = new Map<string, { left: number; at: number }>();

  /** @param perMinute 1 or more */
  constructor(perMinute: number, clock: Clock) {
    this.#perMs = perMinute / 60_000;
    this.#most = Math.max(1, perMinute * BURST);
    this.#clock = clock;
  }

  /**
   * Counts one request.
   * @param key what tells one key from another; there are only as many as the settings name
   * @returns 0 when it may be done, else in how many seconds one may
   */
  take(key: string): number {
    const now = this.#clock.now();
    const before = this.#left.get(key) ?? { left: this.#most, at: now };
    const left = Math.min(this.#most, before.left + Math.max(0, now - before.at) * this.#perMs);
    const isEnough = left >= 1;
    this.#left.set(key, { left: isEnough ? left - 1 : left, at: now });
    return isEnough ? 0 : Math.ceil((1 - left) / this.#perMs / 1000);
  }
}
