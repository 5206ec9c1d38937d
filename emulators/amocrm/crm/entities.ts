/** Creating and changing leads, contacts and companies; input is in the API's form and already validated. */
import type { Account } from "./account.ts";
import type { Actor, Company, Contact, Entity, EntityType, FieldDefinition, FieldValue, Lead, Tag } from "./model.ts";
import { LOST, WON } from "./model.ts";
import type { TagInput } from "./tags.ts";

/** Fields that a client may write, as they come in. */
export interface EntityInput {
  readonly id?: number;
  readonly name?: string;
  readonly first_name?: string;
  readonly last_name?: string;
  readonly price?: number;
  readonly next_price?: number;
  readonly next_date?: number | null;
  readonly status_id?: number;
  readonly pipeline_id?: number;
  readonly loss_reason_id?: number | null;
  readonly closed_at?: number | null;
  readonly responsible_user_id?: number;
  readonly created_by?: number;
  readonly updated_by?: number;
  readonly created_at?: number;
  readonly updated_at?: number;
  readonly custom_fields_values?: readonly FieldInput[] | null;
  readonly tags_to_add?: readonly TagInput[];
  readonly tags_to_delete?: readonly TagInput[];
  readonly _embedded?: {
    readonly tags?: readonly TagInput[] | null;
    readonly contacts?: readonly { readonly id: number; readonly is_main?: boolean }[];
    readonly companies?: readonly { readonly id: number }[];
    readonly source?: { readonly external_id: string };
  };
}

/** Named by id, by code, or by both; a null is as good as nothing. */
interface FieldInput {
  readonly field_id?: number | null;
  readonly field_code?: string | null;
  readonly values: readonly FieldValue[] | null;
}

export const isClosed = (lead: Lead): boolean => lead.status_id === WON || lead.status_id === LOST;

/** Neither deleted, nor won, nor lost (docs/protocols/amocrm-platform.md#pipelines). */
export const isActive = (lead: Lead): boolean => !lead.is_deleted && !isClosed(lead);

export function createEntity(
  account: Account,
  type: EntityType,
  input: EntityInput,
  actor: Actor,
  hidden = false,
): Entity {
  const now = account.now();
  const base = {
    id: input.id ?? account.nextId(),
    responsible_user_id: input.responsible_user_id ?? actor.userId,
    group_id: 0,
    created_by: input.created_by ?? actor.userId,
    updated_by: input.updated_by ?? actor.userId,
    created_at: input.created_at ?? now,
    updated_at: input.updated_at ?? input.created_at ?? now,
    closest_task_at: null,
    is_deleted: false,
    fields: new Map<number, readonly FieldValue[]>(),
    tags: [],
    searchableFrom: account.clock.now() + account.options.index_delay_ms,
  };
  const entity = ((): Entity => {
    switch (type) {
      case "leads":
        return { ...base, type, ...newLead(account, input, base.id, actor) };
      case "contacts":
        return { ...base, type, ...namesOf(input, { name: "", first_name: "", last_name: "" }), is_unsorted: hidden };
      case "companies":
        return { ...base, type, name: input.name ?? "", is_unsorted: hidden };
      case "customers":
        return {
          ...base,
          type,
          name: input.name ?? "",
          next_price: input.next_price ?? 0,
          next_date: input.next_date ?? null,
        };
    }
  })();
  entity.group_id = account.users.get(entity.responsible_user_id)?.group_id ?? 0;
  account.keep(entity);
  writeFields(account, entity, input.custom_fields_values ?? []);
  writeTags(account, entity, input);
  for (const { id, is_main } of input._embedded?.contacts ?? []) {
    account.links.add(entity, { type: "contacts", id: Number(id) }, is_main ?? false);
  }
  for (const { id } of input._embedded?.companies ?? [])
    account.links.add(entity, { type: "companies", id: Number(id) });
  account.publish({ kind: "entity-added", entity, by: actor.userId });
  return entity;
}

