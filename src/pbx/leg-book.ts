/** Which legs there are and what has been told of each, so that nothing is told twice; shared by the parts of `legs.ts`. */
import { isDialRequest } from "../calls/call-id.ts";
import type { LegEvent, LegId, LegNews, LegOrigin, Party } from "../calls/leg-event.ts";
import { tailOf } from "../calls/sides.ts";
import { extensionOf, isPhone } from "./endpoint.ts";
import type { PbxProfile } from "./profiles.ts";
import { type Channel, callerOf, heardBy, rungBeneath, Switchboard } from "./switchboard.ts";

export type LegProfile = Pick<PbxProfile, "endpointToExtension" | "mobiles" | "transferContext" | "voicemailExtension">;

/** A channel whose party has hung up is gone after so long at most, on a loaded PBX too. */
const HANGING_UP_MS = 1_000;

/** What has been told of a leg, and what must be remembered to tell the rest. */
export interface ToldLeg {
  readonly isEmployee: boolean;
  linkedid: string;
  /** The number that it dialled itself. */
  readonly asked: string | null;
  number: string | null;
  did: string | null;
  /** Who calls it; undefined: not told yet. */
  caller: LegId | null | undefined;
  shows: string | null;
  /** The context in which it dials. */
  dialContext: string | undefined;
  with: readonly LegId[];
  room: string | null;
  readonly recordings: Set<string>;
  /** It was seen in a bridge. */
  wasBridged: boolean;
  /** The bridge that it left last, and whom it talked to there. */
  left: { readonly bridge: string; readonly with: readonly LegId[] } | undefined;
  /** Whom it talked to last, since it is alone. */
  lastWith: readonly LegId[];
  /** Who waits for it with music. */
  waiting: LegId | undefined;
  isHeld: boolean;
  /** The PBX put its company on hold: it turns to somebody else, or swaps sides. */
  turns: boolean;
  /** It was taken back from hold while another line of the same phone still talks. */
  resumes: boolean;
  /** That its phone rings. */
  rings: boolean;
  hungUpItself: boolean;
  /** It was the first to leave a conversation that nobody had asked to end: the PBX was told to hang it up. */
  leftFirst: boolean;
}

export class LegBook {
  readonly switchboard = new Switchboard();
  readonly profile: LegProfile;
  readonly #told = new Map<LegId, ToldLeg>();
  #events: LegEvent[] = [];
  #at = 0;
  #clearedAt = Number.NEGATIVE_INFINITY;

  constructor(profile: LegProfile) {
    this.profile = profile;
  }

  /** Gathers what `tell` is told in the meantime, all at the time `at`. */
  gather(at: number, happen: () => void): LegEvent[] {
    this.#at = at;
    this.#events = [];
    happen();
    return this.#events;
  }

  find(leg: LegId): ToldLeg | undefined {
    return this.#told.get(leg);
  }

  entries(): Iterable<readonly [LegId, ToldLeg]> {
    return this.#told;
  }

  /** @param at from when on is seen what happens */
  clear(at: number): void {
    this.#clearedAt = at;
    this.switchboard.clear();
    this.#told.clear();
  }

  /** Nothing is told of what is nobody's leg. */
  tell(channel: Channel, news: LegNews): void {
    if (this.#told.has(channel.uniqueid)) this.#events.push({ ...news, leg: channel.uniqueid, at: this.#at });
  }

  /**
   * Tells of a phone's leg, once.
   * @param number the number that an outside leg was dialled with
   * @returns undefined for what is nobody's phone
   */
  begin(channel: Channel, number: string | null = null): ToldLeg | undefined {
    if (channel.isLocal || !isPhone(channel.facts.name)) return undefined;
    const known = this.#told.get(channel.uniqueid);
    if (known) return known;
    const extension = extensionOf(channel.facts.name, this.profile) ?? this.#ownerOfMobile(channel, number);
    const party: Party =
      extension === null
        ? { kind: "outside", number: number ?? channel.facts.callerNumber }
        : { kind: "employee", extension };
    return this.add(channel, party, originOf(channel, extension !== null));
  }

  /** A line's leg to an employee's mobile is his own when his dial had it rung first. */
  #ownerOfMobile({ facts }: Channel, number: string | null): string | null {
    if (number === null || !isDialRequest(facts.linkedid)) return null;
    return this.profile.mobiles?.get(tailOf(number)) ?? null;
  }

