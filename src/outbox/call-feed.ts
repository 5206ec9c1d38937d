/** Follows the call log and turns ended calls into intents. Knows nothing of how they are performed. */
import type { Call } from "../calls/call.ts";
import { isHidden, toCrmPhone } from "../clients/phone-key.ts";
import type { Decision } from "../rules/intents-for.ts";
import type { NewItem, OutboxStore } from "./outbox-store.ts";

/** A conclusion is one small transaction; more at once would only hold the store longer. */
const CALLS_A_ROUND = 100;

export interface CallFeedDeps {
  readonly account: string;
  /** ISO 3166, for the key by which a client's order is kept. */
  readonly country: string;
  readonly store: OutboxStore;
  readonly now: () => number;
  /** The rules, with all they need to know of this call. */
  readonly decide: (call: Call) => Promise<Decision>;
}

/**
 * Concludes everything that has ended since the remembered position. Running it twice, or dying in the middle, adds
 * nothing: position and intents move together.
 * @returns how many items it added
 */
export async function followCalls({ account, country, store, now, decide }: CallFeedDeps): Promise<number> {
  let added = 0;
  for (;;) {
    const ended = await store.endedCalls(account, CALLS_A_ROUND);
    for (const { position, call } of ended) {
      const items = toItems(call, await decide(call), country);
      await store.recordConclusions(account, position, items, now());
      added += items.length;
    }
    if (ended.length < CALLS_A_ROUND) return added;
  }
}

function toItems(call: Call, decision: Decision, country: string): NewItem[] {
  const client = call.client !== null && !isHidden(call.client) ? toCrmPhone(call.client, country) : "";
  const common = { clientKey: client, callId: call.id, interactive: false };
  if (decision.skipped !== null) return [{ ...common, intent: null, skipped: decision.skipped }];
  return decision.intents.map((intent) => ({ ...common, intent, skipped: null }));
}
