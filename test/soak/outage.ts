/**
 * amoCRM away for 72 simulated hours with 5,000 calls, then back: all written once with their own times, at no more than
 * 6 requests a second, and a new call's note before the backlog. Exits 1 when it is not so. Option: --calls N
 */
import { parseArgs } from "node:util";
import { AMOCRM_PACE } from "../../src/amocrm/rate-limit.ts";
import { outage } from "../../src/assembly/crm/outage.testing.ts";

const NEW_CALL_MS = 5_000;

const { values } = parseArgs({ options: { calls: { type: "string", default: "5000" } } });
const calls = Number(values.calls);
const { written, doubled, busiestSecond, newCallMs, waitingThen, backlogMs, progress } = await outage(calls);
console.log(`${written} of ${calls} calls written with their own times, ${doubled} doubled`);
console.log(
  `busiest second: ${busiestSecond} requests; backlog gone ${(backlogMs / 1000).toFixed(1)} s after the return`,
);
console.log(`a new call's note after ${(newCallMs / 1000).toFixed(2)} s, while ${waitingThen} others waited`);
console.log(`waiting, as shown meanwhile: ${progress.join(" ")}`);
const isWell = written === calls && doubled === 0 && busiestSecond <= AMOCRM_PACE.perSecond && newCallMs <= NEW_CALL_MS;
if (!isWell) process.exitCode = 1;
