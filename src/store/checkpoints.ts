/**
 * Folds SQLite's write-ahead log into the file from another thread. SQLite does so itself after a number of pages, but
 * within somebody's commit, and holds the event loop for as long as the disk takes: with fifty calls a second 0.2 s. What
 * was folded here is not folded again there, and the log begins anew all the sooner.
 */
import { Worker } from "node:worker_threads";

/** So long after a write the log is folded; what else is written until then comes along. */
const APART_MS = 500;

export class Checkpoints implements AsyncDisposable {
  readonly #worker: Worker;
  #timer: NodeJS.Timeout | undefined;
  #isFolding = false;
  #isDue = false;

  /** @param database its file, in WAL mode */
  constructor(database: string) {
    this.#worker = new Worker(new URL("./checkpoint-worker.ts", import.meta.url), { workerData: database });
    this.#worker.unref();
    this.#worker.on("message", () => {
      this.#isFolding = false;
      if (this.#isDue) this.written();
    });
    // A disk that fails here fails at the next commit too, which tells it; the log is then folded by SQLite alone.
    this.#worker.on("error", () => {
      this.#isFolding = true;
    });
  }

  /** To be called when something has been written. */
  written(): void {
    this.#isDue = true;
    if (this.#isFolding || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#fold(), APART_MS).unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.#isFolding = true;
    await this.#worker.terminate();
  }

  #fold(): void {
    this.#timer = undefined;
    this.#isDue = false;
    this.#isFolding = true;
    this.#worker.postMessage("fold");
  }
}
