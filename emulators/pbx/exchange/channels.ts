import { Announcer } from "./announcer.ts";
import { Channel, type ChannelInit, type ChannelState, type PartyId, sameParty } from "./channel.ts";

export interface PairInit {
  readonly context: string;
  readonly exten: string;
  readonly parent?: Channel | undefined;
  readonly optimisable: boolean;
  readonly uniqueids?: readonly [string | undefined, string | undefined];
}

/** The channels that live: how they are born and named, and how they are told to have changed. */
export class Channels extends Announcer {
  /** By uniqueid. */
  readonly channels = new Map<string, Channel>();
  processedCalls = 0;
  #born = 0;
  #names = new Map<string, number>();

  /** Next name of a kind: `PJSIP/201-0000001a`. Local pairs and PJSIP channels are counted apart, as in Asterisk. */
  #serial(family: "PJSIP" | "Local"): string {
    const next = this.#names.get(family) ?? 0;
    this.#names.set(family, next + 1);
    return next.toString(16).padStart(8, "0");
  }

  #create(init: Omit<ChannelInit, "uniqueid" | "born">, uniqueid: string | undefined): Channel {
    const born = this.#born++;
    const id = uniqueid ?? `${this.systemName}-${Math.floor(Date.now() / 1000)}.${born}`;
    const channel = new Channel({ ...init, uniqueid: id, born });
    this.channels.set(channel.uniqueid, channel);
    if (init.parent === undefined) this.processedCalls += 1;
    return channel;
  }

  /** A new PJSIP channel (or another single one, when `name` is given). A uniqueid in use is refused by the caller before. */
  newChannel(
    init: Omit<ChannelInit, "uniqueid" | "born" | "name"> & {
      endpoint: string;
      name?: string;
      uniqueid?: string | undefined;
    },
  ): Channel {
    const channel = this.#create(
      { ...init, name: init.name ?? `PJSIP/${init.endpoint}-${this.#serial("PJSIP")}` },
      init.uniqueid,
    );
    this.emit("Newchannel", "call", channel.lines(this.profile, "", true));
    if (init.parent) channel.inheritFrom(init.parent);
    this.changed(channel);
    return channel;
  }

  /** A Local pair `;1` and `;2`; only the births are told, whoever dials it tells the rest. */
  newPair(init: PairInit): readonly [one: Channel, two: Channel] {
    const base = `Local/${init.exten}@${init.context}-${this.#serial("Local")}`;
    const common = { context: init.context, exten: init.exten, language: this.profile.trunkLanguage };
    const one = this.#create({ ...common, name: `${base};1`, state: "Down", parent: init.parent }, init.uniqueids?.[0]);
    const two = this.#create(
      { ...common, name: `${base};2`, state: "Ring", parent: init.parent ?? one },
      init.uniqueids?.[1],
    );
    for (const [half, other, number] of [
      [one, two, 1],
      [two, one, 2],
    ] as const) {
      half.peer = other;
      half.half = number;
      half.optimisable = init.optimisable;
      this.emit("Newchannel", "call", half.lines(this.profile, "", true));
    }
    if (init.parent) {
      one.inheritFrom(init.parent);
      two.inheritFrom(init.parent);
    }
    return [one, two];
  }

  localBridge(one: Channel, two: Channel, context: string, exten: string): void {
    this.emit("LocalBridge", "call", [
      ...one.lines(this.profile, "LocalOne"),
      ...two.lines(this.profile, "LocalTwo"),
      ["Context", context],
      ["Exten", exten],
      ["LocalOptimization", one.optimisable ? "Yes" : "No"],
    ]);
  }

  /** The channel of that name, or undefined. */
  find(name: string): Channel | undefined {
    for (const channel of this.channels.values()) if (channel.name === name) return channel;
    return undefined;
  }

  setState(channel: Channel, state: ChannelState): void {
    if (channel.state === state) return;
    channel.state = state;
    this.tell("Newstate", channel);
    this.changed(channel);
  }

  setCallerId(channel: Channel, party: PartyId): void {
    if (sameParty(channel.callerId, party)) return;
    channel.callerId = party;
    this.tell("NewCallerid", channel, [["CID-CallingPres", "0 (Presentation Allowed, Not Screened)"]]);
  }

  /** Tells a channel whom it is connected to; through a Local pair the news reaches the party at its other end. */
  setConnected(channel: Channel, party: PartyId): void {
    if (sameParty(channel.connected, party)) return;
    channel.connected = party;
    this.tell("NewConnectedLine", channel);
    channel.device?.connectedTo(channel, party);
    const far = channel.half === 2 ? channel.peer : undefined;
    if (far === undefined) return;
    const listener = far.dialledBy ? far.dialledBy.soleCaller : far.bridge?.otherThan(far);
    if (listener) this.setConnected(listener, party);
  }
}
