/**
 * Leads, contacts and companies: lists, one by id, POST, PATCH (docs/protocols/amocrm-platform.md#leads,
 * #contacts-and-companies).
 */
import type { Account } from "../crm/account.ts";
import { createEntity, type EntityInput, updateEntity } from "../crm/entities.ts";
import type { Entity, EntityType, Lead } from "../crm/model.ts";
import { ENTITY_TYPES } from "../crm/model.ts";
import { entityRight, mayDo } from "../crm/rights.ts";
import { matchesQuery } from "../crm/search.ts";
import { type FormTree, formValue, formValues } from "../http/php-form.ts";
import { hal, noContent, Problem, type Reply } from "../http/reply.ts";
import { badChoice, shapeFaults } from "../http/shape.ts";
import { type ApiCall, type ApiRoute, intParam, requireRight, selfLink, withOf } from "./call.ts";
import { entityFaults } from "./entity-faults.ts";
import { type Item, invalid, readBatch, readItem, requestIdOf } from "./input.ts";
import { listReply } from "./list.ts";
import { entityView, linkTo } from "./views.ts";

export const entityRoutes: readonly ApiRoute[] = ENTITY_TYPES.flatMap((type): ApiRoute[] => [
  { method: "GET", path: `/api/v4/${type}`, run: (call) => listEntities(call, type) },
  { method: "POST", path: `/api/v4/${type}`, run: (call) => addEntities(call, type) },
  { method: "PATCH", path: `/api/v4/${type}`, run: (call) => patchEntities(call, type) },
  {
    method: "GET",
    path: `/api/v4/${type}/{id}`,
    run: (call) => {
      const entity = call.account.find(type, intParam(call, "id"));
      if (!entity || entity.is_deleted) return noContent;
      requireRight(mayDo(call.account, call.user, "view", entity));
      return hal(entityView(call.account, entity, withOf(call)));
    },
  },
  { method: "PATCH", path: `/api/v4/${type}/{id}`, run: (call) => patchEntity(call, type) },
]);

function listEntities(call: ApiCall, type: EntityType): Reply {
  const { account } = call;
  const extra = withOf(call);
  const query = call.query.get("query");
  let found: readonly Entity[] =
    type === "leads" && extra.has("only_deleted")
      ? [...account.leads.values()].filter((lead) => lead.is_deleted)
      : account.visible(type);
  if (entityRight(account, call.user, type, "view") !== "A")
    found = found.filter((entity) => mayDo(account, call.user, "view", entity));
  if (query) found = found.filter(matchesQuery(account, type, query));
  // The paid option: without it the filter is ignored and the whole list comes back
  // (docs/protocols/amocrm-platform.md#searching-and-filtering).
  const { filter } = call.tree;
  if (account.options.is_api_filter_enabled && typeof filter === "object")
    found = found.filter(matchesFilter(account, filter));
  return listReply(call, type, ordered(found, call.tree), (entity) => entityView(account, entity, extra));
}

function ordered(entities: readonly Entity[], tree: FormTree): readonly Entity[] {
  for (const field of ["updated_at", "created_at", "id"] as const) {
    const direction = formValue(tree, "order", field);
    if (direction) {
      const sign = direction === "desc" ? -1 : 1;
      return [...entities].sort((a, b) => sign * (a[field] - b[field] || a.id - b.id));
    }
  }
  return entities;
}

const RANGES = ["created_at", "updated_at", "closest_task_at", "closed_at", "price"] as const;

