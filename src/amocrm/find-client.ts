import type { ClientRef } from "../clients/client-index.ts";
import { readPhoneKey, sameNumber } from "../clients/phone-key.ts";
import type { CrmEntity } from "../rules/intent.ts";
import { readClient, readEach } from "./answers.ts";
import type { Performing } from "./performing.ts";
import { toSeconds } from "./unix-seconds.ts";

const COLLECTIONS = { contact: "contacts", company: "companies" } as const;

/**
 * Asks the CRM itself who has this number: the index may be behind, or not loaded yet. The oldest contact, else the
 * oldest company; what is found is put into the index.
 * @param phone undefined: the intent was stored by a version that did not keep it; then nobody is found
 */
export async function findClient(
  phone: string | undefined,
  performing: Performing,
  kinds: readonly ClientRef["kind"][] = ["contact", "company"],
): Promise<CrmEntity | undefined> {
  const { api, index, account, clock } = performing;
  const wanted = phone === undefined ? undefined : readPhoneKey(phone, account.country);
  if (wanted === undefined) return undefined;
  for (const kind of kinds) {
    const type = COLLECTIONS[kind];
    // `query` looks into names and notes as well, and at the last digits only: each hit is checked here.
    const { entities } = await api.page(type, `/api/v4/${type}`, { query: wanted.national.slice(-10) });
    const hits = readEach(entities, readClient(kind, account.country), () => {}) // unreadable ones are found by nobody
      .map(({ client }) => client)
      .filter((client) => client !== null)
      .filter(({ phones }) => phones.some((key) => sameNumber(key, wanted)))
      .toSorted((one, other) => one.id - other.id);
    await index.putClients(account.id, hits, toSeconds(clock.now()));
    if (hits[0] !== undefined) return { type, id: hits[0].id };
  }
  return undefined;
}
