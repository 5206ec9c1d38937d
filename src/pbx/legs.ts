/**
 * From the switchboard's changes to what the calls listen to. Asterisk's oddities end here: Local pairs are wires,
 * dials are followed to the phones that ring, and the order in which events of different channels arrive means nothing.
 */
import type { LegEvent, LegId, LegNews, LegOrigin, Party } from "../calls/leg-event.ts";
import { extensionOf, isPhone, localTarget } from "./endpoint.ts";
import type { ChannelFacts, Fact } from "./facts.ts";
import type { PbxProfile } from "./profiles.ts";
import { type Channel, callerOf, heardBy, rungBeneath, Switchboard } from "./switchboard.ts";

export type LegProfile = Pick<PbxProfile, "endpointToExtension" | "transferContext">;

/** What has been told of a leg. */
interface Told {
  readonly isEmployee: boolean;
  with: readonly LegId[];
  room: string | null;
  linkedid: string;
  number: string | null;
  did: string | null;
  caller: LegId | null | undefined;
  shows: string | null;
  recordings: Set<string>;
  /** The bridge that it left last, and whom it talked to there. */
  left: { readonly bridge: string; readonly with: readonly LegId[] } | undefined;
  /** The context in which it dials. */
  dialContext: string | undefined;
  /** It was taken back from hold while another line of the same phone still talks. */
  resumes: boolean;
  isHeld: boolean;
  /** Who waits for it with music. */
  waiting: LegId | undefined;
  /** It was seen in a bridge. */
  wasBridged: boolean;
  hungUpItself: boolean;
  /** It was the first to leave a conversation that nobody had asked to end: the PBX was told to hang it up. */
  leftFirst: boolean;
}

export class Legs {
  readonly switchboard = new Switchboard();
  readonly #profile: LegProfile;
  readonly #told = new Map<LegId, Told>();
  /** Who left a bridge that we never saw him enter: they were in conversation there before we came. */
  readonly #leftUnseen = new Map<string, LegId[]>();
  #events: LegEvent[] = [];
  #at = 0;

  constructor(profile: LegProfile) {
    this.#profile = profile;
  }

  /** What one fact means for the legs. */
  hear(fact: Fact): LegEvent[] {
    this.#events = [];
    this.#at = fact.at;
    this.#before(fact);
    const around = this.#aroundBefore(fact);
    this.switchboard.apply(fact);
    this.#after(fact, around);
    return this.#events;
  }

  /** Forgets all: the link was lost. Legs told before are told again by the snapshot, or are gone. */
  clear(): void {
    this.switchboard.clear();
    this.#told.clear();
    this.#leftUnseen.clear();
  }

