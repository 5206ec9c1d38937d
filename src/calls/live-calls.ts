/**
 * The calls that live now: finds the call of each leg, joins calls that turn out to be one, and says what follows.
 * Knows neither clock nor disk; the same legs heard in the same order give the same calls.
 */
import type { Call } from "./call.ts";
import type { CallEvent } from "./call-event.ts";
import { callId, isDialRequest, isFetchRequest } from "./call-id.ts";
import type { CdrCall } from "./cdr-call.ts";
import { decide } from "./decide.ts";
import { evolve } from "./evolve.ts";
import type { JournalEntry } from "./journal.ts";
import type { LegEvent, LegId, LegNews } from "./leg-event.ts";
import { sameNumber, sidesOf } from "./sides.ts";
import { type CallStory, isOutside, isPresent, legsOf, partyName } from "./story.ts";
import { toCall } from "./told.ts";

/** Q.850. */
const NORMAL_CLEARING = 16;

/** Linkedids of calls that ended are remembered for so many calls, lest a straggler be taken for the same call. */
const ENDED_REMEMBERED = 2_000;

export class LiveCalls {
  readonly #pbx: string;
  readonly #stories = new Map<string, CallStory>();
  readonly #callOfLeg = new Map<LegId, string>();
  readonly #callOfLinkedid = new Map<string, string>();
  readonly #ended = new Set<string>();

  constructor(pbx: string) {
    this.#pbx = pbx;
  }

  /** Goes on with calls that were alive, from all their events. */
  restore(histories: Iterable<readonly CallEvent[]>): void {
    for (const events of histories) {
      const story = events.reduce<CallStory | undefined>(evolve, undefined);
      if (story && story.ended === null && story.absorbed === null) this.#keep(story);
    }
  }

