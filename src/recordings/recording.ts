/**
 * The sound of one call, from "the PBX says it records" to an mp3 that plays in the CRM.
 *
 *   (none) ──► pending ──► ready      its mp3 may be listened to
 *               ▲  │  └───► none      nothing was recorded after all (nobody answered: the file holds no sound)
 *               │  └──────► lost      the sound never came, or cannot be read; `reason` says why
 *               └─── another part has become known, or somebody asks to look once more
 */
import type { RecordingRef } from "../calls/call.ts";

interface OfCall {
  readonly callId: string;
  /** Sound files as the PBX names them, in the order in which they were begun. */
  readonly parts: readonly RecordingRef[];
  /** By which the PBX's own records are asked for. */
  readonly linkedids: readonly string[];
  /** When it was first looked for, which is soon after the call. Epoch ms. */
  readonly since: number;
}

/** What is heard. */
export interface Mp3 {
  /** Name in the cache's directory. */
  readonly file: string;
  readonly bytes: number;
  readonly seconds: number;
}

export interface Pending extends OfCall {
  readonly state: "pending";
  /** Since when its parts are looked for; patience is counted from here. Epoch ms. */
  readonly soughtSince: number;
  /** Why it is not ready yet, as far as it is known. */
  readonly waitsFor: WaitReason | null;
  /** What may be heard until all parts are there; null: nothing yet. */
  readonly meanwhile: Mp3 | null;
}

export interface Ready extends OfCall {
  readonly state: "ready";
  readonly mp3: Mp3;
  /** Parts that never came, or only without their end. */
  readonly missing: number;
  /** False when the mp3 has made room for others: it is made again when somebody wants to hear it. */
  readonly isCached: boolean;
}

export interface Lost extends OfCall {
  readonly state: "lost";
  readonly reason: LostReason;
}

export type Recording = Pending | Ready | Lost | (OfCall & { readonly state: "none" });
export type Settled = Exclude<Recording, Pending>;

export const LOST_REASONS = [
  /** It never came. */
  "not-found",
  /** Its name leads out of the directory of recordings. */
  "outside-directory",
  /** It lies, or a redirect leads, on another host than the settings name. */
  "foreign-address",
  "too-large",
  /** It is no sound, or of a coding that nobody reads. */
  "unreadable",
  /** It is webm or the like, and ffmpeg is not installed. */
  "no-decoder",
  /** Older than recordings are kept. */
  "too-old",
] as const;
export type LostReason = (typeof LOST_REASONS)[number];

export const WAIT_REASONS = [
  "not-found",
  /** It still changes. */
  "being-written",
  "unreadable",
  "no-decoder",
  /** The source cannot be asked, or the cache cannot be written; the log says why. */
  "trouble",
] as const;
export type WaitReason = (typeof WAIT_REASONS)[number];

/** Whose recording it is. */
export interface Owned<R extends Recording = Recording> {
  readonly account: string;
  readonly pbx: string;
  readonly recording: R;
}

/** Where the states are kept. Implemented by `store/`. */
export interface RecordingStore {
  find(callId: string): Promise<Recording | undefined>;
  /** Whose call it is; undefined when there is no such recording. */
  ownerOf(callId: string): Promise<{ readonly account: string; readonly pbx: string } | undefined>;
  /** Keeps the state; the first time also whose call it is. */
  save(account: string, pbx: string, recording: Recording): Promise<void>;
  /** All that wait for their file, to go on with after a restart. */
  pending(): Promise<readonly Owned<Pending>[]>;
  /** Bytes of all mp3 in the cache. */
  cachedBytes(): Promise<number>;
  /** Somebody has listened to it. @param at epoch ms */
  heard(callId: string, at: number): Promise<void>;
  /** Of those in the cache the ones that were heard, or made, longest ago. */
  leastHeard(offset: number, limit: number): Promise<readonly Owned<Ready>[]>;
  /** Ready ones that were first looked for before a moment, the oldest first. */
  olderThan(before: number, limit: number): Promise<readonly Owned<Ready>[]>;
  /** The newest first. @param state undefined: all */
  list(account: string, state: Recording["state"] | undefined, limit: number): Promise<readonly Owned[]>;
}
