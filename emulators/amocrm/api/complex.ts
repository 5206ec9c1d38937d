/**
 * `POST /api/v4/leads/complex`: lead, contact and company in one request (docs/protocols/amocrm-platform.md#leads). Duplicate
 * control is off here.
 */
import { createEntity, type EntityInput } from "../crm/entities.ts";
import type { FieldFault, Reply } from "../http/reply.ts";
import { type ApiCall, type ApiRoute, type Item, isItem, readBatch, requestIdOf } from "./call.ts";
import { entityFaults } from "./entities.ts";

const MAX_LEADS = 50;

export const complexRoutes: readonly ApiRoute[] = [{ method: "POST", path: "/api/v4/leads/complex", run: addComplex }];

const embeddedOf = (item: Item, type: "contacts" | "companies"): Item[] => {
  const embedded: Item = isItem(item["_embedded"]) ? item["_embedded"] : {};
  const list = embedded[type];
  return Array.isArray(list) ? list.filter(isItem) : [];
};

function complexFaults(call: ApiCall, item: Item): FieldFault[] {
  const faults = entityFaults(call.account, "leads", item);
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
  const items = readBatch(call, (item) => complexFaults(call, item), MAX_LEADS);
  const answer = items.map((item, index) => {
    const idOf = (type: "contacts" | "companies"): number | null => {
      const [entity] = embeddedOf(item, type);
      if (!entity) return null;
      if (typeof entity["id"] === "number") return entity["id"];
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
          contacts: contact_id === null ? [] : [{ id: contact_id, is_main: true }],
          companies: company_id === null ? [] : [{ id: company_id }],
        },
      },
      call.actor,
    );
    if (contact_id !== null && company_id !== null) {
      call.account.links.add({ type: "contacts", id: contact_id }, { type: "companies", id: company_id });
    }
    return { id: lead.id, contact_id, company_id, request_id: [requestIdOf(item, index)], merged: false };
  });
  return { status: 200, headers: { "content-type": "application/hal+json" }, body: JSON.stringify(answer) };
}
