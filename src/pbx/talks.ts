/** Who is in conversation with whom, as far as sound goes: through bridges, and through Local pairs as through wires. */
import type { LegEvent, LegId } from "../calls/leg-event.ts";
import { localTarget } from "./endpoint.ts";
import type { Fact } from "./facts.ts";
import type { LegBook, ToldLeg } from "./leg-book.ts";
import { type Channel, heardBy } from "./switchboard.ts";

export class Talks {
  readonly #book: LegBook;
  /** Who left a bridge that we never saw him enter: they were in conversation there before we came. */
  readonly #leftUnseen = new Map<string, LegId[]>();

  constructor(book: LegBook) {
    this.#book = book;
  }

  clear(): void {
    this.#leftUnseen.clear();
  }

  /** The channels whose company a fact may change; to be asked before it is applied. */
  around(fact: Fact): readonly Channel[] {
    const { switchboard } = this.#book;
    switch (fact.type) {
      case "bridge-gone":
        return switchboard.membersOf(fact.bridge);
      case "parked":
        return [...(switchboard.find(fact.channel)?.bridge?.members ?? [])];
      case "bridge-entered":
      case "bridge-left":
      case "hung-up": {
        const channel = switchboard.find(fact.channel.uniqueid);
        if (!channel || (fact.type === "bridge-left" && channel.bridge?.id !== fact.bridge)) return [];
        return [channel, ...companyOf(channel)];
      }
      default:
        return [];
    }
  }

  /** Before it is applied. */
  leaving({ channel: { uniqueid }, bridge }: Extract<Fact, { type: "bridge-left" }>): void {
    const channel = this.#book.switchboard.find(uniqueid);
    const told = this.#book.find(uniqueid);
    if (!told || channel?.bridge?.id !== bridge) return;
    const mates = heardBy(channel);
    told.left = { bridge, with: told.with };
    told.leftFirst =
      mates.length > 0 && ![channel, ...mates].some((one) => this.#book.find(one.uniqueid)?.hungUpItself);
  }

  /** He was found talking to, or calling, somebody else while `waiting` waits. */
  foundConsulting(channel: Channel, waiting: Channel, target: string | null): void {
    const told = this.#book.find(channel.uniqueid);
    if (!told?.isEmployee) return;
    told.waiting = waiting.uniqueid;
    this.#book.tell(channel, { type: "leg-consulting", waiting: waiting.uniqueid, target });
  }

  /** The PBX puts its company on hold, and more will follow. */
  turning(channel: Channel): void {
    const told = this.#book.find(channel.uniqueid);
    if (told) told.turns = true;
  }

  entered(channel: Channel, around: readonly Channel[]): void {
    const told = this.#book.find(channel.uniqueid);
    if (told) {
      told.leftFirst = false;
      told.wasBridged = true;
      this.#tellConsultation(channel, told);
    }
    for (const mate of channel.bridge?.members ?? []) {
      const cameAlone = this.#book.find(mate.uniqueid);
      if (cameAlone?.left) this.#tellConsultation(mate, cameAlone);
    }
    this.tellCompany([...around, channel, ...companyOf(channel)]);
  }

  tellCompany(channels: Iterable<Channel>): void {
    for (const channel of new Set(channels)) {
      const told = channel.isLocal ? undefined : this.#book.find(channel.uniqueid);
      if (!told) continue;
      const room = channel.bridge?.room ?? null;
      const company = companyOf(channel)
        .map((other) => other.uniqueid)
        .filter((id) => this.#book.find(id));
      if (room === told.room && sameLegs(company, told.with)) continue;
      if (company.length === 0) told.lastWith = told.with;
      told.with = company;
      told.room = room;
      this.#book.tell(channel, { type: "leg-connected", with: company, room });
    }
  }

  /** All companies anew: after a gap nobody may be left in a conversation that has ended. */
  tellAll(at: number): LegEvent[] {
    return [...this.#book.entries()].flatMap(([leg, told]) => {
      const isLocal = this.#book.switchboard.find(leg)?.isLocal ?? true;
      return isLocal ? [] : [{ type: "leg-connected" as const, at, leg, with: told.with, room: told.room }];
    });
  }

  /** Of a conversation that began while we were away only its end is seen: that it was is known nevertheless. */
  leftUnseen({ channel: { uniqueid }, bridge }: Extract<Fact, { type: "bridge-left" }>): void {
    const channel = this.#book.switchboard.find(uniqueid);
    const told = this.#book.find(uniqueid);
    if (!channel?.found || !told || told.wasBridged) return;
    told.wasBridged = true;
    const before = (this.#leftUnseen.get(bridge) ?? []).filter((id) => this.#book.find(id));
    this.#leftUnseen.set(bridge, [...before, uniqueid]);
    for (const id of before) {
      const mate = this.#book.switchboard.find(id);
      if (!mate) continue;
      this.#book.tell(mate, { type: "leg-connected", with: [uniqueid], room: null });
      this.#book.tell(channel, { type: "leg-connected", with: [id], room: null });
    }
  }

  bridgeGone(bridge: string, members: readonly Channel[]): void {
    this.#leftUnseen.delete(bridge);
    this.tellCompany(members);
  }

  /** He turned to somebody else, and the one he talked to still sits in the bridge that he left. */
  #tellConsultation(channel: Channel, told: ToldLeg): void {
    const { left, turns } = told;
    told.left = undefined;
    told.turns = false;
    const bridge = channel.bridge;
    if (!left || !told.isEmployee || !bridge || bridge.id === left.bridge) return;
    if (bridge.room !== null || bridge.isApart) return;
    const company = heardBy(channel);
    const local = [...bridge.members].find((member) => member.isLocal);
    if (company.some((mate) => mate.uniqueid === told.waiting)) {
      told.waiting = undefined;
      // He is back with the one who waited, for good; unless he has put the other one on hold, who waits in his turn.
      if (!turns) return;
    } else if (!local && !turns && company.length === 0) {
      // Whether he turned to somebody is told by who comes.
      told.left = left;
      return;
    } else if (!local && company.some((mate) => this.#calledIn(mate))) {
      // With no wire between them he did not turn to a caller: the PBX has put them together (capture p38).
      return;
    }
    for (const id of left.with) {
      const waiting = this.#book.switchboard.find(id);
      if (!waiting || company.includes(waiting) || !sitsIn(waiting, left.bridge)) continue;
      // Whoever holds him on one line, and joins him with another, is left by him, and does not wait (capture o60).
      if (!turns && this.#book.find(id)?.isHeld) continue;
      told.waiting = id;
      const target = local ? localTarget(local.facts.name) : null;
      this.#book.tell(channel, { type: "leg-consulting", waiting: id, target });
    }
  }

  /** Somebody outside, whom nobody dialled. */
  #calledIn({ uniqueid, dialler }: Channel): boolean {
    return dialler === undefined && this.#book.find(uniqueid)?.isEmployee === false;
  }
}

/** Who hears it, in a conference too. */
function companyOf(channel: Channel): Channel[] {
  const { bridge } = channel;
  if (!bridge || bridge.room === null) return heardBy(channel);
  return [...bridge.members].filter((member) => member !== channel && !member.isLocal);
}

/** In that bridge itself, or with a wire to it. */
function sitsIn(channel: Channel, bridge: string): boolean {
  if (channel.bridge?.id === bridge) return true;
  return [...(channel.bridge?.members ?? [])].some((member) => member.pair?.bridge?.id === bridge);
}

function sameLegs(some: readonly LegId[], others: readonly LegId[]): boolean {
  return some.length === others.length && some.every((id) => others.includes(id));
}
