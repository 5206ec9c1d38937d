/**
 * From a panel's command to its bytes on the AMI socket: 50 commands a second for 20 s, each on its own live call.
 * Promise: p99 at most 10 ms.
 */
import { createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { AmiSession } from "../src/ami/session.ts";
import type { Call } from "../src/calls/call.ts";
import { callWith, cardWith } from "../src/calls/testing/call.ts";
import { CommandDesk } from "../src/control/command-desk.ts";
import { systemClock } from "../src/lib/clock.ts";
import { readRequest } from "../src/panel/request.ts";
import { AmiPhoneControl, PHONE_CONTROL_EVENTS } from "../src/pbx/phone-control.ts";
import { RECIPES } from "../src/pbx/recipes.ts";

const PER_SECOND = 50;
const SECONDS = 20;
const LIVE_CALLS = 200;
const PROMISED_MS = 10;

const arrivals = new Map<string, number>();

/** Answers everything with Success, and notes when each channel's action arrived. */
function answer(socket: Socket): void {
  let rest = "";
  socket.write("Asterisk Call Manager/11.0.0\r\n");
  socket.setEncoding("utf8").on("data", (text) => {
    const at = performance.now();
    const packets = `${rest}${text}`.split("\r\n\r\n");
    rest = packets.pop() ?? "";
    for (const packet of packets) {
      const channel = /^Channel: (.+)$/m.exec(packet)?.[1]?.trim();
      if (channel !== undefined) arrivals.set(channel, at);
      socket.write(`Response: Success\r\n${/^ActionID:.*$/m.exec(packet)?.[0] ?? ""}\r\n\r\n`);
    }
  });
}

const server = createServer(answer);
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = server.address();
if (address === null || typeof address === "string") throw new Error("no port");
const session = new AmiSession({
  host: "127.0.0.1",
  port: address.port,
  username: "bench",
  secret: "bench",
  eventMask: "call",
  kinds: PHONE_CONTROL_EVENTS,
  clock: systemClock,
});
const up = new Promise<void>((resolve) => session.onState(({ state }) => state === "up" && resolve()));
session.start();
await up;

const live = Array.from({ length: LIVE_CALLS }, (_, at): Call => {
  const id = `call-${at}`;
  return callWith({ id, cards: [cardWith({ callId: id, legId: `leg-${at}` })] });
});
const ability = true;
const desk = new CommandDesk({
  pbx: "bench",
  phoneControl: new AmiPhoneControl({
    session,
    recipe: RECIPES.mikopbx,
    ringSeconds: 30,
    autoAnswer: null,
    switchboard: {
      channelOf: (legId) => `PJSIP/${legId}`,
      phonesBehind: () => [],
      otherDevices: () => [],
      bridgedWith: () => [],
      isInTalk: () => false,
    },
  }),
  calls: { live: () => live },
  abilities: () => ({
    handOver: ability,
    sendOn: ability,
    consult: ability,
    swap: ability,
    fetch: ability,
    park: ability,
    sendDigits: ability,
    hold: ability,
    mobileFirst: ability,
    chooseLine: ability,
    outsideTargets: ability,
  }),
  journal: { keep: async () => undefined },
  deviceOf: () => "free",
  hasLine: () => true,
  isOffered: () => true,
  mayHold: () => true,
  clock: systemClock,
  ringSeconds: 30,
  guardedMs: 0,
});
const by = { name: "Anna", department: null, userId: 1, extensions: ["201"], manager: false };

const took: number[] = [];
const started = performance.now();
for (let sent = 0; sent < PER_SECOND * SECONDS; sent++) {
  const at = sent % LIVE_CALLS;
  const text = JSON.stringify({
    type: "command",
    id: String(sent),
    command: { kind: "hang-up", callId: `call-${at}`, legId: `leg-${at}` },
  });
  const channel = `PJSIP/leg-${at}`;
  arrivals.delete(channel);
  const before = performance.now();
  const request = readRequest(text);
  if (request?.type !== "command" || request.command.kind !== "hang-up") throw new Error("unread");
  desk.run({ by, id: request.id, command: request.command }, () => undefined);
  while (!arrivals.has(channel)) await new Promise((resolve) => setImmediate(resolve));
  took.push((arrivals.get(channel) ?? 0) - before);
  desk.onChange(callWith({ id: `call-${at}` })); // the leg is gone: the command is over
  await pause(Math.max(0, started + ((sent + 1) * 1000) / PER_SECOND - performance.now()));
}
took.sort((one, two) => one - two);
const percentile = (part: number) => took[Math.floor(took.length * part)] ?? 0;
const [median, p99] = [percentile(0.5), percentile(0.99)];
console.log(
  `${took.length} commands at ${PER_SECOND}/s: median ${median.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms (promised ${PROMISED_MS} ms)`,
);
desk[Symbol.dispose]();
await session[Symbol.asyncDispose]();
server.close();
process.exitCode = p99 <= PROMISED_MS ? 0 : 1;
