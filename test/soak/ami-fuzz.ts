/** A million mutated packets through the splitter: no crash, bounded memory, each refusal counted. Option: --seed N */
import { parseArgs } from "node:util";
import { fuzzSplitter } from "../../src/ami/testing/fuzz-splitter.ts";

const PACKETS = 1_000_000;

const { values } = parseArgs({ options: { seed: { type: "string", default: String(Date.now() % 2 ** 31) } } });
console.log(`${PACKETS} packets, seed ${values.seed}`);
const { read, refused } = fuzzSplitter(PACKETS, Number(values.seed));
const residentMegabytes = Math.round(process.memoryUsage().rss / 2 ** 20);
console.log(`${read} read, ${refused} refused, none lost; ${residentMegabytes} MB resident`);