function newLead(account: Account, input: EntityInput, id: number, { clientId }: Actor) {
  const source = [...account.sources.values()].find(
    (one) => one.clientId === clientId && one.external_id === input._embedded?.source?.external_id,
  );
  const pipeline = account.pipelines.get(input.pipeline_id ?? 0) ?? account.mainPipeline();
  const firstStage = pipeline.statuses.find((status) => status.type === 0);
  return {
    name: input.name ?? `#${id}`,
    price: input.price ?? 0,
    pipeline_id: pipeline.id,
    status_id: input.status_id ?? firstStage?.id ?? WON,
    loss_reason_id: input.loss_reason_id ?? null,
    source_id: source?.id ?? null,
    closed_at: input.closed_at ?? null,
  };
}

/** Chosen: a name given alone is also the first name; first and last name given alone make the name. */
function namesOf(input: EntityInput, before: Pick<Contact, "name" | "first_name" | "last_name">) {
  const first_name = input.first_name ?? (input.name && input.last_name === undefined ? input.name : before.first_name);
  const last_name = input.last_name ?? (input.name && input.first_name === undefined ? "" : before.last_name);
  const parts = [first_name, last_name].filter((part) => part !== "").join(" ");
  return { name: input.name ?? parts, first_name, last_name };
}

export function updateEntity(account: Account, entity: Entity, input: EntityInput, actor: Actor): void {
  const by = input.updated_by ?? actor.userId;
  const responsibleBefore = entity.responsible_user_id;
  if (entity.type === "contacts") {
    if ([input.name, input.first_name, input.last_name].some((part) => part !== undefined)) {
      Object.assign(entity, namesOf(input, entity));
    }
  } else entity.name = input.name ?? entity.name;
  entity.responsible_user_id = input.responsible_user_id ?? entity.responsible_user_id;
  entity.group_id = account.users.get(entity.responsible_user_id)?.group_id ?? 0;
  entity.created_at = input.created_at ?? entity.created_at;
  entity.updated_at = input.updated_at ?? account.now();
  entity.updated_by = by;
  entity.searchableFrom = account.clock.now() + account.options.index_delay_ms;
  if (input.custom_fields_values) writeFields(account, entity, input.custom_fields_values);
  writeTags(account, entity, input);
  const before = entity.type === "leads" ? { status_id: entity.status_id, pipeline_id: entity.pipeline_id } : null;
  if (entity.type === "leads") updateLead(account, entity, input);
  if (entity.type === "customers") {
    entity.next_price = input.next_price ?? entity.next_price;
    if (input.next_date !== undefined) entity.next_date = input.next_date;
  }

  account.publish({ kind: "entity-updated", entity, by });
  if (entity.responsible_user_id !== responsibleBefore) {
    account.publish({ kind: "responsible-changed", entity, before: responsibleBefore, by });
  }
  if (before && entity.type === "leads") {
    const moved = before.status_id !== entity.status_id || before.pipeline_id !== entity.pipeline_id;
    if (moved) account.publish({ kind: "status-changed", entity, before, by });
  }
}

function updateLead(account: Account, lead: Lead, input: EntityInput): void {
  lead.price = input.price ?? lead.price;
  const pipeline = account.pipelines.get(input.pipeline_id ?? lead.pipeline_id);
  const movedTo = input.pipeline_id !== undefined && input.pipeline_id !== lead.pipeline_id ? pipeline : undefined;
  lead.pipeline_id = pipeline?.id ?? lead.pipeline_id;
  lead.status_id = input.status_id ?? movedTo?.statuses.find(({ type }) => type === 0)?.id ?? lead.status_id;
  if (input.loss_reason_id !== undefined) lead.loss_reason_id = input.loss_reason_id;
  lead.closed_at = input.closed_at ?? (isClosed(lead) ? (lead.closed_at ?? account.now()) : null);
}

