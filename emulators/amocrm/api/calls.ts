/**
 * `POST /api/v4/calls`: the CRM itself chooses where a call belongs, and never creates anybody
 * (docs/protocols/amocrm-platform.md#where-a-call-belongs).
 */
import { SINGULAR } from "../crm/model.ts";
import { addNote } from "../crm/notes.ts";
import { findCallEntity } from "../crm/search.ts";
import { type FieldFault, hal, type Reply } from "../http/reply.ts";
import { badChoice, type Shape, shapeFaults } from "../http/shape.ts";
import type { ApiCall, ApiRoute } from "./call.ts";
import { type Item, isActiveUser, readBatch, requestIdOf } from "./input.ts";
import { CALL_PARAMS } from "./notes.ts";
import { linkTo } from "./views.ts";

const SHAPE: Shape = {
  ...CALL_PARAMS,
  direction: "string!",
  duration: "int!",
  source: "string!",
  phone: "string!",
  call_responsible: "scalar?",
  responsible_user_id: "int",
  created_by: "int",
  updated_by: "int",
  created_at: "int",
  updated_at: "int",
};

export const callRoutes: readonly ApiRoute[] = [{ method: "POST", path: "/api/v4/calls", run: addCalls }];

function callFaults(call: ApiCall, item: Item): FieldFault[] {
  const faults = shapeFaults(item, SHAPE);
  if (faults.length > 0) return faults;
  const { direction, call_status, responsible_user_id, created_by } = item;
  if (direction !== "inbound" && direction !== "outbound") faults.push(badChoice("direction"));
  if (call_status !== undefined && (Number(call_status) < 1 || Number(call_status) > 8))
    faults.push(badChoice("call_status"));
  for (const [path, id] of Object.entries({ responsible_user_id, created_by })) {
    if (id !== undefined && !isActiveUser(call.account, id)) faults.push(badChoice(path));
  }
  return faults;
}

function addCalls(call: ApiCall): Reply {
  const items = readBatch(call, (item) => callFaults(call, item));
  const added: object[] = [];
  const errors: object[] = [];
  for (const [index, item] of items.entries()) {
    const request_id = requestIdOf(item, index);
    const entity = findCallEntity(call.account, String(item["phone"]));
    if (!entity) {
      errors.push({ title: "Entity not found", status: 263, request_id });
      continue;
    }
    const { id } = addNote(call.account, entity.type, entity.id, toNote(call, item), call.actor);
    added.push({
      id,
      entity_id: entity.id,
      entity_type: SINGULAR[entity.type],
      account_id: call.account.identity.id,
      request_id,
      _embedded: { entity: { id: entity.id, _links: linkTo(call.account, entity.type, entity.id) } },
    });
  }
  // Not known, chosen: the status of a mixed batch is not known; 200 as soon as one call found its place.
  return hal({ _total_items: added.length, errors, _embedded: { calls: added } }, added.length > 0 ? 200 : 400);
}

/** Who was called (or called) is the author when he is a user of the account; `created_by` counts only without him. */
function toNote(call: ApiCall, item: Item) {
  const { direction, created_by, responsible_user_id, created_at, updated_at, call_responsible } = item;
  const person = Number(call_responsible);
  const named = call.account.users.has(person) ? person : undefined;
  const given = created_by === undefined ? undefined : Number(created_by);
  const nobody = call_responsible === undefined || call_responsible === null ? call.actor.userId : 0;
  const author = named ?? given ?? nobody;
  const params = Object.fromEntries(
    Object.keys(CALL_PARAMS).flatMap((key) =>
      item[key] === undefined || item[key] === null ? [] : [[key, item[key]]],
    ),
  );
  return {
    note_type: direction === "inbound" ? "call_in" : "call_out",
    params,
    created_by: author,
    responsible_user_id: responsible_user_id === undefined ? author : Number(responsible_user_id),
    ...(created_at === undefined ? {} : { created_at: Number(created_at) }),
    ...(updated_at === undefined ? {} : { updated_at: Number(updated_at) }),
  };
}
