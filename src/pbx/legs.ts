/**
 * From the switchboard's changes to what the calls listen to. Asterisk's oddities end here: Local pairs are wires,
 * dials are followed to the phones that ring, and the order in which events of different channels arrive means nothing.
 */
import type { LegEvent } from "../calls/leg-event.ts";
import { Dials } from "./dials.ts";
import { extensionOf } from "./endpoint.ts";
import type { ChannelFacts, Fact } from "./facts.ts";
import { LegBook, type LegProfile } from "./leg-book.ts";
import { PhoneLines } from "./phone-lines.ts";
import { type Channel, callerOf, type Switchboard } from "./switchboard.ts";
import { Talks } from "./talks.ts";

type FromHandToHand = Extract<
  Fact,
  { type: "blind-transferred" | "attended-transferred" | "picked-up" | "parked" | "queued" }
>;

export class Legs {
  readonly #book: LegBook;
  readonly #dials: Dials;
  readonly #talks: Talks;
  readonly #lines: PhoneLines;

  constructor(profile: LegProfile) {
    this.#book = new LegBook(profile);
    this.#dials = new Dials(this.#book);
    this.#talks = new Talks(this.#book);
    this.#lines = new PhoneLines(this.#book);
  }

  get switchboard(): Pick<Switchboard, "find" | "channels"> {
    return this.#book.switchboard;
  }

