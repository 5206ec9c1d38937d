/** Time for tests: it passes when they say so. */
import type { Stop } from "../live/panel-link.ts";

export class HandClock {
  now = 1_000;
  #timers = new Set<{ at: number; act: () => void }>();
  after = (milliseconds: number, act: () => void): Stop => {
    const timer = { at: this.now + milliseconds, act };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };
  pass(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers.delete(next);
      this.now = next.at;
      next.act();
    }
    this.now = end;
  }
  get waiting(): number {
    return this.#timers.size;
  }
}