  /** Begins a leg of which all is known. */
  add(channel: Channel, party: Party, origin: LegOrigin): ToldLeg {
    const { linkedid } = channel.facts;
    const told: ToldLeg = {
      isEmployee: party.kind === "employee",
      linkedid,
      asked: origin.kind === "dialling" ? origin.dialled : null,
      number: party.kind === "outside" ? party.number : null,
      did: origin.kind === "dialling" ? origin.did : null,
      caller: undefined,
      shows: null,
      dialContext: undefined,
      with: [],
      room: null,
      recordings: new Set(),
      wasBridged: false,
      left: undefined,
      lastWith: [],
      waiting: undefined,
      isHeld: false,
      turns: false,
      resumes: false,
      rings: false,
      hungUpItself: false,
      leftFirst: false,
    };
    this.#told.set(channel.uniqueid, told);
    this.tell(channel, { type: "leg-began", linkedid, party, origin, found: channel.found });
    return told;
  }

  end(channel: Channel, cause: number): void {
    const told = this.#told.get(channel.uniqueid);
    // One that was there before us may be a leg that was told of then, and of which nothing has been seen since.
    if (!told && !channel.found) return;
    const wasAsked = told !== undefined && (told.hungUpItself || told.leftFirst);
    const isUnseen = channel.found && this.#at - this.#clearedAt < HANGING_UP_MS;
    const byItself = wasAsked || (isUnseen ? null : false);
    this.#events.push({ type: "leg-ended", leg: channel.uniqueid, at: this.#at, cause, byItself });
    this.#told.delete(channel.uniqueid);
  }

  /** Its linkedid changes without any event of its own, its number becomes known later. */
  tellIdentity(channel: Channel): void {
    const told = this.#told.get(channel.uniqueid);
    if (!told) return;
    const { linkedid, callerNumber, state } = channel.facts;
    if (linkedid !== told.linkedid) {
      told.linkedid = linkedid;
      this.tell(channel, { type: "leg-relinked", linkedid });
    }
    // The caller's number may be put into another form before anybody is rung.
    if (told.isEmployee || state !== "ring" || channel.dials.size > 0) return;
    if (callerNumber === null || callerNumber === told.number) return;
    told.number = callerNumber;
    this.tell(channel, { type: "leg-identified", number: callerNumber, did: told.did });
  }

  tellRinging(channel: Channel): void {
    const told = this.#told.get(channel.uniqueid);
    if (!told || told.rings) return;
    told.rings = true;
    this.tell(channel, { type: "leg-rings" });
  }

  tellDid(channel: Channel): void {
    const told = this.#told.get(channel.uniqueid);
    if (!told || told.isEmployee || channel.did === null || channel.did === told.did) return;
    told.did = channel.did;
    this.tell(channel, { type: "leg-identified", number: told.number, did: channel.did });
  }

  tellRecording(channel: Channel, file: string): void {
    const told = this.#told.get(channel.uniqueid);
    if (!told || told.recordings.has(file)) return;
    told.recordings.add(file);
    this.tell(channel, { type: "leg-recorded", file });
  }

  /** The phone's channel behind any channel: itself, or through a Local half whoever is at the other end of the wire. */
  phoneBehind(uniqueid: string | null): Channel | undefined {
    const channel = uniqueid === null ? undefined : this.switchboard.find(uniqueid);
    if (!channel?.isLocal) return channel;
    const behind = channel.pair ? heardBy(channel.pair)[0] : undefined;
    return behind ?? rungBeneath(channel)[0] ?? callerOf(channel) ?? undefined;
  }
}

function originOf(channel: Channel, isEmployee: boolean): LegOrigin {
  const { exten, state, uniqueid, linkedid } = channel.facts;
  // A channel that began its call gave it its linkedid; one that the PBX makes is dialled, or is never in state Ring.
  const dialling = channel.dialler === undefined && (state === "ring" || uniqueid === linkedid);
  if (!dialling) return { kind: "reached" };
  const asked = exten === "s" || exten === "h" || exten === "" ? null : exten;
  return isEmployee
    ? { kind: "dialling", dialled: asked, did: null }
    : { kind: "dialling", dialled: null, did: channel.did ?? asked };
}
