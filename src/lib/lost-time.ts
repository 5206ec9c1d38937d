import type { Clock } from "./clock.ts";

/**
 * The time that went by on the machine's clock while nobody could do anything: the machine slept, or its clock was set
 * ahead. Whatever waits has not waited for that long.
 */
export class LostTime {
  readonly #clock: Clock;
  readonly #livedMs: () => number;
  /** By how much the clock was ahead of our life when that began. */
  readonly #ahead: number;

  /** @param livedMs counts this process's milliseconds; no change of the clock is in them, and on Linux no sleep either */
  constructor(clock: Clock, livedMs: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#livedMs = livedMs;
    this.#ahead = clock.now() - livedMs();
  }

  /** Since this was made, milliseconds. */
  get ms(): number {
    return Math.max(0, this.#clock.now() - this.#livedMs() - this.#ahead);
  }
}
