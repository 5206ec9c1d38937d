/** A recorded AMI stream told as calls and panels: the tracker without a journal and without waiting. */
import type { AmiPacket } from "../ami/packet.ts";
import { PacketSplitter } from "../ami/splitter.ts";
import type { Call, Card } from "../calls/call.ts";
import { cardsOf } from "../calls/cards.ts";
import type { JournalEntry } from "../calls/journal.ts";
import { LiveCalls } from "../calls/live-calls.ts";
import { readFact, timeOf } from "./facts.ts";
import { type LegProfile, Legs } from "./legs.ts";

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
  #at = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#legs = new Legs(options.profile);
    this.#panels = new Map(options.panels?.map((extension) => [extension, []]));
  }

  feed(bytes: Uint8Array): void {
    for (const packet of new PacketSplitter().push(bytes)) this.hear(packet);
  }

  hear(packet: AmiPacket): void {
    const fact = readFact(packet, this.#at);
    this.#at = timeOf(packet) ?? this.#at;
    if (fact === undefined) return;
    if (fact.type === "unreadable") {
      this.#doubts.push(fact.reason);
      return;
    }
    const entries = this.#legs.hear(fact).flatMap((heard) => this.#live.hear(heard));
    this.#take(entries);
  }

  told(): Replayed {
    return {
      calls: [...this.#calls.values()]
        .filter((call) => call.mergedInto === null)
        .sort((one, two) => one.startedAt - two.startedAt),
      panels: Object.fromEntries(this.#panels),
      doubts: this.#doubts,
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
      draw(entries, { at: this.#at, cards: now });
    }
  }
}

function draw(entries: PanelEntry[], next: PanelEntry): void {
  const last = entries.at(-1);
  if (same(last?.cards ?? [], next.cards)) return;
  // That a call went away is seen always.
  const wentAway = last !== undefined && last.cards.length < (entries.at(-2)?.cards.length ?? 0);
  if (last && next.at - last.at < UNSEEN_MS && !wentAway) entries.pop();
  if (!same(entries.at(-1)?.cards ?? [], next.cards)) entries.push(next);
}

function same(some: PanelEntry["cards"], others: PanelEntry["cards"]): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}
