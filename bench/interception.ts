/**
 * How soon the responsible's phone is silenced when somebody else has the client, or the client has gone or is parked:
 * on the lab's Asterisk, with the calls kept on disk as the service does. Between the service and its PBX stands a wire
 * that notes when bytes pass. Promise: each phone is silent within 100 ms of the PBX's event, of which our share is at
 * most 20 ms (p95).
 *
 *   script/bench interception [RUNS]
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Listeners } from "../src/lib/listeners.ts";
import { RECIPES } from "../src/pbx/recipes.ts";
import { SqlCallJournal } from "../src/store/call-journal.ts";
import { openStore } from "../src/store/open-store.ts";
import { when } from "../test/lab/wait.ts";
import { intercept } from "../test/live/interception.ts";
import { Office } from "../test/live/office.ts";
import { startAsteriskPbx } from "../test/stage/asterisk-pbx.ts";

const PROMISED_MS = 100;
const OUR_SHARE_MS = 20;
const WITHIN_MS = 10_000;
const [runs = 20] = process.argv.slice(2).map(Number);

interface Passed {
  readonly at: number;
  readonly packet: string;
}

/** All packets that pass a wire to the AMI, with the times at which they did. */
class Wire implements AsyncDisposable {
  readonly passed: Passed[] = [];
  readonly #told = new Listeners<void>();
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((near) => this.#join(near));
  readonly #amiPort: number;

  constructor(amiPort: number) {
    this.#amiPort = amiPort;
  }

  async open(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return address.port;
  }

  /** The first packet since `from` that is as it should be. */
  first(from: number, isRight: (packet: string) => boolean, what: string): Promise<Passed> {
    const find = () => this.passed.slice(from).find(({ packet }) => isRight(packet));
    return when(this.#told, find, { what, ms: WITHIN_MS });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #join(near: Socket): void {
    const far = connect(this.#amiPort, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      let rest = "";
      from.setNoDelay(true).on("data", (bytes) => {
        const at = performance.now();
        to.write(bytes);
        const packets = `${rest}${bytes}`.split("\r\n\r\n");
        rest = packets.pop() ?? "";
        this.passed.push(...packets.map((packet) => ({ at, packet })));
        this.#told.tell();
      });
      from.on("close", () => to.destroy());
      from.on("error", () => to.destroy()); // the other side tells the session
    }
  }
}

const isEvent = (packet: string, name: string, channel: string) =>
  packet.startsWith(`Event: ${name}\r\n`) && packet.includes(`\r\nChannel: PJSIP/${channel}`);
const isAnswer = (packet: string) => isEvent(packet, "Newstate", "201-") && packet.includes("\r\nChannelStateDesc: Up");
const isFarewell = (packet: string) =>
  isEvent(packet, "HangupRequest", "provider-") || isEvent(packet, "Hangup", "provider-");

const isParking = (packet: string) => packet.startsWith("Event: ParkedCall\r\n");

/** What ends an interception, and the event that tells it. */
const ENDS = {
  "another answers": isAnswer,
  "the client leaves": isFarewell,
  "the client is parked": isParking,
} as const satisfies Record<string, (packet: string) => boolean>;

const directory = await mkdtemp(join(tmpdir(), "kommutator-bench-"));
let isSlow = false;
{
  await using pbx = await startAsteriskPbx();
  await using wire = new Wire(pbx.ami.port);
  const ami = { ...pbx.ami, port: await wire.open() };
  const [usual, responsible] = [await pbx.phone("201"), await pbx.phone("204")];
  for (const fetch of ["bridge", "pick-up"] as const) {
    const recipe = { ...RECIPES.mikopbx, fetch };
    const store = await openStore({ path: join(directory, `${fetch}.db`), databaseUrl: null });
    const journal = new SqlCallJournal(store, () => "main");
    await using office = await Office.open({ ami, recipe, ringSeconds: 10, journal });
    using _interceptor = intercept(office, recipe, "204");
    for (const [reason, isCause] of Object.entries(ENDS)) {
      const ours: number[] = [];
      const whole: number[] = [];
      for (let run = 0; run < runs; run++) {
        const client = await pbx.clientCalls({ from: "79001234567", did: "74950003344" });
        const [theirs, his] = await Promise.all([usual.waitCall(), responsible.waitCall()]);
        const { peerLegId } = await office.card("201", ({ state }) => state === "ringing");
        const from = wire.passed.length;
        if (isCause === isAnswer) await theirs.answer();
        else if (isCause === isFarewell) await client.hangUp();
        else await office.phoneControl.ask({ ask: "park", legId: peerLegId ?? "" });
        const cause = await wire.first(from, isCause, reason);
        const action = await wire.first(from, (packet) => /^Action: Hangup\r\n/.test(packet), "the phone is silenced");
        const end = await wire.first(from, (packet) => isEvent(packet, "Hangup", "204-"), "the phone is silent");
        ours.push(action.at - cause.at);
        whole.push(end.at - cause.at);
        await his.untilEnded();
        await client.hangUp();
        await theirs.untilEnded();
        await office.idle();
      }
      const [share, end] = [percentiles(ours), percentiles(whole)];
      console.log(`${fetch}, ${reason}: event to our bytes ${share.text}; event to the phone's end ${end.text}`);
      isSlow ||= share.p95 > OUR_SHARE_MS || end.slowest > PROMISED_MS;
    }
    await store.destroy();
  }
}
await rm(directory, { recursive: true });
console.log(`promised: our share ${OUR_SHARE_MS} ms (p95), the whole ${PROMISED_MS} ms (slowest)`);
process.exitCode = isSlow ? 1 : 0;

function percentiles(values: readonly number[]) {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? 0;
  const [median, p95, slowest] = [at(0.5), at(0.95), at(1)];
  const text = `median ${median.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, slowest ${slowest.toFixed(1)} ms`;
  return { text, p95, slowest };
}
