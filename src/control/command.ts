/** What an employee may ask of the phones, and what becomes of it. */

export type PhoneCommand =
  | { readonly kind: "dial"; readonly number: string }
  | { readonly kind: "hang-up"; readonly callId: string; readonly legId: string };

/**
 * ```
 * (asked) ──► sent ──► done | refused | timed-out
 *    └──────────────────────► refused
 * ```
 * `sent`: the PBX has taken the action, which is no promise. The rest is what the events told: a dial is done when the
 * client has answered, a hang-up when the leg is gone.
 */
export type PhoneOutcome =
  | { readonly state: "sent" }
  | { readonly state: "done" }
  | { readonly state: "refused"; readonly reason: PhoneRefusal }
  | { readonly state: "timed-out" };

export type PhoneRefusal =
  | "not-your-leg"
  | "no-such-call"
  | "invalid-number"
  | "no-extension"
  | "own-phone-offline"
  | "own-phone-busy"
  | "own-phone-no-answer"
  | "own-phone-rejected"
  | "client-busy"
  | "client-no-answer"
  | "no-route"
  | "pbx-unreachable"
  | "pbx-permission"
  | "pbx-rejected"
  | "already-running"
  /** The employee hung up before the client answered. */
  | "cancelled";
