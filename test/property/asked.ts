/** What a PBX would answer if it were asked at this moment, made from the mirror of a watcher that saw everything. */
import { AmiPacket } from "../../src/ami/packet.ts";
import type { Picture } from "../../src/pbx/picture.ts";
import type { Channel } from "../../src/pbx/switchboard.ts";

type Asked = Omit<Picture, "phones" | "lacking">;

const STATES = { down: 0, ring: 4, ringing: 5, up: 6, other: 7 } as const;

/** @param at the PBX's time, epoch milliseconds */
export function askedOf(channels: readonly Channel[], at: number): Asked {
  const bridges = new Map(channels.flatMap(({ bridge }) => (bridge ? [[bridge.id, bridge] as const] : [])));
  return {
    at,
    channels: channels.map(channelRow),
    // Without them only the journal knows who holds whom.
    statuses: [],
    bridges: [...bridges.values()].map(({ id, room, isApart }) =>
      row({
        Event: "BridgeListItem",
        BridgeUniqueid: id,
        BridgeTechnology: isApart ? "holding_bridge" : "simple_bridge",
        BridgeCreator: room === null ? "<unknown>" : "ConfBridge",
        BridgeName: room ?? "<unknown>",
      }),
    ),
    queues: [],
    parked: [],
  };
}

function channelRow(channel: Channel): AmiPacket {
  const { facts, bridge, did } = channel;
  const dialled = [...channel.dials].map(({ facts: { name } }) => name.replace(/-[0-9a-f]+(;[12])?$/i, ""));
  return row({
    Event: "CoreShowChannel",
    Channel: facts.name,
    ChannelState: String(STATES[facts.state]),
    CallerIDNum: facts.callerNumber ?? "<unknown>",
    ConnectedLineNum: facts.connectedNumber ?? "<unknown>",
    Context: facts.context,
    Exten: facts.exten,
    Uniqueid: facts.uniqueid,
    Linkedid: facts.linkedid,
    ...(did === null ? {} : { ChanVariable: `FROM_DID=${did}` }),
    Application: applicationOf(channel),
    ApplicationData: dialled.join("&"),
    Duration: "00:00:00",
    BridgeId: bridge?.id ?? "",
  });
}

function applicationOf({ dialler, isDialled, dials, isLocal, bridge }: Channel): string {
  if (dials.size > 0) return "Dial";
  // The target of an attended transfer is dialled by no application.
  if (dialler === null) return isLocal && bridge ? "" : "AppDial2";
  return dialler !== undefined && isDialled ? "AppDial" : "";
}

function row(headers: Readonly<Record<string, string>>): AmiPacket {
  return new AmiPacket(
    Object.entries(headers)
      .map(([header, value]) => `${header}: ${value}`)
      .join("\r\n"),
  );
}
