import type { Outcome } from "./performer.ts";

/** Where in the CRM a call of ours stands. */
export type WrittenCall = Extract<Outcome, { kind: "note" | "unsorted" }>;
export type UnsortedCall = Extract<Outcome, { kind: "unsorted" }>;

/**
 * Our own map of what the CRM has from us, by the `uniq` it carries there. The CRM hides the contacts of unsorted leads
 * from every search until somebody accepts them, so that only this map knows a stranger's second call. Implemented by
 * `store/`.
 */
export interface WrittenCalls {
  /** An unsorted call is undecided until it is told otherwise. */
  save(account: string, uniq: string, clientKey: string, written: WrittenCall): Promise<void>;
  /** The same for several at once. */
  saveAll(account: string, all: readonly { uniq: string; clientKey: string; written: WrittenCall }[]): Promise<void>;
  find(account: string, uniq: string): Promise<WrittenCall | undefined>;
  /** All that was written of one call: its notes carry its id, or its id with a "/" and their part. */
  ofCall(account: string, callId: string): Promise<readonly { readonly uniq: string; readonly written: WrittenCall }[]>;
  /** The newest unsorted call of this client that nobody has declined, as far as we know. */
  findUndecided(account: string, clientKey: string): Promise<UnsortedCall | undefined>;
  /** Somebody declined, or deleted, these unsorted leads. */
  forgetUndecided(account: string, leadIds: readonly number[]): Promise<void>;
}
