import type { PerformerOf } from "./performing.ts";
import { changeNote, notesOfCall } from "./written-notes.ts";

/** Puts the recording's link into every note of the call, written before the sound was ready. Doing it twice is harmless. */
export const linkRecording: PerformerOf<"link-recording"> = async ({ call }, { attempts }, performing) => {
  const { notes, none } = await notesOfCall(call, attempts, performing);
  const [first] = notes;
  if (first === undefined) throw none;
  for (const note of notes) await changeNote(note, { link: call.recordingUrl ?? "" }, performing);
  return { kind: "note", entityType: first.entityType, entityId: first.note.entity_id, noteId: first.note.id };
};
