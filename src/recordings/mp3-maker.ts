/** Hands encoding jobs to one worker thread, started with the first job. */
import { Worker } from "node:worker_threads";
import type { Mp3Result } from "./mp3.ts";
import type { Mp3Job } from "./mp3-worker.ts";

type Answer = { readonly id: number } & ({ readonly result: Mp3Result } | { readonly error: string });

export class Mp3Maker implements AsyncDisposable {
  #worker: Worker | undefined;
  #lastId = 0;
  readonly #waiting = new Map<number, { resolve: (result: Mp3Result) => void; reject: (error: Error) => void }>();

  /** @throws Error when the target cannot be written (a full disk) or the worker died; the job may be tried again */
  make(parts: readonly string[], target: string): Promise<Mp3Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Mp3Result>();
    const job: Mp3Job = { id: ++this.#lastId, parts, target };
    this.#waiting.set(job.id, { resolve, reject });
    this.#start().postMessage(job);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL("./mp3-worker.ts", import.meta.url));
    worker.on("message", (answer: Answer) => {
      const job = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ("result" in answer) job?.resolve(answer.result);
      else job?.reject(new Error(answer.error));
    });
    const fail = (error: Error) => {
      this.#worker = undefined; // the next job starts another one
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    worker.on("error", fail);
    worker.on("exit", (code) => fail(new Error(`the mp3 worker ended with ${code}`)));
    worker.unref(); // a job that waits must not keep a stopped service alive
    this.#worker = worker;
    return worker;
  }
}
