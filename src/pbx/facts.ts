/**
 * What AMI events say, as typed facts: one table, event name → reader. Nothing is concluded here.
 * Events that tell nothing about calls are not in the table; ones that lack what they must have are `Unreadable`.
 */
import type { AmiPacket } from "../ami/packet.ts";

/** What nearly every event tells of a channel. */
export interface ChannelFacts {
  readonly uniqueid: string;
  /** e.g. `PJSIP/201-0000001a`, `Local/201@internal-00000008;1`. */
  readonly name: string;
  readonly linkedid: string;
  readonly state: ChannelState;
  readonly callerNumber: string | null;
  readonly connectedNumber: string | null;
  readonly context: string;
  readonly exten: string;
}

export type ChannelState = "down" | "ring" | "ringing" | "up" | "other";

/** `at`: epoch milliseconds of the PBX. */
export type Fact = { readonly at: number } & (
  | { readonly type: "channel-new"; readonly channel: ChannelFacts }
  | { readonly type: "channel-changed"; readonly channel: ChannelFacts; readonly did: string | null }
  /** `channel` is null when the PBX itself dials (originate). */
  | {
      readonly type: "dial-begun";
      readonly channel: ChannelFacts | null;
      readonly target: ChannelFacts;
      readonly dialString: string;
      readonly did: string | null;
    }
  /** The dialled phone lets its caller hear something (SIP 183), and may not tell otherwise that it rings. */
  | { readonly type: "dial-progressed"; readonly target: ChannelFacts }
  | {
      readonly type: "dial-ended";
      readonly channel: ChannelFacts | null;
      readonly target: ChannelFacts;
      readonly status: string;
    }
  | {
      readonly type: "bridge-entered";
      readonly channel: ChannelFacts;
      readonly bridge: string;
      /** Name of the conference, when the bridge is one. */
      readonly room: string | null;
      /** Its members do not hear each other: they are parked, or wait for somebody. */
      readonly isApart: boolean;
      readonly recording: string | null;
    }
  | { readonly type: "bridge-left"; readonly channel: ChannelFacts; readonly bridge: string }
  | { readonly type: "bridge-gone"; readonly bridge: string }
  | { readonly type: "locals-paired"; readonly one: ChannelFacts; readonly two: ChannelFacts }
  /** `byPhone`: the phone asked for it; else a feature of the PBX did (attended transfer), and more will tell of that. */
  | { readonly type: "held"; readonly channel: ChannelFacts; readonly byPhone: boolean }
  | { readonly type: "unheld"; readonly channel: ChannelFacts }
  /** In a snapshot: it talked to somebody before, on the channel `by` if that is known, who has just sent it to `target`. */
  | {
      readonly type: "found-handed-on";
      readonly channel: ChannelFacts;
      readonly by: string | null;
      readonly target: string | null;
    }
  /** In a snapshot: its party turned to somebody else, `target`, while `waiting` waits. */
  | {
      readonly type: "found-consulting";
      readonly channel: ChannelFacts;
      readonly waiting: string;
      readonly target: string | null;
    }
  /** The party of this channel hung up. */
  | { readonly type: "hangup-requested"; readonly channel: ChannelFacts }
  | { readonly type: "hung-up"; readonly channel: ChannelFacts; readonly cause: number }
  | {
      readonly type: "blind-transferred";
      readonly transferer: ChannelFacts;
      readonly transferee: string | null;
      readonly exten: string;
    }
  | {
      readonly type: "attended-transferred";
      /** The same channel twice, or the two lines of the transferer's phone. */
      readonly transferers: readonly string[];
      readonly transferee: string | null;
      readonly target: string | null;
      readonly exten: string | null;
      /** The transferee goes on in the place of the transferer's second line: whom that one dials is rung for him now. */
      readonly takesOver: boolean;
    }
  | { readonly type: "picked-up"; readonly channel: ChannelFacts; readonly from: string }
  | { readonly type: "parked"; readonly channel: string; readonly slot: string; readonly parker: string | null }
  | { readonly type: "queued"; readonly channel: ChannelFacts; readonly queue: string; readonly did: string | null }
  /** It listens in to somebody's talk (ChanSpy). */
  | { readonly type: "listening"; readonly channel: ChannelFacts }
  /** It has been in the voicemail. */
  | { readonly type: "voicemail-left"; readonly channel: ChannelFacts }
  | { readonly type: "recorded"; readonly channelName: string; readonly file: string }
);

export interface Unreadable {
  readonly type: "unreadable";
  readonly event: string;
  readonly reason: string;
}

type Reader = (packet: AmiPacket, at: number) => Fact | string | undefined;

/** @param receivedAt stands in for the PBX's time when it does not send any (`timestampevents=no`) */
export function readFact(packet: AmiPacket, receivedAt: number): Fact | Unreadable | undefined {
  const event = packet.get("Event");
  const reader = event === undefined ? undefined : readers.get(event);
  if (event === undefined || reader === undefined) return undefined;
  const fact = reader(packet, timeOf(packet) ?? receivedAt);
  return typeof fact === "string" ? { type: "unreadable", event, reason: fact } : fact;
}

