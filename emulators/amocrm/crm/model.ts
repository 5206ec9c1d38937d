/**
 * What the practice CRM keeps, field by field in the API's own names (docs/protocols/amocrm-platform.md#entities). Times are
 * Unix seconds unless said.
 */
import type { Rights } from "./rights.ts";

export const ENTITY_TYPES = ["leads", "contacts", "companies", "customers"] as const;
export type EntityType = (typeof ENTITY_TYPES)[number];

export const isEntityType = (text: unknown): text is EntityType => ENTITY_TYPES.some((type) => type === text);

/** Singular names: answers of `/calls`, events, keys of webhooks. */
export const SINGULAR = { leads: "lead", contacts: "contact", companies: "company", customers: "customer" } as const;

/**
 * Legacy numbers of entity kinds: v2 events, webhooks of notes and tasks (docs/protocols/amocrm-platform.md#the-ringing-pop-up,
 * #bodies).
 */
export const ELEMENT_TYPE = { contacts: 1, leads: 2, companies: 3, customers: 12 } as const;

export const WON = 142;
export const LOST = 143;

export interface FieldValue {
  readonly value: unknown;
  readonly enum_id?: number;
  readonly enum_code?: string | null;
}

/** Definition of a custom field; `enums` only for multitext and lists. */
export interface FieldDefinition {
  readonly id: number;
  readonly name: string;
  readonly code: string | null;
  readonly type: string;
  readonly is_predefined: boolean;
  readonly sort?: number;
  readonly enums: readonly { readonly id: number; readonly value: string; readonly sort: number }[] | null;
}

export interface Tag {
  readonly id: number;
  readonly name: string;
  /** Only tags of leads have one. */
  readonly color: string | null;
}

interface EntityBase {
  readonly id: number;
  name: string;
  responsible_user_id: number;
  group_id: number;
  created_by: number;
  updated_by: number;
  created_at: number;
  updated_at: number;
  closest_task_at: number | null;
  is_deleted: boolean;
  /** By the id of the field's definition. */
  fields: Map<number, readonly FieldValue[]>;
  tags: readonly Tag[];
  /** Epoch ms from which searches find it: the real index is late (docs/protocols/amocrm-platform.md#searching-and-filtering). */
  searchableFrom: number;
}

export interface Lead extends EntityBase {
  readonly type: "leads";
  price: number;
  status_id: number;
  pipeline_id: number;
  loss_reason_id: number | null;
  source_id: number | null;
  closed_at: number | null;
}

export interface Contact extends EntityBase {
  readonly type: "contacts";
  first_name: string;
  last_name: string;
  is_unsorted: boolean;
}

export interface Company extends EntityBase {
  readonly type: "companies";
  is_unsorted: boolean;
}

/** Somebody who buys again and again, and the contacts behind him. */
export interface Customer extends EntityBase {
  readonly type: "customers";
  /** Of the purchase that is expected next. */
  next_price: number;
  /** Unix seconds. */
  next_date: number | null;
}

export type Entity = Lead | Contact | Company | Customer;

export interface User {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly lang: "ru" | "en";
  readonly phone_number: string | null;
  readonly group_id: number | null;
  readonly role_id?: number | null;
  readonly is_admin: boolean;
  readonly is_free: boolean;
  is_active: boolean;
}

/** Where leads of one integration come from. */
export interface Source {
  readonly id: number;
  /** Of the integration; `null`: made by a person on the pages. */
  readonly clientId: string | null;
  readonly name: string;
  readonly external_id: string;
  readonly pipeline_id: number;
  readonly default: boolean;
  readonly services: readonly unknown[];
}

/** What several users may do, under a name. */
export interface Role {
  readonly id: number;
  name: string;
  rights: Rights;
}

export interface Status {
  readonly id: number;
  readonly name: string;
  readonly sort: number;
  readonly color: string;
  /** 1 is the pipeline's «Неразобранное». */
  readonly type: 0 | 1;
}

/** Why a lead was lost, as the account names it. */
export interface LossReason {
  readonly id: number;
  readonly name: string;
  readonly sort: number;
  /** Unix seconds. */
  readonly created_at: number;
  readonly updated_at: number;
}

export interface Pipeline {
  readonly id: number;
  readonly name: string;
  readonly sort: number;
  readonly is_main: boolean;
  readonly is_unsorted_on: boolean;
  readonly is_archive: boolean;
  readonly statuses: readonly Status[];
}

