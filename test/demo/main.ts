/** `script/demo`: the whole product on one machine, with practice phones and a practice CRM around it. */
import { once } from "node:events";
import { Command } from "commander";
import { sendVisits } from "./clients.ts";
import { type Demo, startDemo } from "./demo.ts";
import { walk } from "./smoke.ts";

/** So that a bookmark, or a tunnel from another machine, stays right. */
const PORTS = { start: 8070, service: 8080, crm: 8090, phones: 5039 };
const ANY_PORTS = { start: 0, service: 0, crm: 0, phones: 0 };
/** The walk waits for facts and not for a real PBX's slowness. */
const SMOKE_PACE = 0.3;

interface Options {
  readonly asterisk?: true;
  readonly smoke?: true;
  readonly quiet?: true;
}

const program = new Command("demo")
  .description("Kommutator at work in a small invented company.")
  .option("--asterisk", "on a real Asterisk instead of the practice PBX")
  .option("--smoke", "walk through it without a screen, and end")
  .option("--quiet", "nobody calls by himself")
  .addHelpText(
    "after",
    `\nIt listens on this machine alone. To see it from another one:\n  ${tunnel(PORTS)}\nand then open http://127.0.0.1:${PORTS.start}/ there.`,
  );
const { asterisk = false, smoke = false, quiet = false } = program.parse().opts<Options>();

try {
  await (smoke ? runSmoke() : runUntilStopped());
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function runSmoke(): Promise<void> {
  const begin = Date.now();
  {
    await using demo = await startDemo({ asterisk, ports: ANY_PORTS, pace: SMOKE_PACE, step });
    await walk(demo, step).catch((error: unknown) => {
      console.error(demo.stage.service.output);
      throw error;
    });
  }
  console.log(`all is well, ${seconds(begin)}`);
}

async function runUntilStopped(): Promise<void> {
  console.log("Kommutator, the demo: people, numbers and calls are invented\n");
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  try {
    await using demo = await startDemo({ asterisk, ports: PORTS, pace: 1, step });
    greet(demo);
    demo.stage.service.died.add((code) => {
      if (stopping.signal.aborted) return;
      console.error(`the service has ended by itself (${code}); its last words:\n${lastLines(demo)}`);
      process.exitCode = 1;
      stop();
    });
    const visits = quiet ? undefined : sendVisits(demo.phones, say, stopping.signal);
    if (!stopping.signal.aborted) await once(stopping.signal, "abort");
    console.log("\nstopping");
    await visits;
  } catch (error) {
    if (!stopping.signal.aborted) throw error; // what is being started ends with the same Ctrl+C
  }
  console.log("stopped; nothing is left behind");
}

function greet({ startUrl, ports }: Demo): void {
  const moved = (Object.keys(PORTS) as (keyof typeof PORTS)[]).filter((name) => ports[name] !== PORTS[name]);
  for (const name of moved) console.log(`  port ${PORTS[name]} is taken: ${name} is at ${ports[name]}`);
  console.log(`\nOpen  ${startUrl}\n`);
  console.log(`From another machine first: ${tunnel(ports)}`);
  console.log(
    `Stop with Ctrl+C. ${quiet ? "Nobody calls by himself." : "Clients begin to call in a quarter of a minute."}\n`,
  );
}

function tunnel(ports: typeof PORTS | Demo["ports"]): string {
  return `ssh ${Object.values(ports)
    .map((port) => `-L ${port}:127.0.0.1:${port}`)
    .join(" ")} THIS-MACHINE`;
}

async function step<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const begin = Date.now();
  try {
    const result = await work();
    console.log(`  ok  ${seconds(begin).padStart(6)}  ${what}`);
    return result;
  } catch (error) {
    console.log(`FAIL  ${seconds(begin).padStart(6)}  ${what}`);
    throw error;
  }
}

function say(line: string): void {
  console.log(`${new Date().toTimeString().slice(0, 8)}  ${line}`);
}

function lastLines({ stage }: Demo): string {
  return stage.service.output.trimEnd().split("\n").slice(-5).join("\n");
}

function seconds(begin: number): string {
  return `${((Date.now() - begin) / 1000).toFixed(1)} s`;
}
