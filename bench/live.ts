/**
 * The real service between a real Asterisk and 500 panels: 50 calls a second for a minute, and a PBX that comes back with
 * 200 calls up. Says whether an event was lost, how long it is from the PBX's event to the panel's message, and how soon
 * after the PBX is back the picture is whole again; exits 1 when a figure misses its target.
 *
 * Everything runs on this one machine: Asterisk, the phones, the panels and the service share its cores and its disk. So that
 * it can be seen which one was the limit, the processor time of each is printed, what became of the calls as the clients saw it,
 * which of them Asterisk never took (nobody can tell those), and how long its AMI alone is on its way.
 *
 * Calls ring their phones directly: on two cores there is no room for the Local channels that `--routes local` puts between.
 *
 *   script/bench live [--rate N] [--seconds N] [--panels N] [--up N] [--routes direct|local] [--profile DIRECTORY]
 */
import { parseArgs } from "node:util";
import { measureLoad } from "./live/load.ts";
import { measureReconnect } from "./live/reconnect.ts";

const P99_MS = 50;
const RECONNECT_MS = 1_000;

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "50" },
    seconds: { type: "string", default: "60" },
    panels: { type: "string", default: "500" },
    up: { type: "string", default: "200" },
    routes: { type: "string", default: "direct" },
    profile: { type: "string" },
  },
});
const [rate, seconds, panels, up] = [values.rate, values.seconds, values.panels, values.up].map(Number) as [
  number,
  number,
  number,
  number,
];
const routes = values.routes === "local" ? "local" : "direct";
const misses: string[] = [];
function judge(what: string, isMet: boolean): void {
  console.log(`${isMet ? "ok  " : "MISS"} ${what}`);
  if (!isMet) misses.push(what);
}

if (seconds > 0) {
  const load = await measureLoad({ rate, seconds, panels, routes, profile: values.profile });
  for (const line of load.lines) console.log(line);
  judge(`calls a second: ${load.rate.toFixed(1)}, wanted ${rate}`, load.rate >= rate * 0.98);
  judge(`calls that Asterisk took: ${load.taken} of ${load.made}`, load.taken === load.made);
  judge(
    `calls told: ${load.told} of the ${load.taken} that Asterisk took; left open: ${load.open}`,
    load.told === load.taken && load.open === 0,
  );
  judge(`calls told as answered: ${load.toldAnswered}, and ${load.talked} were`, load.toldAnswered === load.talked);
  judge(`phones that rang unseen by their panels: ${load.lost}`, load.lost === 0);
  judge(`event → panel message, p99: ${load.p99.toFixed(0)} ms, at most ${P99_MS} ms`, load.p99 <= P99_MS);
}
if (up > 0) {
  const { calls, milliseconds, wrong } = await measureReconnect(up);
  judge(
    `whole, right state ${milliseconds.toFixed(0)} ms after the PBX is back with ${calls} calls up, at most ${RECONNECT_MS} ms`,
    milliseconds <= RECONNECT_MS && calls >= up,
  );
  judge(`calls told otherwise than before: ${wrong}`, wrong === 0);
}
if (misses.length > 0) process.exitCode = 1;
