/**
 * The service as its command line runs it, but that it can be told to die: as by `kill -9`, at the n-th boundary of what
 * it does from then on. A boundary is the moment before or after a write of the store, and the moment after a request to
 * the CRM has left or its answer has come.
 */
import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { loadConfig } from "../../src/config/config.ts";
import { createLog } from "../../src/lib/log.ts";
import { startService } from "../../src/main.ts";
import { aroundWrites } from "../databases/around-writes.ts";

/** What it understands. */
export interface DieAt {
  /** From 1; 0: live on. */
  readonly boundary: number;
}

let passed = 0;
let dieAt = 0;

function pass(boundary: string): void {
  if (dieAt === 0) return;
  passed++;
  // At once, and not by way of what would be lost.
  writeSync(1, `boundary ${passed}: ${boundary}\n`);
  if (passed === dieAt) process.kill(process.pid, "SIGKILL");
}

process.on("message", ({ boundary }: DieAt) => {
  writeSync(1, `${boundary === 0 ? "disarmed after" : "armed at"} ${passed}\n`);
  passed = 0;
  dieAt = boundary;
});

// The test has ended, however: nobody is left to end the service.
process.once("disconnect", () => process.exit());

/** `undici` tells these of every request; the CRM is the only one that is asked by it beside the PBX's records. */
for (const [name, moment] of [
  ["undici:request:bodySent", "sent"],
  ["undici:request:headers", "answered"],
] as const) {
  channel(name).subscribe((message) => {
    const { request } = message as { request: { method: string; path: string } };
    if (request.path.startsWith("/api/v4/") || request.path.startsWith("/oauth2/"))
      pass(`${moment} ${request.method} ${request.path.split("?")[0]}`);
  });
}

const config = await loadConfig(process.argv.at(-1));
const log = createLog(config.log);
const service = await startService(config, log, (dialect) =>
  aroundWrites(dialect, {
    before: (write) => pass(`before ${write}`),
    after: (write) => pass(`after ${write}`),
  }),
);
log.info({ url: service.url }, "ready");
await once(process, "SIGTERM");
await service[Symbol.asyncDispose]();
process.exit(); // the channel alone would keep it alive
