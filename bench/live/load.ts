/** Calls at a steady rate through a real Asterisk, before the service as its own process and panels as another. */
import { fork } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { stringify } from "yaml";
import { startLab } from "../../test/lab/lab.ts";
import { freeTcpPort, freeUdpPort } from "../../test/lab/ports.ts";
import { ServiceProcess } from "../../test/stage/service.ts";
import type { PanelsAnswer, PanelsOrder } from "./panels.ts";
import { PbxWitness } from "./pbx-witness.ts";
import { Clients, Phones } from "./telephones.ts";
import { untilAllTold, untilMetric } from "./told.ts";

export interface LoadOptions {
  /** Calls a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly panels: number;
  /** "local" leads calls through Local channels, as MikoPBX does, which costs Asterisk nearly twice the time. */
  readonly routes: "local" | "direct";
  /** Where the service leaves a profile of its processor time, to be opened in Chromium's developer tools. */
  readonly profile?: string | undefined;
}

export interface LoadFigures {
  /** Calls a second that were really dialled. */
  readonly rate: number;
  /** Calls that clients dialled. */
  readonly made: number;
  /** Calls that Asterisk told of on its AMI: the others it never took, and nobody can show them. */
  readonly taken: number;
  /** Calls that the service told as ended. */
  readonly told: number;
  readonly open: number;
  /** Clients of whom Asterisk told that they talked with an employee, and calls that the service told as answered. */
  readonly talked: number;
  readonly toldAnswered: number;
  /** Phones that rang and that no panel was told of. */
  readonly lost: number;
  /** Milliseconds from the timestamp of the event that rings a phone to its panels' messages. */
  readonly p99: number;
  /** For the reader. */
  readonly lines: readonly string[];
}

/** Nobody listens there: nothing on the way from the PBX to a panel asks the CRM. */
const CRM_ORIGIN = "http://127.0.0.1:9";
const CRM_HOST = "127.0.0.1:9";
const CLIENT_ID = "00000000-0000-4000-8000-00000000be4c";
const CLIENT_SECRET = "bench-secret";
/** The phones of etc/pjsip.conf; a number for each rings it. */
const EXTENSIONS = ["201", "202", "203", "204", "205", "206"];
const didOf = (extension: string): string => `7495000334${extension.at(-1)}`;
/** Tabs of one person, as the service allows. */
const PANELS_OF_ONE = 10;
const PACE = { answerAfterMs: 100, talkMs: 200 };

