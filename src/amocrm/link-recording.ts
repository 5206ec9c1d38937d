import type { CallFacts } from "../rules/intent.ts";
import type { CallNote } from "./answers.ts";
import { findNote } from "./call-note.ts";
import { CrmError } from "./crm-error.ts";
import type { PerformerOf, Performing } from "./performing.ts";

/** amoCRM shows an unsorted call in the feed a little later; after so many attempts (minutes) it will not come. */
const MOST_ATTEMPTS = 8;

/** Puts the recording's link into the note that was written before the sound was ready. Doing it twice is harmless. */
export const linkRecording: PerformerOf<"link-recording"> = async ({ call }, { attempts }, performing) => {
  const found = await findWritten(call, performing);
  if (found === undefined) {
    throw new CrmError("crm/note-missing", {}, undefined, attempts < MOST_ATTEMPTS ? "retry" : "quarantine");
  }
  const { entityType, note } = found;
  await performing.api.write(
    "PATCH",
    `/api/v4/${entityType}/${note.entity_id}/notes/${note.id}`,
    { note_type: note.note_type, params: { ...withoutNulls(note.params), link: call.recordingUrl ?? "" } },
    () => undefined,
  );
  return { kind: "note", entityType, entityId: note.entity_id, noteId: note.id };
};

async function findWritten(
  call: CallFacts,
  { api, written, account }: Performing,
): Promise<{ entityType: string; note: CallNote } | undefined> {
  const where = await written.find(account.id, call.id);
  if (where === undefined) throw new CrmError("crm/nothing-written");
  if (where.kind === "note") {
    const { entityType, entityId, noteId } = where;
    const note =
      noteId === null
        ? await findNote(api, entityType, entityId, call.id)
        : await api.note(entityType, entityId, noteId);
    return note && { entityType, note };
  }
  // amoCRM makes the note of an unsorted call itself; the sheet does not say on which of the two cards.
  for (const [entityType, id] of [["leads", where.leadId] as const, ["contacts", where.contactId] as const]) {
    const note = id === null ? undefined : await findNote(api, entityType, id, call.id);
    if (note) return { entityType, note };
  }
  return undefined;
}

/** amoCRM gives nulls in notes and refuses them when they come back. */
function withoutNulls(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null));
}