  /** Who is in conversation with whom now, of all: after a gap nobody may be left in one that has ended. */
  tellCompanies(at: number): LegEvent[] {
    return [...this.#told].flatMap(([leg, told]) => {
      const isLocal = this.switchboard.find(leg)?.isLocal ?? true;
      return isLocal ? [] : [{ type: "leg-connected" as const, at, leg, with: told.with, room: told.room }];
    });
  }

  // ------------------------------------------------------------------------------------------- before it is applied

  /** What must be read from the switchboard as it was. */
  #before(fact: Fact): void {
    if (fact.type === "bridge-left") {
      const channel = this.switchboard.find(fact.channel.uniqueid);
      const told = channel && this.#told.get(channel.uniqueid);
      if (channel && told && channel.bridge?.id === fact.bridge) {
        const mates = heardBy(channel);
        told.left = { bridge: fact.bridge, with: told.with };
        told.leftFirst =
          mates.length > 0 && ![channel, ...mates].some((one) => this.#told.get(one.uniqueid)?.hungUpItself);
      }
    }
    if (fact.type === "hung-up") this.#end(fact.channel, fact.cause);
  }

  /** The legs whose company may change. */
  #aroundBefore(fact: Fact): readonly Channel[] {
    switch (fact.type) {
      case "bridge-entered":
      case "bridge-left":
      case "hung-up": {
        const channel = this.switchboard.find(fact.channel.uniqueid);
        if (!channel || (fact.type === "bridge-left" && channel.bridge?.id !== fact.bridge)) return [];
        return [channel, ...companyOf(channel)];
      }
      default:
        return [];
    }
  }

  // -------------------------------------------------------------------------------------------- after it is applied

  #after(fact: Fact, around: readonly Channel[]): void {
    // One that was there before us begins with whatever is first told of it.
    if ("channel" in fact && typeof fact.channel === "object" && fact.channel !== null) this.#channelSeen(fact.channel);
    switch (fact.type) {
      case "channel-new":
      case "channel-changed":
        break;
      case "dial-begun":
        this.#dialBegun(fact);
        break;
      case "dial-ended":
        this.#dialEnded(fact);
        break;
      case "bridge-entered":
        this.#bridgeEntered(fact, around);
        break;
      case "bridge-left":
        if (around.length === 0) this.#leftUnseenBridge(fact);
        else this.#tellCompany(around);
        break;
      case "hung-up":
        this.#tellCompany(around);
        for (const channel of around) if (channel.uniqueid === fact.channel.uniqueid) this.#resumeOthersOf(channel);
        break;
      case "bridge-gone":
        this.#leftUnseen.delete(fact.bridge);
        break;
      case "locals-paired":
        break;
      case "held":
        if (fact.byPhone) this.#hold(fact.channel);
        break;
      case "unheld":
        this.#resume(fact.channel);
        break;
      case "hangup-requested": {
        const told = this.#told.get(fact.channel.uniqueid);
        if (told) told.hungUpItself = true;
        break;
      }
      case "blind-transferred":
        this.#blindTransferred(fact);
        break;
      case "attended-transferred":
        this.#attendedTransferred(fact);
        break;
      case "picked-up":
        this.#pickedUp(fact);
        break;
      case "parked":
        this.#parked(fact);
        break;
      case "queued":
        this.#queued(fact);
        break;
      case "recorded": {
        const channel = this.switchboard.findByName(fact.channelName);
        if (channel) this.#tellRecording(channel, fact.file);
        break;
      }
    }
  }

  #channelSeen(facts: ChannelFacts): void {
    const channel = this.switchboard.find(facts.uniqueid);
    if (!channel) return;
    if (channel.isLocal) {
      this.#requestSeen(channel);
      return;
    }
    if (!this.#told.has(channel.uniqueid)) {
      // One that the PBX makes is told of when it is dialled; then it is known who is behind it and who calls.
      if (facts.state !== "ring" && facts.state !== "up") return;
      this.#begin(channel);
    }
    this.#tellIdentity(channel);
    if (facts.state === "up") this.#tell(channel, { type: "leg-answered" });
  }

  #dialBegun(fact: Extract<Fact, { type: "dial-begun" }>): void {
    const target = this.switchboard.find(fact.target.uniqueid);
    if (!target) return;
    if (fact.channel) {
      this.#tellDid(fact.channel.uniqueid);
      const dialler = this.#told.get(fact.channel.uniqueid);
      if (dialler) {
        dialler.dialContext = fact.channel.context;
        // It left a conversation to go on elsewhere (a blind transfer), not to end.
        dialler.leftFirst = false;
      }
    }
    if (target.isLocal) {
      if (fact.channel === null) this.#request(target);
      return;
    }
    this.#begin(target, dialledNumber(fact.dialString) ?? fact.target.callerNumber);
    this.#tellCaller(target);
  }

  #dialEnded(fact: Extract<Fact, { type: "dial-ended" }>): void {
    if (fact.status === "ANSWER" || fact.status === "") return;
    this.#tellRedirect(fact);
    const target = this.switchboard.find(fact.target.uniqueid);
    for (const phone of target ? rungBeneath(target) : []) {
      this.#tell(phone, { type: "leg-dial-ended", status: fact.status, rang: phone.rang });
    }
    if (target?.isLocal) this.#tell(target, { type: "leg-dial-ended", status: fact.status, rang: false });
  }

  /** The dial was called off because the caller has been sent elsewhere: he stands in that context already (capture 08). */
  #tellRedirect({ channel: facts, status }: Extract<Fact, { type: "dial-ended" }>): void {
    const caller = facts && this.switchboard.find(facts.uniqueid);
    const told = caller && this.#told.get(caller.uniqueid);
    if (!caller || !told || told.isEmployee || status !== "CANCEL" || told.dialContext === undefined) return;
    const { context, exten } = facts;
    if (context === told.dialContext || exten === "" || exten === "h") return;
    told.dialContext = undefined;
    this.#tell(caller, { type: "leg-redirected", target: exten, over: this.#profile.transferContext.test(context) });
  }

  #bridgeEntered(fact: Extract<Fact, { type: "bridge-entered" }>, around: readonly Channel[]): void {
    const channel = this.switchboard.find(fact.channel.uniqueid);
    if (!channel) return;
    const told = this.#begin(channel);
    if (told) {
      this.#tellIdentity(channel);
      told.leftFirst = false;
      told.wasBridged = true;
      if (fact.recording) this.#tellRecording(channel, fact.recording);
      this.#tellConsultation(channel, told);
    }
    this.#tellCompany([...around, channel, ...companyOf(channel)]);
    // A Local half that changed bridges rings its phones for somebody else now.
    for (const phone of channel.isLocal && channel.pair ? rungBeneath(channel) : []) {
      if (phone.isDialled) this.#tellCaller(phone);
    }
  }

  #hold({ uniqueid }: ChannelFacts): void {
    const channel = this.switchboard.find(uniqueid);
    const told = this.#told.get(uniqueid);
    if (!channel || !told) return;
    told.isHeld = true;
    told.resumes = false;
    this.#tell(channel, { type: "leg-held" });
    this.#resumeOthersOf(channel);
  }

  /**
   * A phone talks on one line at a time. When it takes back one line while it talks on the other it is about to swap
   * them or to join them (captures 14, 19): then the line is taken back when the other one lets go.
   */
  #resume({ uniqueid }: ChannelFacts): void {
    const channel = this.switchboard.find(uniqueid);
    const told = this.#told.get(uniqueid);
    if (!channel || !told?.isHeld) return;
    const talksElsewhere = this.#otherLinesOf(channel).some(([, other]) => other.with.length > 0 && !other.isHeld);
    if (talksElsewhere) {
      told.resumes = true;
      return;
    }
    told.isHeld = false;
    told.resumes = false;
    this.#tell(channel, { type: "leg-resumed" });
  }

  #resumeOthersOf(channel: Channel): void {
    for (const [line, told] of this.#otherLinesOf(channel)) if (told.resumes) this.#resume(line.facts);
  }

  #otherLinesOf(channel: Channel): (readonly [Channel, Told])[] {
    const phone = channel.facts.name.slice(0, channel.facts.name.lastIndexOf("-"));
    return [...this.#told].flatMap(([id, told]) => {
      const line = told.isEmployee ? this.switchboard.find(id) : undefined;
      return line && line !== channel && line.facts.name.startsWith(`${phone}-`) ? [[line, told] as const] : [];
    });
  }

  /** Of a conversation that began while we were away only its end is seen: that it was is known nevertheless. */
  #leftUnseenBridge({ channel: facts, bridge }: Extract<Fact, { type: "bridge-left" }>): void {
    const channel = this.switchboard.find(facts.uniqueid);
    const told = channel && this.#begin(channel);
    if (!channel?.found || !told || told.wasBridged) return;
    told.wasBridged = true;
    const mates = (this.#leftUnseen.get(bridge) ?? []).filter((id) => this.#told.has(id) && id !== channel.uniqueid);
    this.#leftUnseen.set(bridge, [...mates, channel.uniqueid]);
    for (const id of mates) {
      const mate = this.switchboard.find(id);
      if (!mate) continue;
      this.#tell(mate, { type: "leg-connected", with: [channel.uniqueid], room: null });
      this.#tell(channel, { type: "leg-connected", with: [id], room: null });
    }
  }

  #blindTransferred(fact: Extract<Fact, { type: "blind-transferred" }>): void {
    const { transferer, transferee, exten } = fact;
    const heard = { type: "leg-transferred", kind: "blind", target: exten || null } as const;
    this.#tellOf(transferer, { ...heard, transferee: this.#realLeg(transferee), targetLeg: null });
  }

  #attendedTransferred(fact: Extract<Fact, { type: "attended-transferred" }>): void {
    const transferee = this.#realLeg(fact.transferee);
    const targetLeg = this.#realLeg(fact.target);
    for (const id of fact.transferers) {
      const channel = this.switchboard.find(id);
      const kind = "attended";
      if (channel) this.#tell(channel, { type: "leg-transferred", kind, transferee, target: fact.exten, targetLeg });
    }
  }

  #pickedUp(fact: Extract<Fact, { type: "picked-up" }>): void {
    const leg = this.#realLeg(fact.channel.uniqueid);
    const from = this.switchboard.find(fact.from);
    const rung = from && rungBeneath(from)[0];
    const taker = leg === null ? undefined : this.switchboard.find(leg);
    if (taker && rung) this.#tell(taker, { type: "leg-picked-up", from: rung.uniqueid });
  }

  #parked(fact: Extract<Fact, { type: "parked" }>): void {
    const parked = this.switchboard.find(fact.channel);
    if (!parked) return;
    const extension = fact.parker === null ? null : extensionOf(`${fact.parker}-`, this.#profile);
    const company = this.#told.get(parked.uniqueid)?.left?.with ?? [];
    const by = company.find((id) => {
      const mate = this.switchboard.find(id);
      return extension === null || (mate && extensionOf(mate.facts.name, this.#profile) === extension);
    });
    this.#tell(parked, { type: "leg-parked", slot: fact.slot, by: by ?? null });
  }

  #queued(fact: Extract<Fact, { type: "queued" }>): void {
    const leg = this.#realLeg(fact.channel.uniqueid);
    const caller = leg === null ? undefined : this.switchboard.find(leg);
    if (!caller) return;
    this.#tell(caller, { type: "leg-queued", queue: fact.queue });
    this.#tellDid(caller.uniqueid);
  }

  // ------------------------------------------------------------------------------------------------- requested legs

  /** The PBX was asked to ring an employee and dials a Local channel for it. */
  #request(local: Channel): void {
    const extension = this.#profile.endpointToExtension.exec(localTarget(local.facts.name) ?? "")?.[1];
    if (extension === undefined || local.bridge || this.#told.has(local.uniqueid)) return;
    this.#remember(local, true, { kind: "employee", extension }, { kind: "requested" });
    this.#requestSeen(local);
  }

  /** The number that the employee's phone will show comes to be known on either half. */
  #requestSeen(half: Channel): void {
    const told = this.#told.get(half.uniqueid) ?? (half.pair && this.#told.get(half.pair.uniqueid));
    const local = this.#told.has(half.uniqueid) ? half : half.pair;
    if (!told || !local || told.shows !== null) return;
    const own = localTarget(local.facts.name);
    const candidates = [local.pair?.facts.callerNumber, local.facts.connectedNumber, local.facts.callerNumber];
    const shows = candidates.find((number) => number != null && number !== own);
    if (shows == null) return;
    told.shows = shows;
    this.#tell(local, { type: "leg-called", by: null, shows });
  }

  // --------------------------------------------------------------------------------------------------------- telling

  /** Tells of a phone's leg once. @returns undefined for what is nobody's phone */
  #begin(channel: Channel, number?: string | null): Told | undefined {
    const known = this.#told.get(channel.uniqueid);
    if (known || channel.isLocal || !isPhone(channel.facts.name)) return channel.isLocal ? undefined : known;
    const extension = extensionOf(channel.facts.name, this.#profile);
    const { callerNumber, exten, state, uniqueid, linkedid } = channel.facts;
    // A channel that began its call has the call's linkedid for a uniqueid; one that the PBX dials never rings itself.
    const dialling = channel.dialler === undefined && (state === "ring" || uniqueid === linkedid);
    const asked = exten === "s" || exten === "h" || exten === "" ? null : exten;
    const party: Party =
      extension === null ? { kind: "outside", number: number ?? callerNumber } : { kind: "employee", extension };
    const origin: LegOrigin = dialling
      ? {
          kind: "dialling",
          dialled: extension === null ? null : asked,
          did: extension === null ? (channel.did ?? asked) : null,
        }
      : { kind: "reached" };
    return this.#remember(channel, extension !== null, party, origin);
  }

  #remember(channel: Channel, isEmployee: boolean, party: Party, origin: LegOrigin): Told {
    const told: Told = {
      isEmployee,
      with: [],
      room: null,
      linkedid: channel.facts.linkedid,
      number: party.kind === "outside" ? party.number : null,
      did: origin.kind === "dialling" ? origin.did : null,
      caller: undefined,
      shows: null,
      recordings: new Set(),
      left: undefined,
      dialContext: undefined,
      resumes: false,
      isHeld: false,
      waiting: undefined,
      wasBridged: false,
      hungUpItself: false,
      leftFirst: false,
    };
    this.#told.set(channel.uniqueid, told);
    const linkedid = channel.facts.linkedid;
    this.#tell(channel, { type: "leg-began", linkedid, party, origin, found: channel.found });
    return told;
  }

  #end({ uniqueid }: ChannelFacts, cause: number): void {
    const told = this.#told.get(uniqueid);
    const channel = this.switchboard.find(uniqueid);
    if (!told || !channel) return;
    const byItself = told.hungUpItself || told.leftFirst;
    this.#tell(channel, { type: "leg-ended", cause, byItself });
    this.#told.delete(uniqueid);
  }

  /** Its linkedid may change without any event of its own, its number and line become known later. */
  #tellIdentity(channel: Channel): void {
    const told = this.#told.get(channel.uniqueid);
    if (!told) return;
    const { linkedid } = channel.facts;
    if (linkedid !== told.linkedid) {
      told.linkedid = linkedid;
      this.#tell(channel, { type: "leg-relinked", linkedid });
    }
    // The caller's number may be put into another form before anybody is rung.
    const { callerNumber, state } = channel.facts;
    if (told.isEmployee || state !== "ring" || channel.dials.size > 0 || callerNumber === null) return;
    if (callerNumber === told.number) return;
    told.number = callerNumber;
    this.#tell(channel, { type: "leg-identified", number: callerNumber, did: told.did });
  }

  #tellDid(uniqueid: string): void {
    const channel = this.switchboard.find(uniqueid);
    const told = this.#told.get(uniqueid);
    if (!channel || !told || told.isEmployee || channel.did === null || channel.did === told.did) return;
    told.did = channel.did;
    this.#tell(channel, { type: "leg-identified", number: told.number, did: channel.did });
  }

  #tellCaller(channel: Channel): void {
    const told = this.#told.get(channel.uniqueid);
    const caller = callerOf(channel);
    if (!told || caller === undefined) return;
    const by = caller?.uniqueid ?? null;
    // While a Local half moves between bridges nobody seems to call.
    if (by === null && told.caller !== undefined) return;
    const shows = channel.facts.connectedNumber;
    if (by === told.caller && shows === told.shows) return;
    told.caller = by;
    told.shows = shows;
    this.#tell(channel, { type: "leg-called", by, shows });
  }

  /** He turned to somebody else, and the one he talked to still sits in the bridge that he left. */
  #tellConsultation(channel: Channel, told: Told): void {
    const { left } = told;
    told.left = undefined;
    if (!left || !told.isEmployee || !channel.bridge || channel.bridge.room !== null) return;
    if (channel.bridge.id === left.bridge) return;
    const company = heardBy(channel);
    if (company.some((mate) => mate.uniqueid === told.waiting)) {
      told.waiting = undefined;
      return;
    }
    for (const id of left.with) {
      const waiting = this.switchboard.find(id);
      if (!waiting || company.includes(waiting) || !sitsIn(waiting, left.bridge)) continue;
      const local = [...channel.bridge.members].find((member) => member.isLocal);
      const target = local ? localTarget(local.facts.name) : null;
      told.waiting = id;
      this.#tell(channel, { type: "leg-consulting", waiting: id, target });
    }
  }

  #tellCompany(channels: Iterable<Channel>): void {
    for (const channel of new Set(channels)) {
      const told = channel.isLocal ? undefined : this.#told.get(channel.uniqueid);
      if (!told) continue;
      const room = channel.bridge?.room ?? null;
      const company = companyOf(channel)
        .map((other) => other.uniqueid)
        .filter((id) => this.#told.has(id));
      if (room === told.room && company.length === told.with.length && company.every((id) => told.with.includes(id)))
        continue;
      told.with = company;
      told.room = room;
      this.#tell(channel, { type: "leg-connected", with: company, room });
    }
  }

  #tellRecording(channel: Channel, file: string): void {
    const told = this.#told.get(channel.uniqueid);
    if (!told || told.recordings.has(file)) return;
    told.recordings.add(file);
    this.#tell(channel, { type: "leg-recorded", file });
  }

  #tellOf(facts: ChannelFacts, news: LegNews): void {
    const channel = this.switchboard.find(facts.uniqueid);
    if (channel) this.#tell(channel, news);
  }

  #tell(channel: Channel, news: LegNews): void {
    if (this.#told.has(channel.uniqueid)) this.#events.push({ ...news, leg: channel.uniqueid, at: this.#at });
  }

  /** The phone's leg behind a channel: itself, or through a Local half the one that hears it. */
  #realLeg(uniqueid: string | null): LegId | null {
    const channel = uniqueid === null ? undefined : this.switchboard.find(uniqueid);
    if (!channel) return null;
    if (!channel.isLocal) return channel.uniqueid;
    const behind = channel.pair ? heardBy(channel.pair) : [];
    const dialler = channel.dialler ?? channel.pair?.dialler;
    const leg = behind[0] ?? (channel.pair ? rungBeneath(channel)[0] : undefined);
    return leg?.uniqueid ?? (dialler ? (callerOf(channel)?.uniqueid ?? null) : null);
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

/** The number in `79001234567@trunk`, as it is sent to the line. */
function dialledNumber(dialString: string): string | null {
  return /^(?:[^/]*\/)?(\+?[\d*#]{2,})@/.exec(dialString)?.[1] ?? null;
}