/** Each written field is replaced with all its values; `null` empties it (docs/protocols/amocrm-platform.md#fields). */
function writeFields(account: Account, entity: Entity, inputs: readonly FieldInput[]): void {
  for (const input of inputs) {
    const definition = account.fields[entity.type].find(
      ({ id, code }) => id === input.field_id || (code !== null && code === input.field_code),
    );
    if (!definition) continue;
    if (input.values === null || input.values.length === 0) {
      entity.fields.delete(definition.id);
      continue;
    }
    entity.fields.set(
      definition.id,
      input.values.map((value) => toValue(definition, value)),
    );
  }
  if (entity.type !== "leads") account.phones.set(entity, phonesOf(account, entity));
}

/** A multitext's choice says what kind of number it is; a list's choice is the value itself. */
function toValue({ type, enums }: FieldDefinition, { value, enum_id, enum_code }: FieldValue): FieldValue {
  const isMultitext = type === "multitext";
  const named = enums?.find(
    (choice) => choice.id === enum_id || choice.value === enum_code || (!isMultitext && choice.value === value),
  );
  const chosen = named ?? (isMultitext ? enums?.[0] : undefined);
  if (!chosen) return { value };
  return isMultitext
    ? { value, enum_id: chosen.id, enum_code: chosen.value }
    : { value: chosen.value, enum_id: chosen.id, enum_code: null };
}

/** Values of a contact's or company's field by its code, as typed. */
export function valuesOf(account: Account, entity: Entity, code: string): string[] {
  const definition = account.fields[entity.type].find((field) => field.code === code);
  return (definition ? (entity.fields.get(definition.id) ?? []) : []).map(({ value }) => String(value));
}

export const phonesOf = (account: Account, entity: Entity): string[] => valuesOf(account, entity, "PHONE");

function writeTags(account: Account, entity: Entity, input: EntityInput): void {
  const tagOf = (tag: TagInput): Tag => account.tags.put(entity.type, tag);
  const same = (a: TagInput, b: TagInput) => (a.id != null && a.id === b.id) || (a.name != null && a.name === b.name);
  if (input._embedded?.tags !== undefined) entity.tags = (input._embedded.tags ?? []).map(tagOf);
  const added = (input.tags_to_add ?? []).filter((tag) => !entity.tags.some((old) => same(old, tag)));
  entity.tags = [...entity.tags, ...added.map(tagOf)].filter(
    (tag) => !(input.tags_to_delete ?? []).some((gone) => same(gone, tag)),
  );
}

export function deleteEntity(account: Account, entity: Entity, by: number): void {
  if (entity.is_deleted) return;
  entity.is_deleted = true;
  entity.updated_at = account.now();
  account.phones.set(entity, []);
  account.publish({ kind: "entity-deleted", entity, by });
}

export function restoreEntity(account: Account, entity: Entity, by: number): void {
  entity.is_deleted = false;
  entity.updated_at = account.now();
  if (entity.type !== "leads") account.phones.set(entity, phonesOf(account, entity));
  account.publish({ kind: "entity-restored", entity, by });
}

/**
 * Two entities become one: links, numbers and notes' owners go to `kept`, the other id is gone
 * (docs/protocols/amocrm-platform.md#duplicates).
 */
export function mergeEntities(
  account: Account,
  kept: Contact | Company,
  absorbed: Contact | Company,
  by: number,
): void {
  for (const link of [...account.links.of(absorbed.type, absorbed.id)]) {
    account.links.remove(absorbed, link);
    if (link.type === "leads") account.links.add(link, kept, link.isMain);
    else account.links.add(kept, link);
  }
  for (const [id, values] of absorbed.fields) {
    const own = kept.fields.get(id) ?? [];
    const missing = values.filter((value) => !own.some((old) => old.value === value.value));
    kept.fields.set(id, [...own, ...missing]);
  }
  account.phones.set(kept, phonesOf(account, kept));
  kept.updated_at = account.now();
  for (const note of account.notesOf(absorbed.type, absorbed.id)) {
    account.keepNote({ ...note, entity_id: kept.id });
  }
  deleteEntity(account, absorbed, by);
  account.publish({ kind: "entity-merged", entity: kept, absorbedId: absorbed.id, by });
}