function matchesFilter(account: Account, filter: FormTree): (entity: Entity) => boolean {
  const numbers = (name: string) => formValues(filter, name).map(Number);
  const among = (wanted: readonly number[]) => {
    const set = new Set(wanted);
    return (value: number) => set.size === 0 || set.has(value);
  };
  const id = among(numbers("id"));
  const responsible = among(numbers("responsible_user_id"));
  const createdBy = among(numbers("created_by"));
  const updatedBy = among(numbers("updated_by"));
  const pipeline = among(numbers("pipeline_id"));
  const names = formValues(filter, "name");
  const ranges = RANGES.map((name) => ({
    name,
    from: Number(formValue(filter, name, "from") ?? Number.NEGATIVE_INFINITY),
    to: Number(formValue(filter, name, "to") ?? Number.POSITIVE_INFINITY),
  })).filter(({ from, to }) => Number.isFinite(from) || Number.isFinite(to));
  const statuses = Object.values(typeof filter["statuses"] === "object" ? filter["statuses"] : {}).flatMap((pair) =>
    typeof pair === "object" ? [{ pipeline: Number(pair["pipeline_id"]), status: Number(pair["status_id"]) }] : [],
  );
  const inRange = (entity: Entity) =>
    ranges.every(({ name, from, to }) => {
      const value = (entity as Partial<Lead>)[name] ?? null; // contacts and companies have no price and no closed_at
      return value !== null && value >= from && value <= to;
    });
  const hasStatus = (entity: Entity) =>
    statuses.length === 0 ||
    (entity.type === "leads" &&
      statuses.some((pair) => pair.pipeline === entity.pipeline_id && pair.status === entity.status_id));
  const hasFields = (entity: Entity) =>
    account.fields[entity.type].every((field) => {
      const wanted = formValues(filter, "custom_fields_values", String(field.id));
      return (
        wanted.length === 0 || (entity.fields.get(field.id) ?? []).some(({ value }) => wanted.includes(String(value)))
      );
    });
  return (entity) =>
    id(entity.id) &&
    responsible(entity.responsible_user_id) &&
    createdBy(entity.created_by) &&
    updatedBy(entity.updated_by) &&
    (names.length === 0 || names.includes(entity.name)) &&
    (entity.type !== "leads" || pipeline(entity.pipeline_id)) &&
    inRange(entity) &&
    hasStatus(entity) &&
    hasFields(entity);
}

function addEntities(call: ApiCall, type: EntityType): Reply {
  requireRight(entityRight(call.account, call.user, type, "add") !== "D");
  const items = readBatch(call, (item) => entityFaults(call.account, type, item));
  return hal({
    _links: selfLink(call, call.path),
    _embedded: {
      [type]: items.map((item, index) => {
        const { id: _ignored, ...input } = item as EntityInput & { id?: unknown }; // checked by entityFaults
        const { id } = createEntity(call.account, type, input, call.actor);
        return { id, request_id: requestIdOf(item, index), _links: linkTo(call.account, type, id) };
      }),
    },
  });
}

function patchEntities(call: ApiCall, type: EntityType): Reply {
  const { account } = call;
  const items = readBatch(call, (item) => {
    const missing = shapeFaults(item, { id: "int!" });
    const known = missing.length > 0 || account.find(type, Number(item["id"]))?.is_deleted === false;
    return [...missing, ...(known ? [] : [badChoice("id")]), ...entityFaults(account, type, item)];
  });
  for (const { id } of items) requireEdit(call, type, Number(id));
  return hal({
    _links: selfLink(call, call.path),
    _embedded: {
      [type]: items.flatMap((item, index) =>
        patched(call, type, Number(item["id"]), item).map((one) => ({ ...one, request_id: requestIdOf(item, index) })),
      ),
    },
  });
}

function patchEntity(call: ApiCall, type: EntityType): Reply {
  const item = readItem(call);
  const faults = entityFaults(call.account, type, item);
  if (faults.length > 0) throw invalid(faults);
  requireEdit(call, type, intParam(call, "id"));
  const [answer] = patched(call, type, intParam(call, "id"), item);
  if (!answer) throw new Problem(404, "Entity not found"); // Not known, chosen: the answer to a PATCH of a missing id is not known
  return hal(answer);
}

function requireEdit(call: ApiCall, type: EntityType, id: number): void {
  const entity = call.account.find(type, id);
  requireRight(!entity || mayDo(call.account, call.user, "edit", entity));
}

function patched(call: ApiCall, type: EntityType, id: number, item: Item): object[] {
  const entity = call.account.find(type, id);
  if (!entity || entity.is_deleted) return [];
  updateEntity(call.account, entity, item as EntityInput, call.actor); // checked by entityFaults
  const { name, updated_at } = entity;
  return [{ id, name, updated_at, _links: linkTo(call.account, type, id) }];
}