  /** What one fact means for the legs. */
  hear(fact: Fact): LegEvent[] {
    return this.#book.gather(fact.at, () => {
      const around = this.#talks.around(fact);
      this.#before(fact);
      this.#book.switchboard.apply(fact);
      this.#after(fact, around);
    });
  }

  /** Forgets all: the link was lost. Legs told before are told again by the snapshot, or are gone. */
  clear(at: number): void {
    this.#book.clear(at);
    this.#talks.clear();
  }

  /** Who is in conversation with whom now, of all. */
  tellCompanies(at: number): LegEvent[] {
    return this.#talks.tellAll(at);
  }

  /** What must be read from the switchboard as it was. */
  #before(fact: Fact): void {
    if (fact.type === "bridge-left") {
      this.#talks.leaving(fact);
      this.#dials.leaving(fact.channel);
    }
    if (fact.type !== "hung-up") return;
    const channel = this.#book.switchboard.find(fact.channel.uniqueid);
    if (!channel) return;
    this.#dials.letGo(channel, fact.cause);
    this.#book.end(channel, fact.cause);
  }

  #after(fact: Fact, around: readonly Channel[]): void {
    // One that was there before us begins with whatever is first told of it.
    const channel = this.#seen(fact);
    switch (fact.type) {
      case "dial-begun":
        this.#dials.begun(fact);
        break;
      case "dial-progressed":
        this.#dials.progressed(fact);
        break;
      case "dial-ended":
        this.#dials.ended(fact);
        break;
      case "bridge-entered":
        if (channel) this.#entered(channel, fact.recording, around);
        break;
      case "bridge-left":
        if (around.length === 0) this.#talks.leftUnseen(fact);
        else this.#talks.tellCompany(around);
        break;
      case "bridge-gone":
        this.#talks.bridgeGone(fact.bridge, around);
        break;
      case "hung-up":
        this.#talks.tellCompany(around);
        if (around[0]) this.#lines.letGo(around[0]);
        break;
      case "held":
        if (channel && fact.byPhone) this.#lines.hold(channel);
        else if (channel) this.#talks.turning(channel);
        break;
      case "unheld":
        if (channel) this.#lines.resume(channel);
        break;
      case "found-handed-on":
        if (channel) {
          const extension = fact.by && extensionOf(fact.by, this.#book.profile);
          this.#book.tell(channel, { type: "leg-had-talked", extension, target: fact.target });
        }
        break;
      case "found-consulting": {
        const waiting = this.#book.phoneBehind(fact.waiting);
        if (channel && waiting) this.#talks.foundConsulting(channel, waiting, fact.target);
        break;
      }
      case "hangup-requested": {
        const told = this.#book.find(fact.channel.uniqueid);
        if (told && channel && !(told.isEmployee && isTurnedDown(channel))) told.hungUpItself = true;
        break;
      }
      case "recorded": {
        const recorded = this.#book.switchboard.findByName(fact.channelName);
        if (recorded) this.#book.tellRecording(recorded, fact.file);
        break;
      }
      case "blind-transferred":
      case "attended-transferred":
      case "picked-up":
      case "parked":
      case "queued":
        this.#handled(fact, around);
        break;
      case "listening":
        if (channel) this.#book.tell(channel, { type: "leg-listens" });
        break;
      case "voicemail-left":
        this.#toVoicemail(fact.channel);
        break;
      case "channel-changed": {
        const { state, exten } = fact.channel;
        if (state === "up" && this.#book.profile.voicemailExtension?.test(exten)) this.#toVoicemail(fact.channel);
        break;
      }
      case "channel-new":
      case "locals-paired":
        break;
    }
  }

  /** The channel that a fact is about, with what is new of it told. */
  #seen(fact: Fact): Channel | undefined {
    const facts = "channel" in fact && typeof fact.channel === "object" ? fact.channel : null;
    const channel = facts ? this.#book.switchboard.find(facts.uniqueid) : undefined;
    if (!facts || !channel) return undefined;
    if (channel.isLocal) this.#dials.requestSeen(channel);
    else this.#phoneSeen(channel, facts, fact.type === "bridge-entered");
    return channel;
  }

  #phoneSeen(channel: Channel, { state }: ChannelFacts, isBridged: boolean): void {
    // One that the PBX makes is told of when it is dialled: then it is known who is behind it and who calls.
    if (state === "ring" || state === "up" || isBridged) this.#book.begin(channel);
    this.#book.tellIdentity(channel);
    if (channel.rang) this.#book.tellRinging(channel);
    if (state === "up") this.#book.tell(channel, { type: "leg-answered" });
  }

  #toVoicemail({ uniqueid }: ChannelFacts): void {
    const near = this.#book.switchboard.find(uniqueid)?.pair;
    // Who calls over a wire is connected with its far half only after that has answered.
    const caller = this.#book.phoneBehind(uniqueid) ?? (near && callerOf(near));
    if (caller) this.#book.tell(caller, { type: "leg-to-voicemail" });
  }

  #entered(channel: Channel, recording: string | null, around: readonly Channel[]): void {
    if (recording) this.#book.tellRecording(channel, recording);
    this.#talks.entered(channel, around);
    this.#dials.tellCallersBehind(channel);
  }

  /** A call that goes from hand to hand. */
  #handled(fact: FromHandToHand, around: readonly Channel[]): void {
    switch (fact.type) {
      case "blind-transferred": {
        const channel = this.#book.switchboard.find(fact.transferer.uniqueid);
        const transferee = this.#book.phoneBehind(fact.transferee)?.uniqueid ?? null;
        const target = fact.exten || null;
        if (channel)
          this.#book.tell(channel, { type: "leg-transferred", kind: "blind", transferee, target, targetLeg: null });
        break;
      }
      case "attended-transferred":
        this.#attendedTransferred(fact);
        break;
      case "picked-up": {
        const taker = this.#book.phoneBehind(fact.channel.uniqueid);
        const from = this.#book.phoneBehind(fact.from);
        if (taker && from) this.#book.tell(taker, { type: "leg-picked-up", from: from.uniqueid });
        break;
      }
      case "parked":
        this.#parked(fact);
        this.#talks.tellCompany(around);
        break;
      case "queued": {
        const caller = this.#book.phoneBehind(fact.channel.uniqueid);
        if (!caller) break;
        this.#book.tell(caller, { type: "leg-queued", queue: fact.queue });
        this.#book.tellDid(caller);
        break;
      }
    }
  }

  #attendedTransferred(fact: Extract<Fact, { type: "attended-transferred" }>): void {
    const handedOver = this.#book.phoneBehind(fact.transferee);
    const transferee = handedOver?.uniqueid ?? null;
    const rung = fact.takesOver && handedOver ? this.#dials.takenOver(handedOver, fact.transferers) : [];
    const reached = this.#book.phoneBehind(fact.target) ?? (rung.length === 1 ? rung[0] : undefined);
    const targetLeg = reached?.uniqueid ?? null;
    for (const id of fact.transferers) {
      const channel = this.#book.switchboard.find(id);
      if (channel)
        this.#book.tell(channel, {
          type: "leg-transferred",
          kind: "attended",
          transferee,
          target: fact.exten,
          targetLeg,
        });
    }
  }

  /** `ParkerDialString` names the parker, or, when the panel parked, the parked one (capture m19): then whom he talked to. */
  #parked({ channel: uniqueid, slot, parker }: Extract<Fact, { type: "parked" }>): void {
    const parked = this.#book.switchboard.find(uniqueid);
    if (!parked) return;
    const told = this.#book.find(uniqueid);
    const named = parker === null ? null : extensionOf(`${parker}-`, this.#book.profile);
    const extension = named === extensionOf(parked.facts.name, this.#book.profile) ? null : named;
    // Whoever parked him may be with him still, may have left before him, and may be gone by now.
    const company = told ? [...(told.left?.with ?? []), ...told.with, ...told.lastWith] : [];
    const by = company.find((id) => {
      const mate = this.#book.switchboard.find(id);
      return extension === null || !mate || extensionOf(mate.facts.name, this.#book.profile) === extension;
    });
    this.#book.tell(parked, { type: "leg-parked", slot, by: by ?? null });
  }
}

/**
 * It called, was not put through, and calls nobody any more: its phone lets go because the PBX has told it so. Mostly its state
 * is "busy" then, but that may come too late (lab), and what it dialled may have ended before we came.
 */
function isTurnedDown(channel: Channel): boolean {
  const isCalling = [...channel.dials].some(({ isDialled }) => isDialled);
  const isCaller = channel.dialler === undefined && (channel.hasDialled || channel.found);
  return isCaller && !isCalling && channel.facts.state !== "up";
}
