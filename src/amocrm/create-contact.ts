import { readPhoneKeys } from "../clients/phone-key.ts";
import { readCreated } from "./answers.ts";
import { findClient } from "./find-client.ts";
import type { PerformerOf, Performing } from "./performing.ts";
import { toSeconds } from "./unix-seconds.ts";

/**
 * Creates the contact of a number, unless the CRM has one: our index may be behind, and a second contact of one number
 * is what people complain of most.
 */
export const createContact: PerformerOf<"create-contact"> = async ({ phone, name, userId }, _, performing) => {
  const there = await findKnown(phone, performing);
  const contactId = there ?? (await create(phone, name, userId, performing));
  return { kind: "contact", contactId };
};

async function findKnown(phone: string, performing: Performing): Promise<number | undefined> {
  const { api, index, account, written } = performing;
  const [known] = await index.findByPhone(account.id, phone);
  if (known?.kind === "contact") return known.id;
  // The contact of an unsorted lead is in no list, but it has a card.
  const undecided = await written.findUndecided(account.id, phone);
  if (undecided?.contactId != null && (await api.entity(`/api/v4/contacts/${undecided.contactId}`)) !== undefined) {
    return undecided.contactId;
  }
  return (await findClient(phone, performing, ["contact"]))?.id;
}

async function create(
  phone: string,
  name: string,
  userId: number | null,
  { api, index, account, clock }: Performing,
): Promise<number> {
  const contact = {
    name,
    ...(userId !== null && { responsible_user_id: userId }),
    custom_fields_values: [{ field_code: "PHONE", values: [{ value: phone, enum_code: "WORK" }] }],
  };
  const id = await api.create("/api/v4/contacts", "contacts", contact, readCreated);
  // Known at once; what the CRM says later is newer and replaces it.
  const created = {
    kind: "contact",
    id,
    name,
    responsibleUserId: userId,
    companyId: null,
    phones: readPhoneKeys(phone, account.country),
    updatedAt: 0,
  } as const;
  await index.putClients(account.id, [created], toSeconds(clock.now()));
  return id;
}
