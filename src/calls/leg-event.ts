/**
 * What the calls listen to: one party's side of a call, told without Asterisk's oddities. Local pairs, optimisations,
 * dials through dialplans and merging bridges have been folded away before (by `pbx/`). Owned here, spoken by `pbx/`.
 * All `at` are epoch milliseconds of the PBX's own clock.
 */

/** Id of a leg: the uniqueid of its channel. */
export type LegId = string;

/** Who is on a leg. `number` is null when the caller hides it. */
export type Party =
  | { readonly kind: "employee"; readonly extension: string }
  | { readonly kind: "outside"; readonly number: string | null };

/** How a leg came to be. */
export type LegOrigin =
  /** The party began it: an employee dialled, or a client came in over a trunk. `did` only for the latter. */
  | { readonly kind: "dialling"; readonly dialled: string | null; readonly did: string | null }
  /** The PBX made it to reach the party. */
  | { readonly kind: "reached" }
  /**
   * The PBX was asked (click-to-call, interception) to ring the employee, and there is no phone to ring yet. It stands
   * in for the employee until a `reached` leg of his appears, and is all there is when he has no registered phone.
   */
  | { readonly kind: "requested" };

export type LegEvent = { readonly at: number; readonly leg: LegId } & LegNews;

/** What happened to a leg; which one and when stands beside. */
export type LegNews =
  /** `found`: it was there when we joined, and began earlier. */
  | {
      readonly type: "leg-began";
      readonly linkedid: string;
      readonly party: Party;
      readonly origin: LegOrigin;
      readonly found: boolean;
    }
  /**
   * It is being called: `by` is the leg whose party is calling, null when the PBX itself was asked to (originate).
   * Said again when the caller changes while it rings (blonde transfer). `shows` is the number told to it.
   */
  | { readonly type: "leg-called"; readonly by: LegId | null; readonly shows: string | null }
  /** The call's linkedid on this leg is another one now: calls have merged. */
  | { readonly type: "leg-relinked"; readonly linkedid: string }
  /** The number behind an outside leg, the line it dialled, became known or better known. */
  | { readonly type: "leg-identified"; readonly number: string | null; readonly did: string | null }
  /** Its phone tells that it rings. One that is busy may tell nothing (capture o51). */
  | { readonly type: "leg-rings" }
  /**
   * Its phone was picked up. That is no talk yet (queues answer for music). `unseen`: while we were away, and it is found so now
   * (capture r23).
   */
  | { readonly type: "leg-answered"; readonly unseen?: true }
  /**
   * Who it is in conversation with now, as far as sound goes; empty: with nobody. `room` when that is a conference.
   */
  | { readonly type: "leg-connected"; readonly with: readonly LegId[]; readonly room: string | null }
  /**
   * It was in conversation before we came, with `extension` if that is known, and is with nobody now. `target`: the number to which
   * he has handed it over blindly, for nobody to take it yet.
   */
  | { readonly type: "leg-had-talked"; readonly extension: string | null; readonly target: string | null }
  /** It turned to somebody else while `waiting` waits with music; `target` is the number it asks for. */
  | { readonly type: "leg-consulting"; readonly waiting: LegId; readonly target: string | null }
  /** It put the other side on hold, and took it back. */
  | { readonly type: "leg-held" }
  | { readonly type: "leg-resumed" }
  /**
   * The attempt to reach it ended, in Asterisk's words (`NOANSWER`, `BUSY`, `CANCEL`, `CHANUNAVAIL` …, never `ANSWER`).
   * The word of the outermost dial counts: it alone tells a route's timeout (`NOANSWER`) from a caller who gave up.
   */
  | { readonly type: "leg-dial-ended"; readonly status: string }
  /** Somebody whom it was put through to had no phone that could ring: busy (`BUSY`) or not there. */
  | { readonly type: "leg-unreached"; readonly extension: string; readonly status: string }
  /** It handed `transferee` over to `target` (a number) and is out. */
  | {
      readonly type: "leg-transferred";
      readonly kind: "blind" | "attended";
      readonly transferee: LegId | null;
      readonly target: string | null;
      readonly targetLeg: LegId | null;
    }
  /** While it was calling somebody it was sent to another number, `over` as a transfer, else because somebody took it. */
  | { readonly type: "leg-redirected"; readonly target: string; readonly over: boolean }
  /** It took the call that rang at `from`. */
  | { readonly type: "leg-picked-up"; readonly from: LegId }
  /** It was left in a numbered slot, by `by` when that is known. */
  | { readonly type: "leg-parked"; readonly slot: string; readonly by: LegId | null }
  | { readonly type: "leg-queued"; readonly queue: string }
  /** It listens in to a talk of others, who may or may not hear it: that is what it was dialled, or rung, for (capture l04). */
  | { readonly type: "leg-listens" }
  /** It came to the voicemail; told when it did, or, where the PBX tells no sooner, when it leaves it. */
  | { readonly type: "leg-to-voicemail" }
  | { readonly type: "leg-recorded"; readonly file: string }
  /** `byItself`: its own party hung up; null: if so, that was told before we came. `cause` is Q.850. */
  | { readonly type: "leg-ended"; readonly cause: number; readonly byItself: boolean | null }
  /** It is gone, and nobody saw how: it ended while we were away. */
  | { readonly type: "leg-lost" };
