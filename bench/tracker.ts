/**
 * How fast the tracker tells the load capture's 1,500 calls (60 s of 25 calls a second, every right of the AMI), packets
 * already split: facts, switchboard, legs, calls. Exits 1 when it is slower than 60,000 events a second on one core,
 * a call is told wrong, or memory grows over ten repetitions.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { profiles } from "../src/pbx/profiles.ts";
import { Replay } from "../src/replay/replay.ts";
import { packetsOf, readLoad } from "../test/capture-files.ts";

const REPETITIONS = 10;
const LEAST_EVENTS_PER_SECOND = 60_000;
const CALLS = 1_500;
/** What ten repetitions may leave behind, in MB: noise of the collector, not a leak. */
const MOST_GROWTH_MB = 20;

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const stream = readLoad();
const rates: number[] = [];
const heaps: number[] = [];
let wrong = 0;
let events = 0;

for (let repetition = 0; repetition < REPETITIONS; repetition++) {
  const packets = packetsOf(stream);
  events = packets.length;
  const replay = new Replay({ profile: profiles.mikopbx });
  // The thread's own time: what else runs on the machine does not make us slower.
  const before = process.threadCpuUsage();
  for (const packet of packets) replay.hear(packet);
  const used = process.threadCpuUsage(before);
  const seconds = (used.user + used.system) / 1e6;
  rates.push(packets.length / seconds);
  const right = replay.told().calls.filter((call) => {
    const [employee, ...others] = call.employees;
    const answered = call.direction === "inbound" && call.disposition === "answered" && call.endedBy === "client";
    return answered && others.length === 0 && employee?.extension === "209" && employee.result === "answered";
  });
  wrong += CALLS - right.length;
  collectGarbage();
  heaps.push(process.memoryUsage().heapUsed / 2 ** 20);
}

const median = [...rates].sort((one, two) => one - two)[REPETITIONS / 2] ?? 0;
// The first two warm up.
const growth = (heaps.at(-1) ?? 0) - (heaps[2] ?? 0);
console.log(`${events} events, ${CALLS} calls, ${REPETITIONS} repetitions`);
console.log(
  `events/s: median ${Math.round(median)}, slowest ${Math.round(Math.min(...rates))} (least: ${LEAST_EVENTS_PER_SECOND})`,
);
console.log(`calls told wrong: ${wrong}`);
console.log(`heap after each: ${heaps.map((heap) => heap.toFixed(0)).join(" ")} MB, growth ${growth.toFixed(1)} MB`);
const grows = growth > MOST_GROWTH_MB;
if (median < LEAST_EVENTS_PER_SECOND || wrong > 0 || grows) process.exitCode = 1;
