/** Definitions of custom fields (docs/protocols/amocrm-platform.md#fields). */
import type { FieldDefinition } from "../crm/model.ts";
import { isEntityType } from "../crm/model.ts";
import { type FieldFault, hal, noContent, Problem, type Reply } from "../http/reply.ts";
import { badChoice, type Shape, shapeFaults } from "../http/shape.ts";
import { type ApiCall, type ApiRoute, intParam, notFound, requireAdmin, selfLink } from "./call.ts";
import { type Item, invalid, isItem, readBatch, readItem, requestIdOf } from "./input.ts";
import { listReply } from "./list.ts";

const COLLECTION = "/api/v4/{type}/custom_fields";
const GROUPS = `${COLLECTION}/groups`;
const SHAPE: Shape = { name: "string", type: "string", code: "string?", sort: "int", enums: "array?" };

export const customFieldRoutes: readonly ApiRoute[] = [
  {
    method: "GET",
    path: COLLECTION,
    run: (call) =>
      listReply(call, "custom_fields", fieldsOf(call), (field) => fieldView(call, field), { total: "pages" }),
  },
  { method: "GET", path: GROUPS, run: listGroups },
  { method: "POST", path: COLLECTION, run: addFields },
  { method: "PATCH", path: COLLECTION, run: changeFields },
  {
    method: "GET",
    path: `${COLLECTION}/{id}`,
    run: (call) => {
      const field = find(call, intParam(call, "id"));
      return field ? hal(fieldView(call, field)) : noContent;
    },
  },
  {
    method: "PATCH",
    path: `${COLLECTION}/{id}`,
    run: (call) => {
      requireAdmin(call);
      const field = find(call, intParam(call, "id"));
      if (!field) throw notFound(call);
      const item = readItem(call);
      const faults = fieldFaults(item, SHAPE);
      if (faults.length > 0) throw invalid(faults);
      return hal(fieldView(call, put(call, field, item)));
    },
  },
  {
    method: "DELETE",
    path: `${COLLECTION}/{id}`,
    run: (call) => {
      requireAdmin(call);
      const field = find(call, intParam(call, "id"));
      if (!field) throw notFound(call);
      if (field.is_predefined) throw new Problem(400, "The field can not be deleted"); // Not known, chosen: the words
      const fields = fieldsOf(call);
      fields.splice(fields.indexOf(field), 1);
      return noContent;
    },
  },
];

function fieldsOf(call: ApiCall): FieldDefinition[] {
  const { type } = call.params;
  if (!isEntityType(type)) throw notFound(call);
  return call.account.fields[type];
}

const fieldView = (call: ApiCall, field: FieldDefinition): object => ({
  ...field,
  sort: field.sort ?? 500,
  group_id: null,
  account_id: call.account.identity.id,
  entity_type: call.params["type"],
  is_api_only: false,
  _links: selfLink(call, `/api/v4/${call.params["type"]}/custom_fields/${field.id}`),
});

/** Assumed: fields without a group (`group_id: null`) are in this one; no others can be made here. */
function listGroups(call: ApiCall): Reply {
  fieldsOf(call);
  const { type: entity_type } = call.params;
  const group = { id: "default", name: "Основное", is_predefined: true, sort: 0, entity_type, fields: null };
  const view = () => ({ ...group, _links: selfLink(call, `${call.path}/default`) });
  return listReply(call, "custom_field_groups", [group], view, { total: true });
}

const find = (call: ApiCall, id: unknown) => fieldsOf(call).find((field) => field.id === id);

function addFields(call: ApiCall): Reply {
  requireAdmin(call);
  const items = readBatch(call, (item) => fieldFaults(item, { ...SHAPE, name: "string!", type: "string!" }));
  const added = items.map((item, index) => {
    const blank = { id: call.account.nextId(), name: "", code: null, type: "", is_predefined: false, enums: null };
    return { ...fieldView(call, put(call, blank, item)), request_id: requestIdOf(item, index) };
  });
  return listed(call, added);
}

function changeFields(call: ApiCall): Reply {
  requireAdmin(call);
  const items = readBatch(call, (item) => {
    const missing = shapeFaults(item, { id: "int!" });
    const isKnown = missing.length > 0 || find(call, item["id"]) !== undefined;
    return [...missing, ...(isKnown ? [] : [badChoice("id")]), ...fieldFaults(item, SHAPE)];
  });
  const changed = items.flatMap((item) => {
    const field = find(call, item["id"]);
    return field ? [fieldView(call, put(call, field, item))] : [];
  });
  return listed(call, changed);
}

const listed = (call: ApiCall, fields: readonly object[]): Reply =>
  hal({ _total_items: fields.length, _links: selfLink(call, call.path), _embedded: { custom_fields: fields } });

function fieldFaults(item: Item, shape: Shape): FieldFault[] {
  const faults = shapeFaults(item, shape);
  const enums = Array.isArray(item["enums"]) ? item["enums"] : [];
  return enums.every((one) => isItem(one) && typeof one["value"] === "string")
    ? faults
    : [...faults, badChoice("enums")];
}

/** What is written takes the place of what was; the kind of a field stays. Choices that are known keep their ids. */
function put(call: ApiCall, before: FieldDefinition, item: Item): FieldDefinition {
  const { account } = call;
  const choices = item["enums"] as readonly { id?: number; value: string; sort?: number }[] | null | undefined; // checked
  const field: FieldDefinition = {
    ...before,
    name: String(item["name"] ?? before.name),
    code: item["code"] === undefined ? before.code : (item["code"] as string | null),
    type: before.type === "" ? String(item["type"]) : before.type,
    ...(item["sort"] === undefined ? {} : { sort: Number(item["sort"]) }),
    enums:
      choices?.map(({ id, value, sort }, at) => ({ id: id ?? account.nextId(), value, sort: sort ?? (at + 1) * 10 })) ??
      before.enums,
  };
  const fields = fieldsOf(call);
  const place = fields.findIndex(({ id }) => id === field.id);
  fields.splice(place < 0 ? fields.length : place, place < 0 ? 0 : 1, field);
  return field;
}
