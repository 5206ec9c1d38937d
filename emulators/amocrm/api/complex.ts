/**
 * `POST /api/v4/leads/complex`: lead, contact and company in one request (docs/protocols/amocrm-platform.md#leads), the only
 * one that looks for duplicates.
 */
import { createEntity, type EntityInput, updateEntity } from "../crm/entities.ts";
import { UNSORTED_CATEGORIES, type UnsortedCategory } from "../crm/model.ts";
import { digitsOf } from "../crm/phones.ts";
import { entityRight } from "../crm/rights.ts";
import { addUnsorted } from "../crm/unsorted.ts";
import type { FieldFault, Reply } from "../http/reply.ts";
import { badChoice, shapeFaults } from "../http/shape.ts";
import { type ApiCall, type ApiRoute, requireRight } from "./call.ts";
import { entityFaults } from "./entity-faults.ts";
import { type Item, isItem, readBatch, requestIdOf } from "./input.ts";
import { METADATA, requireUnsorted } from "./unsorted.ts";

const MAX_LEADS = 50;

export const complexRoutes: readonly ApiRoute[] = [{ method: "POST", path: "/api/v4/leads/complex", run: addComplex }];

const embeddedOf = (item: Item, type: "contacts" | "companies"): Item[] => {
  const embedded: Item = isItem(item["_embedded"]) ? item["_embedded"] : {};
  const list = embedded[type];
  return Array.isArray(list) ? list.filter(isItem) : [];
};

/** With it the lead goes into Unsorted (docs/protocols/amocrm-platform.md#leads); an empty one is none. */
const metadataOf = (item: Item): Item | undefined => {
  const metadata = isItem(item["_embedded"]) ? item["_embedded"]["metadata"] : undefined;
  return isItem(metadata) && Object.keys(metadata).length > 0 ? metadata : undefined;
};

const isCategory = (text: unknown): text is UnsortedCategory => UNSORTED_CATEGORIES.some((one) => one === text);

function metadataFaults(item: Item): FieldFault[] {
  const metadata = metadataOf(item);
  if (metadata === undefined) return [];
  const { category } = metadata;
  if (!isCategory(category)) return [badChoice("_embedded.metadata.category")];
  return shapeFaults(metadata, METADATA[category], "_embedded.metadata.");
}

function complexFaults(call: ApiCall, item: Item): FieldFault[] {
  const faults = [...entityFaults(call.account, "leads", item, true), ...metadataFaults(item)];
  for (const type of ["contacts", "companies"] as const) {
    const list = embeddedOf(item, type);
    if (list.length > 1)
      faults.push({ code: "NotSupportedChoice", path: `_embedded.${type}`, detail: "At most one is allowed." });
    for (const [index, entity] of list.entries()) {
      const own = entityFaults(call.account, type, entity);
      faults.push(...own.map((fault) => ({ ...fault, path: `_embedded.${type}.${index}.${fault.path}` })));
    }
  }
  return faults;
}

function addComplex(call: ApiCall): Reply {
  requireRight(entityRight(call.account, call.user, "leads", "add") !== "D");
  const items = readBatch(call, (item) => complexFaults(call, item), MAX_LEADS);
  for (const item of items) {
    if (metadataOf(item)) requireUnsorted(call, (item as EntityInput).pipeline_id); // checked by complexFaults
  }
  const answer = items.map((item, index) => {
    let merged = false;
    const unsorted = toUnsorted(call, item);
    if (unsorted) return { ...unsorted, request_id: [requestIdOf(item, index)], merged: false };
    const idOf = (type: "contacts" | "companies"): number | null => {
      const [entity] = embeddedOf(item, type);
      if (!entity) return null;
      if (typeof entity["id"] === "number") return entity["id"];
      const known = type === "contacts" ? mergedInto(call, entity as EntityInput) : undefined; // checked by complexFaults
      merged ||= known !== undefined;
      if (known !== undefined) return known;
      return createEntity(call.account, type, entity as EntityInput, call.actor).id; // checked by complexFaults
    };
    const company_id = idOf("companies");
    const contact_id = idOf("contacts");
    const { id: _ignored, _embedded, ...input } = item as EntityInput & { id?: unknown };
    const lead = createEntity(
      call.account,
      "leads",
      {
        ...input,
        _embedded: {
          ...(_embedded?.tags ? { tags: _embedded.tags } : {}),
          ...(_embedded?.source ? { source: _embedded.source } : {}),
          contacts: contact_id === null ? [] : [{ id: contact_id, is_main: true }],
          companies: company_id === null ? [] : [{ id: company_id }],
        },
      },
      call.actor,
    );
    if (contact_id !== null && company_id !== null) {
      call.account.links.add({ type: "contacts", id: contact_id }, { type: "companies", id: company_id });
    }
    return { id: lead.id, contact_id, company_id, request_id: [requestIdOf(item, index)], merged };
  });
  return { status: 200, headers: { "content-type": "application/hal+json" }, body: JSON.stringify(answer) };
}

/** More of them than this are not merged (docs/protocols/amocrm-platform.md#duplicates). */
const MOST_DUPLICATES = 3;

/**
 * The contact that has one of these numbers already; it gets the others, too. Chosen: which of several, and that nothing
 * but numbers is compared.
 */
function mergedInto({ account, actor }: ApiCall, { custom_fields_values }: EntityInput): number | undefined {
  if (!account.options.duplicate_control) return undefined;
  const phone = account.fields.contacts.find(({ code }) => code === "PHONE");
  const given = custom_fields_values?.find(
    ({ field_id, field_code }) => field_id === phone?.id || field_code === "PHONE",
  );
  const numbers = given?.values ?? [];
  const owners = numbers.flatMap(({ value }) => account.phones.findByLastTen(String(value)));
  const found = [...new Set(owners.filter(({ type }) => type === "contacts").map(({ id }) => id))].sort(
    (a, b) => a - b,
  );
  const contact = account.contacts.get(found[0] ?? 0);
  if (!phone || !contact || found.length > MOST_DUPLICATES) return undefined;
  const own = contact.fields.get(phone.id) ?? [];
  const tailOf = (value: unknown) => digitsOf(String(value)).slice(-10);
  const isKnown = (value: unknown) => own.some((one) => tailOf(one.value) === tailOf(value));
  const values = [...own, ...numbers.filter(({ value }) => !isKnown(value))];
  updateEntity(account, contact, { custom_fields_values: [{ field_id: phone.id, values }] }, actor);
  return contact.id;
}

function toUnsorted(call: ApiCall, item: Item) {
  const { category, ...metadata } = metadataOf(item) ?? {};
  if (!isCategory(category)) return undefined;
  const { pipeline_id, _embedded } = item as EntityInput; // checked by complexFaults
  const { lead_id, contact_ids, company_ids } = addUnsorted(
    call.account,
    {
      category,
      source_uid: "",
      source_name: String(metadata["service_code"] ?? metadata["form_name"] ?? ""),
      ...(pipeline_id === undefined ? {} : { pipeline_id }),
      metadata,
      _embedded: { leads: [item as EntityInput], ...(_embedded as object) },
    },
    call.actor,
  );
  return { id: lead_id, contact_id: contact_ids[0] ?? null, company_id: company_ids[0] ?? null };
}
