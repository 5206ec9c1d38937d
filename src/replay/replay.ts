/** A recorded AMI stream told as calls and panels: the tracker without a journal and without waiting. */
import type { AmiPacket } from "../ami/packet.ts";
import { PacketSplitter } from "../ami/splitter.ts";
import type { Call, Card } from "../calls/call.ts";
import { cardsOf } from "../calls/cards.ts";
import type { JournalEntry } from "../calls/journal.ts";
import type { LegId } from "../calls/leg-event.ts";
import { LiveCalls } from "../calls/live-calls.ts";
import { legsOf } from "../calls/story.ts";
import { readFact, timeOf } from "../pbx/facts.ts";
import type { LegProfile } from "../pbx/leg-book.ts";
import { Legs } from "../pbx/legs.ts";
import { join, joinSounds } from "../pbx/snapshot.ts";

export interface PanelEntry {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly cards: readonly Pick<Card, "state" | "peer" | "direction">[];
}

export interface Replayed {
  readonly calls: readonly Call[];
  readonly panels: Readonly<Record<string, readonly PanelEntry[]>>;
  /** What the stream left unexplained. */
  readonly doubts: readonly string[];
}

export interface ReplayOptions {
  readonly profile: LegProfile;
  /** Whose panels to draw. */
  readonly panels?: readonly string[];
  /** Told of every conclusion as it is made. */
  readonly onEntry?: (entry: JournalEntry) => void;
}

/**
 * A state that gives way to the next within this time is one that nobody sees: the moment between an Unhold and the
 * transfer that it belongs to, between a bridge and the next.
 */
const UNSEEN_MS = 50;

