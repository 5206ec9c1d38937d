import type { CardState, Direction, Disposition, RecordingRef, Transfer } from "./call.ts";
import type { CdrCall } from "./cdr-call.ts";
import type { LegId, LegOrigin, Party } from "./leg-event.ts";

/**
 * All that is remembered of one call while it lives: the fold of its events, from which `Call`, its cards and its
 * dispositions are derived. Plain data, so that it can be written down and read back.
 */
export interface CallStory {
  readonly id: string;
  readonly pbx: string;
  readonly linkedids: readonly string[];
  readonly startedAt: number;
  /** We came in the middle, or went away before the end. */
  readonly partial: boolean;
  /** In the order in which they began. */
  readonly legs: Readonly<Record<LegId, LegStory>>;
  readonly queue: string | null;
  /** It came to the voicemail. */
  readonly voicemail: boolean;
  /** Extensions that the call was put through to without any phone ringing, and the dial status of that. */
  readonly unreached: Readonly<Record<string, string>>;
  readonly transfers: readonly ToldTransfer[];
  readonly recordings: readonly RecordingRef[];
  readonly doubts: readonly string[];
  /** What the PBX's records told of it afterwards; null: nothing that we did not know. */
  readonly recovered: CdrCall | null;
  /** The call that it goes on in. */
  readonly absorbed: { readonly at: number; readonly into: string } | null;
  readonly ended: {
    readonly at: number;
    readonly disposition: Disposition;
    readonly endedBy: string | null;
  } | null;
}

/** A transfer, and the legs that it is about. */
export interface ToldTransfer {
  readonly transfer: Transfer;
  /** Who hands over (or takes). */
  readonly by: LegId;
  /** Who is handed over. */
  readonly transferee: LegId | null;
}

/** A stretch of time, epoch milliseconds; `until` is null while it lasts. */
export interface Span {
  readonly from: number;
  readonly until: number | null;
}

export interface LegStory {
  readonly id: LegId;
  readonly party: Party;
  readonly origin: LegOrigin["kind"];
  readonly beganAt: number;
  /** The number that this leg asked for, when it began the call. */
  readonly dialled: string | null;
  /** The line that a client dialled. */
  readonly did: string | null;
  /** Whose party is calling it now; null: the PBX was asked to. Undefined: nobody has called it. */
  readonly calledBy: LegId | null | undefined;
  /** The number that its phone shows while it is called. */
  readonly shows: string | null;
  /** When its phone rang. */
  readonly rang: Span | null;
  readonly answeredAt: number | null;
  /** In conversation with these now. */
  readonly with: readonly LegId[];
  /** Whom it was with last, while it is with nobody. */
  readonly lastWith: readonly LegId[];
  readonly room: string | null;
  /** It has listened in to a talk of others. */
  readonly listens: boolean;
  /** From its first conversation until it left; who is alone in a conference room talks to nobody. */
  readonly talked: Span | null;
  /** Since when nobody has been with it; null while somebody is. */
  readonly aloneSince: number | null;
  readonly heldSince: number | null;
  /** Who waits with music while this one turns to somebody else. */
  readonly waiting: LegId | null;
  /** The number that it turned to. */
  readonly consults: string | null;
  /** It handed the other side over. */
  readonly handedOverAt: number | null;
  /** It is out by that, though its channel may live on for a while (capture 09b). */
  readonly isOut: boolean;
  /** Somebody took from it what rang here. */
  readonly takenBy: LegId | null;
  /** What rang here was sent to somebody else: handed over from here, or by one of several where it rang, or taken away. */
  readonly sentOn: "by-itself" | "by-somebody" | "taken" | null;
  /** When it last came to a queue or into a room. */
  readonly servedAt: number | null;
  readonly parkedIn: string | null;
  readonly parkedAt: number | null;
  readonly dialStatus: string | null;
  /** Its phone told that it rings; one that refuses without is busy. */
  readonly rings: boolean;
  readonly endedAt: number | null;
  readonly cause: number | null;
  readonly byItself: boolean;
  /** Whether its own party hung up was not seen. */
  readonly isEndUnseen: boolean;
  /** What the panel shows of it now; null: nothing. */
  readonly shown: ShownLeg | null;
}

export interface ShownLeg {
  readonly state: CardState;
  readonly peer: string | null;
  readonly direction: Direction;
  readonly since: number;
}

export function legsOf(story: CallStory): readonly LegStory[] {
  return Object.values(story.legs);
}

/** Still on the phone, as far as people are concerned. */
export function isPresent(leg: LegStory): boolean {
  return leg.endedAt === null && !leg.isOut;
}

export function isOutside(leg: LegStory): boolean {
  return leg.party.kind === "outside";
}

/** The extension behind a leg, or the number outside; null when hidden. */
export function partyName(leg: LegStory): string | null {
  return leg.party.kind === "employee" ? leg.party.extension : leg.party.number;
}
