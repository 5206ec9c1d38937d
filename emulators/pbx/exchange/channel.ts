import type { Line } from "../packet-text.ts";
import type { Profile } from "../profile.ts";
import type { Bridge } from "./bridge.ts";
import type { Dial } from "./dial.ts";

/** Asterisk's channel states that occur here, with AMI's numbers. */
const STATE_NUMBER = { Down: 0, Ring: 4, Ringing: 5, Up: 6, Busy: 7 } as const;
export type ChannelState = keyof typeof STATE_NUMBER;

/** Caller ID or connected line: an empty string is written `<unknown>`. */
export interface PartyId {
  readonly number: string;
  readonly name: string;
}
export const NOBODY: PartyId = { number: "", name: "" };
export const sameParty = (a: PartyId, b: PartyId): boolean => a.number === b.number && a.name === b.name;

/** What stands at the far end of a PJSIP channel: a desk phone or somebody outside. */
export interface Device {
  /** The PBX asks it to ring; it reports back through the exchange. */
  ring(channel: Channel): void;
  /** The other end answered (only for channels that this device began). */
  answered(channel: Channel): void;
  /** The other end rings. */
  progressing(channel: Channel): void;
  /** Who it is told it is connected to. */
  connectedTo(channel: Channel, party: PartyId): void;
  /** Music or a talk again. */
  heldByOther(channel: Channel, held: boolean): void;
  ended(channel: Channel, cause: number): void;
}

/** The running dialplan of a channel: aborting it makes every wait in it throw {@link Interrupted}. */
export class Thread {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal = this.#controller.signal;
  stop(why: "hangup" | "redirect" | "taken"): void {
    this.#controller.abort(new Interrupted(why));
  }
}

export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly why: "hangup" | "redirect" | "taken";
  constructor(why: "hangup" | "redirect" | "taken") {
    super(`the dialplan of a channel was stopped: ${why}`);
    this.why = why;
  }
}

export interface ChannelInit {
  readonly name: string;
  readonly uniqueid: string;
  /** Order of birth, decides which linkedid wins when calls meet. */
  readonly born: number;
  readonly parent?: Channel | undefined;
  readonly state: ChannelState;
  readonly context: string;
  readonly exten: string;
  readonly callerId?: PartyId;
  readonly language: string;
  readonly device?: Device | undefined;
}

/** One endpoint's link to the PBX; also each half of a Local pair. State only: the rules are in the exchange. */
export class Channel {
  readonly name: string;
  readonly uniqueid: string;
  readonly born: number;
  readonly device: Device | undefined;
  readonly language: string;
  readonly startedAt = Date.now();
  linkedid: string;
  /** Birth order of the channel that gave the linkedid. */
  linkedBorn: number;
  state: ChannelState;
  callerId: PartyId;
  connected: PartyId = NOBODY;
  /** Tones that the party on it has heard. */
  heardDigits = "";
  context: string;
  exten: string;
  priority = 1;
  application = "";
  applicationData = "";
  readonly variables = new Map<string, string>();
  /** Names that channels dialled by this one are born with (`__NAME` in a dialplan). */
  readonly inherited = new Set<string>();
  bridge: Bridge | undefined;
  thread: Thread | undefined;
  /** Called when bridging ends and the channel's own dialplan goes on. */
  onReleased: (() => void) | undefined;
  /** The attempt that rings this channel, while it is open. */
  dialledBy: Dial | undefined;
  /** The attempt that this channel makes, while it is open. */
  dialling: Dial | undefined;
  /** Other half of a Local pair. */
  peer: Channel | undefined;
  half: 1 | 2 | undefined;
  optimisable = false;
  hungUp = false;
  gone = false;
  hangupCause = 16;
  music = false;
  /** Bridged by Bridge() or an AMI action: its HangupRequest has no Cause. */
  bridgedByApplication = false;

  constructor(init: ChannelInit) {
    this.name = init.name;
    this.uniqueid = init.uniqueid;
    this.born = init.born;
    this.linkedid = init.parent?.linkedid ?? init.uniqueid;
    this.linkedBorn = init.parent?.linkedBorn ?? init.born;
    this.state = init.state;
    this.context = init.context;
    this.exten = init.exten;
    this.callerId = init.callerId ?? NOBODY;
    this.language = init.language;
    this.device = init.device;
  }

  get isLocal(): boolean {
    return this.peer !== undefined;
  }

  /** Sets a variable; `inherit` hands it on to every channel that this one dials. */
  set(name: string, value: string, inherit = false): void {
    this.variables.set(name, value);
    if (inherit) this.inherited.add(name);
  }

  inheritFrom(parent: Channel): void {
    for (const name of parent.inherited) this.set(name, parent.variables.get(name) ?? "", true);
  }

  /** Dialplan position. */
  at(context: string, exten: string, priority = 1): void {
    this.context = context;
    this.exten = exten;
    this.priority = priority;
  }

  /** Value of a dialplan variable or function, as `Getvar` and `Status` tell it. */
  variable(name: string): string | undefined {
    switch (name) {
      case "BRIDGEPEER":
        return this.bridge?.otherThan(this)?.name;
      case "CDR(lastapp)":
        return this.application;
      case "CDR(channel)":
        return this.name;
      case "CDR(src)":
      case "CALLERID(num)":
        return this.callerId.number;
      case "CDR(dst)":
        return this.exten;
      case "CHANNEL(linkedid)":
        return this.linkedid;
      case "UNIQUEID":
        return this.uniqueid;
      default:
        return this.variables.get(name);
    }
  }

  /** The block of lines that describes a channel in every event; `prefix` as in `DestChannel`. `bare`: channel variables still empty. */
  lines(profile: Profile, prefix = "", bare = false): Line[] {
    const unknown = (value: string): string => (value === "" ? "<unknown>" : value);
    return [
      [`${prefix}Channel`, this.name],
      [`${prefix}ChannelState`, STATE_NUMBER[this.state]],
      [`${prefix}ChannelStateDesc`, this.state],
      [`${prefix}CallerIDNum`, unknown(this.callerId.number)],
      [`${prefix}CallerIDName`, unknown(this.callerId.name)],
      [`${prefix}ConnectedLineNum`, unknown(this.connected.number)],
      [`${prefix}ConnectedLineName`, unknown(this.connected.name)],
      [`${prefix}Language`, this.language],
      [`${prefix}AccountCode`, ""],
      [`${prefix}Context`, this.context],
      [`${prefix}Exten`, this.exten],
      [`${prefix}Priority`, this.priority],
      [`${prefix}Uniqueid`, this.uniqueid],
      [`${prefix}Linkedid`, this.linkedid],
      ...profile.channelVariables.map(
        (name): Line => [`${prefix}ChanVariable`, `${name}=${bare ? "" : (this.variable(name) ?? "")}`],
      ),
    ];
  }
}
