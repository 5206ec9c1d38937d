import { readPhoneKey, sameNumber } from "../clients/phone-key.ts";
import { readClient, readEach } from "./answers.ts";
import type { Performing } from "./performing.ts";

/** Asks the CRM itself for the oldest contact of a number; what it finds is put into the index. */
export async function findContact(phone: string, { api, index, account }: Performing): Promise<number | undefined> {
  const wanted = readPhoneKey(phone, account.country);
  if (wanted === undefined) return undefined;
  // `query` looks into names and notes as well, and at the last digits only: each hit is checked here.
  const { entities } = await api.page("contacts", "/api/v4/contacts", { query: wanted.national.slice(-10) });
  const hits = readEach(entities, readClient("contact", account.country), () => {}) // unreadable ones are found by nobody
    .map(({ client }) => client)
    .filter((client) => client !== null)
    .filter(({ phones }) => phones.some((key) => sameNumber(key, wanted)))
    .toSorted((one, other) => one.id - other.id);
  await index.putClients(account.id, hits);
  return hits[0]?.id;
}
