/** Notes of leads, contacts and companies, calls among them (docs/protocols/amocrm-platform.md#notes, #a-call-as-a-note). */
import type { EntityType, Note } from "../crm/model.ts";
import { ENTITY_TYPES } from "../crm/model.ts";
import { addNote, type NoteInput, updateNote } from "../crm/notes.ts";
import { formValue, formValues } from "../http/php-form.ts";
import { type FieldFault, hal, noContent, Problem, type Reply } from "../http/reply.ts";
import { badChoice, type Shape, shapeFaults } from "../http/shape.ts";
import { type ApiCall, type ApiRoute, intParam, notFound, selfLink, withOf } from "./call.ts";
import { type Item, invalid, isActiveUser, isItem, readBatch, readItem, requestIdOf } from "./input.ts";
import { listReply } from "./list.ts";
import { noteView } from "./views.ts";

/**
 * Params of a call; a `null` in them is refused, absent keys and empty texts are taken
 * (docs/protocols/amocrm-platform.md#notes).
 */
export const CALL_PARAMS: Shape = {
  uniq: "string",
  duration: "int",
  source: "string",
  link: "string",
  phone: "string",
  call_result: "string",
  call_status: "int",
  call_responsible: "scalar",
};
const CALL_NOTE: Shape = { ...CALL_PARAMS, uniq: "string!", duration: "int!", source: "string!", phone: "string!" };

/** Mandatory params by kind of note. */
const PARAMS: Readonly<Record<string, Shape>> = {
  common: { text: "string!" },
  call_in: CALL_NOTE,
  call_out: CALL_NOTE,
  service_message: { service: "string!", text: "string!" },
  extended_service_message: { service: "string!", text: "string!" },
  message_cashier: { status: "string!", text: "string!" },
  geolocation: { text: "string!", address: "string!", longitude: "scalar!", latitude: "scalar!" },
  sms_in: { text: "string!", phone: "string!" },
  sms_out: { text: "string!", phone: "string!" },
  attachment: { file_uuid: "string!", file_name: "string!", version_uuid: "string" },
};

const CASHIER: ReadonlySet<unknown> = new Set(["created", "shown", "canceled"]);

export const noteRoutes: readonly ApiRoute[] = ENTITY_TYPES.flatMap((type): ApiRoute[] => [
  { method: "GET", path: `/api/v4/${type}/notes`, run: (call) => listNotes(call, type) },
  { method: "POST", path: `/api/v4/${type}/notes`, run: (call) => addNotes(call, type) },
  { method: "PATCH", path: `/api/v4/${type}/notes`, run: (call) => patchNotes(call, type) },
  ...singleNoteRoutes(type, `/api/v4/${type}/notes/{noteId}`),
  { method: "GET", path: `/api/v4/${type}/{id}/notes`, run: (call) => listNotes(call, type, intParam(call, "id")) },
  { method: "POST", path: `/api/v4/${type}/{id}/notes`, run: (call) => addNotes(call, type, existing(call, type)) },
  { method: "PATCH", path: `/api/v4/${type}/{id}/notes`, run: (call) => patchNotes(call, type) },
  ...singleNoteRoutes(type, `/api/v4/${type}/{id}/notes/{noteId}`),
]);

/** A note is known by its own id; whose it is may stand in the address, too. */
function singleNoteRoutes(type: EntityType, path: string): ApiRoute[] {
  return [
    { method: "GET", path, run: (call) => showNote(call, type) },
    { method: "PATCH", path, run: (call) => patchNote(call, type) },
    { method: "POST", path: `${path}/pin`, run: (call) => pin(call, type, true) },
    { method: "DELETE", path: `${path}/pin`, run: (call) => pin(call, type, false) },
  ];
}

function existing(call: ApiCall, type: EntityType): number {
  const id = intParam(call, "id");
  if (!call.account.find(type, id)) throw notFound(call);
  return id;
}

function listNotes(call: ApiCall, type: EntityType, entityId?: number): Reply {
  const { account, tree } = call;
  const ids = new Set(formValues(tree, "filter", "id").map(Number));
  const entities = new Set(formValues(tree, "filter", "entity_id").map(Number));
  const kinds = new Set(formValues(tree, "filter", "note_type"));
  const from = Number(formValue(tree, "filter", "updated_at", "from") ?? formValue(tree, "filter", "updated_at") ?? 0);
  const to = Number(formValue(tree, "filter", "updated_at", "to") ?? Number.POSITIVE_INFINITY);
  const all =
    entityId !== undefined
      ? [...account.notesOf(type, entityId)]
      : entities.size > 0
        ? [...entities].flatMap((id) => account.notesOf(type, id))
        : [...account.notes.values()].filter((note) => note.entity_type === type);
  const found = all.filter(
    (note) =>
      (ids.size === 0 || ids.has(note.id)) &&
      (kinds.size === 0 || kinds.has(note.note_type)) &&
      note.updated_at >= from &&
      note.updated_at <= to,
  );
  const field = formValue(tree, "order", "updated_at") ? "updated_at" : "id";
  const sign = (formValue(tree, "order", field) ?? "asc") === "desc" ? -1 : 1;
  found.sort((a, b) => sign * (a[field] - b[field] || a.id - b.id));
  const extra = withOf(call);
  return listReply(call, "notes", found, (note) => noteView(account, note, extra));
}

