/**
 * What the PBX holds right now, as the facts that would have led there: channels, who dials whom, bridges, queues.
 * Made from the list that `CoreShowChannels` answers (capture m22-reconnect and the lab's findings on reconnecting).
 */
import type { AmiPacket } from "../ami/packet.ts";
import type { LegEvent, LegId } from "../calls/leg-event.ts";
import { type ChannelFacts, channelOf, didOf, type Fact, variable } from "./facts.ts";
import type { Legs } from "./legs.ts";

/** Takes the picture anew from a snapshot. @returns what is to be heard, and which legs there are at all */
export function join(
  legs: Legs,
  rows: readonly AmiPacket[],
  at: number,
): { heard: LegEvent[]; present: ReadonlySet<LegId> } {
  legs.clear();
  const heard = snapshotFacts(rows, at).flatMap((fact) => legs.hear(fact));
  const present = new Set([...legs.switchboard.channels()].map((channel) => channel.uniqueid));
  return { heard: [...heard, ...legs.tellCompanies(at)], present };
}

interface Row {
  readonly channel: ChannelFacts;
  readonly packet: AmiPacket;
  readonly application: string;
  readonly applicationData: string;
  readonly bornAt: number;
}

/**
 * @param rows the `CoreShowChannel` events
 * @param at the PBX's time when it made the list, epoch milliseconds
 */
function snapshotFacts(rows: readonly AmiPacket[], at: number): Fact[] {
  const known = rows.flatMap((packet) => rowOf(packet, at) ?? []);
  const byCall = Map.groupBy(known, (row) => row.channel.linkedid);
  return [
    ...known.map(
      ({ channel, packet, bornAt }): Fact => ({ type: "channel-changed", at: bornAt, channel, did: didOf(packet) }),
    ),
    ...known.flatMap((row) => bridgeFact(row, at)),
    // Outer dials first: the chain from the caller to the phones stands when the phones are told of.
    ...known
      .filter(isBeingDialled)
      .sort((one, two) => Number(isPhoneRow(one)) - Number(isPhoneRow(two)))
      .map((row) => dialFact(row, byCall.get(row.channel.linkedid) ?? [])),
    ...known.flatMap((row) => queueFact(row, at)),
  ];
}

function rowOf(packet: AmiPacket, at: number): Row | null {
  const channel = channelOf(packet);
  if (!channel) return null;
  return {
    channel,
    packet,
    application: packet.get("Application") ?? "",
    applicationData: packet.get("ApplicationData") ?? "",
    bornAt: at - durationMs(packet.get("Duration") ?? ""),
  };
}

/** "01:02:03". */
function durationMs(duration: string): number {
  const parts = duration.split(":").map(Number);
  const seconds = parts.reduce((total, part) => total * 60 + part, 0);
  return Number.isFinite(seconds) ? seconds * 1000 : 0;
}

function bridgeFact({ channel, packet, application }: Row, at: number): Fact[] {
  const bridge = packet.get("BridgeId");
  if (!bridge) return [];
  const room = application === "ConfBridge" ? (packet.get("ApplicationData")?.split(",")[0] ?? "") : null;
  return [{ type: "bridge-entered", at, channel, bridge, room, recording: variable(packet, "CDR(recordingfile)") }];
}

/** A channel that the PBX made to reach somebody runs `AppDial`, `AppDial2` (originate) or `AppQueue` until it is up. */
function isBeingDialled({ channel, application }: Row): boolean {
  return channel.state !== "up" && application.startsWith("App");
}

function isPhoneRow({ channel }: Row): boolean {
  return !channel.name.startsWith("Local/");
}

/** Whoever runs Dial or Queue in the same call and names this channel's endpoint is the one that dials it. */
function dialFact(row: Row, ofSameCall: readonly Row[]): Fact {
  const endpoint = row.channel.name.replace(/-[0-9a-f]+(;[12])?$/i, "");
  const dialler = ofSameCall.find((other) =>
    row.application === "AppQueue"
      ? other.application === "Queue"
      : other.application === "Dial" && namesEndpoint(other.applicationData, endpoint),
  );
  return {
    type: "dial-begun",
    at: row.bornAt,
    channel: dialler?.channel ?? null,
    target: row.channel,
    dialString: "",
    did: dialler ? didOf(dialler.packet) : null,
  };
}

/** `PJSIP/203/sip:203@…&PJSIP/203-WS/…,600,tk` names PJSIP/203; `PJSIP/7900…@trunk,…` names PJSIP/trunk. */
function namesEndpoint(dialData: string, endpoint: string): boolean {
  const targets = dialData.split(",")[0]?.split("&") ?? [];
  const [technology, name] = endpoint.split("/", 2);
  return targets.some(
    (target) =>
      target === endpoint ||
      target.startsWith(`${endpoint}/`) ||
      (target.startsWith(`${technology}/`) && target.endsWith(`@${name}`)),
  );
}

function queueFact({ channel, packet, application, applicationData }: Row, at: number): Fact[] {
  const queue = applicationData.split(",")[0];
  return application === "Queue" && queue ? [{ type: "queued", at, channel, queue, did: didOf(packet) }] : [];
}
