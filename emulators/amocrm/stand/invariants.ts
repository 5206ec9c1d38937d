/** What must never be true of a well kept account; empty lists are the proof. */
import type { Account } from "../crm/account.ts";
import { isVisible } from "../crm/account.ts";
import type { EntityType, Note } from "../crm/model.ts";
import { isCallNote } from "../crm/notes.ts";

export interface Invariants {
  /** Call notes of one entity with the same `uniq`. */
  readonly doubledCalls: readonly {
    uniq: string;
    entity_type: EntityType;
    entity_id: number;
    notes: readonly number[];
  }[];
  /** The same `uniq` in the feeds of several entities; by design in "all of deal, contact and company" mode. */
  readonly spreadCalls: readonly { uniq: string; notes: readonly number[] }[];
  /** `uniq` that came into Unsorted more than once. */
  readonly doubledUnsorted: readonly { uniq: string; uids: readonly string[] }[];
  /** Visible contacts (companies) with the same last ten digits. */
  readonly duplicateContacts: readonly { number: string; ids: readonly number[] }[];
  readonly duplicateCompanies: readonly { number: string; ids: readonly number[] }[];
  /** Call notes that «Аналитика → Звонки» does not count (author is not the responsible user). */
  readonly uncountedCalls: readonly number[];
}

export function checkInvariants(account: Account): Invariants {
  const calls = [...account.notes.values()].filter(
    (note) => isCallNote(note) && typeof note.params["uniq"] === "string" && note.params["uniq"] !== "",
  );
  const uniqOf = (note: Note) => String(note.params["uniq"]);
  const byUniq = Map.groupBy(calls, uniqOf);
  const perEntity = Map.groupBy(calls, (note) => `${note.entity_type}:${note.entity_id}:${uniqOf(note)}`);
  const unsorted = Map.groupBy(account.unsorted.values(), ({ metadata }) => String(metadata["uniq"] ?? ""));
  return {
    doubledCalls: [...perEntity.values()].flatMap((notes) => {
      const [first] = notes;
      if (!first || notes.length < 2) return [];
      const { entity_type, entity_id } = first;
      return [{ uniq: uniqOf(first), entity_type, entity_id, notes: notes.map(({ id }) => id) }];
    }),
    spreadCalls: [...byUniq].flatMap(([uniq, notes]) =>
      new Set(notes.map((note) => `${note.entity_type}:${note.entity_id}`)).size > 1
        ? [{ uniq, notes: notes.map(({ id }) => id) }]
        : [],
    ),
    doubledUnsorted: [...unsorted].flatMap(([uniq, items]) =>
      uniq !== "" && items.length > 1 ? [{ uniq, uids: items.map(({ uid }) => uid) }] : [],
    ),
    duplicateContacts: duplicates(account, "contacts"),
    duplicateCompanies: duplicates(account, "companies"),
    uncountedCalls: calls.filter((note) => note.created_by !== note.responsible_user_id).map(({ id }) => id),
  };
}

function duplicates(account: Account, type: "contacts" | "companies") {
  const shown = (id: number) => {
    const entity = account.find(type, id);
    return entity !== undefined && isVisible(entity);
  };
  return account.phones
    .shared(type)
    .map(({ number, ids }) => ({ number, ids: ids.filter(shown) }))
    .filter(({ ids }) => ids.length > 1);
}
