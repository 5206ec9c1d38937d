import type { IndexPart } from "../clients/client-index.ts";
import type { Performing } from "./performing.ts";

/** A card of the CRM: a lead, a contact or a company. */
export interface Card {
  readonly type: IndexPart;
  readonly id: number;
}

/**
 * Asks the CRM for the card itself, and brings the index up to date with the answer.
 * @returns true when it was deleted or merged into another one, or is a lead that was won or lost meanwhile
 */
export async function isGone({ type, id }: Card, { api, keepers, index, account }: Performing): Promise<boolean> {
  const { path, query, keep, drop } = keepers[type];
  const entity = await api.entity(`${path}/${id}`, query);
  if (entity === undefined) {
    await drop(id);
    return true;
  }
  await keep([entity]);
  return (await index.seenAt(account.id, type, id)) === undefined;
}

/**
 * Asks for several cards in one request, as far as amoCRM gives them: `filter` is a paid option, without which it gives
 * whatever it likes, and that is as good to know. Which are still doubted afterwards has to be asked one by one.
 */
export async function lookAt(cards: readonly Card[], { api, keepers }: Performing): Promise<void> {
  for (const [type, some] of Map.groupBy(cards, (card) => card.type)) {
    const { path, query, keep } = keepers[type];
    const wanted = Object.fromEntries(some.map(({ id }, place) => [`filter[id][${place}]`, String(id)]));
    const { entities } = await api.page(type, path, { ...query, ...wanted });
    await keep(entities);
  }
}

/**
 * While we were away the card may have been deleted without our being told, and amoCRM takes notes even on what lies in
 * its bin. Each card is asked for once after such a time, and whenever something has happened to it just now.
 * @param wasKnown the index had it when it was chosen: when it has it no more, that is doubt enough
 */
export async function isDoubted(
  { type, id }: Card,
  { index, account, doubtBefore, isHinted }: Performing,
  wasKnown = false,
): Promise<boolean> {
  const seenAt = await index.seenAt(account.id, type, id);
  if (seenAt === undefined) return wasKnown;
  return seenAt < doubtBefore() || isHinted(type, id);
}
