/** Hands encoding jobs to one worker thread, started with the first job: few at a time, in the order they came. */
import { Worker } from "node:worker_threads";
import type { Mp3Result } from "./mp3.ts";
import type { Mp3Job } from "./mp3-worker.ts";

type Answer = { readonly id: number } & ({ readonly result: Mp3Result } | { readonly error: JobError });

/** What of an error comes through to another thread. */
export interface JobError {
  readonly message: string;
  readonly code: string | undefined;
}

interface Waiting {
  readonly job: Mp3Job;
  resolve(result: Mp3Result): void;
  reject(error: Error): void;
}

/** Our own encoder takes the thread for itself; the second one may be ffmpeg's. */
const AT_ONCE = 2;

export class Mp3Maker implements AsyncDisposable {
  #worker: Worker | undefined;
  #lastId = 0;
  readonly #queue: Waiting[] = [];
  readonly #running = new Map<number, Waiting>();

  /** @throws Error when the target cannot be written (with the system's code) or the worker died; the job may be tried again */
  make(parts: readonly string[], target: string): Promise<Mp3Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Mp3Result>();
    this.#queue.push({ job: { id: ++this.#lastId, parts, target }, resolve, reject });
    this.#startNext();
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Error("the service stops");
    for (const { reject } of this.#queue.splice(0)) reject(ended);
    await this.#worker?.terminate();
  }

  #startNext(): void {
    while (this.#running.size < AT_ONCE) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#running.set(next.job.id, next);
      this.#thread().postMessage(next.job);
    }
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL("./mp3-worker.ts", import.meta.url));
    worker.on("message", (answer: Answer) => {
      const waiting = this.#running.get(answer.id);
      this.#running.delete(answer.id);
      if ("result" in answer) waiting?.resolve(answer.result);
      else waiting?.reject(Object.assign(new Error(answer.error.message), { code: answer.error.code }));
      this.#startNext();
    });
    const fail = (error: Error) => {
      if (this.#worker !== worker) return; // an error is followed by an exit
      this.#worker = undefined; // the next job starts another one
      const failed = [...this.#running.values()];
      this.#running.clear();
      for (const { reject } of failed) reject(error);
      this.#startNext();
    };
    worker.on("error", fail);
    worker.on("exit", (code) => fail(new Error(`the mp3 worker ended with ${code}`)));
    worker.unref(); // a job that waits must not keep a stopped service alive
    this.#worker = worker;
    return worker;
  }
}
