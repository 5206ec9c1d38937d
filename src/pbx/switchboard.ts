/**
 * The mirror of what the PBX holds now: channels, who dials whom, bridges, Local pairs. It mirrors without judging;
 * `legs.ts` reads from it what people would call legs. No clock, no socket: only facts change it.
 */
import type { ChannelFacts, Fact } from "./facts.ts";

export interface Channel {
  readonly uniqueid: string;
  facts: ChannelFacts;
  /** A Local half: no phone, only a wire between two pieces of dialplan. */
  readonly isLocal: boolean;
  /** The other half. */
  pair: Channel | undefined;
  bridge: Bridge | undefined;
  /** Who dials it, or dialled it last. Null: the PBX was asked to (originate). */
  dialler: Channel | null | undefined;
  /** The dial has not ended. */
  isDialled: boolean;
  /** What it dials or dialled. */
  readonly dials: Set<Channel>;
  /** It was there before we were. */
  readonly found: boolean;
  /** It has dialled something. */
  hasDialled: boolean;
  /** It told that it rings. */
  rang: boolean;
  did: string | null;
}

export interface Bridge {
  readonly id: string;
  /** Name of the conference, when it is one. */
  readonly room: string | null;
  /** Its members do not hear each other. */
  isApart: boolean;
  readonly members: Set<Channel>;
}

/** Whatever comes for a channel after its Hangup (or comes twice) is no news; remembered for so many channels. */
const HUNG_UP_REMEMBERED = 5_000;

export class Switchboard {
  readonly #channels = new Map<string, Channel>();
  readonly #byName = new Map<string, Channel>();
  readonly #bridges = new Map<string, Bridge>();
  readonly #hungUp = new Set<string>();

  find(uniqueid: string): Channel | undefined {
    return this.#channels.get(uniqueid);
  }

  findByName(name: string): Channel | undefined {
    return this.#byName.get(name);
  }

  membersOf(bridge: string): readonly Channel[] {
    return [...(this.#bridges.get(bridge)?.members ?? [])];
  }

  channels(): Iterable<Channel> {
    return this.#channels.values();
  }

  get size(): number {
    return this.#channels.size;
  }

  /** Forgets everything: the link was lost, and a snapshot will tell anew. */
  clear(): void {
    this.#channels.clear();
    this.#byName.clear();
    this.#bridges.clear();
  }

  apply(fact: Fact): void {
    switch (fact.type) {
      case "channel-new":
        this.#see(fact.channel, false);
        break;
      case "channel-changed":
      case "queued":
        this.#see(fact.channel);
        this.#learnDid(fact.channel, fact.did);
        break;
      case "dial-begun": {
        const dialler = fact.channel && this.#see(fact.channel);
        const target = this.#see(fact.target);
        if (dialler !== undefined && target) beginDial(dialler, target);
        this.#learnDid(fact.channel, fact.did);
        break;
      }
      case "dial-ended": {
        const target = this.#see(fact.target);
        if (target) target.isDialled = false;
        break;
      }
      case "bridge-entered": {
        const channel = this.#see(fact.channel);
        if (channel) this.#enter(channel, fact);
        break;
      }
      case "bridge-left": {
        const channel = this.#see(fact.channel);
        if (channel?.bridge?.id === fact.bridge) this.#leave(channel);
        break;
      }
      case "bridge-gone":
        for (const member of this.#bridges.get(fact.bridge)?.members ?? []) this.#leave(member);
        this.#bridges.delete(fact.bridge);
        break;
      case "locals-paired": {
        const one = this.#see(fact.one);
        const two = this.#see(fact.two);
        if (one && two) pair(one, two);
        break;
      }
      case "hung-up":
        this.#remove(fact.channel.uniqueid);
        break;
      case "blind-transferred":
        this.#see(fact.transferer);
        break;
      case "parked": {
        // A snapshot may not say what kind of bridge he sits in.
        const bridge = this.#channels.get(fact.channel)?.bridge;
        if (bridge) bridge.isApart = true;
        break;
      }
      case "attended-transferred":
        if (fact.takesOver) this.#takeOver(fact);
        break;
      case "dial-progressed":
      case "recorded":
        break;
      default:
        this.#see(fact.channel);
    }
  }

  /**
   * The channel with what is newly told of it. One that is told of without its Newchannel was there before us.
   * @returns undefined when it has hung up already
   */
  #see(facts: ChannelFacts, found = true): Channel | undefined {
    if (this.#hungUp.has(facts.uniqueid)) return undefined;
    const known = this.#channels.get(facts.uniqueid);
    if (known) {
      if (known.facts.name !== facts.name) {
        this.#byName.delete(known.facts.name);
        this.#byName.set(facts.name, known);
      }
      known.facts = facts;
      if (facts.state === "ringing") known.rang = true;
      return known;
    }
    const channel: Channel = {
      uniqueid: facts.uniqueid,
      facts,
      isLocal: facts.name.startsWith("Local/"),
      pair: undefined,
      bridge: undefined,
      dialler: undefined,
      isDialled: false,
      dials: new Set(),
      found,
      hasDialled: false,
      rang: facts.state === "ringing",
      did: null,
    };
    this.#channels.set(facts.uniqueid, channel);
    this.#byName.set(facts.name, channel);
    if (channel.isLocal) this.#pairByName(channel);
    return channel;
  }

  /** The halves of a Local channel differ in the last letter only; a LocalBridge says so too, unless we came later. */
  #pairByName(half: Channel): void {
    const { name } = half.facts;
    const other = this.#byName.get(name.endsWith("1") ? `${name.slice(0, -1)}2` : `${name.slice(0, -1)}1`);
    if (other?.isLocal) pair(half, other);
  }

  #learnDid(facts: ChannelFacts | null, did: string | null): void {
    const channel = facts && this.#channels.get(facts.uniqueid);
    if (channel && did !== null) channel.did = did;
  }

  #enter(channel: Channel, { bridge: id, room, isApart }: Extract<Fact, { type: "bridge-entered" }>): void {
    this.#leave(channel);
    let bridge = this.#bridges.get(id);
    if (!bridge) {
      bridge = { id, room, isApart, members: new Set() };
      this.#bridges.set(id, bridge);
    }
    bridge.members.add(channel);
    channel.bridge = bridge;
  }

