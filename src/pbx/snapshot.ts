/**
 * What the PBX holds right now, as the facts that would have led there: channels, who dials whom, bridges, queues, hold,
 * consultations, parking. Made from the lists that it answers (captures 26 and m22, and the lab).
 */
import type { AmiPacket } from "../ami/packet.ts";
import type { LegEvent, LegId } from "../calls/leg-event.ts";
import { localTarget } from "./endpoint.ts";
import { type ChannelFacts, channelOf, didOf, type Fact, readFact, variable } from "./facts.ts";
import type { Legs } from "./legs.ts";
import type { Picture } from "./picture.ts";

/** Takes the picture anew from a snapshot. @returns what is to be heard, and which legs there are at all */
export function join(
  legs: Legs,
  picture: Omit<Picture, "phones" | "lacking">,
): { heard: LegEvent[]; present: ReadonlySet<LegId> } {
  legs.clear(picture.at);
  const rows = rowsOf(picture);
  const heard = [...standingFacts(rows, picture), ...turnedFacts(rows, picture)]
    .flatMap((fact) => legs.hear(fact))
    // No list says when a phone was picked up; one that rang when we last looked did so since (capture o29).
    .map((event): LegEvent => (event.type === "leg-answered" ? { ...event, at: picture.at, unseen: true } : event));
  const present = new Set([...legs.switchboard.channels()].map((channel) => channel.uniqueid));
  return { heard: [...heard, ...legs.tellCompanies(picture.at)], present };
}

/** Who waits with music for whom: what `Status` adds to a snapshot that was taken without it. */
export function joinSounds(legs: Legs, picture: Omit<Picture, "phones" | "lacking">): LegEvent[] {
  return heldFacts(rowsOf(picture), picture.at).flatMap((fact) => legs.hear(fact));
}

interface Row {
  readonly channel: ChannelFacts;
  readonly packet: AmiPacket;
  readonly status: AmiPacket | undefined;
  readonly application: string;
  readonly applicationData: string;
  readonly bridge: string;
  readonly bornAt: number;
}

function rowsOf({ channels, statuses, at }: Pick<Picture, "channels" | "statuses" | "at">): Row[] {
  const statusOf = new Map(statuses.map((status) => [status.get("Uniqueid"), status]));
  // What is told twice is there once.
  const rows = new Map(channels.map((packet) => [packet.get("Uniqueid"), packet]));
  return [...rows.values()].flatMap((packet) => {
    const channel = channelOf(packet);
    if (!channel) return [];
    return {
      channel,
      packet,
      status: statusOf.get(channel.uniqueid),
      application: said(packet.get("Application")),
      applicationData: said(packet.get("ApplicationData") ?? packet.get("Data")),
      bridge: packet.get("BridgeId") ?? "",
      bornAt: at - durationMs(packet.get("Duration") ?? packet.get("Seconds") ?? ""),
    };
  });
}

/** `Status` says `(null)` where `CoreShowChannels` says nothing. */
function said(value: string | undefined): string {
  return value === undefined || value === "(null)" ? "" : value;
}

/** "01:02:03", or seconds. */
function durationMs(duration: string): number {
  const parts = duration.split(":").map(Number);
  const seconds = parts.reduce((total, part) => total * 60 + part, 0);
  return Number.isFinite(seconds) ? seconds * 1000 : 0;
}

function standingFacts(rows: readonly Row[], { bridges, queues, at }: Pick<Picture, "bridges" | "queues" | "at">) {
  const byCall = Map.groupBy(rows, (row) => row.channel.linkedid);
  const bridgeOf = new Map(bridges.map((bridge) => [bridge.get("BridgeUniqueid") ?? "", bridge]));
  return [
    ...rows.map((row): Fact => ({ type: "channel-changed", at: row.bornAt, channel: row.channel, did: didOfRow(row) })),
    ...rows.flatMap((row) => bridgeFact(row, bridgeOf.get(row.bridge), at)),
    // Outer dials first: the chain from the caller to the phones stands when the phones are told of.
    ...rows
      .filter(isDialled)
      .sort((one, two) => Number(isPhoneRow(one)) - Number(isPhoneRow(two)))
      .flatMap((row) => dialFact(row, byCall.get(row.channel.linkedid) ?? [])),
    ...rows.flatMap((row) => queueFact(row, queues, at)),
  ];
}

