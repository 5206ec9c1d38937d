/**
 * Says when what SQLite has written into its write-ahead log would survive a power cut. The wait is in another thread and
 * one for all who wait at the same time; SQLite's own (`synchronous = full`) holds the event loop, and is one for each commit.
 */
import { type FileHandle, open } from "node:fs/promises";
import { StoreError } from "./store-error.ts";

export class WalDisk implements AsyncDisposable {
  readonly #log: FileHandle;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  private constructor(log: FileHandle) {
    this.#log = log;
  }

  /** @param database its file, which is open; SQLite makes the log beside it then, and keeps it until it closes the file */
  static async of(database: string): Promise<WalDisk> {
    return new WalDisk(await open(`${database}-wal`, "r+"));
  }

  /**
   * Resolves when all that was written until now is on disk. The log is read from its beginning up to the first gap, so
   * whoever's commit is there, has all commits before it there.
   * @throws StoreError `store/unsure`: it may be there or not
   */
  flushed(): Promise<void> {
    // A flush that runs already may have begun before this was written.
    this.#next ??= this.#flushAfter(this.#running);
    return this.#next;
  }

  async #flushAfter(before: Promise<void>): Promise<void> {
    await Promise.allSettled([before]);
    // Whatever else is written in this turn comes along.
    await new Promise((resolve) => setImmediate(resolve));
    this.#next = undefined;
    this.#running = this.#flush();
    await this.#running;
  }

  async #flush(): Promise<void> {
    try {
      await this.#log.datasync();
    } catch (error) {
      throw new StoreError("store/unsure", {}, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.#next ?? this.#running]);
    await this.#log.close();
  }
}
