export type { CallWord } from "../rules/correction.ts";

import type { CallWord } from "../rules/correction.ts";

/** What employees said of calls for the CRM, during the call or after it. Implemented by `store/`. */
export interface CallWords {
  /** Resolves when it would survive a power cut. @param at epoch ms */
  say(account: string, callId: string, word: Omit<CallWord, "id">, by: string, at: number): Promise<void>;
  /** Of all these calls, in the order in which they were said. */
  ofCalls(account: string, callIds: readonly string[]): Promise<readonly CallWord[]>;
}
