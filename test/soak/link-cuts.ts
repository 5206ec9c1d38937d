/**
 * 50 scripted calls on the lab's Asterisk, and at a random moment of each the AMI link is cut, stalls or is half open:
 * after the recovery each must be told right, or in part and with nothing invented. Exits 1 when one is wrong.
 * Options: --calls N --seed N --only WORDS (of the scripts' names)
 */
import { parseArgs } from "node:util";
import { playThroughCuts } from "./scripted/play-cuts.ts";
import { printVerdict } from "./scripted/print-verdict.ts";

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "50" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    only: { type: "string", default: "" },
  },
});
const [calls, seed] = [Number(values.calls), Number(values.seed)];
console.log(`${calls} calls, seed ${seed}`);
const verdicts = await playThroughCuts({ calls, seed, only: values.only, onVerdict: printVerdict });
const right = verdicts.filter(({ wrong }) => wrong.length === 0).length;
console.log(`${right} of ${verdicts.length} right`);
if (right < verdicts.length) process.exitCode = 1;
