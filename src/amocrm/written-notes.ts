/** The notes that the CRM has of a call of ours, wherever they stand by now, and how they are corrected. */
import type { WrittenCall } from "../outbox/written-calls.ts";
import type { CallFacts, CrmEntity } from "../rules/intent.ts";
import type { CallNote } from "./answers.ts";
import { findNote } from "./call-note.ts";
import { CrmError } from "./crm-error.ts";
import { findClient } from "./find-client.ts";
import type { Performing } from "./performing.ts";

/** amoCRM shows an unsorted call in the feed a little later; after so many attempts (minutes) it will not come. */
const MOST_ATTEMPTS = 8;

export interface FoundNote {
  readonly entityType: CrmEntity["type"];
  readonly note: CallNote;
}

/** All that the CRM has of a call. */
export interface NotesOfCall {
  readonly notes: readonly FoundNote[];
  /** Why there are none: nothing was written, or its cards were deleted since. */
  readonly none: CrmError;
}

/**
 * @param attempts so often it was tried, this time included
 * @throws CrmError `crm/note-missing` when amoCRM does not show one that was written
 */
export async function notesOfCall(call: CallFacts, attempts: number, performing: Performing): Promise<NotesOfCall> {
  const notes: FoundNote[] = [];
  const all = await performing.written.ofCall(performing.account.id, call.id);
  for (const { uniq, written } of all) {
    const found = (await findWritten(uniq, written, performing)) ?? (await findMerged(uniq, call, performing));
    if (found !== undefined) notes.push(found);
    else if (await isOnCard(written, performing)) {
      throw new CrmError("crm/note-missing", {}, undefined, attempts < MOST_ATTEMPTS ? "retry" : "quarantine");
    }
  }
  return { notes, none: new CrmError(all.length === 0 ? "crm/nothing-written" : "crm/entity-gone") };
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

/** Is one of the cards there still on which it should stand? */
async function isOnCard(written: WrittenCall, { api }: Performing): Promise<boolean> {
  for (const { type, id } of cardsOf(written)) {
    if ((await api.entity(`/api/v4/${type}/${id}`)) !== undefined) return true;
  }
  return false;
}

/** amoCRM makes the note of an unsorted call itself; nobody wrote down on which of the two cards. */
function cardsOf(written: WrittenCall): readonly CrmEntity[] {
  if (written.kind === "note") return [{ type: written.entityType, id: written.entityId }];
  const { leadId, contactId } = written;
  const lead = leadId === null ? [] : [{ type: "leads", id: leadId } as const];
  return contactId === null ? lead : [...lead, { type: "contacts", id: contactId } as const];
}

async function findWritten(uniq: string, written: WrittenCall, { api }: Performing): Promise<FoundNote | undefined> {
  const noteId = written.kind === "note" ? written.noteId : null;
  for (const { type: entityType, id } of cardsOf(written)) {
    const note = noteId === null ? await findNote(api, entityType, id, uniq) : await api.note(entityType, id, noteId);
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
