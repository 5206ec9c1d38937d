/** Encoding takes a second for ten minutes of talk: it runs beside the event loop, not in it. */
import { parentPort } from "node:worker_threads";
import { makeMp3 } from "./mp3.ts";

export interface Mp3Job {
  readonly id: number;
  readonly parts: readonly string[];
  readonly target: string;
}

parentPort?.on("message", async (job: Mp3Job) => {
  try {
    parentPort?.postMessage({ id: job.id, result: await makeMp3(job.parts, job.target) });
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    parentPort?.postMessage({ id: job.id, error: { message, code } });
  }
});
