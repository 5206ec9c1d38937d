/**
 * amoCRM's answers as we need them. Lenient: numbers may come as texts, what is not needed is not looked at, and one
 * entity that cannot be read does not spoil the page it stands on.
 */
import { z } from "zod";
import type { ClientRef, IndexedClient, IndexedLead, Pipeline } from "../clients/client-index.ts";
import { readPhoneKeys } from "../clients/phone-key.ts";
import { CrmError } from "./crm-error.ts";
import { flag, int, list, optionalInt, part, presentList, references, text, YES } from "./loose.ts";

/** Won and lost have the same ids in every pipeline. */
const CLOSED_STATUSES = new Set([142, 143]);

const accountSchema = z.object({ id: int, name: text, subdomain: text });
export type CrmAccount = z.infer<typeof accountSchema>;
export const readAccount = (json: unknown): CrmAccount => read(accountSchema, json);

const clientSchema = z.object({
  id: int,
  name: text,
  responsible_user_id: optionalInt,
  updated_at: int,
  is_deleted: flag,
  /** Belongs to an unsorted lead nobody has accepted yet. */
  is_unsorted: flag,
  custom_fields_values: list(z.object({ field_code: text, values: list(z.object({ value: z.unknown() })) })),
  _embedded: part({ companies: references }),
});

/** An entity that is no more, or not to be shown, is `null`. */
export interface ReadClient {
  readonly ref: ClientRef;
  readonly updatedAt: number;
  readonly client: IndexedClient | null;
}

/** @param country in which national numbers are read */
export function readClient(kind: ClientRef["kind"], country: string): (json: unknown) => ReadClient {
  return (json) => {
    const entity = read(clientSchema, json);
    const ref = { kind, id: entity.id };
    const updatedAt = entity.updated_at;
    if (entity.is_deleted || entity.is_unsorted) return { ref, updatedAt, client: null };
    const phones = entity.custom_fields_values
      .filter(({ field_code }) => field_code === "PHONE")
      .flatMap(({ values }) => values.flatMap(({ value }) => readPhoneKeys(String(value ?? ""), country)));
    return {
      ref,
      updatedAt,
      client: {
        ...ref,
        name: entity.name,
        responsibleUserId: entity.responsible_user_id,
        companyId: kind === "contact" ? (entity._embedded.companies[0] ?? null) : null,
        phones,
        updatedAt,
      },
    };
  };
}

const leadSchema = z.object({
  id: int,
  name: text,
  price: z
    .union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)])
    .nullish()
    .catch(null)
    .transform((value) => (value === null || value === undefined ? null : Math.round(Number(value)))),
  status_id: int,
  pipeline_id: int,
  responsible_user_id: optionalInt,
  updated_at: int,
  is_deleted: flag,
  _embedded: part({ contacts: references, companies: references }),
});

export interface ReadLead {
  readonly id: number;
  readonly updatedAt: number;
  /** null: won, lost or deleted. */
  readonly lead: IndexedLead | null;
}

export function readLead(json: unknown): ReadLead {
  const entity = read(leadSchema, json);
  const { id, updated_at: updatedAt } = entity;
  if (entity.is_deleted || CLOSED_STATUSES.has(entity.status_id)) return { id, updatedAt, lead: null };
  const refs = (kind: ClientRef["kind"], ids: readonly number[]) => ids.map((each) => ({ kind, id: each }));
  return {
    id,
    updatedAt,
    lead: {
      id,
      name: entity.name,
      price: entity.price,
      pipelineId: entity.pipeline_id,
      statusId: entity.status_id,
      responsibleUserId: entity.responsible_user_id,
      clients: [...refs("contact", entity._embedded.contacts), ...refs("company", entity._embedded.companies)],
      updatedAt,
    },
  };
}

const pipelineSchema = z.object({
  id: int,
  name: text,
  is_main: flag,
  is_unsorted_on: flag,
  is_archive: flag,
  _embedded: part({ statuses: list(z.object({ id: int, name: text })) }),
});

/** undefined: archived, nothing goes there. */
export function readPipeline(json: unknown): Pipeline | undefined {
  const pipeline = read(pipelineSchema, json);
  if (pipeline.is_archive) return undefined;
  const { id, is_main: isMain, is_unsorted_on: isUnsortedOn, _embedded } = pipeline;
  return { id, name: pipeline.name, isMain, isUnsortedOn, statuses: _embedded.statuses };
}

