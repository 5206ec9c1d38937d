/**
 * The service is away for forty calls: all of them must be in the journal afterwards, once, with their recordings, by
 * each kind of call records. Options: --calls N, --seed N
 */
import { parseArgs } from "node:util";
import type { BackfillResult } from "../outage/backfill.ts";
import { outageOnAsterisk, outageOnMikopbx } from "../outage/stands.ts";

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "40" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
  },
});
const options = { calls: Number(values.calls), seed: Number(values.seed) };
console.log(`away for ${options.calls} calls, seed ${options.seed}`);
const results = [...(await outageOnMikopbx(options)), ...(await outageOnAsterisk(options))];
for (const { name, calls, right, tooMany, linked, recorded, toldTwice, wrong } of results) {
  console.log(
    `${name.padEnd(13)} ${right} of ${calls} calls right, ${tooMany} too many; ${linked} of ${recorded} recordings linked; told twice: ${toldTwice}`,
  );
  for (const each of wrong) console.log(`  ${each}`);
}
const isWhole = ({ calls, right, tooMany, linked, recorded, toldTwice }: BackfillResult) =>
  right === calls && tooMany === 0 && linked === recorded && toldTwice === 0;
if (!results.every(isWhole)) process.exitCode = 1;
