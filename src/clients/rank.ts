import type { Client } from "./client.ts";

/**
 * Best first: who has an open lead before who has none, a contact before a company, the older card before the newer
 * (amoCRM's own pop-up chooses so where it says how: contact before company, oldest first).
 */
export function rank(clients: readonly Client[]): Client[] {
  return clients.toSorted(
    (one, other) =>
      Number(other.openLeads.length > 0) - Number(one.openLeads.length > 0) ||
      Number(one.kind === "company") - Number(other.kind === "company") ||
      one.id - other.id,
  );
}
