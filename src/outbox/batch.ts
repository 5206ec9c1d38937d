import type { CrmIntent } from "../rules/intent.ts";

/** Intents of one key may go to the CRM in one request; null: only by itself. */
export function batchKeyOf(intent: CrmIntent): string | null {
  if (intent.kind !== "log-call" || "madeBy" in intent.entity) return null;
  return `${intent.kind}/${intent.entity.type}`;
}
