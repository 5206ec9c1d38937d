/**
 * 1,000 calls while amoCRM fails at random: 429, 5xx, broken pages, connections cut and answers too late, often with
 * the work done. Each call is there once, in its client's order. Exits 1 when it is not so. Options: --calls N --seed N
 */
import { parseArgs } from "node:util";
import { AMOCRM_PACE } from "../../src/amocrm/rate-limit.ts";
import { faultStorm } from "../../src/assembly/crm/fault-storm.testing.ts";

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "1000" },
    seed: { type: "string", default: String((Date.now() % 100_000) + 1) },
  },
});
console.log(`${values.calls} calls, seed ${values.seed}`);
const figures = await faultStorm(Number(values.calls), Number(values.seed));
const { calls, notes, doubled, disordered, quarantined, busiestSecond, faults } = figures;
console.log(
  `${notes} of ${calls} calls written through ${faults} faults, ${doubled} doubled, ${quarantined} put aside`,
);
console.log(`clients out of order: ${disordered}; busiest second: ${busiestSecond} requests`);
const isWell = notes === calls && doubled + disordered + quarantined === 0 && busiestSecond <= AMOCRM_PACE.perSecond;
if (!isWell) process.exitCode = 1;
