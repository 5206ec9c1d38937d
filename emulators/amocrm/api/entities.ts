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
import { type FieldFault, hal, noContent, Problem, type Reply } from "../http/reply.ts";
import { badChoice, type Shape, shapeFaults } from "../http/shape.ts";
import {
  type ApiCall,
  type ApiRoute,
  type Item,
  intParam,
  invalid,
  isActiveUser,
  isItem,
  listReply,
  readBatch,
  readItem,
  requestIdOf,
  requireRight,
  selfLink,
  withOf,
} from "./call.ts";
import { entityView, linkTo } from "./views.ts";

const COMMON: Shape = {
  name: "string",
  responsible_user_id: "int",
  created_by: "int",
  updated_by: "int",
  created_at: "int",
  updated_at: "int",
  custom_fields_values: "array?",
  tags_to_add: "array",
  tags_to_delete: "array",
  _embedded: "object",
};
const SHAPES: Readonly<Record<EntityType, Shape>> = {
  leads: { ...COMMON, price: "int", status_id: "int", pipeline_id: "int", loss_reason_id: "int?", closed_at: "int?" },
  contacts: { ...COMMON, first_name: "string", last_name: "string" },
  companies: COMMON,
  customers: { ...COMMON, next_price: "int", next_date: "int?" },
};

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

/**
 * What is wrong with a lead, contact or company that a client wants to write.
 * @param inFull contacts and companies may stand in it whole, without an id
 */
export function entityFaults(account: Account, type: EntityType, item: Item, inFull = false): FieldFault[] {
  const faults = shapeFaults(item, SHAPES[type]);
  if (faults.length > 0) return faults;
  const { responsible_user_id, pipeline_id, status_id, custom_fields_values } = item as EntityInput; // types are checked
  if (responsible_user_id !== undefined && !isActiveUser(account, responsible_user_id))
    faults.push(badChoice("responsible_user_id"));
  if (type === "leads") {
    const pipelines =
      pipeline_id === undefined ? [...account.pipelines.values()] : [account.pipelines.get(pipeline_id)];
    if (!pipelines.some((pipeline) => pipeline !== undefined)) faults.push(badChoice("pipeline_id"));
    else if (status_id !== undefined && !pipelines.some((one) => one?.statuses.some(({ id }) => id === status_id))) {
      faults.push(badChoice("status_id"));
    }
  }
  for (const [index, value] of (custom_fields_values ?? []).entries())
    faults.push(...fieldFaults(account, type, value, index));
  const embedded: Item = isItem(item["_embedded"]) ? item["_embedded"] : {};
  for (const other of ["contacts", "companies"] as const) {
    for (const [index, link] of (Array.isArray(embedded[other]) ? embedded[other] : []).entries()) {
      const known =
        isItem(link) && (link["id"] === undefined ? inFull : account.find(other, Number(link["id"])) !== undefined);
      if (!known) faults.push(badChoice(`_embedded.${other}.${index}.id`));
    }
  }
  return faults;
}

function fieldFaults(account: Account, type: EntityType, value: unknown, index: number): FieldFault[] {
  const path = `custom_fields_values.${index}`;
  if (!isItem(value)) return [{ code: "InvalidType", path, detail: "This value should be of type array." }];
  const field = account.fields[type].find(
    ({ id, code }) => id === value["field_id"] || (code !== null && code === value["field_code"]),
  );
  if (!field) return [badChoice(`${path}.${(value["field_id"] ?? null) === null ? "field_code" : "field_id"}`)];
  const shape = shapeFaults(value, { values: "array?" }, `${path}.`);
  if (shape.length > 0 || !Array.isArray(value["values"])) return shape;
  return value["values"].flatMap((one: unknown, at) => {
    if (!isItem(one))
      return [
        { code: "InvalidType" as const, path: `${path}.values.${at}`, detail: "This value should be of type array." },
      ];
    // Clients send both keys and a null in the one that they do not mean.
    const [enum_id, enum_code] = [one["enum_id"] ?? undefined, one["enum_code"] ?? undefined];
    // A choice of a list needs no other value; what is given otherwise is a text, a number, or yes and no.
    const isChoice = field.type !== "multitext" && enum_id !== undefined;
    const isPlain = ["string", "number", "boolean"].includes(typeof one["value"]);
    const missing = isChoice || isPlain ? [] : shapeFaults(one, { value: "scalar!" }, `${path}.values.${at}.`);
    const isFree = field.enums === null || (enum_id === undefined && enum_code === undefined);
    const known = isFree || field.enums?.some(({ id, value: code }) => id === enum_id || code === enum_code);
    return [
      ...missing,
      ...(known ? [] : [badChoice(`${path}.values.${at}.${enum_id === undefined ? "enum_code" : "enum_id"}`)]),
    ];
  });
}
