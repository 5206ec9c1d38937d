/** What happened → the codes of webhooks and the bodies they carry (docs/protocols/amocrm-platform.md#subscriptions, #bodies). */
import type { Account } from "../crm/account.ts";
import type { Change, Contact, Entity, EntityType, Note, Task, Unsorted } from "../crm/model.ts";
import { ELEMENT_TYPE, SINGULAR } from "../crm/model.ts";

export interface HookEvent {
  /** As in the subscription: `add_contact`. */
  readonly code: string;
  /** Body without the account's part. */
  readonly body: object;
}

export const HOOK_CODES: readonly string[] = [
  ...["lead", "contact", "company", "customer", "task"].flatMap((name) => [
    `responsible_${name}`,
    `add_${name}`,
    `update_${name}`,
    `delete_${name}`,
  ]),
  ..."restore_lead restore_contact restore_company add_talk update_talk status_lead".split(" "),
  ..."note_lead note_contact note_company note_customer add_chat_template_review".split(" "),
  // Not in the documented list of codes; the format page shows their bodies (docs/protocols/amocrm-platform.md#subscriptions,
  // LOW).
  ..."add_unsorted update_unsorted delete_unsorted".split(" "),
  // Assumed: clients that subscribe to all there is name them. Nothing here talks, so they are never sent.
  ..."delete_talk add_message add_outgoing_message".split(" "),
];

/** Contacts and companies share the key `contacts` and differ by `type`. Not known, chosen: that customers have their own. */
const keyOf = (type: EntityType) => (type === "companies" ? "contacts" : type);

export function toHookEvents(account: Account, change: Change): HookEvent[] {
  const about = (action: string, entity: Entity, body: object = entityBody(account, entity)): HookEvent[] => [
    { code: `${action}_${SINGULAR[entity.type]}`, body: { [keyOf(entity.type)]: { [action]: [body] } } },
  ];
  switch (change.kind) {
    case "entity-added":
      return about("add", change.entity);
    case "entity-updated":
      return about("update", change.entity);
    case "entity-merged":
      return about("update", change.entity);
    case "entity-restored":
      return about("restore", change.entity);
    case "entity-deleted": {
      const { entity } = change;
      return about(
        "delete",
        entity,
        keyOf(entity.type) === "contacts" ? { id: entity.id, type: SINGULAR[entity.type] } : { id: entity.id },
      );
    }
    case "responsible-changed":
      return about("responsible", change.entity, {
        ...entityBody(account, change.entity),
        old_responsible_user_id: change.before,
      });
    case "status-changed":
      return about("status", change.entity, {
        ...entityBody(account, change.entity),
        old_status_id: change.before.status_id,
        old_pipeline_id: change.before.pipeline_id,
      });
    case "note-added": {
      const { note } = change;
      const key = keyOf(note.entity_type);
      return [
        { code: `note_${SINGULAR[note.entity_type]}`, body: { [key]: { note: [{ note: noteBody(account, note) }] } } },
      ];
    }
    case "task-added":
    case "task-updated":
    case "task-responsible-changed": {
      const action = { "task-added": "add", "task-updated": "update", "task-responsible-changed": "responsible" }[
        change.kind
      ];
      return [{ code: `${action}_task`, body: { task: { [action]: [taskBody(account, change.task)] } } }];
    }
    case "unsorted-added":
      return [{ code: "add_unsorted", body: { unsorted: { add: [unsortedBody(change.unsorted, change.by)] } } }];
    case "unsorted-decided":
      return [{ code: "delete_unsorted", body: { unsorted: { delete: [decisionBody(change.unsorted, change.by)] } } }];
    case "note-updated":
    case "task-completed":
    case "task-result-added":
    case "pop-up":
      return [];
  }
}

