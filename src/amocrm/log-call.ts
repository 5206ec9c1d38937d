import type { Outcome } from "../outbox/performer.ts";
import type { CrmEntity } from "../rules/intent.ts";
import { readCreated } from "./answers.ts";
import { type CallNoteText, findNote, toNote } from "./call-note.ts";
import { isDoubted, isGone } from "./card.ts";
import { CrmError } from "./crm-error.ts";
import type { PerformerOf, Performing } from "./performing.ts";
import { onCard } from "./target.ts";
import { changeNote } from "./written-notes.ts";

/** Writes the call as a note of the card that the rules chose. */
export const logCall: PerformerOf<"log-call"> = (intent, { mayHaveHappened }, performing) =>
  onCard(intent.entity, intent.call.phone, performing, (card) => writeNote(card, intent, mayHaveHappened, performing));

/** @param mayBeThere the note may have been written before: looks for our `uniq` first */
export async function writeNote(
  entity: CrmEntity,
  text: CallNoteText,
  mayBeThere: boolean,
  performing: Performing,
): Promise<Outcome> {
  const { api, written, account } = performing;
  if ((await isDoubted(entity, performing)) && (await isGone(entity, performing)))
    throw new CrmError("crm/entity-gone");
  const there = mayBeThere ? await findNote(api, entity.type, entity.id, text.uniq) : undefined;
  const noteId = there?.id ?? (await createNote(entity, text, performing));
  const link = text.call.recordingUrl;
  if (there !== undefined && link !== null && there.params["link"] !== link)
    await changeNote({ entityType: entity.type, note: there }, { link }, performing);
  const outcome = { kind: "note", entityType: entity.type, entityId: entity.id, noteId } as const;
  await written.save(account.id, text.uniq, text.call.phone, outcome);
  return outcome;
}

async function createNote(entity: CrmEntity, text: CallNoteText, performing: Performing): Promise<number> {
  try {
    return await performing.api.create(`/api/v4/${entity.type}/notes`, "notes", toNote(entity.id, text), readCreated);
  } catch (error) {
    if (text.userId !== null && isAboutUser(error)) return createNote(entity, { ...text, userId: null }, performing);
    const isRefused = error instanceof CrmError && (error.code === "crm/invalid" || error.code === "crm/entity-gone");
    if (isRefused && (await isGone(entity, performing))) throw new CrmError("crm/entity-gone", error.context, error);
    throw error;
  }
}

/** A user who has left cannot be an author; a call without author is better than none. */
function isAboutUser(error: unknown): boolean {
  const detail = error instanceof CrmError && error.code === "crm/invalid" ? (error.context.detail ?? "") : "";
  return /\b(created_by|responsible_user_id)\b/.test(detail);
}