/** Epoch milliseconds from the packet's own `Timestamp`; null when it has none. */
export function timeOf(packet: AmiPacket): number | null {
  const seconds = Number(packet.get("Timestamp") ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.round(seconds * 1000) : null;
}

const changed: Reader = (packet, at) =>
  withChannel(packet, (channel) => ({ type: "channel-changed", at, channel, did: didOf(packet) }));

const readers = new Map<string, Reader>(
  Object.entries({
    Newchannel: (packet, at) => withChannel(packet, (channel) => ({ type: "channel-new", at, channel })),
    Newstate: changed,
    NewCallerid: changed,
    NewConnectedLine: changed,
    DialBegin: (packet, at) => {
      const target = channelOf(packet, "Dest");
      if (!target) return "DialBegin without a destination";
      const dialString = packet.get("DialString") ?? "";
      return { type: "dial-begun", at, channel: channelOf(packet), target, dialString, did: didOf(packet) };
    },
    DialState: (packet, at) => {
      const target = packet.get("DialStatus") === "PROGRESS" ? channelOf(packet, "Dest") : null;
      return target ? { type: "dial-progressed", at, target } : undefined;
    },
    DialEnd: (packet, at) => {
      const target = channelOf(packet, "Dest");
      if (!target) return "DialEnd without a destination";
      return { type: "dial-ended", at, channel: channelOf(packet), target, status: packet.get("DialStatus") ?? "" };
    },
    BridgeEnter: (packet, at) => {
      const room = packet.get("BridgeCreator") === "ConfBridge" ? (packet.get("BridgeName") ?? "") : null;
      const isApart = packet.get("BridgeTechnology") === "holding_bridge";
      const recording = variable(packet, "CDR(recordingfile)");
      return withBridge(packet, (channel, bridge) => ({
        type: "bridge-entered",
        at,
        channel,
        bridge,
        room,
        isApart,
        recording,
      }));
    },
    BridgeLeave: (packet, at) =>
      withBridge(packet, (channel, bridge) => ({ type: "bridge-left", at, channel, bridge })),
    BridgeDestroy: (packet, at) => {
      const bridge = packet.get("BridgeUniqueid");
      return bridge ? { type: "bridge-gone", at, bridge } : "BridgeDestroy without BridgeUniqueid";
    },
    LocalBridge: (packet, at) => {
      const one = channelOf(packet, "LocalOne");
      const two = channelOf(packet, "LocalTwo");
      return one && two ? { type: "locals-paired", at, one, two } : "LocalBridge without its two halves";
    },
    // A phone's hold names the music; the hold that Asterisk makes for an attended transfer does not
    // (captures 20 and 09). chan_sip names none in either case.
    Hold: (packet, at) =>
      withChannel(packet, (channel) => {
        const byPhone = packet.get("MusicClass") !== undefined || !channel.name.startsWith("PJSIP/");
        return { type: "held", at, channel, byPhone };
      }),
    Unhold: (packet, at) => withChannel(packet, (channel) => ({ type: "unheld", at, channel })),
    // A phone that was answered "busy" lets go because of that, not because its party hung up (capture s01).
    HangupRequest: (packet, at) =>
      isToldBusy(packet) ? undefined : withChannel(packet, (channel) => ({ type: "hangup-requested", at, channel })),
    Hangup: (packet, at) =>
      withChannel(packet, (channel) => {
        const cause = Number(packet.get("Cause"));
        return { type: "hung-up", at, channel, cause: Number.isInteger(cause) ? cause : 0 };
      }),
    BlindTransfer: (packet, at) => {
      const transferer = channelOf(packet, "Transferer");
      if (!transferer) return "BlindTransfer without a transferer";
      const transferee = packet.get("TransfereeUniqueid") ?? null;
      return { type: "blind-transferred", at, transferer, transferee, exten: packet.get("Extension") ?? "" };
    },
    AttendedTransfer: (packet, at) => {
      const transferers = [packet.get("OrigTransfererUniqueid"), packet.get("SecondTransfererUniqueid")].filter(
        (id) => id !== undefined,
      );
      if (transferers.length === 0) return "AttendedTransfer without a transferer";
      // Of a consultation that becomes a talk of three nobody is out yet (capture n12).
      if (packet.get("Result") !== "Success" || packet.get("DestType") === "Threeway") return undefined;
      return {
        type: "attended-transferred",
        at,
        transferers: [...new Set(transferers)],
        transferee: packet.get("TransfereeUniqueid") ?? null,
        target: packet.get("TransferTargetUniqueid") ?? null,
        exten: packet.get("TransferTargetExten") || null,
        takesOver: packet.get("DestType") === "App",
      };
    },
    Pickup: (packet, at) => {
      const from = packet.get("TargetUniqueid");
      if (!from) return "Pickup without a target";
      return withChannel(packet, (channel) => ({ type: "picked-up", at, channel, from }));
    },
    ChanSpyStart: (packet, at) => {
      const channel = channelOf(packet, "Spyer");
      return channel ? { type: "listening", at, channel } : "ChanSpyStart without a spyer";
    },
    ParkedCall: (packet, at) => {
      const channel = packet.get("ParkeeUniqueid");
      if (!channel) return "ParkedCall without a parkee";
      const parker = packet.get("ParkerDialString") || null;
      return { type: "parked", at, channel, slot: packet.get("ParkingSpace") ?? "", parker };
    },
    QueueCallerJoin: (packet, at) =>
      withChannel(packet, (channel) => ({
        type: "queued",
        at,
        channel,
        queue: packet.get("Queue") ?? "",
        did: didOf(packet),
      })),
    // MikoPBX: the file of the leg named by `recchan`, told before that leg's DialEnd (capture m04).
    UserEvent: (packet, at) => {
      if (packet.get("UserEvent") !== "StartRecording") return undefined;
      const file = packet.get("recordingfile");
      const channelName = packet.get("recchan") ?? packet.get("Channel");
      if (!file || !channelName) return "StartRecording without a file or a channel";
      return { type: "recorded", at, channelName, file };
    },
    // Only for those who may read the dialplan class.
    VarSet: (packet, at) => {
      const text = packet.toString();
      if (text.includes("\r\nVariable: VMSTATUS\r\n"))
        return withChannel(packet, (channel) => ({ type: "voicemail-left", at, channel }));
      if (!text.includes("\r\nVariable: MIXMONITOR_FILENAME\r\n")) return undefined;
      const channelName = packet.get("Channel");
      const file = packet.get("Value");
      return channelName && file ? { type: "recorded", at, channelName, file } : undefined;
    },
  } satisfies Record<string, Reader>),
);

/** The kinds of events that are of use here; to be subscribed to. */
export const FACT_EVENTS: ReadonlySet<string> = new Set(readers.keys());

function withChannel(packet: AmiPacket, make: (channel: ChannelFacts) => Fact): Fact | string {
  const channel = channelOf(packet);
  return channel ? make(channel) : `${packet.get("Event")} without Channel or Uniqueid`;
}

function withBridge(packet: AmiPacket, make: (channel: ChannelFacts, bridge: string) => Fact): Fact | string {
  const bridge = packet.get("BridgeUniqueid");
  return bridge
    ? withChannel(packet, (channel) => make(channel, bridge))
    : `${packet.get("Event")} without BridgeUniqueid`;
}

/** @param prefix of the headers: "" or "Dest", "LocalOne", "Transferer" … */
export function channelOf(packet: AmiPacket, prefix = ""): ChannelFacts | null {
  const uniqueid = packet.get(`${prefix}Uniqueid`);
  const name = packet.get(`${prefix}Channel`);
  if (!uniqueid || !name) return null;
  return {
    uniqueid,
    name,
    linkedid: packet.get(`${prefix}Linkedid`) || uniqueid,
    state: STATES[Number(packet.get(`${prefix}ChannelState`))] ?? "other",
    callerNumber: known(packet.get(`${prefix}CallerIDNum`)),
    connectedNumber: known(packet.get(`${prefix}ConnectedLineNum`)),
    context: packet.get(`${prefix}Context`) ?? "",
    exten: packet.get(`${prefix}Exten`) ?? "",
  };
}

/**
 * The PBX has told this phone that the other side is busy: it is in AST_STATE_BUSY, or still in AST_STATE_RING with the
 * cause of that, when it was faster to let go (lab). Who gives up while he waits goes with another cause (127).
 */
function isToldBusy(packet: AmiPacket): boolean {
  const state = packet.get("ChannelState");
  return state === "7" || (state === "4" && packet.get("Cause") === "17");
}

/** AST_STATE_* of Asterisk's channelstate.h. */
const STATES: readonly (ChannelState | undefined)[] = ["down", "other", "other", "other", "ring", "ringing", "up"];

function known(number: string | undefined): string | null {
  return number === undefined || number === "" || HIDDEN.test(number) ? null : number;
}

const HIDDEN = /^(<unknown>|unknown|anonymous|restricted|unavailable|private|asterisk|s)$/i;

/** The line that was dialled; `channelvars` of manager.conf puts it on every event (MikoPBX and the lab do). */
export function didOf(packet: AmiPacket): string | null {
  return variable(packet, "FROM_DID");
}

/** A channel variable that `channelvars` of manager.conf puts on the events; null when it is not there or empty. */
export function variable(packet: AmiPacket, name: string): string | null {
  const start = `${name}=`;
  for (const [header, value] of packet.entries()) {
    if (header === "ChanVariable" && value.length > start.length && value.startsWith(start))
      return value.slice(start.length);
  }
  return null;
}