function entityBody(account: Account, entity: Entity): object {
  const fields = account.fields[entity.type].flatMap(({ id, name, code }) => {
    const values = entity.fields.get(id);
    if (!values) return [];
    const shown = values.map(({ value, enum_id }) => (enum_id === undefined ? { value } : { value, enum: enum_id }));
    return [{ id, name, values: shown, ...(code ? { code } : {}) }];
  });
  const common = {
    id: entity.id,
    name: entity.name,
    responsible_user_id: entity.responsible_user_id,
    date_create: entity.created_at,
    last_modified: entity.updated_at,
    created_user_id: entity.created_by,
    modified_user_id: entity.updated_by,
    account_id: account.identity.id,
    ...(fields.length > 0 ? { custom_fields: fields } : {}),
    ...(entity.tags.length > 0 ? { tags: entity.tags } : {}),
    created_at: entity.created_at,
    updated_at: entity.updated_at,
  };
  if (entity.type === "leads") {
    const { price, status_id, pipeline_id } = entity;
    return { ...common, price, status_id, pipeline_id };
  }
  if (entity.type === "customers") return common;
  const leads = account.links.of(entity.type, entity.id, "leads").map(({ id }) => [id, { ID: id }]);
  return {
    ...common,
    ...(entity.type === "contacts" ? companyOf(account, entity) : {}),
    ...(leads.length > 0 ? { linked_leads_id: Object.fromEntries(leads) } : {}),
    type: SINGULAR[entity.type],
  };
}

function companyOf(account: Account, contact: Contact): object {
  const [link] = account.links.of("contacts", contact.id, "companies");
  const company = link && account.companies.get(link.id);
  return company ? { company_name: company.name, linked_company_id: company.id } : {};
}

/** Account-local time in the legacy bodies of notes and tasks. */
function dateText(account: Account, seconds: number): string {
  return new Date(seconds * 1000).toLocaleString("sv-SE", { timeZone: account.identity.timezone });
}

const NOTE_TYPE: Readonly<Record<string, number>> = { common: 4, call_in: 10, call_out: 11 };

/** The text of a call is a JSON text with upper-case keys (docs/protocols/amocrm-platform.md#bodies, MEDIUM-HIGH). */
function noteBody(account: Account, note: Note): object {
  const { uniq, link, phone, duration, source, text } = note.params;
  const isCall = note.note_type === "call_in" || note.note_type === "call_out";
  return {
    id: note.id,
    note_type: NOTE_TYPE[note.note_type] ?? note.note_type,
    element_id: note.entity_id,
    element_type: ELEMENT_TYPE[note.entity_type],
    text: isCall ? JSON.stringify({ UNIQ: uniq, LINK: link, PHONE: phone, DURATION: duration, SRC: source }) : text,
    date_create: dateText(account, note.created_at),
    timestamp_x: dateText(account, note.updated_at),
    created_by: note.created_by,
    main_user_id: note.responsible_user_id,
    account_id: account.identity.id,
    metadata: "",
  };
}

const taskBody = (account: Account, task: Task): object => ({
  id: task.id,
  element_id: task.entity_id ?? 0,
  element_type: task.entity_type ? ELEMENT_TYPE[task.entity_type] : 0,
  task_type: task.task_type_id,
  text: task.text,
  date_create: dateText(account, task.created_at),
  last_modified: dateText(account, task.updated_at),
  complete_till: dateText(account, task.complete_till),
  responsible_user_id: task.responsible_user_id,
  created_user_id: task.created_by,
  action_close: task.is_completed,
  status: task.is_completed,
  account_id: account.identity.id,
});

const unsortedBody = (unsorted: Unsorted, by: number): object => ({
  uid: unsorted.uid,
  category: unsorted.category,
  user_id: by,
  source: unsorted.source_name,
  pipeline_id: unsorted.pipeline_id,
  source_data: unsorted.metadata,
  data: { leads: [{ id: unsorted.lead_id }], contacts: unsorted.contact_ids.map((id) => ({ id })) },
});

function decisionBody(unsorted: Unsorted, by: number): object {
  const { uid, category, lead_id, contact_ids, decision } = unsorted;
  const leads = [lead_id];
  return decision?.action === "decline"
    ? { uid, category, user_id: by, action: "decline", decline_result: { leads } }
    : { uid, category, user_id: by, action: "accept", accept_result: { leads, contacts: contact_ids } };
}
