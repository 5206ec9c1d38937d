import type { ActionFields } from "../ami/action.ts";
import { AmiError } from "../ami/ami-error.ts";
import type { AmiPacket } from "../ami/packet.ts";
import type { AmiSession } from "../ami/session.ts";
import type { LegId } from "../calls/leg-event.ts";
import {
  type OwnPhoneReport,
  type PhoneAbilities,
  type PhoneControl,
  PhoneControlError,
  type PhoneRequest,
} from "../calls/phone-control.ts";
import { impossible } from "../lib/impossible.ts";
import { toFailure, toOwnPhoneReport } from "./action-answers.ts";
import { type DialSettings, dialAction } from "./dial-action.ts";
import type { PhoneRecipe } from "./recipes.ts";
import { readExtension, readNumber, toDisplayText } from "./values.ts";

/** The events that a session must deliver to a phone control, lest no dial tells how the own phone answered. */
export const PHONE_CONTROL_EVENTS: ReadonlySet<string> = new Set(["OriginateResponse", "Newchannel"]);

export interface AmiPhoneControlOptions extends DialSettings {
  readonly session: Pick<AmiSession, "action" | "onPacket">;
  readonly recipe: PhoneRecipe;
  readonly switchboard: {
    /** Name of the channel with this Uniqueid, undefined when it is gone. */
    channelOf(legId: LegId): string | undefined;
    /** Names of the phones' channels that ring for it or are it. */
    phonesBehind(legId: LegId): readonly string[];
    /** Names of the channels by which other devices of the same number ring for the same caller. */
    otherDevices(legId: LegId): readonly string[];
    /** Names of the channels that share a bridge with it: what the PBX hands over when it transfers this leg. */
    bridgedWith(legId: LegId): readonly string[];
    /** Whether somebody is heard on it now. */
    isInTalk(legId: LegId): boolean;
  };
}

/** Q.850 causes that a phone is hung up with. */
const NORMAL_CLEARING = 16;
const CALL_REJECTED = 21;
const ANSWERED_ELSEWHERE = 26;

/** How long a tone lasts, and the pause that a feature code's digits need between them. Milliseconds. */
const TONE_MS = 160;
/** Between a feature code and the number Asterisk plays "transfer"; what is typed meanwhile may be lost. */
const PROMPT_MS = 2_000;

type Ask<K extends PhoneRequest["ask"]> = Extract<PhoneRequest, { readonly ask: K }>;

/** Asks the phones through an AMI session, in the words of one kind of PBX. */
export class AmiPhoneControl implements PhoneControl, Disposable {
  readonly #options: AmiPhoneControlOptions;
  /** Attempts that were called off before their channel was seen. */
  readonly #calledOff = new Set<LegId>();
  readonly #listening: Disposable;

  constructor(options: AmiPhoneControlOptions) {
    this.#options = options;
    this.#listening = options.session.onPacket((event) => this.#callOffLate(event));
  }