export class Replay {
  readonly #options: ReplayOptions;
  readonly #legs: Legs;
  readonly #live = new LiveCalls("replay");
  readonly #calls = new Map<string, Call>();
  readonly #panels: ReadonlyMap<string, PanelEntry[]>;
  readonly #doubts: string[] = [];
  /** Rows of lists that the controller of this connection asked for, as they come. */
  #listed = emptyLists();
  /** ActionID of the last snapshot. */
  #joinedBy: string | undefined;
  #at = 0;
  /** What the panels show was told by a picture, the time of which the next event tells at the earliest. */
  #isPictured = false;
  /** Entries that stood when the picture was made: they were seen, however soon something else is told. */
  readonly #stood = new WeakSet<PanelEntry>();

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#legs = new Legs(options.profile);
    this.#panels = new Map(options.panels?.map((extension) => [extension, []]));
  }

  /**
   * One connection's bytes. Between two connections there is a gap, in which nothing was seen.
   * @returns how many packets they hold
   */
  feed(bytes: Uint8Array): number {
    const splitter = new PacketSplitter({ refused: ({ message }) => this.#doubts.push(message) });
    const packets = splitter.push(withoutGreeting(bytes));
    const known = this.#live
      .live()
      .flatMap(legsOf)
      .filter((leg) => leg.endedAt === null);
    // The answers that come first have no time of their own.
    const resumedAt = packets.map(timeOf).find((at) => at !== null) ?? this.#at;
    if (resumedAt < this.#at)
      this.#doubts.push(`a stream begins before the one before it ends: ${inOrder(this.#at, resumedAt)}`);
    this.#at = resumedAt;
    this.#legs.clear(resumedAt);
    // Another connection may count its questions from the same number on.
    this.#joinedBy = undefined;
    this.#listed = emptyLists();
    const seen = new Set<LegId>();
    for (const packet of packets) for (const leg of this.hear(packet)) seen.add(leg);
    // Of these nothing was seen after the gap: they ended in it.
    for (const { id } of known) {
      if (!seen.has(id)) this.#take(this.#live.hear({ type: "leg-lost", leg: id, at: resumedAt }));
    }
    return packets.length;
  }

  /** @returns the legs that it told something of */
  hear(packet: AmiPacket): LegId[] {
    const at = timeOf(packet);
    if (at !== null) this.#pictureStood();
    this.#at = at ?? this.#at;
    const event = packet.get("Event");
    const listed = event === undefined ? undefined : this.#listOf(event);
    if (listed) listed.push(packet);
    if (event === "CoreShowChannelsComplete") return this.#join(packet.get("ActionID"));
    // Asked for before the channels, it is a part of the picture.
    if (event === "StatusComplete" && this.#listed.channels.length > 0) this.#hearSounds();
    const fact = readFact(packet, this.#at);
    if (fact === undefined) return [];
    if (fact.type === "unreadable") {
      this.#doubts.push(fact.reason);
      return [];
    }
    const heard = this.#legs.hear(fact);
    this.#take(heard.flatMap((one) => this.#live.hear(one)));
    return heard.map((one) => one.leg);
  }

  /** The controller of that connection asked what there is. */
  #join(actionId: string | undefined): LegId[] {
    // An answer that is delivered twice is still one.
    if (actionId !== undefined && actionId === this.#joinedBy) return [];
    this.#joinedBy = actionId;
    const { heard, present } = join(this.#legs, { ...this.#listed, at: this.#at });
    this.#take(heard.flatMap((one) => this.#live.hear(one)));
    this.#take(this.#live.keepOnly(present, this.#at));
    this.#isPictured = true;
    if (this.#listed.statuses.length > 0) this.#listed = emptyLists();
    return [...present];
  }

  #pictureStood(): void {
    if (!this.#isPictured) return;
    this.#isPictured = false;
    for (const entries of this.#panels.values()) {
      const last = entries.at(-1);
      if (last) this.#stood.add(last);
    }
  }

  #listOf(event: string): AmiPacket[] | undefined {
    switch (event) {
      case "CoreShowChannel":
        return this.#listed.channels;
      case "Status":
        return this.#listed.statuses;
      case "BridgeListItem":
        return this.#listed.bridges;
      case "QueueEntry":
        return this.#listed.queues;
      default:
        return undefined;
    }
  }

  #hearSounds(): void {
    this.#take(joinSounds(this.#legs, { ...this.#listed, at: this.#at }).flatMap((one) => this.#live.hear(one)));
    this.#listed = emptyLists();
  }

  told(): Replayed {
    const calls = [...this.#calls.values()].filter((call) => call.mergedInto === null);
    const open = calls.filter((call) => call.endedAt === null);
    return {
      calls: calls.sort((one, two) => one.startedAt - two.startedAt),
      panels: Object.fromEntries(this.#panels),
      doubts: [
        ...this.#doubts,
        ...calls.flatMap((call) => call.doubts),
        ...open.map((call) => `the call ${call.linkedids[0]} had not ended when the recording did`),
      ],
    };
  }

  #take(entries: readonly JournalEntry[]): void {
    if (entries.length === 0) return;
    for (const entry of entries) this.#options.onEntry?.(entry);
    for (const { call } of new Map(entries.map((entry) => [entry.event.callId, entry])).values())
      this.#calls.set(call.id, call);
    if (this.#panels.size > 0) this.#draw();
  }

  #draw(): void {
    const cards = this.#live.live().flatMap(cardsOf);
    for (const [extension, entries] of this.#panels) {
      const now = cards
        .filter((card) => card.extension === extension)
        .map(({ state, peer, direction }) => ({ state, peer, direction }));
      const last = entries.at(-1);
      draw(entries, { at: this.#at, cards: now }, last !== undefined && this.#stood.has(last));
    }
  }
}

/** The line that stands before the first packet, when the recording began with the connection. */
function withoutGreeting(bytes: Uint8Array): Uint8Array {
  const greeting = /^Asterisk Call Manager\/[^\r\n]*\r\n/.exec(Buffer.from(bytes.subarray(0, 80)).toString("latin1"));
  return bytes.subarray(greeting?.[0].length ?? 0);
}

function inOrder(endedAt: number, resumedAt: number): string {
  return `${new Date(endedAt).toISOString()}, then ${new Date(resumedAt).toISOString()}; are they in order?`;
}

/** `ParkedCall` rows are read as the event that they are. */
function emptyLists() {
  const none = (): AmiPacket[] => [];
  return { channels: none(), statuses: none(), bridges: none(), queues: none(), parked: none() };
}

function draw(entries: PanelEntry[], next: PanelEntry, stood: boolean): void {
  const last = entries.at(-1);
  if (same(last?.cards ?? [], next.cards)) return;
  // That a call went away is seen always.
  const wentAway = last !== undefined && last.cards.length < (entries.at(-2)?.cards.length ?? 0);
  if (last && next.at - last.at < UNSEEN_MS && !wentAway && !stood) entries.pop();
  if (!same(entries.at(-1)?.cards ?? [], next.cards)) entries.push(next);
}

function same(some: PanelEntry["cards"], others: PanelEntry["cards"]): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}