export async function measureLoad({ rate, seconds, panels, routes, profile }: LoadOptions): Promise<LoadFigures> {
  await using stack = new AsyncDisposableStack();
  const phonesPort = await freeUdpPort("127.0.0.1");
  const lab = stack.use(await startLab({ routes, templates: templates(), values: { PHONES_PORT: phonesPort } }));
  const clients = stack.use(await new Clients(lab.trunk, lab.pbx).open());
  const phones = stack.use(await new Phones({ host: "127.0.0.1", port: phonesPort }, lab.pbx, PACE).open());

  const directory = await mkdtemp(join(tmpdir(), "kommutator-bench-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const port = await freeTcpPort();
  const serviceUrl = `http://127.0.0.1:${port}`;
  const people = Math.ceil(panels / PANELS_OF_ONE);
  const rung = EXTENSIONS.slice(0, people);
  const file = join(directory, "kommutator.yaml");
  await writeFile(file, stringify(settings(lab.ami, port, directory, people)));
  const environment = profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${resolve(profile)}` };
  const service = stack.use(new ServiceProcess(file, { environment }));
  await service.start();
  await untilMetric(serviceUrl, /kommutator_pbx_up\{[^}]*\} 1/);

  const child = fork(join(import.meta.dirname, "panels.ts"));
  stack.defer(() => void child.kill());
  const answered = () => new Promise<PanelsAnswer>((answer) => child.once("message", answer));
  const ready = answered();
  const order: PanelsOrder = {
    serviceUrl,
    crmOrigin: CRM_ORIGIN,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    userIds: Array.from({ length: panels }, (_, panel) => 1 + (panel % people)),
  };
  child.send(order);
  await ready;
  const witness = stack.use(await PbxWitness.open(lab.ami));

  const before = { service: cpuOf(service.pid), asterisk: cpuOf(lab.asterisk.pid), phones: process.cpuUsage() };
  const began = performance.now();
  const made = await makeCalls(rate, seconds, (n) => {
    clients.call(String(79_100_000_000 + n), didOf(rung[n % rung.length] ?? ""));
  });
  const lasted = (performance.now() - began) / 1000;
  const told = await untilAllTold(serviceUrl, made);
  const cpu = {
    service: cpuOf(service.pid) - before.service,
    asterisk: cpuOf(lab.asterisk.pid) - before.asterisk,
    phones: process.cpuUsage(before.phones),
  };
  const channels = (await lab.asterisk.console("core show channels count")).split("\n")[0] ?? "";
  const report = answered();
  child.send("report");
  const seen = await report;
  if (seen.type !== "seen") throw new Error("the panels did not report");

  const delays = Object.entries(seen.cards)
    .flatMap(([leg, times]) => times.map((at) => at - (witness.rungAt.get(leg) ?? Number.NaN)))
    .filter((delay) => !Number.isNaN(delay));
  const fates = [...clients.fates()].map(([fate, count]) => `${count} ${fate}`).join(", ");
  const phonesCpu = (cpu.phones.user + cpu.phones.system) / 1e6;
  return {
    rate: made / lasted,
    made,
    taken: witness.taken,
    told: told.ended,
    open: told.live,
    talked: witness.talked,
    toldAnswered: told.answered,
    lost: [...witness.rungAt.keys()].filter((leg) => seen.cards[leg] === undefined).length,
    p99: quantile(delays, 0.99),
    lines: [
      `${made} calls in ${lasted.toFixed(0)} s, ${phones.rung} phones rung, ${panels} panels of ${people} people`,
      `clients' calls, as the clients saw them: ${fates}; Asterisk told of ${witness.taken}, and holds ${channels}`,
      `${seen.messages} messages to panels, ${delays.length} first sights of a card`,
      `event → panel message: ${quantiles(delays)}; of that Asterisk and its AMI, as the bench itself hears them: ${quantiles(witness.delays)}`,
      `processor seconds: service ${cpu.service.toFixed(1)}, panels ${seen.cpuSeconds.toFixed(1)}, phones ${phonesCpu.toFixed(1)}, Asterisk ${cpu.asterisk.toFixed(1)}; the panels' process was held up by ${seen.worstLoopMs.toFixed(0)} ms at worst`,
    ],
  };
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function quantiles(milliseconds: readonly number[]): string {
  return [50, 95, 99].map((share) => `p${share} ${inTenths(quantile(milliseconds, share / 100))} ms`).join(", ");
}

/** Two clocks may differ by less than is told: then it is 0, not -0. */
function inTenths(number: number): number {
  return Math.round(number * 10) / 10 + 0;
}

/** An Asterisk for many calls: what the bench does not ask for it does not load, nor write down. */
function templates(): Record<string, string> {
  const directory = join(import.meta.dirname, "etc");
  return Object.fromEntries(readdirSync(directory).map((file) => [file, readFileSync(join(directory, file), "utf8")]));
}

/** @returns how many were made */
async function makeCalls(rate: number, seconds: number, call: (n: number) => void): Promise<number> {
  const began = performance.now();
  let made = 0;
  for (const total = rate * seconds; made < total; await pause(5)) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * rate));
    for (; made < due; made++) call(made);
  }
  return made;
}

/** Processor seconds that a process has used so far (proc(5): fields 14 and 15, in hundredths). */
function cpuOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function settings(ami: object, port: number, directory: string, people: number): object {
  return {
    http: { host: "127.0.0.1", port, publicUrl: `http://127.0.0.1:${port}` },
    store: { path: join(directory, "kommutator.db") },
    accounts: [
      {
        amocrm: {
          host: CRM_HOST,
          baseUrl: CRM_ORIGIN,
          clientId: CLIENT_ID,
          clientSecret: CLIENT_SECRET,
        },
        employees: Array.from({ length: people }, (_, n) => ({
          name: `Employee ${n + 1}`,
          department: "Sales",
          userId: n + 1,
          extensions: [EXTENSIONS[n] ?? String(300 + n)],
        })),
        lines: EXTENSIONS.map((extension) => ({ did: didOf(extension), label: `Line ${extension}` })),
      },
    ],
    pbx: [{ profile: "asterisk", dialContext: "all_peers", ami }],
  };
}
