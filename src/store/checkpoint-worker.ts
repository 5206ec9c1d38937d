/** The other end of `checkpoints.ts`: folds a log into its file, once for each message, and answers when it has. */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

const file = new DatabaseSync(String(workerData));
parentPort?.on("message", () => {
  // Waits for nobody and holds nobody up: what is being read or written meanwhile is left to the next time.
  file.exec("pragma wal_checkpoint(passive)");
  parentPort?.postMessage("folded");
});
