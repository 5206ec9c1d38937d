/**
 * Finding by phone and by words, as far as it is known (docs/protocols/amocrm-platform.md#searching-and-filtering); the rest is
 * chosen.
 */
import type { Account } from "./account.ts";
import { isVisible } from "./account.ts";
import { isActive, valuesOf } from "./entities.ts";
import type { Company, Contact, Customer, Entity, EntityType, Lead } from "./model.ts";
import { digitsOf } from "./phones.ts";

const isSearchable = (account: Account, entity: Entity): boolean =>
  isVisible(entity) && entity.searchableFrom <= account.clock.now();

/**
 * `query=`: the last ten digits (or all, when fewer) anywhere in a phone number, or the words in the name or an e-mail;
 * fewer than four digits are looked for in names only (docs/protocols/amocrm-platform.md#searching-and-filtering, chosen).
 */
export function matchesQuery(account: Account, type: EntityType, query: string): (entity: Entity) => boolean {
  const digits = digitsOf(query);
  const words = query.trim().toLowerCase();
  const byPhone = new Set(
    type === "leads" || digits.length < 4
      ? []
      : account.phones
          .findContaining(digits.slice(-10))
          .filter((owner) => owner.type === type)
          .map((owner) => owner.id),
  );
  return (entity) =>
    isSearchable(account, entity) &&
    (byPhone.has(entity.id) ||
      entity.name.toLowerCase().includes(words) ||
      valuesOf(account, entity, "EMAIL").some((email) => email.toLowerCase().includes(words)));
}

/**
 * Contact or company behind a number: the oldest contact, then the oldest company
 * (docs/protocols/amocrm-platform.md#where-a-call-belongs step 5, chosen).
 */
export function findClient(account: Account, phone: string): Contact | Company | undefined {
  return account.phones
    .findByLastTen(phone)
    .map((owner) => account.find(owner.type, owner.id))
    .filter((entity): entity is Contact | Company => entity?.type === "contacts" || entity?.type === "companies")
    .filter((entity) => isSearchable(account, entity))
    .sort((a, b) => rank(a) - rank(b) || a.created_at - b.created_at || a.id - b.id)[0];
}

const rank = (entity: Contact | Company) => (entity.type === "contacts" ? 0 : 1);

export const activeLeadsOf = (account: Account, client: Contact | Company): Lead[] =>
  account.links
    .of(client.type, client.id, "leads")
    .map((link) => account.leads.get(link.id))
    .filter((lead): lead is Lead => lead !== undefined && isActive(lead));

/** Of one whose account keeps customers. */
const customersOf = (account: Account, client: Contact | Company): Customer[] =>
  account.options.customers_mode === "segments"
    ? account.links
        .of(client.type, client.id, "customers")
        .map((link) => account.customers.get(link.id))
        .filter((customer): customer is Customer => customer !== undefined && !customer.is_deleted)
    : [];

/**
 * Where a call of this number belongs: the only active lead, or the only customer, otherwise the card itself
 * (docs/protocols/amocrm-platform.md#where-a-call-belongs).
 */
export function findCallEntity(account: Account, phone: string): Entity | undefined {
  const client = findClient(account, phone);
  if (!client) return undefined;
  const [only, another] = [...activeLeadsOf(account, client), ...customersOf(account, client)];
  return only && !another ? only : client;
}
