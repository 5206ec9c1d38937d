// What a recorded AMI stream consists of, without its chance details. Order and number of events are left out: a real Asterisk
// repeats neither from run to run.
//   node emulators/pbx/testing/stream-shape.ts events FILE.ami >recorded/NAME.txt     which events, on which kinds of channels
//   node emulators/pbx/testing/stream-shape.ts lines FILE.ami… >recorded/STYLE.lines.txt  which lines each event has, in order
import { readFileSync } from "node:fs";

/** Events that depend on what else the recorded PBX had loaded or on real sound; the emulator has no counterpart. */
const BESIDES = new Set([
  "VarSet",
  "Cdr",
  "CEL",
  "RTCPSent",
  "RTCPReceived",
  "SuccessfulAuth",
  "ChallengeSent",
  "DTMFBegin",
  "DTMFEnd",
  "FullyBooted",
  "DeviceStateChange",
]);
/** Which real channel is moved when a Local pair is folded differs from run to run. */
const ANY_CHANNEL = new Set([
  "BridgeEnter",
  "BridgeLeave",
  "HangupRequest",
  "SoftHangupRequest",
  "LocalOptimizationBegin",
  "LocalOptimizationEnd",
]);
/** Values that belong to the kind of event. */
const TELLING = [
  "DialStatus",
  "Response",
  "Reason",
  "UserEvent",
  "Cause-txt",
  "Result",
  "DestType",
  "LocalOptimization",
  "BridgeType",
];

const STATEFUL = new Set(["Newstate", "Newchannel"]);
const CHANNEL_KEY =
  /^(LocalOne|LocalTwo|Source|Dest|Transferer|Transferee|OrigTransferer|SecondTransferer|TransferTarget|Parkee|Target)?Channel$/;

function roleOf(channel: string): string {
  if (/^PJSIP\/(provider|SIP-TRUNK)/.test(channel)) return "trunk";
  return channel.replace(/-[0-9a-f]{8}/, "");
}

type Line = readonly [key: string, value: string];

function eventsOf(stream: string): Line[][] {
  return stream
    .split("\r\n\r\n")
    .map((block) =>
      block.split("\r\n").map((line): Line => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      }),
    )
    .filter(([first]) => first?.[0] === "Event" && !BESIDES.has(first[1]));
}

function eventShape(lines: readonly Line[]): string {
  const event = lines[0]?.[1] ?? "";
  const channels = lines.filter(([key]) => CHANNEL_KEY.test(key)).map(([, value]) => roleOf(value));
  const states = STATEFUL.has(event)
    ? lines.filter(([key]) => key === "ChannelStateDesc").map(([, value]) => value)
    : [];
  const telling = lines.filter(([key]) => TELLING.includes(key)).map(([key, value]) => `${key}=${value}`);
  return [event, ...(ANY_CHANNEL.has(event) ? [] : channels), ...states, ...telling].join(" ");
}

/** The distinct kinds of events of a stream: name, channels in their roles, telling values. */
export function streamShape(stream: string): string[] {
  return [...new Set(eventsOf(stream).map(eventShape))].sort();
}

/** The distinct sequences of line names, one an event; repeated ChanVariable lines count once, and SIP details are left out. */
export function lineNames(stream: string): string[] {
  const sequences = eventsOf(stream).map(([event, ...rest]) => {
    const keys = rest.map(([key]) => key.replace(/\(.*\)/, "(…)")).filter((key) => key !== "TechCause");
    return `${event?.[1]}: ${keys.filter((key, index) => key !== keys[index - 1]).join(" ")}`;
  });
  return [...new Set(sequences)].sort();
}

const [, script, what, ...files] = process.argv;
if (script === import.meta.filename) {
  const stream = files.map((file) => readFileSync(file, "utf8")).join("");
  process.stdout.write(`${(what === "lines" ? lineNames(stream) : streamShape(stream)).join("\n")}\n`);
}
