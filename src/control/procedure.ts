import type { Call, Card } from "../calls/call.ts";
import type { LegId } from "../calls/leg-event.ts";
import type { OwnPhoneReport, PhoneControlFailure, PhoneRequest } from "../calls/phone-control.ts";
import type { PhoneOutcome, PhoneRefusal } from "./command.ts";

/** What a command that is under way may hear. */
export type Heard =
  /** The PBX took the action that the present state asks for. */
  | { readonly type: "taken" }
  | { readonly type: "not-taken"; readonly failure: PhoneControlFailure }
  | { readonly type: "own-phone"; readonly answer: OwnPhoneReport["answer"] }
  /** Some call of this PBX, as it is now. */
  | { readonly type: "call"; readonly call: Call }
  /** The employee asks to end what this command began. */
  | { readonly type: "hang-up-asked" }
  /** The state has lasted as long as it may. */
  | { readonly type: "deadline" };

/** A command is over with one of these. */
export type FinalOutcome = Exclude<PhoneOutcome, { readonly state: "sent" }>;

export interface Over {
  readonly state: "over";
  readonly outcome: FinalOutcome;
}

/**
 * The life of one kind of command: a pure machine. `S` are its own states. In those named `looking-up` and `asked` the
 * PBX has not taken the command's action yet; every other means that it was sent.
 */
export interface Procedure<S extends { readonly state: string }> {
  readonly begin: S;
  /** The same state when `heard` means nothing to it. */
  decide(state: S, heard: Heard): S | Over;
  /** What the PBX is asked for when the state is entered; the answer is heard as `taken` or `not-taken`. */
  asks(state: S): PhoneRequest | null;
  /** How long the state may last, in milliseconds; null when something else is sure to end it. */
  lastsAtMost(state: S): number | null;
  /** While it does, no other command may touch the leg: what was asked for has not shown yet. */
  holdsLeg(state: S): boolean;
}

export const done: Over = { state: "over", outcome: { state: "done" } };
export const timedOut: Over = { state: "over", outcome: { state: "timed-out" } };

export function isOver(state: { readonly state: string }): state is Over {
  return state.state === "over";
}

export function refused(reason: PhoneRefusal): Over {
  return { state: "over", outcome: { state: "refused", reason } };
}

/** Why the PBX did not take an action. `unanswered` is no refusal: it may have taken it. */
export function refusalFor(failure: Exclude<PhoneControlFailure, "unanswered">): PhoneRefusal {
  return REFUSALS[failure];
}

const REFUSALS = {
  "pbx-unreachable": "pbx-unreachable",
  "permission-denied": "pbx-permission",
  "no-such-leg": "no-such-call",
  answered: "answered-elsewhere",
  "rings-nowhere": "wrong-moment",
  "invalid-extension": "no-extension",
  "invalid-number": "invalid-number",
  "no-route": "no-route",
  "not-supported": "not-supported",
  rejected: "pbx-rejected",
} as const satisfies Record<Exclude<PhoneControlFailure, "unanswered">, PhoneRefusal>;

/** From an action to its first event it takes milliseconds; a slow PBX gets the time of a slow dialplan. */
export const EFFECT_MS = 10_000;

/** The command's call goes on in another one when calls merge. */
export function followedCall<S extends { readonly callId: string }>(state: S, call: Call): S {
  return call.id === state.callId && call.mergedInto !== null ? { ...state, callId: call.mergedInto } : state;
}

/** Whether this leg is in the call still: the client's, a colleague's, or one that a colleague is with. */
export function isThere({ clientLegId, cards }: Call, leg: LegId): boolean {
  return clientLegId === leg || cards.some(({ legId, peerLegId }) => legId === leg || peerLegId === leg);
}

export function cardOf(call: Call, legId: string): Card | undefined {
  return call.cards.find((card) => card.legId === legId);
}