function didOfRow(row: Row): string | null {
  return didOf(row.packet) ?? asked(row, "FROM_DID");
}

/** A variable that `Status` was asked for. */
function asked({ status }: Row, name: string): string | null {
  const line = status?.getAll("Variable").find((value) => value.startsWith(`${name}=`));
  return said(line?.slice(name.length + 1)) || null;
}

function bridgeFact(row: Row, bridge: AmiPacket | undefined, at: number): Fact[] {
  if (row.bridge === "") return [];
  const isRoom = bridge ? bridge.get("BridgeCreator") === "ConfBridge" : row.application === "ConfBridge";
  const room = bridge?.get("BridgeName") ?? row.applicationData.split(",")[0] ?? "";
  return [
    {
      type: "bridge-entered",
      at,
      channel: row.channel,
      bridge: row.bridge,
      room: isRoom ? room : null,
      isApart: bridge?.get("BridgeTechnology") === "holding_bridge",
      recording: variable(row.packet, "CDR(recordingfile)"),
    },
  ];
}

/** A channel that the PBX made to reach somebody runs `AppDial`, `AppDial2` (originate) or `AppQueue`. */
function isDialled({ channel, application }: Row): boolean {
  return application.startsWith("App") && (channel.state !== "up" || application !== "AppDial2");
}

function isPhoneRow({ channel }: Row): boolean {
  return !channel.name.startsWith("Local/");
}

/**
 * Whoever runs Dial or Queue in the same call and names this channel's endpoint is the one that dials it; who is gone
 * already (the list is not made in one moment) dialled for the call's first channel.
 */
function dialFact(row: Row, ofSameCall: readonly Row[]): Fact[] {
  const isAsked = row.application === "AppDial2";
  const endpoint = row.channel.name.replace(/-[0-9a-f]+(;[12])?$/i, "");
  let dialString = "";
  const names = (other: Row) => {
    dialString = targetNamed(other.applicationData, endpoint) ?? "";
    return dialString !== "";
  };
  const isAnswered = row.channel.state === "up";
  const byName = ofSameCall.find((other) =>
    row.application === "AppQueue" ? other.application === "Queue" : other.application === "Dial" && names(other),
  );
  const first = ofSameCall.find(({ channel }) => channel.uniqueid === channel.linkedid && channel !== row.channel);
  const dialler = isAsked ? null : (byName ?? (isAnswered ? undefined : first));
  if (dialler === undefined) return [];
  const about = { at: row.bornAt, channel: dialler?.channel ?? null, target: row.channel };
  const did = dialler && didOfRow(dialler);
  return [
    { type: "dial-begun", ...about, dialString, did },
    ...(isAnswered ? [{ type: "dial-ended", ...about, status: "ANSWER" } as const] : []),
  ];
}

/** `PJSIP/203/sip:203@…&PJSIP/203-WS/…,600,tk` names PJSIP/203; `PJSIP/7900…@trunk,…` names PJSIP/trunk. */
function targetNamed(dialData: string, endpoint: string): string | undefined {
  const targets = dialData.split(",")[0]?.split("&") ?? [];
  const [technology, name] = endpoint.split("/", 2);
  return targets.find(
    (target) =>
      target === endpoint ||
      target.startsWith(`${endpoint}/`) ||
      (target.startsWith(`${technology}/`) && target.endsWith(`@${name}`)),
  );
}

