/** How entities look in the API's answers (docs/protocols/amocrm-platform.md#entities). */
import { createHash } from "node:crypto";
import type { Account } from "../crm/account.ts";
import type { Entity, EntityType, Lead, LossReason, Note, Tag, Task, Unsorted } from "../crm/model.ts";

export const linkTo = (account: Account, type: EntityType, id: number) => ({
  self: { href: `${account.url}/api/v4/${type}/${id}` },
});

const reference = (account: Account, type: EntityType, id: number) => ({ id, _links: linkTo(account, type, id) });

function fieldValues(account: Account, entity: Entity): object[] | null {
  const shown = account.fields[entity.type].flatMap(({ id, name, code, type }) => {
    const values = entity.fields.get(id);
    return values ? [{ field_id: id, field_name: name, field_code: code, field_type: type, values }] : [];
  });
  return shown.length > 0 ? shown : null;
}

/** The same for the same thing at each start. */
export const uuidOf = (what: string): string =>
  createHash("sha256")
    .update(what)
    .digest("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");

/** Only tags of leads have a colour. */
export const tagView = (type: EntityType, { id, name, color }: Tag): object =>
  type === "leads" ? { id, name, color } : { id, name };

/** Not known, chosen: what else it tells is not known. */
function sourceOf(account: Account, { source_id }: Lead): object | null {
  const source = account.sources.get(source_id ?? 0);
  return source ? { id: source.id, name: source.name } : null;
}

export const lossReasonView = (account: Account, reason: LossReason): object => ({
  ...reason,
  _links: { self: { href: `${account.url}/api/v4/leads/loss_reasons/${reason.id}` } },
});

/** A list of one, or of none. */
function lossReasonOf(account: Account, { loss_reason_id }: Lead): object[] {
  const reason = account.lossReasons.get(loss_reason_id ?? 0);
  return reason ? [lossReasonView(account, reason)] : [];
}

export function entityView(account: Account, entity: Entity, extra: ReadonlySet<string>): object {
  const { type, fields: _fields, searchableFrom: _searchableFrom, tags, is_deleted, closest_task_at, ...own } = entity;
  const links = account.links.of(entity.type, entity.id);
  const linked = (other: EntityType) => links.filter((link) => link.type === other);
  const references = (other: EntityType) => linked(other).map(({ id }) => reference(account, other, id));
  const common = {
    ...own,
    closest_task_at,
    is_deleted,
    custom_fields_values: fieldValues(account, entity),
    account_id: account.identity.id,
    _links: linkTo(account, entity.type, entity.id),
  };
  switch (type) {
    case "leads":
      return {
        ...common,
        score: null,
        labor_cost: null,
        ...(extra.has("is_price_modified_by_robot") ? { is_price_modified_by_robot: false } : {}),
        _embedded: {
          tags: tags.map((tag) => tagView(type, tag)),
          companies: references("companies"),
          ...(extra.has("contacts")
            ? {
                contacts: linked("contacts").map(({ id, isMain }) => ({
                  id,
                  is_main: isMain,
                  _links: linkTo(account, "contacts", id),
                })),
              }
            : {}),
          ...(extra.has("loss_reason") ? { loss_reason: lossReasonOf(account, entity) } : {}),
          ...(extra.has("catalog_elements") ? { catalog_elements: [] } : {}),
          ...(extra.has("source") ? { source: sourceOf(account, entity) } : {}),
        },
      };
    case "contacts":
      return {
        ...common,
        _embedded: {
          tags: tags.map((tag) => tagView(type, tag)),
          companies: references("companies"),
          ...(extra.has("leads") ? { leads: references("leads") } : {}),
          ...(extra.has("customers") ? { customers: references("customers") } : {}),
          ...(extra.has("catalog_elements") ? { catalog_elements: [] } : {}),
        },
      };
    case "companies":
      return {
        ...common,
        _embedded: {
          tags: tags.map((tag) => tagView(type, tag)),
          ...(extra.has("contacts") ? { contacts: references("contacts") } : {}),
          ...(extra.has("leads") ? { leads: references("leads") } : {}),
          ...(extra.has("customers") ? { customers: references("customers") } : {}),
          ...(extra.has("catalog_elements") ? { catalog_elements: [] } : {}),
        },
      };
    case "customers":
      return {
        ...common,
        _embedded: {
          tags: tags.map((tag) => tagView(type, tag)),
          companies: references("companies"),
          ...(extra.has("contacts") ? { contacts: references("contacts") } : {}),
        },
      };
  }
}

export function noteView(account: Account, note: Note, extra: ReadonlySet<string>): object {
  const { entity_type, is_pinned, ...own } = note;
  return {
    ...own,
    ...(extra.has("is_pinned") ? { is_pinned } : {}),
    group_id: account.users.get(note.responsible_user_id)?.group_id ?? 0,
    account_id: account.identity.id,
    _links: { self: { href: `${account.url}/api/v4/${entity_type}/${note.entity_id}/notes/${note.id}` } },
  };
}

export const taskView = (account: Account, task: Task): object => ({
  ...task,
  group_id: account.users.get(task.responsible_user_id)?.group_id ?? 0,
  result: task.result ?? [],
  account_id: account.identity.id,
  _links: { self: { href: `${account.url}/api/v4/tasks/${task.id}` } },
});

export const unsortedEntities = (account: Account, unsorted: Unsorted) => ({
  contacts: unsorted.contact_ids.map((id) => reference(account, "contacts", id)),
  leads: [reference(account, "leads", unsorted.lead_id)],
  companies: unsorted.company_ids.map((id) => reference(account, "companies", id)),
});

/**
 * Types are as loose as the real ones: `phone` a number, `duration` a text, an empty link null
 * (docs/protocols/amocrm-platform.md#deciding-on-unsorted).
 */
export function unsortedView(account: Account, unsorted: Unsorted): object {
  const { uid, source_uid, source_name, category, pipeline_id, created_at, metadata } = unsorted;
  const digits = /^\d{1,15}$/.test(String(metadata["phone"])) ? Number(metadata["phone"]) : metadata["phone"];
  return {
    uid,
    source_uid,
    source_name,
    category,
    pipeline_id,
    created_at,
    metadata:
      category === "sip"
        ? { ...metadata, phone: digits, duration: String(metadata["duration"] ?? 0), link: metadata["link"] || null }
        : metadata,
    account_id: account.identity.id,
    _links: { self: { href: `${account.url}/api/v4/leads/unsorted/${uid}` } },
    _embedded: unsortedEntities(account, unsorted),
  };
}