  live(): CallStory[] {
    return [...this.#stories.values()];
  }

  hear(heard: LegEvent): JournalEntry[] {
    const entries: JournalEntry[] = [];
    const story = heard.type === "leg-began" ? this.#storyFor(heard, entries) : this.#joined(heard, entries);
    if (!story) return entries;
    this.#record(decide(story, this.#asSeenFrom(story, heard)), entries);
    if (heard.type === "leg-called" && heard.by === null) this.#joinClientRungFor(heard, entries);
    if (heard.type === "leg-had-talked") this.#tellHandedOver(heard, entries);
    return entries;
  }

  /** Ends what vanished while we were away: all legs but these are gone. */
  keepOnly(present: ReadonlySet<LegId>, at: number): JournalEntry[] {
    const gone = this.live().flatMap((story) =>
      legsOf(story).filter((leg) => leg.endedAt === null && !present.has(leg.id)),
    );
    return gone.flatMap((leg) => this.hear({ type: "leg-lost", leg: leg.id, at }));
  }

  /**
   * An ended call as the PBX's records tell it: one that nobody saw becomes a call, one that was seen is completed.
   * @param history all events of the call that was seen; none: nobody saw it
   */
  recover(told: CdrCall, history: readonly CallEvent[]): JournalEntry[] {
    const seen = history.reduce<CallStory | undefined>(evolve, undefined);
    const [linkedid] = told.linkedids;
    if (linkedid === undefined || (seen && this.#stories.has(seen.id))) return [];
    const about = { callId: seen?.id ?? callId(this.#pbx, linkedid) };
    const recovered: CallEvent = { ...about, at: told.endedAt, type: "call-recovered", told };
    const { startedAt, endedAt, disposition } = told;
    const events: CallEvent[] = seen
      ? [recovered]
      : [
          { ...about, at: startedAt, type: "call-began", pbx: this.#pbx, linkedid, partial: true },
          recovered,
          { ...about, at: endedAt, type: "call-ended", disposition, endedBy: null, partial: true },
        ];
    let story = seen;
    const entries = events.map((event) => {
      story = evolve(story, event);
      return new StoryEntry(event, story);
    });
    this.#rememberEnded(told.linkedids);
    return entries;
  }

  #storyFor(heard: Extract<LegEvent, { type: "leg-began" }>, entries: JournalEntry[]): CallStory | undefined {
    const known = this.#callOfLeg.get(heard.leg) ?? this.#callOfLinkedid.get(heard.linkedid);
    if (known !== undefined) return this.#stories.get(known);
    const { at, linkedid } = heard;
    const seed = this.#ended.has(linkedid) ? `${linkedid} ${heard.leg}` : linkedid;
    const id = callId(this.#pbx, seed);
    this.#record([{ type: "call-began", callId: id, at, pbx: this.#pbx, linkedid, partial: heard.found }], entries);
    return this.#stories.get(id);
  }

  /** The call of the leg, after the calls of all legs that this is about have become one. */
  #joined(heard: LegEvent, entries: JournalEntry[]): CallStory | undefined {
    const own = this.#callOfLeg.get(heard.leg);
    if (own === undefined) return undefined;
    let story = this.#stories.get(own);
    for (const other of this.#othersIn(heard)) {
      const next = other === undefined ? undefined : this.#stories.get(other);
      if (!story || !next || next.id === story.id) continue;
      const haveClients = [story, next].every((one) => sidesOf(one).clientLeg !== null);
      // Whether these become one is told by what follows.
      if (haveClients && heard.type === "leg-relinked") return undefined;
      if (haveClients && heard.type === "leg-connected") {
        // Clients who meet in a conference room came each with a call of his own.
        if (heard.room !== null) continue;
        const taken = this.#takenToClient(story, next, heard, entries);
        if (taken) return taken;
      }
      // So did clients whom somebody has joined (capture o10).
      const joins = heard.type === "leg-connected" || heard.type === "leg-transferred";
      if (haveClients && joins && [story, next].every(calledIn)) continue;
      story = this.#merge(story, next, heard.at, entries);
    }
    return story;
  }

  /**
   * An employee who talked to the client of one call is with the client of the other: the PBX was told to put them together
   * (capture p38). There he takes part anew, and his part in the first is over; each client keeps a call of his own.
   * @returns the call that goes on with him; undefined: it is otherwise
   */
  #takenToClient(
    one: CallStory,
    other: CallStory,
    { at, leg, with: mates }: Extract<LegEvent, { type: "leg-connected" }>,
    entries: JournalEntry[],
  ): CallStory | undefined {
    const here = (id: LegId | undefined) => id !== undefined && (id === leg || mates.includes(id));
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      const { client, clientLeg } = sidesOf(to);
      const taken = legsOf(from).find(
        ({ id, party, talked }) => here(id) && party.kind === "employee" && talked !== null,
      );
      const [linkedid] = to.linkedids;
      if (!taken || linkedid === undefined || !here(clientLeg?.id) || here(sidesOf(from).clientLeg?.id)) continue;
      const told: readonly [string, LegNews][] = [
        [from.id, { type: "leg-ended", cause: NORMAL_CLEARING, byItself: false }],
        [to.id, { type: "leg-began", linkedid, party: taken.party, origin: { kind: "reached" }, found: false }],
        [to.id, { type: "leg-called", by: null, shows: client }],
        [to.id, { type: "leg-answered" }],
      ];
      for (const [call, news] of told) {
        const story = this.#stories.get(call);
        if (story) this.#record(decide(story, { ...news, at, leg: taken.id }), entries);
      }
      return this.#stories.get(to.id);
    }
    return undefined;
  }

  #othersIn(heard: LegEvent): (string | undefined)[] {
    const ofLegs = (...legs: (LegId | null)[]) =>
      legs.map((leg) => (leg === null ? undefined : this.#callOfLeg.get(leg)));
    switch (heard.type) {
      case "leg-called":
        return ofLegs(heard.by);
      case "leg-connected":
        return ofLegs(...heard.with);
      case "leg-consulting":
        return ofLegs(heard.waiting);
      case "leg-transferred":
        return ofLegs(heard.transferee, heard.targetLeg);
      case "leg-picked-up":
        return ofLegs(heard.from);
      case "leg-relinked":
        return [this.#callOfLinkedid.get(heard.linkedid)];
      default:
        return [];
    }
  }

  /**
   * The PBX rings an employee, showing the number of a client who is calling just now: that is an interception, and
   * a part of the client's call. Our own click-to-call is told by its id; so is our own attempt to fetch a client, who may
   * talk to a colleague already (capture o30).
   */
  #joinClientRungFor(heard: Extract<LegEvent, { type: "leg-called" }>, entries: JournalEntry[]): void {
    const own = this.#stories.get(this.#callOfLeg.get(heard.leg) ?? "");
    if (!own || heard.shows === null || own.linkedids.some(isDialRequest) || legsOf(own).some(isOutside)) return;
    const isFetched = own.linkedids.some(isFetchRequest);
    const calling = this.live().filter((story) => {
      const { direction, clientLeg, client } = sidesOf(story);
      if (direction !== "inbound" || clientLeg === null || !isPresent(clientLeg) || story.id === own.id) return false;
      return (isFetched || clientLeg.with.length === 0) && sameNumber(client, heard.shows);
    });
    // When two calls of one client ring at once, the answer will tell which of them it was for.
    const only = calling.length === 1 ? calling[0] : undefined;
    if (only) this.#merge(only, own, heard.at, entries);
  }

  /** Of two clients who are joined each call has its own as the one who is handed over, to the other's number. */
  #asSeenFrom(story: CallStory, heard: LegEvent): LegEvent {
    if (heard.type !== "leg-transferred") return heard;
    const legs = [heard.transferee, heard.targetLeg].flatMap((leg) => leg ?? []);
    const own = legs.find((leg) => story.legs[leg] !== undefined);
    const other = legs.find((leg) => leg !== own);
    const found = other === undefined ? undefined : this.#stories.get(this.#callOfLeg.get(other) ?? "")?.legs[other];
    if (own === undefined || !found || story.legs[found.id]) return heard;
    return { ...heard, transferee: own, target: partyName(found), targetLeg: found.id };
  }

  /** Whom we saw in a talk with it has handed it over while we were away (capture r27). */
  #tellHandedOver(
    { leg: transferee, extension, target, at }: Extract<LegEvent, { type: "leg-had-talked" }>,
    entries: JournalEntry[],
  ): void {
    const story = this.#stories.get(this.#callOfLeg.get(transferee) ?? "");
    if (!story || extension === null || target === null) return;
    const giver = legsOf(story).find((leg) => partyName(leg) === extension && leg.with.includes(transferee));
    if (!giver) return;
    const news = { type: "leg-transferred", kind: "blind", transferee, target, targetLeg: null } as const;
    this.#record(decide(story, { ...news, leg: giver.id, at }), entries);
  }

  /** The client's call is the one that goes on; of two, the older. */
  #merge(one: CallStory, two: CallStory, at: number, entries: JournalEntry[]): CallStory | undefined {
    const rank = (story: CallStory) => (sidesOf(story).clientLeg === null ? 1 : 0);
    const oneGoesOn = rank(one) - rank(two) || one.startedAt - two.startedAt || (one.id < two.id ? -1 : 1);
    const [into, other] = oneGoesOn <= 0 ? [one, two] : [two, one];
    this.#record([{ type: "call-absorbed", callId: other.id, at, into: into.id }], entries);
    this.#record([{ type: "call-merged", callId: into.id, at, other }], entries);
    return this.#stories.get(into.id);
  }

  #record(events: readonly CallEvent[], entries: JournalEntry[]): void {
    for (const event of events) {
      const story = evolve(this.#stories.get(event.callId), event);
      if (story.ended !== null || story.absorbed !== null) this.#forget(story);
      else this.#keep(story);
      entries.push(new StoryEntry(event, story));
    }
  }

  #keep(story: CallStory): void {
    const before = this.#stories.get(story.id);
    this.#stories.set(story.id, story);
    for (const leg of before?.legs === story.legs ? [] : legsOf(story)) {
      // One that was taken to another call has ended here, and lives there.
      const isElsewhere = leg.endedAt !== null && this.#callOfLeg.has(leg.id);
      if (before?.legs[leg.id] === undefined && !isElsewhere) this.#callOfLeg.set(leg.id, story.id);
    }
    if (before?.linkedids !== story.linkedids) {
      for (const linkedid of story.linkedids) this.#callOfLinkedid.set(linkedid, story.id);
    }
  }

  #forget(story: CallStory): void {
    this.#stories.delete(story.id);
    for (const leg of Object.keys(story.legs)) {
      if (this.#callOfLeg.get(leg) === story.id) this.#callOfLeg.delete(leg);
    }
    for (const linkedid of story.linkedids) this.#callOfLinkedid.delete(linkedid);
    this.#rememberEnded(story.linkedids);
  }

  #rememberEnded(linkedids: readonly string[]): void {
    for (const linkedid of linkedids) this.#ended.add(linkedid);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= ENDED_REMEMBERED) break;
      this.#ended.delete(oldest);
    }
  }
}

function calledIn(story: CallStory): boolean {
  return sidesOf(story).direction === "inbound";
}

/** The call is made from the story when somebody asks for it: of many events in a moment only the last is looked at. */
class StoryEntry implements JournalEntry {
  readonly event: CallEvent;
  readonly #story: CallStory;
  #call: Call | undefined;

  constructor(event: CallEvent, story: CallStory) {
    this.event = event;
    this.#story = story;
  }

  get call(): Call {
    this.#call ??= toCall(this.#story);
    return this.#call;
  }
}
