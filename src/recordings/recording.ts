/**
 * The sound of one call, from "the PBX says it records" to an mp3 that plays in the CRM.
 *
 *   pending ──► ready      the mp3 lies in the cache and may be listened to
 *      │  └───► none       nothing was recorded after all (nobody answered: the file holds no sound)
 *      └──────► lost       the file never came, or cannot be read; `reason` says which
 */
export type Recording =
  | { readonly callId: string; readonly state: "pending"; readonly parts: readonly string[]; readonly since: number }
  | { readonly callId: string; readonly state: "ready"; readonly mp3: string; readonly bytes: number }
  | { readonly callId: string; readonly state: "none" }
  | { readonly callId: string; readonly state: "lost"; readonly reason: LostReason };

export type LostReason = "not-found" | "outside-directory" | "unreadable" | "no-decoder";

/** Where the states are kept. Implemented by `store/`. */
export interface RecordingStore {
  find(callId: string): Promise<Recording | undefined>;
  /** Whose call it is; undefined when there is no such recording. */
  accountOf(callId: string): Promise<string | undefined>;
  /** Keeps the state; the first time also whose call it is. */
  save(account: string, pbx: string, recording: Recording): Promise<void>;
  /** All that wait for their file, to go on with after a restart. */
  pending(): Promise<readonly { account: string; pbx: string; recording: Recording & { state: "pending" } }[]>;
}
