import { setImmediate } from "node:timers/promises";
import { Alarm } from "./alarm.ts";

/** After a turn that failed; longer than the failures that pass by themselves. Milliseconds. */
const AFTER_FAILURE_MS = 5_000;

export interface LoopOptions {
  /** Does what there is to do. @returns for how many milliseconds there will be nothing, unless somebody wakes */
  readonly turn: () => Promise<number>;
  /** A turn failed; it is tried again. */
  readonly onTrouble: (error: unknown) => void;
}

/** One kind of work done again and again, one turn after another, until it is stopped. */
export class Loop {
  readonly #options: LoopOptions;
  readonly #alarm = new Alarm();
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** There may be something to do. */
  wake(): void {
    this.#alarm.ring();
  }

  /** Resolves when the turn under way is over; there is none after it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarm.ring();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#alarm.sleep(await this.#turn());
      // The embedded store answers without letting anybody else run.
      await setImmediate();
    }
  }

  async #turn(): Promise<number> {
    try {
      return await this.#options.turn();
    } catch (error) {
      this.#options.onTrouble(error);
      return AFTER_FAILURE_MS;
    }
  }
}
