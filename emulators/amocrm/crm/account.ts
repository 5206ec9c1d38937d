import type { StandClock } from "../clock.ts";
import { secondsOf } from "../clock.ts";
import { Links } from "./links.ts";
import type {
  Change,
  Company,
  Contact,
  Customer,
  Entity,
  EntityType,
  FieldDefinition,
  HistoryEvent,
  Hook,
  Lead,
  LossReason,
  Note,
  Pipeline,
  PopUp,
  Role,
  Source,
  Task,
  Unsorted,
  User,
} from "./model.ts";
import { PhoneBook } from "./phones.ts";
import { TagBook } from "./tags.ts";

/** What can be switched while the stand runs. */
export interface AccountOptions {
  /**
   * The paid "Filtering (Alpha)"; without it `filter[…]` of leads, contacts and companies is ignored
   * (docs/protocols/amocrm-platform.md#searching-and-filtering).
   */
  is_api_filter_enabled: boolean;
  /** Unpaid accounts answer 402 to everything. */
  is_paid: boolean;
  /** Whether the account keeps customers, and how (docs/protocols/amocrm-platform.md#customers). */
  customers_mode: "unavailable" | "disabled" | "segments";
  /** Whether `leads/complex` looks for the contact by its numbers (docs/protocols/amocrm-platform.md#duplicates). */
  duplicate_control: boolean;
  /** How long new and changed entities stay invisible to searches, ms. */
  index_delay_ms: number;
  /**
   * `Content-Security-Policy` of the account's pages; the real one sends none that is known
   * (docs/protocols/amocrm-platform.md#what-moderators-refuse).
   */
  csp: string | null;
}

export interface AccountIdentity {
  readonly id: number;
  readonly name: string;
  readonly subdomain: string;
  /** Host header it answers to; `null`: the host the stand itself listens on. */
  readonly host: string | null;
  readonly created_at: number;
  readonly timezone: string;
  readonly timezone_offset: string;
}

/** One account of the practice CRM: its people, its entities, and those who want to hear of changes. */
export class Account {
  identity: AccountIdentity;
  readonly clock: StandClock;
  readonly options: AccountOptions = {
    is_api_filter_enabled: false,
    is_paid: true,
    customers_mode: "unavailable",
    duplicate_control: false,
    index_delay_ms: 0,
    csp: null,
  };
  /** Address of its pages and its API, without a slash at the end; known once the stand listens. */
  url = "";
  readonly groups: { readonly id: number; readonly name: string }[] = [];
  readonly users = new Map<number, User>();
  readonly roles = new Map<number, Role>();
  readonly pipelines = new Map<number, Pipeline>();
  readonly lossReasons = new Map<number, LossReason>();
  readonly sources = new Map<number, Source>();
  readonly fields: Record<EntityType, FieldDefinition[]> = {
    leads: [],
    contacts: [],
    companies: [],
    customers: [],
  };
  readonly leads = new Map<number, Lead>();
  readonly contacts = new Map<number, Contact>();
  readonly companies = new Map<number, Company>();
  readonly customers = new Map<number, Customer>();
  readonly links = new Links();
  readonly tags = new TagBook(() => this.nextId());
  readonly phones = new PhoneBook();
  readonly notes = new Map<number, Note>();
  readonly tasks = new Map<number, Task>();
  readonly unsorted = new Map<string, Unsorted>();
  readonly hooks = new Map<number, Hook>();
  readonly history: HistoryEvent[] = [];
  readonly popUps: PopUp[] = [];
  readonly #notesOf = new Map<string, Note[]>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #lists = new Map<EntityType, { readonly revision: number; readonly entities: readonly Entity[] }>();
  #lastId = 10_000_000;
  #revision = 0;

  constructor(identity: AccountIdentity, clock: StandClock) {
    this.identity = identity;
    this.clock = clock;
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  now(): number {
    return secondsOf(this.clock);
  }

  find(type: EntityType, id: number): Entity | undefined {
    return this[type].get(id);
  }

  keep(entity: Entity): void {
    this.#lastId = Math.max(this.#lastId, entity.id);
    (this[entity.type] as Map<number, Entity>).set(entity.id, entity);
  }

  /**
   * What lists and searches show: neither deleted nor waiting in Unsorted; by id
   * (docs/protocols/amocrm-platform.md#contacts-and-companies).
   */
  visible(type: EntityType): readonly Entity[] {
    const kept = this.#lists.get(type);
    if (kept?.revision === this.#revision) return kept.entities;
    const entities = [...this[type].values()].filter(isVisible).sort((a, b) => a.id - b.id);
    this.#lists.set(type, { revision: this.#revision, entities });
    return entities;
  }

  keepNote(note: Note): void {
    this.#lastId = Math.max(this.#lastId, note.id);
    this.notes.set(note.id, note);
    const key = `${note.entity_type}:${note.entity_id}`;
    const others = this.#notesOf.get(key);
    if (others) others.push(note);
    else this.#notesOf.set(key, [note]);
  }

  notesOf(type: EntityType, id: number): readonly Note[] {
    return this.#notesOf.get(`${type}:${id}`) ?? [];
  }

  mainPipeline(): Pipeline {
    const pipelines = [...this.pipelines.values()];
    const main = pipelines.find((pipeline) => pipeline.is_main) ?? pipelines[0];
    if (!main) throw new Error("the account has no pipeline: give its seed at least one");
    return main;
  }

  /** Tells everybody of something that has already been written. */
  publish(change: Change): void {
    this.#revision += 1;
    for (const listener of this.#listeners) listener(change);
  }

  onChange(listener: (change: Change) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}

export const isVisible = (entity: Entity): boolean => !entity.is_deleted && !isHidden(entity);

/** Waits in Unsorted together with its lead. */
export const isHidden = (entity: Entity): boolean => "is_unsorted" in entity && entity.is_unsorted;
