import { withWords } from "../rules/correction.ts";
import type { CorrectCall, CrmEntity } from "../rules/intent.ts";
import { writeNote } from "./log-call.ts";
import type { PerformerOf } from "./performing.ts";
import { changeNote, type FoundNote, notesOfCall } from "./written-notes.ts";

/**
 * Puts the employee's words into the notes of the call, and the call on the card that he says. amoCRM neither moves nor
 * removes a note: the card gets one of its own, and the others say that the call belongs elsewhere. Doing it twice is
 * harmless.
 */
export const correctCall: PerformerOf<"correct-call"> = async (intent, { attempts, mayHaveHappened }, performing) => {
  const { entity, text, elsewhere } = intent;
  const { notes, none } = await notesOfCall(intent.call, attempts, performing);
  const isRight = (found: FoundNote) => entity === null || isAt(found, entity);
  for (const found of notes) {
    const words = isRight(found) ? text : elsewhere;
    const result = String(found.note.params["call_result"] ?? "");
    await changeNote(found, { call_result: withWords(result, words) }, performing);
  }
  const right = notes.find(isRight);
  if (right !== undefined) {
    const { entityType, note } = right;
    return { kind: "note", entityType, entityId: note.entity_id, noteId: note.id };
  }
  if (entity === null) throw none;
  return writeNote(entity, toText(intent, entity, notes.length > 0), mayHaveHappened, performing);
};

const isAt = ({ entityType, note }: FoundNote, { type, id }: CrmEntity) => entityType === type && note.entity_id === id;

/** Where nothing was written yet, the note is the call's own and is counted. */
function toText({ call, userId, calledName, result, text }: CorrectCall, { type, id }: CrmEntity, isCopy: boolean) {
  const uniq = isCopy ? `${call.id}/moved-${type}-${id}` : call.id;
  return { uniq, call, userId, calledName, isCopy, result: withWords(result, text) };
}