export interface Note {
  readonly id: number;
  readonly entity_type: EntityType;
  readonly entity_id: number;
  note_type: string;
  created_by: number;
  updated_by: number;
  created_at: number;
  updated_at: number;
  responsible_user_id: number;
  params: Record<string, unknown>;
  is_pinned: boolean;
}

export interface Task {
  readonly id: number;
  text: string;
  complete_till: number;
  task_type_id: number;
  duration: number;
  entity_type: EntityType | null;
  entity_id: number | null;
  responsible_user_id: number;
  is_completed: boolean;
  result: { readonly text: string } | null;
  created_by: number;
  updated_by: number;
  created_at: number;
  updated_at: number;
}

/** Of the four kinds that the CRM knows those that clients may create (docs/protocols/amocrm-platform.md#unsorted). */
export const UNSORTED_CATEGORIES = ["sip", "forms"] as const;
export type UnsortedCategory = (typeof UNSORTED_CATEGORIES)[number];

export interface Unsorted {
  readonly uid: string;
  readonly source_uid: string;
  readonly source_name: string;
  readonly category: UnsortedCategory;
  readonly pipeline_id: number;
  readonly created_at: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly lead_id: number;
  readonly contact_ids: readonly number[];
  readonly company_ids: readonly number[];
  /** For refusing the same data twice. */
  readonly fingerprint: string;
  decision: { readonly action: "accept" | "decline"; readonly by: number; readonly at: number } | null;
}

/** One line of the account's history, `GET /api/v4/events` (docs/protocols/amocrm-platform.md#history). */
export interface HistoryEvent {
  readonly id: string;
  readonly type: string;
  readonly entity_id: number;
  readonly entity_type: (typeof SINGULAR)[EntityType] | "task";
  readonly created_by: number;
  readonly created_at: number;
  readonly value_after: readonly object[];
  readonly value_before: readonly object[];
}

/** Ringing pop-up as `POST /api/v2/events/` asked for it (docs/protocols/amocrm-platform.md#the-ringing-pop-up). */
export interface PopUp {
  readonly uid: string;
  readonly at: number;
  readonly phone_number: string;
  /** User ids; `null` is everyone. */
  readonly users: readonly number[] | null;
  readonly element: { readonly type: EntityType; readonly id: number; readonly name: string } | null;
}

export interface Hook {
  readonly id: number;
  readonly destination: string;
  settings: readonly string[];
  sort: number;
  disabled: boolean;
  readonly created_by: number;
  readonly created_at: number;
  updated_at: number;
  /** Epoch ms of invalid answers, for the rule that switches a hook off (docs/protocols/amocrm-platform.md#delivery). */
  invalidAt: number[];
}

/** Who does it: a user, through which integration (`null`: himself, on the pages). User 0 is the robot. */
export interface Actor {
  readonly userId: number;
  readonly clientId: string | null;
}

/** What happened in the account; history, webhooks and open pages are told of it. */
export type Change =
  | { readonly kind: "entity-added"; readonly entity: Entity; readonly by: number }
  | { readonly kind: "entity-updated"; readonly entity: Entity; readonly by: number }
  | { readonly kind: "entity-deleted"; readonly entity: Entity; readonly by: number }
  | { readonly kind: "entity-restored"; readonly entity: Entity; readonly by: number }
  | { readonly kind: "entity-merged"; readonly entity: Entity; readonly absorbedId: number; readonly by: number }
  | { readonly kind: "responsible-changed"; readonly entity: Entity; readonly before: number; readonly by: number }
  | {
      readonly kind: "status-changed";
      readonly entity: Lead;
      readonly before: { readonly status_id: number; readonly pipeline_id: number };
      readonly by: number;
    }
  | { readonly kind: "note-added" | "note-updated"; readonly note: Note; readonly by: number }
  | {
      readonly kind: "task-added" | "task-updated" | "task-completed" | "task-result-added";
      readonly task: Task;
      readonly by: number;
    }
  | { readonly kind: "task-responsible-changed"; readonly task: Task; readonly by: number }
  | { readonly kind: "unsorted-added" | "unsorted-decided"; readonly unsorted: Unsorted; readonly by: number }
  | { readonly kind: "pop-up"; readonly popUp: PopUp };