  #leave(channel: Channel): void {
    channel.bridge?.members.delete(channel);
    if (channel.bridge?.members.size === 0) this.#bridges.delete(channel.bridge.id);
    channel.bridge = undefined;
  }

  /** The phones that ring do not notice (capture o19). */
  #takeOver({ transferers, transferee }: Extract<Fact, { type: "attended-transferred" }>): void {
    const caller = transferee === null ? undefined : this.#channels.get(transferee);
    if (!caller) return;
    for (const id of transferers) {
      const dials = [...(this.#channels.get(id)?.dials ?? [])];
      for (const target of dials) if (target.isDialled) beginDial(caller, target);
    }
  }

  #remove(uniqueid: string): void {
    this.#hungUp.add(uniqueid);
    if (this.#hungUp.size > HUNG_UP_REMEMBERED) {
      for (const oldest of this.#hungUp) {
        this.#hungUp.delete(oldest);
        break;
      }
    }
    const channel = this.#channels.get(uniqueid);
    if (!channel) return;
    this.#leave(channel);
    if (channel.pair) channel.pair.pair = undefined;
    channel.dialler?.dials.delete(channel);
    this.#channels.delete(channel.uniqueid);
    if (this.#byName.get(channel.facts.name) === channel) this.#byName.delete(channel.facts.name);
  }
}

function beginDial(dialler: Channel | null, target: Channel): void {
  target.dialler?.dials.delete(target);
  target.dialler = dialler;
  target.isDialled = true;
  if (!dialler) return;
  dialler.dials.add(target);
  dialler.hasDialled = true;
}

function pair(one: Channel, two: Channel): void {
  one.pair = two;
  two.pair = one;
}

/** Real channels that hear this one: through bridges, and through Local pairs as through wires. Not in rooms, nor apart. */
export function heardBy(channel: Channel): Channel[] {
  const seen = new Set<Channel>([channel]);
  for (const next of seen) {
    const { bridge } = next;
    if (bridge && bridge.room === null && !bridge.isApart) for (const member of bridge.members) seen.add(member);
    if (next.isLocal && next.pair) seen.add(next.pair);
  }
  seen.delete(channel);
  return [...seen].filter((other) => !other.isLocal);
}

/** Real channels that ring in the end when this one is dialled: beneath a Local pair there may be several. */
export function rungBeneath(channel: Channel): Channel[] {
  if (!channel.isLocal) return [channel];
  return [...(channel.pair?.dials ?? [])].flatMap(rungBeneath);
}

/**
 * The real channel whose party is calling `channel`, through any number of Local pairs.
 * Null: the PBX was asked to; undefined: it cannot be told (now).
 */
export function callerOf(channel: Channel): Channel | null | undefined {
  const { dialler } = channel;
  if (!dialler?.isLocal) return dialler;
  const near = dialler.pair;
  if (!near) return undefined;
  // The near half was dialled in its turn, or sits in a bridge with the one who asked (queue, consultation).
  const mate = heardBy(near).find((other) => other !== channel);
  if (mate) return mate;
  return near.dialler === undefined ? undefined : callerOf(near);
}
