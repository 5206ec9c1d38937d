/**
 * What a person would call one call: who called whom, who rang, who answered, who handed over, how it ended.
 * A `Call` is the fold of its `CallEvent`s and knows nothing of Asterisk beyond the ids by which it is found again.
 * All times are epoch milliseconds, taken from the PBX's own timestamps.
 */

/** Seen from the company. */
export type Direction = "inbound" | "outbound" | "internal";

/** How a call ended for people. For an outbound call it is the client's answer that counts, not the employee's pick-up. */
export type Disposition = "answered" | "missed" | "busy" | "failed" | "cancelled";

/** How it ended for one employee. */
export type EmployeeResult =
  | "answered"
  | "missed"
  | "busy"
  | "rejected"
  | "answered-elsewhere"
  | "transferred-away"
  | "cancelled"
  | "failed";

/** What an employee's phone does now, in the words of the panel. */
export type CardState = "calling" | "ringing" | "talking" | "hold" | "consult-calling" | "consult-talking";

export interface EmployeeShare {
  readonly extension: string;
  readonly result: EmployeeResult;
  readonly ringSeconds: number;
  readonly talkSeconds: number;
}

export interface Transfer {
  readonly kind: "blind" | "attended" | "interception" | "pickup" | "park";
  /** Extension that handed over (or took), null when unknown. */
  readonly by: string | null;
  /** Extension or number of the target. */
  readonly to: string | null;
  readonly result: "completed" | "returned" | "cancelled" | "no-answer" | "busy" | "refused" | "failed" | "pending";
  readonly at: number;
  /** When its result was known; null while it is pending. */
  readonly settledAt: number | null;
  /** Uniqueid of the leg that is handed over, null when unknown. */
  readonly transfereeLegId: string | null;
  /**
   * While it is pending: why the target's phones that were rung for it are silent again. The one who was handed over
   * waits for nothing. Absent while another phone rings for him, or before one has.
   */
  readonly inVain?: TargetResult;
}

/** Why nobody took what was handed over, as the target's phone tells it. */
export type TargetResult = "no-answer" | "busy" | "refused" | "failed";

/** Where a call waits for somebody to fetch it. */
export interface Parked {
  /** The number to dial for it. */
  readonly slot: string;
  /** The leg that waits there. */
  readonly legId: string;
  /** Extension that parked it, null when unknown. */
  readonly by: string | null;
  readonly since: number;
}

/** A sound file as the PBX names it. Where the file really is, the PBX profile knows. */
export interface RecordingRef {
  /** Path or name exactly as the PBX told it. */
  readonly file: string;
  readonly startedAt: number;
}

/** One employee's phone in a live call, as the panel shows it. A call with no card for an extension is idle for it. */
export interface Card {
  readonly callId: string;
  /** Uniqueid of the employee's channel: the leg that commands act on. */
  readonly legId: string;
  readonly extension: string;
  readonly state: CardState;
  readonly direction: Direction;
  /** Who is on the other side of this leg: number or extension; null when the caller hides it. */
  readonly peer: string | null;
  /** The other side's leg, as far as there is one: it calls, is called, or is talked to. */
  readonly peerLegId: string | null;
  /** The leg that waits with music while this one has turned to somebody else. */
  readonly waitingLegId: string | null;
  /** Rung by the PBX for a call that rings elsewhere: an interception, a take or a pick-up. */
  readonly isFetching: boolean;
  /** Since when in this state. */
  readonly since: number;
  /** His own phone has been picked up; while `calling` it tells whether it is his phone that rings, or the other one. */
  readonly pickedUp: boolean;
}

export interface Call {
  /** Ours; made by `callId` from the PBX and the call's first linkedid, so a replay finds the same one. */
  readonly id: string;
  readonly pbx: string;
  /** Grows when calls merge (transfers). The first one made the id. */
  readonly linkedids: readonly string[];
  readonly direction: Direction;
  /** The outside party's number as the PBX told it; null for an internal call or a hidden number. */
  readonly client: string | null;
  /** Uniqueid of the client's leg; null when there is none (any more). */
  readonly clientLegId: string | null;
  /** null when nobody waits in a slot. */
  readonly parked: Parked | null;
  /** Line that the client dialled; null when not inbound. */
  readonly did: string | null;
  readonly queue: string | null;
  /** The client, or who called, came to the voicemail; absent in calls that were kept before this was known. */
  readonly voicemail?: boolean;
  readonly startedAt: number;
  /** First talk between the client and an employee (internal: between the two employees). */
  readonly answeredAt: number | null;
  /** null while it lives. */
  readonly endedAt: number | null;
  /** null while it lives. */
  readonly disposition: Disposition | null;
  /** Time until the answer, or until the end when nobody answered. */
  readonly ringSeconds: number;
  readonly talkSeconds: number;
  readonly endedBy: "client" | "pbx" | (string & {}) | null;
  /** Q.850 cause with which the client's leg ended; absent in calls that were kept before this was known. */
  readonly clientCause?: number | null;
  readonly employees: readonly EmployeeShare[];
  readonly transfers: readonly Transfer[];
  readonly recordings: readonly RecordingRef[];
  /** Cards of the employees who are on this call now; empty when it has ended. */
  readonly cards: readonly Card[];
  /** True when we saw only a part (joined in mid-call, or it ended while we were away). */
  readonly partial: boolean;
  /**
   * Id of the call that this one turned out to be a part of (a consultation before a transfer, a pickup): there it goes
   * on, and this one is to be counted and logged nowhere. null: a call of its own.
   */
  readonly mergedInto: string | null;
  /** What the stream left unexplained. */
  readonly doubts: readonly string[];
}
