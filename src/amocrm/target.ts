import type { Outcome } from "../outbox/performer.ts";
import type { CrmEntity, CrmTarget } from "../rules/intent.ts";
import { CrmError } from "./crm-error.ts";
import { findClient } from "./find-client.ts";
import type { Performing } from "./performing.ts";

/**
 * The card itself: of one that an earlier intent was to make, what it made. When that one failed, or a person has
 * discarded it, whatever card has the number.
 * @throws CrmError `crm/card-not-made`
 */
export async function resolveTarget(target: CrmTarget, performing: Performing): Promise<CrmEntity> {
  if (!("madeBy" in target)) return target;
  const outcome = await performing.outcomeOf(target.madeBy);
  const made = outcome && cardOf(outcome);
  const card = made ?? (await findClient(target.phone, performing));
  if (card === undefined) throw new CrmError("crm/card-not-made");
  return card;
}

function cardOf(outcome: Outcome): CrmEntity | undefined {
  switch (outcome.kind) {
    case "contact":
      return { type: "contacts", id: outcome.contactId };
    case "lead":
      return { type: "leads", id: outcome.leadId };
    case "unsorted":
      return outcome.leadId === null ? undefined : { type: "leads", id: outcome.leadId };
    // An unsorted call that became a note, since the caller was no stranger after all.
    case "note":
    case "card":
      return { type: outcome.entityType, id: outcome.entityId };
    default:
      return undefined;
  }
}
