/**
 * How many AMI events a second reach a listener: ours and the published clients, over loopback, on the same bytes in the
 * same odd-sized writes, each client in a process of its own, in turns. Ends with 1 when ours is not 1.5 times as fast
 * as the fastest other with every event taken apart, or not 3 times with only the subscribed ones built.
 *
 *   script/bench ami [--rounds N] [--capture FILE.gz]
 */
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import util, { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { AmiSession } from "../src/ami/session.ts";
import { systemClock } from "../src/lib/clock.ts";
import { FACT_EVENTS } from "../src/pbx/facts.ts";

const EAGER_RATIO = 1.5;
const LAZY_RATIO = 3;
const LAST_EVENT = "BenchmarkEnd";
/** A prime, so that packets are cut at every place; large, so that the sender is never the slower one. */
const WRITE_BYTES = 1_000_003;
const USER = "bench";
const PASSWORD = "bench";

/** One way of listening: resolves when the last event has been heard, with the events heard and the first one's time. */
type Client = (port: number) => Promise<Heard>;

interface Heard {
  readonly events: number;
  /** Processor time of the client from the first event to the last; the machine's other work does not count. */
  readonly cpuMilliseconds: number;
}

const clients: Readonly<Record<string, Client>> = {
  "kommutator, subscribed events only": (port) => hearOurs(port, new Set([...FACT_EVENTS, LAST_EVENT]), false),
  "kommutator, every event eagerly": (port) => hearOurs(port, "all", true),
  "asterisk.io": (port) => {
    const ami = createRequire(import.meta.url)("asterisk.io").ami("127.0.0.1", port, USER, PASSWORD);
    ami.on("error", () => undefined); // it tells the end of the socket so
    return hear((onEvent) => ami.on("eventAny", (event: { Event: string }) => onEvent(event.Event)));
  },
  yana: (port) => {
    // It calls a function that Node 23 removed; given back, it can take part.
    Object.assign(util, { isArray: Array.isArray });
    const Ami = createRequire(import.meta.url)("yana");
    const ami = new Ami({ host: "127.0.0.1", port, login: USER, password: PASSWORD });
    ami.connect();
    return hear((onEvent) => ami.on("event", (event: { Event: string }) => onEvent(event.Event)));
  },
  "asterisk-manager": (port) => {
    const ami = createRequire(import.meta.url)("asterisk-manager")(port, "127.0.0.1", USER, PASSWORD, true);
    return hear((onEvent) => ami.on("managerevent", (event: { event: string }) => onEvent(event.event)));
  },
};

async function hearOurs(port: number, kinds: ReadonlySet<string> | "all", eagerly: boolean): Promise<Heard> {
  await using session = new AmiSession({
    host: "127.0.0.1",
    port,
    username: USER,
    secret: PASSWORD,
    eventMask: "on",
    kinds,
    clock: systemClock,
  });
  const heard = hear((onEvent) => {
    session.onPacket((packet) => {
      if (eagerly) packet.entries();
      onEvent(packet.event);
    });
  });
  session.start();
  const { cpuMilliseconds } = await heard;
  return { events: session.counters.deliveredEvents + session.counters.skippedEvents, cpuMilliseconds };
}

function hear(subscribe: (onEvent: (name: string | undefined) => void) => void): Promise<Heard> {
  return new Promise((resolve) => {
    let events = 0;
    let before = process.cpuUsage();
    subscribe((name) => {
      if (events++ === 0) before = process.cpuUsage();
      if (name !== LAST_EVENT) return;
      const { user, system } = process.cpuUsage(before);
      resolve({ events, cpuMilliseconds: (user + system) / 1000 });
    });
  });
}

/** Greets, accepts any login, and then says the stream. */
function serve(socket: Socket, stream: Buffer): void {
  socket.on("error", () => socket.destroy()); // a client that has heard all may leave as it likes
  socket.write("Asterisk Call Manager/11.0.0\r\n");
  let asked = "";
  let hasBegun = false;
  socket.on("data", (chunk) => {
    const actions = (asked + chunk).split("\r\n\r\n");
    asked = actions.pop() ?? "";
    for (const action of actions) {
      const id = /^ActionID: (.*)$/im.exec(action)?.[1];
      socket.write(`Response: Success\r\nActionID: ${id}\r\nMessage: Accepted\r\n\r\n`);
      // ours switches the events on by an action of its own, the others at the login
      if (hasBegun || /^Events: off$/im.test(action)) continue;
      hasBegun = true;
      Readable.from(pieces(stream)).pipe(socket, { end: false });
    }
  });
}

function* pieces(stream: Buffer): Generator<Buffer> {
  for (let at = 0; at < stream.length; at += WRITE_BYTES) yield stream.subarray(at, at + WRITE_BYTES);
}

async function measure(name: string, port: number): Promise<Heard> {
  const child = fork(import.meta.filename, ["--client", name, "--port", String(port)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  return new Promise((resolve, reject) => {
    child.once("message", (heard) => resolve(heard as Heard)); // what this very file sent
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code} before it had heard all`)));
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function compare(capture: string, rounds: number): Promise<number> {
  const bytes = gunzipSync(readFileSync(capture));
  const stream = Buffer.concat([bytes, Buffer.from(`Event: ${LAST_EVENT}\r\n\r\n`)]);
  const total = bytes.toString("latin1").split("\r\n\r\n").length;
  const server = createServer((socket) => serve(socket, stream)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");

  const rates = new Map(Object.keys(clients).map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, measured] of rates) {
      const { events, cpuMilliseconds } = await measure(name, address.port);
      if (events !== total) throw new Error(`${name} heard ${events} of ${total} events`);
      measured.push((events / cpuMilliseconds) * 1000);
    }
  }
  server.close();
  return report(
    [...rates].map(([name, measured]) => ({ name, rate: median(measured) })),
    total,
    stream.length,
  );
}

/** Prints the table. @returns the exit code */
function report(results: readonly { name: string; rate: number }[], events: number, bytes: number): number {
  const [lazy, eager, ...others] = results;
  const fastest = others.toSorted((a, b) => b.rate - a.rate)[0];
  if (lazy === undefined || eager === undefined || fastest === undefined) throw new Error("nothing to compare");
  console.log(`${events.toLocaleString("en")} events, ${(bytes / 1e6).toFixed(1)} MB`);
  for (const { name, rate } of results) {
    const ratio = (rate / fastest.rate).toFixed(2);
    console.log(
      `${name.padEnd(36)} ${Math.round(rate).toLocaleString("en").padStart(10)} events/s  ${ratio.padStart(6)} x`,
    );
  }
  const targets = [
    { name: "eager", ratio: eager.rate / fastest.rate, wanted: EAGER_RATIO },
    { name: "subscribed only", ratio: lazy.rate / fastest.rate, wanted: LAZY_RATIO },
  ];
  for (const { name, ratio, wanted } of targets) {
    console.log(
      `${ratio >= wanted ? "ok  " : "SLOW"} ${name}: ${ratio.toFixed(2)} x ${fastest.name}, wanted ${wanted} x`,
    );
  }
  return targets.every(({ ratio, wanted }) => ratio >= wanted) ? 0 : 1;
}

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    capture: { type: "string", default: join(import.meta.dirname, "../test/captures/load/ami.log.gz") },
    // set by this program for its own children
    client: { type: "string" },
    port: { type: "string" },
  },
});
const client = values.client === undefined ? undefined : clients[values.client];
if (client === undefined) {
  process.exitCode = await compare(values.capture, Number(values.rounds));
} else {
  const heard = await client(Number(values.port));
  process.send?.(heard, () => process.exit()); // the other clients' sockets would keep it alive
}
