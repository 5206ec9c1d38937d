/**
 * What may be asked of the phones, and what the PBX says of it. Implemented by `pbx/`; a promise settles when the PBX
 * has taken the action, which only means "queued": whether it happened is told by the call's events.
 */
import type { LegId } from "./leg-event.ts";

export interface PhoneControl {
  /** @throws PhoneControlError */
  ask(request: PhoneRequest): Promise<void>;
  /** Calls back once for each dial or fetch whose own-phone half has ended. Those of other programs are told too. */
  onOwnPhone(listener: (report: OwnPhoneReport) => void): Disposable;
}

export type PhoneRequest =
  /**
   * Rings the employee's phone first, showing `shows` (`number` itself when absent), and then calls `number`. `legId`
   * begins with `DIAL_REQUEST_PREFIX` and becomes the Uniqueid and the Linkedid of the whole call, so that it is known
   * before its first event. `mobile`: this number of his is rung in the place of his phone. `autoAnswer`: what his phone
   * is asked to pick up by itself with, null for not at all; absent: what the installation says. `line`: the number that
   * the client is to see.
   */
  | {
      readonly ask: "dial";
      readonly extension: string;
      readonly number: string;
      readonly shows?: string;
      readonly mobile?: string;
      readonly autoAnswer?: AutoAnswer | null;
      readonly line?: string;
      readonly legId: LegId;
    }
  /** `declining`: the leg rings and the employee refuses the call: the PBX goes on to the next phone. */
  | { readonly ask: "hang-up"; readonly legId: LegId; readonly declining: boolean }
  /** Whether a call can be handed over to this number. @throws PhoneControlError `no-route` when the PBX has none */
  | { readonly ask: "look-up"; readonly to: string }
  /** The employee's talk partner is handed over to a number, and the employee is out. `note` goes to the display there. */
  | {
      readonly ask: "hand-over";
      readonly legId: LegId;
      readonly peerLegId: LegId;
      readonly to: string;
      readonly note: string | null;
    }
  /** As a transfer too: a leg that waits is sent to another number, and whatever rings for it lets go. */
  | { readonly ask: "send-on"; readonly legId: LegId; readonly to: string; readonly note: string | null }
  /** No transfer: a leg that waits is brought to an employee's phone, whatever becomes of what rings for it. */
  | { readonly ask: "bring"; readonly legId: LegId; readonly to: string }
  /** The employee turns to a number while his partner waits with music. `typed`: as if he had typed it on his phone. */
  | {
      readonly ask: "consult";
      readonly legId: LegId;
      readonly to: string;
      readonly note: string | null;
      readonly typed: boolean;
    }
  /** The employee goes back to the one who waits. */
  | { readonly ask: "stop-consulting"; readonly legId: LegId }
  /** The employee talks to the one who waits, and the other one waits. */
  | { readonly ask: "swap"; readonly legId: LegId }
  /**
   * Rings an employee's phone, showing `shows`, to give him the call of `client` when he answers, instead of whoever it
   * rings at. `ringing` is one of these, null when it rings nowhere (a queue's music). `legId` begins with
   * `FETCH_REQUEST_PREFIX` and becomes the Uniqueid of the attempt.
   */
  | {
      readonly ask: "fetch";
      readonly extension: string;
      readonly client: LegId;
      readonly ringing: LegId | null;
      readonly shows: string;
      readonly legId: LegId;
    }
  /** Silences what `fetch` rings, as answered elsewhere. */
  | { readonly ask: "call-off"; readonly legId: LegId }
  | { readonly ask: "park"; readonly legId: LegId }
  /** The phone on this leg is asked to put its company on hold, or to take it back; it does so if it likes. */
  | { readonly ask: "hold" | "resume"; readonly legId: LegId }
  /** Sends tones to the party on this leg. */
  | { readonly ask: "send-digits"; readonly legId: LegId; readonly digits: string };

/** The headers by which desk phones are asked to pick up by themselves: each maker obeys one of them, or both. */
export type AutoAnswer = "call-info" | "alert-info";

/** How the first half of a dial or of a fetch ended: the employee's own phone. */
export interface OwnPhoneReport {
  /** The one that `dial` or `fetch` was given. */
  readonly legId: LegId;
  /** `unreached`: the PBX gives no reason; without any sign of a ringing phone it means that none is registered. */
  readonly answer: "answered" | "no-answer" | "refused" | "unreached";
}

/** What this PBX can do, found by asking it. */
export interface PhoneAbilities {
  readonly handOver: boolean;
  readonly sendOn: boolean;
  readonly consult: boolean;
  readonly swap: boolean;
  readonly fetch: boolean;
  readonly park: boolean;
  readonly sendDigits: boolean;
  /** Phones can be told to hold; whether one obeys is its own affair. */
  readonly hold: boolean;
  /** An employee's mobile can be rung in the place of his phone. */
  readonly mobileFirst: boolean;
  /** The number that the client sees can be chosen. */
  readonly chooseLine: boolean;
  /** Calls can be handed over to numbers outside the company. */
  readonly outsideTargets: boolean;
}

/** Before a PBX has been asked. */
export const NO_ABILITIES: PhoneAbilities = {
  handOver: false,
  sendOn: false,
  consult: false,
  swap: false,
  fetch: false,
  park: false,
  sendDigits: false,
  hold: false,
  mobileFirst: false,
  chooseLine: false,
  outsideTargets: false,
};

export type PhoneControlFailure =
  | "pbx-unreachable"
  /** Sent, but the link or the PBX's patience ended before its answer: it may have happened. */
  | "unanswered"
  | "permission-denied"
  | "no-such-leg"
  /** Who was to be brought or sent on is in a talk by now. */
  | "answered"
  /** Who was to be fetched waits in a queue between two rings, and this PBX fetches only what rings. */
  | "rings-nowhere"
  | "invalid-extension"
  | "invalid-number"
  /** The dialplan does not know the number. */
  | "no-route"
  /** This kind of PBX has no way to do it. */
  | "not-supported"
  | "rejected";

export class PhoneControlError extends Error {
  override readonly name = "PhoneControlError";
  readonly code: PhoneControlFailure;

  constructor(code: PhoneControlFailure, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}
