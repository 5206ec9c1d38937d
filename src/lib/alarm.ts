/** Lets a loop sleep until there is something to do. Ringing while the loop is busy is remembered: nothing is missed. */
export class Alarm {
  #rung = false;
  #wake: () => void = () => {};

  ring(): void {
    this.#rung = true;
    this.#wake();
  }

  /** Resolves after so long, or at once when it rings, or rang since the last sleep. */
  async sleep(ms: number): Promise<void> {
    if (!this.#rung && ms > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, ms);
      await promise;
      clearTimeout(timer);
    }
    this.#rung = false;
  }
}