function queueFact(row: Row, queues: readonly AmiPacket[], at: number): Fact[] {
  const { channel, application, applicationData } = row;
  const entry = queues.find((one) => one.event === "QueueEntry" && one.get("Uniqueid") === channel.uniqueid);
  const queue = entry?.get("Queue") ?? (application === "Queue" ? applicationData.split(",")[0] : undefined);
  return queue ? [{ type: "queued", at, channel, queue, did: didOfRow(row) }] : [];
}

/** Those whose partner turned away from them: held, parked, or left waiting for the end of a consultation. */
function turnedFacts(rows: readonly Row[], { parked, at }: Pick<Picture, "parked" | "at">): Fact[] {
  const parkedFacts = parked.flatMap((packet): Fact[] => {
    const since = at - durationMs(packet.get("ParkingDuration") ?? "");
    const fact = readFact(packet, since);
    return fact?.type === "parked" ? [{ ...fact, at: since }] : [];
  });
  const parkedIds = new Set(parked.map((packet) => packet.get("ParkeeUniqueid")));
  return [
    ...parkedFacts,
    ...rows.flatMap((row) => handedOnFact(row, parkedIds.has(row.channel.uniqueid), at)),
    ...heldFacts(rows, at),
    ...rows.flatMap((row) => consultationFact(row, rows)),
  ];
}

/**
 * Who was handed over blindly is marked until somebody takes him (capture r27), and stands in the dialplan where he was sent;
 * who is parked out of a talk still runs the application of that talk.
 */
function handedOnFact(row: Row, isParked: boolean, at: number): Fact[] {
  const wasTalking = isParked && /^(Dial|Queue|AppDial|AppQueue)/.test(row.application);
  const by = asked(row, "BLINDTRANSFER");
  const target = by === null || isParked ? null : row.channel.exten || null;
  return wasTalking || by !== null ? [{ type: "found-handed-on", at, channel: row.channel, by, target }] : [];
}

/**
 * A bridge of two sends each what the other one says. Who is sent sound of another form than his partner gives hears
 * music instead, so his partner holds him (lab; music that happens to have the form of the talk is not told from it).
 */
function heldFacts(rows: readonly Row[], at: number): Fact[] {
  const inBridge = Map.groupBy(rows, ({ bridge }) => bridge);
  return rows.flatMap((row): Fact[] => {
    const [one, two, ...more] = row.bridge === "" ? [] : (inBridge.get(row.bridge) ?? []);
    const mate = one === row ? two : one;
    if (!mate || more.length > 0 || !isPhoneRow(row) || row.application === "ConfBridge") return [];
    const gives = row.status?.get("Readformat");
    const hears = mate.status?.get("Writeformat");
    if (gives === undefined || hears === undefined || gives === hears) return [];
    return [{ type: "held", at, channel: row.channel, byPhone: true }];
  });
}

/**
 * The PBX's own attended transfer: the target is reached through a Local channel that no application dialled, and in
 * another bridge of the call somebody sits alone. Who waits there is the client; with the sides swapped it is the
 * Local channel that is alone, and the colleague behind it who waits.
 */
function consultationFact(local: Row, rows: readonly Row[]): Fact[] {
  const { channel, application, bridge, bornAt } = local;
  if (isPhoneRow(local) || !channel.name.endsWith(";1") || application !== "" || bridge === "") return [];
  const isAlone = (row: Row) => !rows.some((other) => other !== row && other.bridge === row.bridge);
  const phones = rows.filter(
    (row) => isPhoneRow(row) && row.bridge !== "" && row.channel.linkedid === channel.linkedid,
  );
  const isSwapped = isAlone(local);
  const consulting = phones.find((row) =>
    isSwapped ? !isAlone(row) && row.channel.callerNumber === channel.connectedNumber : row.bridge === bridge,
  );
  const waiting = isSwapped ? local : phones.find(isAlone);
  if (!waiting || !consulting) return [];
  return [
    {
      type: "found-consulting",
      at: bornAt,
      channel: consulting.channel,
      waiting: waiting.channel.uniqueid,
      target: localTarget(channel.name),
    },
  ];
}