/** Who is not said to be switched off works. */
const userSchema = z.object({ id: int, name: text, rights: part({ is_active: z.unknown().optional() }) });

export interface CrmUser {
  readonly id: number;
  readonly name: string;
  readonly isActive: boolean;
}

export function readUser(json: unknown): CrmUser {
  const { id, name: userName, rights } = read(userSchema, json);
  return { id, name: userName, isActive: YES.has(rights.is_active ?? true) };
}

const noteSchema = z.object({
  id: int,
  entity_id: int,
  note_type: z.string(),
  /** Whatever stands there is given back as it is when the note is corrected. */
  params: z.record(z.string(), z.unknown()).catch({}),
});
export type CallNote = z.infer<typeof noteSchema>;
export const readNote = (json: unknown): CallNote => read(noteSchema, json);

const taskSchema = z.object({
  id: int,
  text,
  complete_till: int,
  entity_id: optionalInt,
  is_completed: flag,
});

export interface CrmTask {
  readonly id: number;
  readonly text: string;
  /** Unix seconds. */
  readonly completeTill: number;
  /** null: of no card. */
  readonly entityId: number | null;
  readonly isCompleted: boolean;
}

export function readTask(json: unknown): CrmTask {
  const task = read(taskSchema, json);
  return {
    id: task.id,
    text: task.text,
    completeTill: task.complete_till,
    entityId: task.entity_id === 0 ? null : task.entity_id,
    isCompleted: task.is_completed,
  };
}

const linkedLeadsSchema = z.object({ _embedded: part({ leads: references }) });
/** Ids of the leads of a contact or company, which tells them when it is asked `with=leads`. */
export const readLinkedLeads = (json: unknown): number[] => read(linkedLeadsSchema, json)._embedded.leads;

const unsortedSchema = z.object({
  uid: z.string(),
  metadata: part({ uniq: text, phone: text, called_at: optionalInt }),
  _embedded: part({ leads: references, contacts: references }),
});

export interface ReadUnsorted {
  readonly uid: string;
  readonly leadId: number | null;
  readonly contactId: number | null;
  readonly uniq: string | null;
  readonly phone: string;
  /** Unix seconds. */
  readonly calledAt: number | null;
}

export function readUnsorted(json: unknown): ReadUnsorted {
  const { uid, metadata, _embedded } = read(unsortedSchema, json);
  return {
    uid,
    leadId: _embedded.leads[0] ?? null,
    contactId: _embedded.contacts[0] ?? null,
    uniq: metadata.uniq || null,
    phone: metadata.phone,
    calledAt: metadata.called_at,
  };
}

const createdSchema = z.object({ id: int });
export const readCreated = (json: unknown): number => read(createdSchema, json).id;

const namedSchema = z.object({ request_id: int });
/** Which of our items an answer is about: lists come back in any order. */
export const readRequestId = (json: unknown): number => read(namedSchema, json).request_id;

const nothing = z.union([z.null(), z.tuple([]), z.strictObject({})]).transform(() => null);

/**
 * The entities of a list or of an answer to a write; an empty answer (204, or one with nothing in it) has none.
 * @throws CrmError
 */
export function readEmbedded(json: unknown, collection: string): { entities: unknown[]; hasNext: boolean } {
  const envelope = z.object({
    _embedded: z.union([nothing, z.object({ [collection]: presentList(z.unknown()) })]),
    _links: part({ next: part({ href: text }) }),
  });
  const answer = json === undefined ? null : read(z.union([z.tuple([]), z.strictObject({}), envelope]), json);
  if (answer === null || !("_embedded" in answer)) return { entities: [], hasNext: false };
  return { entities: answer._embedded?.[collection] ?? [], hasNext: answer._links.next.href !== "" };
}

/** One entity in an unexpected shape must not hide the others: it is told, and left out. */
export function readEach<T>(
  entities: readonly unknown[],
  readOne: (json: unknown) => T,
  onUnreadable: (error: CrmError) => void,
): T[] {
  return entities.flatMap((entity) => {
    try {
      return [readOne(entity)];
    } catch (error) {
      if (!(error instanceof CrmError)) throw error;
      onUnreadable(error);
      return [];
    }
  });
}

function read<T>(schema: z.ZodType<T>, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const detail = issue && `${issue.path.join(".")}: ${issue.message}`;
  throw new CrmError("crm/unreadable", { ...(detail && { detail }) });
}
