/** What an employee may ask of the phones, and what becomes of it. */

/** The own leg that a command is about: `Card.callId` and `Card.legId`. */
export interface LegOfCall {
  readonly callId: string;
  readonly legId: string;
}

export type PhoneCommand =
  /**
   * Rings the own phone and then `number`. `from`: which of the own devices rings, an extension or the own mobile; the
   * first when absent. `line`: the number of the company that the client is to see. `despite`: dial although a colleague
   * talks or has just talked to this number (see `Collision`).
   */
  | {
      readonly kind: "dial";
      readonly number: string;
      readonly from?: string;
      readonly line?: string;
      readonly despite?: true;
    }
  | ({ readonly kind: "hang-up" } & LegOfCall)
  /**
   * Hands the other side over to `to` (an extension, a queue, an outside number) unannounced: while the own phone rings,
   * or in the talk. `note` travels along to the colleague's card and display.
   */
  | ({ readonly kind: "blind-transfer"; readonly to: string; readonly note?: string } & LegOfCall)
  /** Fetches back what the own blind transfer rings for. There is no own leg then: the call is enough. */
  | { readonly kind: "take-back"; readonly callId: string }
  /** The other side waits with music while `to` is rung and consulted. */
  | ({ readonly kind: "attended-transfer"; readonly to: string; readonly note?: string } & LegOfCall)
  /** Connects the one who waits with the colleague, who may still be ringing; the own leg is out. */
  | ({ readonly kind: "complete-transfer" } & LegOfCall)
  /** Back to the one who waits; the colleague is let go. */
  | ({ readonly kind: "cancel-transfer" } & LegOfCall)
  /** Talk to the one who waits, while the other waits. */
  | ({ readonly kind: "swap" } & LegOfCall)
  /** Pulls the own client's call, which rings elsewhere, to the own phone. */
  | { readonly kind: "take"; readonly callId: string }
  /** Answers here what rings at a colleague's phone. */
  | { readonly kind: "pick-up"; readonly callId: string; readonly extension: string }
  /** Leaves the other side in a numbered slot, with music. */
  | ({ readonly kind: "park" } & LegOfCall)
  /** Fetches a parked call to the own phone. */
  | { readonly kind: "retrieve"; readonly callId: string }
  /** The own phone is asked to put the other side on hold, or to take it back: many desk phones obey. */
  | ({ readonly kind: "hold" } & LegOfCall)
  | ({ readonly kind: "resume" } & LegOfCall)
  /** Sends tones to the other side, as if they were typed on the own phone. */
  | ({ readonly kind: "send-digits"; readonly digits: string } & LegOfCall)
  /** Changes the note of the own transfer that is under way; an empty text takes it away. */
  | ({ readonly kind: "hand-over-note"; readonly text: string } & LegOfCall);

export type CommandKind = PhoneCommand["kind"];

/**
 * ```
 * (asked) ──► sent ──► done | refused | timed-out
 *    ├──────────────────────► refused
 *    └──► warned
 * ```
 * `sent`: the PBX has taken the action, which is no promise. The rest is what the events told: a dial is done when the
 * client has answered, a hang-up when the leg is gone, a blind transfer when somebody has answered it, an attended one
 * when the colleague has.
 */
export type PhoneOutcome =
  | { readonly state: "sent" }
  | { readonly state: "done" }
  | { readonly state: "refused"; readonly reason: PhoneRefusal }
  | { readonly state: "timed-out" }
  /** Nothing was dialled: the employee is to decide, and may ask again with `despite`. */
  | { readonly state: "warned"; readonly collision: Collision };

/** A colleague talks to the number that is to be dialled, or did within the guarded time. */
export interface Collision {
  readonly state: "talks" | "talked";
  readonly extension: string;
  /** Beginning of the talk that lasts, end of the one that is over. Epoch milliseconds. */
  readonly at: number;
  /** Length of the talk that is over; 0 while it lasts. */
  readonly talkSeconds: number;
}

export type PhoneRefusal =
  | "not-your-leg"
  | "no-such-call"
  | "invalid-number"
  /** The line that the client is to see is none of the company's. */
  | "no-such-line"
  | "no-extension"
  | "own-phone-offline"
  | "own-phone-busy"
  | "own-phone-no-answer"
  | "own-phone-rejected"
  | "client-busy"
  | "client-no-answer"
  | "no-route"
  /** The telephone company says that nobody has this number. */
  | "no-such-number"
  | "pbx-unreachable"
  | "pbx-permission"
  | "pbx-rejected"
  | "already-running"
  /** The employee hung up before the client answered, or took a transfer back. */
  | "cancelled"
  /** The PBX has no such number to hand over to. */
  | "unknown-target"
  | "target-busy"
  | "target-refused"
  | "target-no-answer"
  /** The colleague has no phone that could ring. */
  | "target-unreachable"
  /** The other side hung up before it was done. */
  | "client-left"
  /** The call is not in the state that the command needs: not ringing, not talking, nothing to take back. */
  | "wrong-moment"
  /** Somebody else was faster. */
  | "answered-elsewhere"
  /** Whom it was about waits in a parking slot by now. */
  | "client-parked"
  | "not-your-client"
  /** The phone was told, and did nothing: it does not know the request, or is not set up to obey it. */
  | "phone-ignores-it"
  /** This PBX cannot do it. */
  | "not-supported";
