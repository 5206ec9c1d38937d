/** What can go wrong with amoCRM, what it asks for, and what a person reads. Callers branch on code or remedy, never on text. */
import { PerformFailure, type Remedy } from "../outbox/performer.ts";

const FAILURES = {
  "crm/not-connected": { remedy: "reconnect", says: "nobody has given access to this amoCRM account yet" },
  "crm/unauthorised": { remedy: "reconnect", says: "amoCRM refuses our access: give it again" },
  "crm/refresh-refused": { remedy: "reconnect", says: "amoCRM would not renew our access: give it again" },
  "crm/refresh-answer-lost": {
    remedy: "reconnect",
    says: "the answer that held our renewed access was lost on the way: give access again",
  },
  "crm/client-refused": {
    remedy: "reconnect",
    says: "amoCRM does not know this integration ID with this secret key: check both in the settings",
  },
  "crm/disabled": { remedy: "reconnect", says: "the integration was switched off in amoCRM: install it again" },
  "crm/key-changed": {
    remedy: "reconnect",
    says: "the stored access was sealed with another key: put the key back or give access again",
  },
  "crm/wrong-account": { remedy: "reconnect", says: "the access is to another amoCRM account than the settings name" },
  "crm/code-refused": { remedy: "give-up", says: "amoCRM does not take this authorisation code (again)" },
  "crm/unreachable": { remedy: "hold-account", says: "amoCRM cannot be reached" },
  "crm/answer-lost": { remedy: "hold-account", says: "the answer of amoCRM was lost on the way" },
  "crm/unavailable": { remedy: "hold-account", says: "amoCRM is not available" },
  "crm/rate-limited": { remedy: "hold-account", says: "amoCRM says that we ask too often" },
  "crm/blocked": { remedy: "hold-account", says: "amoCRM refuses everything we ask: see its technical support" },
  "crm/unpaid": { remedy: "hold-account", says: "the amoCRM account is not paid" },
  "crm/server-error": { remedy: "retry", says: "amoCRM failed at this request" },
  "crm/unreadable": { remedy: "retry", says: "the answer of amoCRM cannot be understood" },
  "crm/forbidden": { remedy: "quarantine", says: "the user who gave us access may not do this" },
  "crm/invalid": { remedy: "quarantine", says: "amoCRM does not accept it" },
  "crm/entity-gone": { remedy: "quarantine", says: "the card is no more in amoCRM" },
  "crm/note-missing": { remedy: "retry", says: "the call is not in the card's feed yet" },
  "crm/card-not-made": { remedy: "quarantine", says: "the card that it belongs to was not made" },
  "crm/not-its-turn": {
    remedy: "retry",
    says: "what it has to wait for, of another number of the client, is not done yet",
  },
  "crm/too-late": { remedy: "give-up", says: "the phone has stopped ringing" },
  "crm/nothing-written": { remedy: "give-up", says: "the call was never written into amoCRM" },
} as const satisfies Record<string, { remedy: Remedy; says: string }>;

export type CrmFailure = keyof typeof FAILURES;

/** All codes, for the documentation. */
export const crmFailureCodes = Object.keys(FAILURES) as readonly CrmFailure[];

/** Reasons for which nothing works until a person acts. */
export type NeedsHand = {
  [Code in CrmFailure]: (typeof FAILURES)[Code]["remedy"] extends "reconnect" ? Code : never;
}[CrmFailure];

export interface CrmErrorContext {
  /** amoCRM's own words; they go into the log and to the administrator. */
  readonly detail?: string;
  readonly status?: number;
  /** amoCRM's support asks for it. */
  readonly requestId?: string;
  /** How long amoCRM asks us to be silent. */
  readonly retryAfterSeconds?: number;
  readonly mayHaveHappened?: boolean;
  /** Which items of a list amoCRM refused, by the `request_id`s we gave them. One bad item has it refuse them all. */
  readonly badItems?: readonly string[];
}

export class CrmError extends PerformFailure {
  override readonly name = "CrmError";
  declare readonly code: CrmFailure;
  readonly context: CrmErrorContext;

  constructor(
    code: CrmFailure,
    context: CrmErrorContext = {},
    cause?: unknown,
    remedy: Remedy = FAILURES[code].remedy,
  ) {
    const { detail, status, requestId } = context;
    const extra = [detail, status && `HTTP ${status}`, requestId && `request ${requestId}`].filter(Boolean).join(", ");
    super(code, remedy, context.mayHaveHappened ?? false, FAILURES[code].says + (extra && ` (${extra})`), cause);
    this.context = context;
  }
}

export function isNeedsHand(code: CrmFailure): code is NeedsHand {
  return FAILURES[code].remedy === "reconnect";
}
