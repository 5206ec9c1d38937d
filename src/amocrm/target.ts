import type { ClientRef } from "../clients/client-index.ts";
import type { Outcome } from "../outbox/performer.ts";
import type { CrmEntity, CrmTarget } from "../rules/intent.ts";
import { isDoubted, isGone } from "./card.ts";
import { CrmError } from "./crm-error.ts";
import { findClient } from "./find-client.ts";
import type { Performing } from "./performing.ts";

/**
 * Does something to the card that the rules chose. When it is no more, two cards were mostly merged: then it is done to the
 * one that has the number now.
 * @param phone see `findClient`
 * @param kinds which cards may stand in for it
 * @throws CrmError `crm/entity-gone` when nobody has the number
 */
export async function onCard<T>(
  target: CrmTarget,
  phone: string | undefined,
  performing: Performing,
  act: (card: CrmEntity) => Promise<T>,
  kinds?: readonly ClientRef["kind"][],
): Promise<T> {
  const card = await resolveTarget(target, performing);
  let refusal: CrmError | undefined;
  if (!(await isDoubted(card, performing, !("madeBy" in target))) || !(await isGone(card, performing))) {
    try {
      return await act(card);
    } catch (error) {
      if (!(error instanceof CrmError) || !(await isOfGone(error, card, performing))) throw error;
      refusal = error;
    }
  }
  const other = await findClient(phone, performing, kinds);
  if (other === undefined) throw new CrmError("crm/entity-gone", refusal?.context, refusal);
  return act(other);
}

async function isOfGone({ code }: CrmError, card: CrmEntity, performing: Performing): Promise<boolean> {
  return code === "crm/entity-gone" || (code === "crm/invalid" && (await isGone(card, performing)));
}

/**
 * The card itself: of one that an earlier intent was to make, what it made. When that one failed, or a person has
 * discarded it, whatever card has the number.
 * @throws CrmError `crm/card-not-made`
 */
async function resolveTarget(target: CrmTarget, performing: Performing): Promise<CrmEntity> {
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
