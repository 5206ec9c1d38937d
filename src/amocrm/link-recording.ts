import type { Outcome } from "../outbox/performer.ts";
import type { WrittenCall } from "../outbox/written-calls.ts";
import type { CallFacts } from "../rules/intent.ts";
import type { CallNote } from "./answers.ts";
import { findNote } from "./call-note.ts";
import { CrmError } from "./crm-error.ts";
import { findClient } from "./find-client.ts";
import type { PerformerOf, Performing } from "./performing.ts";

/** amoCRM shows an unsorted call in the feed a little later; after so many attempts (minutes) it will not come. */
const MOST_ATTEMPTS = 8;

interface FoundNote {
  readonly entityType: "leads" | "contacts" | "companies";
  readonly note: CallNote;
}

/** Puts the recording's link into every note of the call, written before the sound was ready. Doing it twice is harmless. */
export const linkRecording: PerformerOf<"link-recording"> = async ({ call }, { attempts }, performing) => {
  const all = await performing.written.ofCall(performing.account.id, call.id);
  if (all.length === 0) throw new CrmError("crm/nothing-written");
  const outcomes: Outcome[] = [];
  for (const { uniq, written } of all) {
    const found = (await findWritten(uniq, written, performing)) ?? (await findMerged(uniq, call, performing));
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
    outcomes.push({ kind: "note", entityType, entityId: note.entity_id, noteId: note.id });
  }
  const [first] = outcomes;
  if (first === undefined) throw new CrmError("crm/nothing-written");
  return first;
};

async function findWritten(uniq: string, written: WrittenCall, { api }: Performing): Promise<FoundNote | undefined> {
  if (written.kind === "note") {
    const { entityType, entityId, noteId } = written;
    const note =
      noteId === null ? await findNote(api, entityType, entityId, uniq) : await api.note(entityType, entityId, noteId);
    return note && { entityType, note };
  }
  // amoCRM makes the note of an unsorted call itself; the sheet does not say on which of the two cards.
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
