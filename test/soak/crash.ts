/**
 * The service dies at every boundary of an inbound, an outbound, a missed and a transferred call, on SQLite and on
 * PostgreSQL, and is started again. Options: --store sqlite|postgres (both when absent)
 */
import { parseArgs } from "node:util";
import { type CrashResult, crashMatrix, STORES } from "../crash/matrix.ts";

const { values } = parseArgs({ options: { store: { type: "string" } } });
const chosen = STORES.filter((store) => values.store === undefined || values.store === store);
if (chosen.length === 0) throw new Error(`--store is one of ${STORES.join(", ")}`);

let runs = 0;
const began = Date.now();
const tell = ({ store, scenario, boundaries, died, wrong }: CrashResult) => {
  runs += died;
  console.log(
    `${store.padEnd(8)} ${scenario.padEnd(11)} ${boundaries} boundaries: died ${died} times; ${wrong.length} wrong`,
  );
  for (const each of wrong) console.log(`  ${each}`);
};
const results: CrashResult[] = [];
for (const store of chosen) results.push(...(await crashMatrix(store, { first: 1, step: 1 }, tell)));
console.log(`${runs} deaths in ${Math.round((Date.now() - began) / 1000)} s`);
if (results.some(({ wrong }) => wrong.length > 0)) process.exitCode = 1;
