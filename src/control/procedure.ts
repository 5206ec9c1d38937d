import type { Call } from "../calls/call.ts";
import type { OwnPhoneReport, PhoneControlFailure } from "../calls/phone-control.ts";
import type { PhoneOutcome, PhoneRefusal } from "./command.ts";

/** What a command that is under way may hear. */
export type Heard =
  /** The PBX took the action. */
  | { readonly type: "taken" }
  | { readonly type: "not-taken"; readonly failure: PhoneControlFailure }
  | { readonly type: "own-phone"; readonly answer: OwnPhoneReport["answer"] }
  /** Some call of this PBX, as it is now. */
  | { readonly type: "call"; readonly call: Call }
  /** The employee asks to hang up what this command began. */
  | { readonly type: "hang-up-asked" }
  /** The state has lasted as long as it may. */
  | { readonly type: "deadline" };

/** A command is over with one of these. */
export type FinalOutcome = Exclude<PhoneOutcome, { readonly state: "sent" }>;

export interface Over {
  readonly state: "over";
  readonly outcome: FinalOutcome;
}

/** The life of one kind of command: a pure machine. `S` are its own states, the first of them always `asked`. */
export interface Procedure<S extends { readonly state: string }> {
  /** The same state when `heard` means nothing to it. */
  decide(state: S, heard: Heard): S | Over;
  /** How long the state may last, in milliseconds; null when something else is sure to end it. */
  lastsAtMost(state: S): number | null;
}

export const done: Over = { state: "over", outcome: { state: "done" } };
export const timedOut: Over = { state: "over", outcome: { state: "timed-out" } };

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
  "invalid-extension": "no-extension",
  "invalid-number": "invalid-number",
  "no-route": "no-route",
  rejected: "pbx-rejected",
} as const satisfies Record<Exclude<PhoneControlFailure, "unanswered">, PhoneRefusal>;
