/**
 * 200 scripted calls at random on the lab's Asterisk, the phones' own logs being the oracle: each must be told right, and
 * none that nobody made. Exits 1 when one is wrong.
 * Options: --calls N --seed N --only WORDS (of the scripts' names) --labs N (Asterisks that run side by side)
 */
import { parseArgs } from "node:util";
import { playRandomCalls } from "./scripted/play.ts";
import { printVerdict } from "./scripted/print-verdict.ts";

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    only: { type: "string", default: "" },
    labs: { type: "string", default: "2" },
  },
});
const [calls, seed, labs] = [Number(values.calls), Number(values.seed), Number(values.labs)];
console.log(`${calls} calls on ${labs} Asterisks, seed ${seed}`);

const runs = Array.from({ length: labs }, (_, lab) =>
  playRandomCalls({
    calls: Math.ceil(calls / labs),
    seed: seed + lab * 1000,
    only: values.only,
    onVerdict: printVerdict,
  }),
);
const verdicts = (await Promise.all(runs)).flat();
const right = verdicts.filter(({ wrong }) => wrong.length === 0).length;
for (const { wrong } of verdicts.filter(({ script }) => script === "nobody's")) console.log(`made by nobody: ${wrong}`);
console.log(`${right} of ${verdicts.length} right`);
if (right < verdicts.length) process.exitCode = 1;
