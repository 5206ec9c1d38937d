/** Calls at a steady rate through a real Asterisk, before the service as its own process and panels as another. */
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { stringify } from "yaml";
import { AmiSession } from "../../src/ami/session.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { startLab } from "../../test/lab/lab.ts";
import { freeTcpPort } from "../../test/lab/ports.ts";
import { ServiceProcess } from "../../test/stage/service.ts";
import type { PanelsAnswer, PanelsOrder } from "./panels.ts";

export interface LoadOptions {
  /** Calls a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly panels: number;
  /** "local" leads calls through Local channels, as MikoPBX does, which costs Asterisk nearly twice the time. */
  readonly routes: "local" | "direct";
}

export interface LoadFigures {
  /** Calls a second that were really made. */
  readonly rate: number;
  readonly made: number;
  /** Calls that the service told as ended. */
  readonly told: number;
  readonly open: number;
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
const EXTENSIONS = ["201", "202", "203", "204", "205", "206"];
/** Tabs of one person, as the service allows. */
const PANELS_OF_ONE = 10;
const ANSWER_MS = 100;
const TALK_MS = 200;
/** An overloaded Asterisk is waited for as long as it gets on. */
const STANDSTILL_MS = 30_000;

export async function measureLoad({ rate, seconds, panels, routes }: LoadOptions): Promise<LoadFigures> {
  await using stack = new AsyncDisposableStack();
  const lab = stack.use(await startLab({ routes }));
  const provider = await lab.provider().start();
  const phones = await Promise.all(EXTENSIONS.map((extension) => lab.phone(extension).start()));
  for (const phone of phones) phone.policy = { answerAfterMs: ANSWER_MS, hangupAfterMs: TALK_MS };

  const directory = await mkdtemp(join(tmpdir(), "kommutator-bench-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const port = await freeTcpPort();
  const serviceUrl = `http://127.0.0.1:${port}`;
  const people = Math.ceil(panels / PANELS_OF_ONE);
  const file = join(directory, "kommutator.yaml");
  await writeFile(file, stringify(settings(lab.ami, port, directory, people)));
  const service = stack.use(new ServiceProcess(file));
  await service.start();
  await untilMetric(serviceUrl, /kommutator_pbx_up\{[^}]*\} 1/);

  const child = fork(join(import.meta.dirname, "panels.ts"));
  stack.defer(() => void child.kill());
  const answered = () => new Promise<PanelsAnswer>((resolve) => child.once("message", resolve));
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

  // A listener of our own, so that what the PBX said is known independently of the service.
  const dialled = new Map<string, number>();
  await using session = new AmiSession({
    ...lab.ami,
    eventMask: "call",
    kinds: new Set(["DialBegin"]),
    clock: systemClock,
  });
  session.onPacket((event) => {
    if (!event.get("DestChannel")?.startsWith("PJSIP/20")) return;
    dialled.set(event.get("DestUniqueid") ?? "", Number(event.get("Timestamp")) * 1000);
  });
  session.start();
  await pause(1_000);

  const cpuBefore = cpuOf(service.pid);
  const began = performance.now();
  const made = await makeCalls(rate, seconds, (n) => {
    provider.call({ from: String(79_100_000_000 + n), did: "74950003344" });
  });
  const lasted = (performance.now() - began) / 1000;
  const told = await untilAllTold(serviceUrl, made);
  const cpu = cpuOf(service.pid) - cpuBefore;
  const channels = (await lab.asterisk.console("core show channels count")).split("\n")[0] ?? "";
  const report = answered();
  child.send("report");
  const seen = await report;
  if (seen.type !== "seen") throw new Error("the panels did not report");

  const delays = Object.entries(seen.cards)
    .flatMap(([leg, times]) => times.map((at) => at - (dialled.get(leg) ?? Number.NaN)))
    .filter((delay) => !Number.isNaN(delay))
    .sort((one, other) => one - other);
  const quantile = (share: number) => delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? NaN;
  const own = process.cpuUsage();
  return {
    rate: made / lasted,
    made,
    told: told.ended,
    open: told.live,
    lost: [...dialled.keys()].filter((leg) => seen.cards[leg] === undefined).length,
    p99: quantile(0.99),
    lines: [
      `${made} calls in ${lasted.toFixed(0)} s, ${dialled.size} phones rung, ${panels} panels of ${people} people`,
      `when all should have ended, Asterisk held: ${channels}`,
      `${seen.messages} messages to panels, ${delays.length} first sights of a card`,
      `event → panel message: p50 ${quantile(0.5).toFixed(0)} ms, p95 ${quantile(0.95).toFixed(0)} ms, p99 ${quantile(0.99).toFixed(0)} ms`,
      `processor seconds: service ${cpu.toFixed(1)}, panels ${seen.cpuSeconds.toFixed(1)}, phones ${((own.user + own.system) / 1e6).toFixed(1)}, Asterisk ${cpuOf(lab.asterisk.pid).toFixed(1)}; the panels' process was held up by ${seen.worstLoopMs.toFixed(0)} ms at worst`,
    ],
  };
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

async function untilAllTold(serviceUrl: string, made: number): Promise<{ ended: number; live: number }> {
  let last = { ended: 0, live: 0 };
  for (let end = Date.now() + STANDSTILL_MS; ; await pause(500)) {
    const text = await (await fetch(`${serviceUrl}/metrics`)).text();
    const ended = sum(text, /^kommutator_calls_ended_total\{.*\} (\d+)/gm);
    const live = sum(text, /^kommutator_calls_live\{.*\} (\d+)/gm);
    if (ended !== last.ended || live !== last.live) end = Date.now() + STANDSTILL_MS;
    last = { ended, live };
    if ((ended >= made && live === 0) || Date.now() > end) return last;
  }
}

function sum(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((total, [, value]) => total + Number(value), 0);
}

async function untilMetric(serviceUrl: string, pattern: RegExp): Promise<void> {
  for (const end = Date.now() + 20_000; !pattern.test(await (await fetch(`${serviceUrl}/metrics`)).text()); ) {
    if (Date.now() > end) throw new Error(`the service does not say ${pattern}`);
    await pause(50);
  }
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
        lines: [{ did: "74950003344", label: "Sales" }],
      },
    ],
    pbx: [{ profile: "asterisk", dialContext: "all_peers", ami }],
  };
}
