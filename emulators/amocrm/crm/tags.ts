import type { EntityType, Tag } from "./model.ts";

/** How a client names a tag: by id, by name, or by both; a null is as good as nothing. */
export interface TagInput {
  readonly id?: number | null;
  readonly name?: string | null;
  readonly color?: string | null;
}

/** The tags of an account: within one kind of entity a name is one tag, wherever it is put. */
export class TagBook {
  readonly #byName: Record<EntityType, Map<string, Tag>> = {
    leads: new Map(),
    contacts: new Map(),
    companies: new Map(),
    customers: new Map(),
  };
  readonly #nextId: () => number;

  constructor(nextId: () => number) {
    this.#nextId = nextId;
  }

  all(type: EntityType): readonly Tag[] {
    return [...this.#byName[type].values()];
  }

  /** The tag that is meant, made if its name is new. */
  put(type: EntityType, { id, name, color }: TagInput): Tag {
    const known = this.all(type).find((tag) => (name ? tag.name === name : tag.id === id));
    if (known) return known;
    const tag = { id: id ?? this.#nextId(), name: name || `#${id}`, color: color ?? null };
    this.#byName[type].set(tag.name, tag);
    return tag;
  }
}
