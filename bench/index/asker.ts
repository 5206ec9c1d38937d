/** A thread that asks at its own hours, as a telephone does: its questions do not wait for the one who is asked. */
import { parentPort, workerData } from "node:worker_threads";

export interface AskerOrder {
  readonly questions: number;
  readonly everyMs: number;
}

export interface Question {
  /** ns of `process.hrtime`, which all threads share. */
  readonly at: bigint;
  /** How often the machine has taken the processor from this process until then. */
  readonly switchesBefore: number;
}

const { questions, everyMs } = workerData as AskerOrder;
const sleep = new Int32Array(new SharedArrayBuffer(4));
for (let asked = 0; asked < questions; asked++) {
  Atomics.wait(sleep, 0, 0, everyMs);
  const switchesBefore = process.resourceUsage().involuntaryContextSwitches;
  parentPort?.postMessage({ at: process.hrtime.bigint(), switchesBefore } satisfies Question);
}
