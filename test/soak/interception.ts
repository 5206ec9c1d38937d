/** 300 races of an interception on the lab's Asterisk, half of them by each way. Options: RUNS SEED. */
import { RECIPES } from "../../src/pbx/recipes.ts";
import { raceInterceptions } from "./interception-race.ts";

const [runs = 300, seed = 1] = process.argv.slice(2).map(Number);
let failed = 0;
for (const fetch of ["bridge", "pick-up"] as const) {
  const recipe = { ...RECIPES.mikopbx, fetch };
  const { wonBy, faults } = await raceInterceptions({ runs: Math.ceil(runs / 2), recipe, seed });
  process.stdout.write(`${fetch}: 201 had the client ${wonBy["201"]} times, 204 ${wonBy["204"]} times\n`);
  for (const fault of faults) process.stdout.write(`${fault}\n`);
  failed += faults.length;
}
process.stdout.write(`${runs - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
