import type { Client } from "./client.ts";
import type { ClientRef } from "./client-index.ts";

/**
 * Best first: the one an employee has chosen for the number, who has an open lead before who has none, a contact before
 * a company, the older card before the newer (amoCRM's own pop-up chooses so where it says how: contact before company,
 * oldest first).
 */
export function rank(clients: readonly Client[], chosen?: ClientRef): Client[] {
  const isChosen = ({ kind, id }: Client) => kind === chosen?.kind && id === chosen.id;
  return clients.toSorted(
    (one, other) =>
      Number(isChosen(other)) - Number(isChosen(one)) ||
      Number(other.openLeads.length > 0) - Number(one.openLeads.length > 0) ||
      Number(one.kind === "company") - Number(other.kind === "company") ||
      one.id - other.id,
  );
}