function showNote(call: ApiCall, type: EntityType): Reply {
  const note = noteAt(call, type);
  return note ? hal(noteView(call.account, note, withOf(call))) : noContent;
}

function noteAt(call: ApiCall, type: EntityType): Note | undefined {
  const note = call.account.notes.get(intParam(call, "noteId"));
  const owner = call.params["id"];
  return note?.entity_type === type && (owner === undefined || note.entity_id === Number(owner)) ? note : undefined;
}

function noteFaults(call: ApiCall, item: Item): FieldFault[] {
  const faults = shapeFaults(item, {
    note_type: "string!",
    params: "object!",
    created_by: "int",
    updated_by: "int",
    responsible_user_id: "int",
    created_at: "int",
    updated_at: "int",
    is_need_to_trigger_digital_pipeline: "bool",
  });
  if (faults.length > 0) return faults;
  const shape = PARAMS[String(item["note_type"])];
  if (!shape) return [badChoice("note_type")];
  const params = item["params"] as Item; // checked above
  const isCashier = item["note_type"] !== "message_cashier" || CASHIER.has(params["status"]);
  return [
    ...shapeFaults(params, shape, "params."),
    ...(isCashier ? [] : [badChoice("params.status")]),
    ...userFaults(call, item),
  ];
}

function userFaults(call: ApiCall, item: Item): FieldFault[] {
  return ["created_by", "responsible_user_id"]
    .filter((key) => item[key] !== undefined && !isActiveUser(call.account, item[key]))
    .map(badChoice);
}

function addNotes(call: ApiCall, type: EntityType, fixedId?: number): Reply {
  const items = readBatch(call, (item) => {
    const faults = noteFaults(call, item);
    if (fixedId !== undefined) return faults;
    const missing = shapeFaults(item, { entity_id: "int!" });
    const known = missing.length > 0 || call.account.find(type, Number(item["entity_id"])) !== undefined;
    return [...missing, ...(known ? [] : [badChoice("entity_id")]), ...faults];
  });
  return hal({
    _links: selfLink(call, call.path),
    _embedded: {
      notes: items.map((item, index) => {
        const entityId = fixedId ?? Number(item["entity_id"]);
        const note = addNote(call.account, type, entityId, item as unknown as NoteInput, call.actor); // checked by noteFaults
        return {
          id: note.id,
          entity_id: entityId,
          request_id: requestIdOf(item, index),
          _links: noteLinks(call, note),
        };
      }),
    },
  });
}

const noteLinks = (call: ApiCall, note: Note) =>
  selfLink(call, `/api/v4/${note.entity_type}/${note.entity_id}/notes/${note.id}`);

function patchFaults(call: ApiCall, item: Item): FieldFault[] {
  const faults = shapeFaults(item, { note_type: "string", params: "object", responsible_user_id: "int" });
  if (faults.length > 0) return faults;
  const isCall = String(item["note_type"] ?? "").startsWith("call_");
  const params = isItem(item["params"]) && isCall ? shapeFaults(item["params"], CALL_PARAMS, "params.") : [];
  return [...params, ...userFaults(call, item)];
}

function patchNotes(call: ApiCall, type: EntityType): Reply {
  const items = readBatch(call, (item) => {
    const missing = shapeFaults(item, { id: "int!" });
    const known = missing.length > 0 || call.account.notes.get(Number(item["id"]))?.entity_type === type;
    return [...missing, ...(known ? [] : [badChoice("id")]), ...patchFaults(call, item)];
  });
  const notes = items.flatMap((item, index) => {
    const note = call.account.notes.get(Number(item["id"]));
    return note ? [{ ...patchedNote(call, note, item), request_id: requestIdOf(item, index) }] : [];
  });
  return hal({ _links: selfLink(call, call.path), _embedded: { notes } });
}

function patchNote(call: ApiCall, type: EntityType): Reply {
  const note = noteAt(call, type);
  if (!note) throw new Problem(404, "Entity not found"); // chosen: as with other entities
  const item = readItem(call);
  const faults = patchFaults(call, item);
  if (faults.length > 0) throw invalid(faults);
  return hal(patchedNote(call, note, item));
}

function patchedNote(call: ApiCall, note: Note, item: Item): object {
  updateNote(call.account, note, item as Partial<NoteInput>, call.actor); // checked by patchFaults
  return { id: note.id, entity_id: note.entity_id, updated_at: note.updated_at, _links: noteLinks(call, note) };
}

function pin(call: ApiCall, type: EntityType, isPinned: boolean): Reply {
  const note = noteAt(call, type);
  if (!note) throw notFound(call);
  note.is_pinned = isPinned;
  call.account.publish({ kind: "note-updated", note, by: call.actor.userId });
  return noContent;
}
