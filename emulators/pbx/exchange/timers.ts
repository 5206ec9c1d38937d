import type { Interrupted, Thread } from "./channel.ts";

/** Waiting: everything that the PBX does later goes through here, so that its end leaves no timer behind. */
export class Timers {
  readonly #pace: number;
  readonly #timers = new Set<NodeJS.Timeout>();
  #closed = false;

  constructor(pace: number) {
    this.#pace = pace;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A delay of a real PBX at this emulator's pace, milliseconds. */
  paced(milliseconds: number): number {
    return Math.round(milliseconds * this.#pace);
  }

  /** Runs `action` later, unless all has been closed. */
  later(milliseconds: number, action: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#closed) action();
    }, milliseconds);
    this.#timers.add(timer);
    return timer;
  }

  cancelTimer(timer: NodeJS.Timeout | undefined): void {
    if (timer === undefined) return;
    clearTimeout(timer);
    this.#timers.delete(timer);
  }

  /** Waits on a channel's thread; throws {@link Interrupted} when the thread is stopped. */
  wait(thread: Thread, milliseconds: number): Promise<void> {
    return this.until(thread, (done) => {
      const timer = this.later(milliseconds, done);
      return () => this.cancelTimer(timer);
    });
  }

  /** Waits for whatever `begin` calls back, or for the thread to be stopped. `begin` returns how to give the wait up. */
  until<T = void>(thread: Thread, begin: (done: (value: T) => void) => () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      thread.signal.throwIfAborted();
      const onAbort = (): void => {
        giveUp();
        reject(thread.signal.reason as Interrupted);
      };
      const giveUp = begin((value) => {
        thread.signal.removeEventListener("abort", onAbort);
        resolve(value);
      });
      thread.signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Nothing happens any more. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