  ask(request: PhoneRequest): Promise<void> {
    switch (request.ask) {
      case "dial":
        return this.#dial(request);
      case "hang-up":
        return this.#hangUp(request);
      case "look-up":
        return this.#lookUp(request);
      case "hand-over":
        return this.#handOver(request);
      case "send-on":
        return this.#sendOn(request);
      case "bring":
        return this.#bring(request);
      case "consult":
        return this.#consult(request);
      case "stop-consulting":
        return this.#on(request.legId, (Channel) => ({ Action: "CancelAtxfer", Channel }));
      case "swap":
        return this.#type(request.legId, this.#options.recipe.featureCodes.swap);
      case "fetch":
        return this.#fetch(request);
      case "call-off":
        return this.#callOff(request);
      case "park":
        return this.#on(request.legId, (Channel) => ({
          Action: "Park",
          Channel,
          Parkinglot: this.#options.recipe.parkingLot,
        }));
      case "hold":
        return this.#tellPhone(request.legId, "hold");
      case "resume":
        return this.#tellPhone(request.legId, "talk");
      case "send-digits":
        return this.#sendDigits(request);
      default:
        return impossible(request);
    }
  }

  onOwnPhone(listener: (report: OwnPhoneReport) => void): Disposable {
    return this.#options.session.onPacket((event) => {
      const report = toOwnPhoneReport(event);
      if (report !== undefined) listener(report);
    });
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }

  async #dial(request: Ask<"dial">): Promise<void> {
    await this.#send(dialAction(request, this.#options));
  }

  async #hangUp({ legId, declining }: Ask<"hang-up">): Promise<void> {
    // MikoPBX takes 21 on a ringing leg as a refusal: the route goes on, a queue skips the member (capture m07d-queue-panel-declines)
    const Cause = declining ? CALL_REJECTED : NORMAL_CLEARING;
    // Where he has several devices that ring, they all ring for the one call that he wants no more.
    await this.#hangUpEach([this.#channelOf(legId), ...this.#options.switchboard.otherDevices(legId)], Cause);
  }

  /** A transfer to a number that there is not would end the client's call, and be called a success. */
  async #lookUp({ to }: Ask<"look-up">): Promise<void> {
    if (!(await this.#knows(this.#options.recipe.transferContext, readNumber(to)))) {
      throw new PhoneControlError("no-route");
    }
  }

  async #handOver({ legId, peerLegId, to, note }: Ask<"hand-over">): Promise<void> {
    const Exten = readNumber(to);
    const { recipe, switchboard } = this.#options;
    const { transferContext: Context } = recipe;
    // A client who came by a queue sits behind a Local channel: it is that one whose name the next phone shows.
    await this.#label(new Set([this.#channelOf(peerLegId), ...switchboard.bridgedWith(legId)]), note);
    await this.#on(legId, (Channel) => ({ Action: "BlindTransfer", Channel, Context, Exten }));
  }

  async #sendOn({ legId, to, note }: Ask<"send-on">): Promise<void> {
    const target = readNumber(to);
    await this.#label([this.#channelOf(legId)], note);
    await this.#redirect(legId, this.#options.recipe.transferContext, target);
  }

  async #bring({ legId, to }: Ask<"bring">): Promise<void> {
    await this.#redirect(legId, this.#options.recipe.ringContext, readNumber(to));
  }

  async #redirect(legId: LegId, Context: string, Exten: string): Promise<void> {
    // Answered since it was decided: nobody is torn out of a talk.
    if (this.#options.switchboard.isInTalk(legId)) throw new PhoneControlError("answered");
    await this.#on(legId, (Channel) => ({ Action: "Redirect", Channel, Context, Exten, Priority: 1 }));
  }

  async #consult({ legId, to, note, typed }: Ask<"consult">): Promise<void> {
    const Exten = readNumber(to);
    const { transferContext: Context, featureCodes } = this.#options.recipe;
    await this.#label([this.#channelOf(legId)], note);
    if (!typed) {
      await this.#on(legId, (Channel) => ({ Action: "Atxfer", Channel, Context, Exten }));
      return;
    }
    await this.#type(legId, featureCodes.consult);
    await new Promise((resolve) => setTimeout(resolve, PROMPT_MS));
    await this.#type(legId, Exten);
  }

  async #fetch({ extension, client, ringing, shows, legId }: Ask<"fetch">): Promise<void> {
    const { recipe, ringSeconds } = this.#options;
    const own = readExtension(extension);
    const number = shows === "" ? "anonymous" : readNumber(shows);
    const attempt = { Timeout: ringSeconds * 1000, Async: true, ChannelId: legId };
    if (recipe.fetch === "pick-up") {
      if (ringing === null) throw new PhoneControlError("rings-nowhere");
      await this.#send({
        Action: "Originate",
        Channel: `PJSIP/${own}`,
        Application: "PickupChan",
        Data: this.#channelOf(ringing),
        CallerID: `"${number}" <${number}>`,
        ...attempt,
      });
      return;
    }
    const caller = this.#channelOf(client);
    await this.#send({
      Action: "Originate",
      Channel: `Local/${own}@internal-originate`,
      Context: "interception-bridge",
      Exten: number === "anonymous" ? "0" : number,
      Priority: 1,
      CallerID: own,
      ...attempt,
      OtherChannelId: `${legId}-other`,
      Variable: [
        `pt1c_cid=${number === "anonymous" ? "" : number}`,
        "ALLOW_MULTY_ANSWER=1",
        `_INTECEPTION_CNANNEL=${caller}`, // spelt as MikoPBX spells it
        `_OLD_LINKEDID=${client}`,
        `__ringlength=${ringSeconds}`,
      ],
    });
  }

  /** "Answered elsewhere" tells the phone that it has missed nothing. */
  async #callOff({ legId }: Ask<"call-off">): Promise<void> {
    const { switchboard } = this.#options;
    const phones = switchboard.phonesBehind(legId);
    const own = switchboard.channelOf(legId);
    const channels = phones.length > 0 ? phones : own === undefined ? [] : [own];
    if (channels.length === 0) this.#calledOff.add(legId);
    await this.#hangUpEach(channels, ANSWERED_ELSEWHERE);
  }

  /** One that has gone by itself keeps none of the others ringing. */
  async #hangUpEach(channels: readonly string[], Cause: number): Promise<void> {
    const hungUp = await Promise.allSettled(
      channels.map((Channel) => this.#send({ Action: "Hangup", Channel, Cause })),
    );
    for (const each of hungUp) if (each.status === "rejected") throw each.reason;
  }

  /** An Originate is queued: its channel may appear after it was called off. */
  #callOffLate(event: AmiPacket): void {
    if (this.#calledOff.size === 0) return;
    const legId = event.get("Uniqueid") ?? "";
    const Channel = event.get("Channel");
    if (!this.#calledOff.delete(legId) || event.event !== "Newchannel" || Channel === undefined) return;
    this.#send({ Action: "Hangup", Channel, Cause: ANSWERED_ELSEWHERE }).catch((error: unknown) => {
      // Gone by itself, or the link was lost: the attempt has its own time-out.
      if (!(error instanceof PhoneControlError)) throw error;
    });
  }

  /**
   * A NOTIFY within the phone's own call, as BroadSoft's call control has it: many desk phones obey (docs/protocols/control.md).
   * Asterisk takes it for PJSIP channels alone.
   */
  async #tellPhone(legId: LegId, event: "hold" | "talk"): Promise<void> {
    await this.#on(legId, (Channel) => {
      if (!Channel.startsWith("PJSIP/")) throw new PhoneControlError("not-supported");
      return { Action: "PJSIPNotify", Channel, Variable: [`Event=${event}`, "Subscription-State=active"] };
    });
  }

  /** Tones that the PBX plays into the call to the party on this leg. */
  async #sendDigits({ legId, digits }: Ask<"send-digits">): Promise<void> {
    for (const Digit of readNumber(digits)) {
      await this.#on(legId, (Channel) => ({ Action: "PlayDTMF", Channel, Digit, Duration: TONE_MS }));
    }
  }

  /** Tones as if the party on this leg had typed them. */
  async #type(legId: LegId, digits: string): Promise<void> {
    for (const Digit of digits) {
      await this.#on(legId, (Channel) => ({ Action: "PlayDTMF", Channel, Digit, Duration: TONE_MS, Receive: true }));
    }
  }

  /** The display of whoever is rung for one of these channels shows the note as the caller's name. */
  async #label(channels: Iterable<string>, note: string | null): Promise<void> {
    const text = note === null ? "" : toDisplayText(note);
    if (text === "") return;
    for (const Channel of channels) {
      try {
        await this.#send({ Action: "Setvar", Channel, Variable: "CALLERID(name)", Value: text });
      } catch (error) {
        // A Local channel may have folded meanwhile; nobody is kept from being handed over by what a display shows.
        if (!(error instanceof PhoneControlError) || error.code !== "no-such-leg") throw error;
      }
    }
  }

  /** What this PBX lets our account do. @throws PhoneControlError when it cannot be asked */
  async probe(): Promise<PhoneAbilities> {
    const { recipe } = this.#options;
    const commands = await this.#send({ Action: "ListCommands" });
    const has = (name: string) => commands.get(name) !== undefined;
    const fetches =
      has("Originate") &&
      (recipe.fetch === "pick-up" || (has("Getvar") && (await this.#knows("interception-bridge", SOME_MOBILE))));
    return {
      handOver: has("BlindTransfer") && has("Getvar"),
      sendOn: has("Redirect") && has("Getvar"),
      consult: has("Atxfer") && has("Getvar"),
      swap: has("PlayDTMF"),
      fetch: fetches,
      park: has("Park"),
      sendDigits: has("PlayDTMF"),
      hold: has("PJSIPNotify"),
      mobileFirst: has("Originate"),
      chooseLine: has("Originate") && recipe.dial.line !== null,
      outsideTargets: has("Getvar") && (await this.#knows(recipe.transferContext, SOME_MOBILE)),
    };
  }

  async #knows(context: string, exten: string): Promise<boolean> {
    const answer = await this.#send({ Action: "Getvar", Variable: `DIALPLAN_EXISTS(${context},${exten},1)` });
    return answer.get("Value") === "1";
  }

  async #on(legId: LegId, action: (channel: string) => ActionFields): Promise<void> {
    await this.#send(action(this.#channelOf(legId)));
  }

  #channelOf(legId: LegId): string {
    const channel = this.#options.switchboard.channelOf(legId);
    if (channel === undefined) throw new PhoneControlError("no-such-leg");
    return channel;
  }

  async #send(fields: ActionFields): Promise<AmiPacket> {
    try {
      return await this.#options.session.action(fields);
    } catch (error) {
      if (!(error instanceof AmiError)) throw error;
      throw new PhoneControlError(toFailure(error), { cause: error });
    }
  }
}

/** A number of the form that people outside have; whether it is anybody's does not matter. */
const SOME_MOBILE = "79000000000";
