/** The notes that the CRM has of a call of ours, wherever they stand by now, and how they are corrected. */
import type { WrittenCall } from "../outbox/written-calls.ts";
import type { CallFacts } from "../rules/intent.ts";
import type { CallNote } from "./answers.ts";
import { findNote } from "./call-note.ts";
import { CrmError } from "./crm-error.ts";
import { findClient } from "./find-client.ts";
import type { Performing } from "./performing.ts";

/** amoCRM shows an unsorted call in the feed a little later; after so many attempts (minutes) it will not come. */
const MOST_ATTEMPTS = 8;

export interface FoundNote {
  readonly entityType: "leads" | "contacts" | "companies";
  readonly note: CallNote;
}

/**
 * @param attempts so often it was tried, this time included
 * @returns none when nothing was written of the call
 * @throws CrmError `crm/note-missing` when amoCRM does not show one that was written
 */
export async function notesOfCall(
  call: CallFacts,
  attempts: number,
  performing: Performing,
): Promise<readonly FoundNote[]> {
  const notes: FoundNote[] = [];
  for (const { uniq, written } of await performing.written.ofCall(performing.account.id, call.id)) {
    const found = (await findWritten(uniq, written, performing)) ?? (await findMerged(uniq, call, performing));
    if (found === undefined) {
      throw new CrmError("crm/note-missing", {}, undefined, attempts < MOST_ATTEMPTS ? "retry" : "quarantine");
    }
    notes.push(found);
  }
  return notes;
}

/** Changes some of the params and leaves the others as they are. */
export async function changeNote(
  { entityType, note }: FoundNote,
  changes: Readonly<Record<string, unknown>>,
  { api }: Performing,
): Promise<void> {
  await api.write(
    "PATCH",
    `/api/v4/${entityType}/${note.entity_id}/notes/${note.id}`,
    { note_type: note.note_type, params: { ...withoutNulls(note.params), ...changes } },
    () => undefined,
  );
}

async function findWritten(uniq: string, written: WrittenCall, { api }: Performing): Promise<FoundNote | undefined> {
  if (written.kind === "note") {
    const { entityType, entityId, noteId } = written;
    const note =
      noteId === null ? await findNote(api, entityType, entityId, uniq) : await api.note(entityType, entityId, noteId);
    return note && { entityType, note };
  }
  // amoCRM makes the note of an unsorted call itself; nobody wrote down on which of the two cards.
  for (const [entityType, id] of [["leads", written.leadId] as const, ["contacts", written.contactId] as const]) {
    const note = id === null ? undefined : await findNote(api, entityType, id, uniq);
    if (note) return { entityType, note };
  }
  return undefined;
}

/** When two cards are merged, the notes of the one that is no more are on the other, which now has the number. */
async function findMerged(uniq: string, call: CallFacts, performing: Performing): Promise<FoundNote | undefined> {
  const card = await findClient(call.phone, performing);
  const note = card && (await findNote(performing.api, card.type, card.id, uniq));
  return card && note && { entityType: card.type, note };
}

/** amoCRM gives nulls in notes and refuses them when they come back. */
function withoutNulls(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null));
}
