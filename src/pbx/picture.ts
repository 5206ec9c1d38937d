/**
 * What the PBX says when it is asked what there is: one list for each question. No list is the only source of a call:
 * a PBX or an account that refuses one is told apart, and the others are used.
 */
import { AmiError } from "../ami/ami-error.ts";
import type { AmiPacket } from "../ami/packet.ts";
import { timeOf } from "./facts.ts";

/** What is needed of an AMI session to ask. */
export interface Askable {
  action(fields: Readonly<Record<string, string>>): Promise<AmiPacket>;
  list(fields: Readonly<Record<string, string>>): Promise<AmiPacket[]>;
}

export interface Picture {
  /** Epoch milliseconds of the PBX, when it told of its channels. */
  readonly at: number;
  /** `CoreShowChannel` events; `Status` events from a PBX that refuses those, which say the same in other words. */
  readonly channels: readonly AmiPacket[];
  /** `Status` events: what sound each channel is sent, and some variables. */
  readonly statuses: readonly AmiPacket[];
  /** `BridgeListItem` events: which bridges are rooms, and which hold people apart. */
  readonly bridges: readonly AmiPacket[];
  /** `QueueParams`, `QueueMember` and `QueueEntry` events. */
  readonly queues: readonly AmiPacket[];
  /** `ParkedCall` events. */
  readonly parked: readonly AmiPacket[];
  /** `ExtensionStatus`, `DeviceStateChange` and `PresenceStateChange` events. */
  readonly phones: readonly AmiPacket[];
  /** The actions that were refused; not those that few PBXs have. */
  readonly lacking: readonly string[];
}

/**
 * The line that a client dialled, where `channelvars` of manager.conf does not put it on every event; and who handed the
 * channel over, which Asterisk itself notes there.
 */
const VARIABLES = "FROM_DID,BLINDTRANSFER";

/** MikoPBX has no device states, and presences are few PBXs' affair. */
const RARE: ReadonlySet<string> = new Set(["DeviceStateList", "PresenceStateList"]);

/** What a PBX without the action, or an account without the right, is answered, and a PBX without parking. */
const REFUSALS: ReadonlySet<string> = new Set(["ami/unknown-action", "ami/permission-denied", "ami/rejected"]);

/** @throws AmiError when the link was lost, and what the PBX said when it tells of no channels at all */
export async function takePicture(link: Askable, now: () => number): Promise<Picture> {
  const lacking: string[] = [];
  const refusals: AmiError[] = [];
  const list = async (action: string, more: Readonly<Record<string, string>> = {}): Promise<AmiPacket[] | null> => {
    try {
      return await link.list({ Action: action, ...more });
    } catch (error) {
      if (!(error instanceof AmiError) || !REFUSALS.has(error.code)) throw error;
      if (!RARE.has(action)) lacking.push(action);
      refusals.push(error);
      return null;
    }
  };
  // All are asked at once and answered one after the other.
  const [channels, pong, statuses, ...rest] = await Promise.all([
    list("CoreShowChannels"),
    link.action({ Action: "Ping" }),
    list("Status", { Variables: VARIABLES }),
    list("BridgeList"),
    list("QueueStatus"),
    list("ParkedCalls"),
    list("ExtensionStateList"),
    list("DeviceStateList"),
    list("PresenceStateList"),
  ]);
  const known = channels ?? statuses;
  if (known === null) throw refusals[0] ?? new AmiError("ami/rejected");
  const [bridges, queues, parked, ...phones] = rest.map((rows) => rows ?? []);
  return {
    at: timeOf(pong) ?? now(),
    channels: known,
    statuses: statuses ?? [],
    bridges: bridges ?? [],
    queues: queues ?? [],
    parked: parked ?? [],
    phones: phones.flat(),
    lacking,
  };
}
