/** A call as a note of a card: how we write it, and how we find it again. */
import type { CallFacts } from "../rules/intent.ts";
import { type CallNote, readEach, readNote } from "./answers.ts";
import type { CrmApi } from "./crm-api.ts";
import { SOURCE } from "./source.ts";
import { toSeconds } from "./unix-seconds.ts";

export interface CallNoteText {
  readonly uniq: string;
  readonly call: CallFacts;
  readonly userId: number | null;
  readonly calledName: string | null;
  readonly result: string;
  /** Counted elsewhere. */
  readonly isCopy?: boolean;
}

/** amoCRM's numbers: 3 not available, 4 talked, 6 no answer, 7 busy. */
const CALL_STATUS = { answered: 4, missed: 6, cancelled: 6, busy: 7, failed: 3 } as const;

/**
 * Fields without a value are left out: amoCRM refuses null. `created_by` and `responsible_user_id` are one user, or
 * «Аналитика → Звонки» does not count the call; so a copy has the robot (0) for author. A name instead of a user's id is shown as it is («кому: Склад»).
 */
export function toNote(entityId: number, { uniq, call, userId, calledName, result, isCopy }: CallNoteText): object {
  const responsible = userId ?? calledName;
  return {
    entity_id: entityId,
    note_type: noteType(call),
    created_at: toSeconds(call.startedAt),
    ...(userId !== null && { created_by: isCopy ? 0 : userId, responsible_user_id: userId }),
    params: {
      uniq,
      duration: Math.round(call.talkSeconds),
      source: SOURCE,
      phone: call.phone,
      call_status: CALL_STATUS[call.disposition ?? "failed"],
      call_result: result,
      ...(responsible !== null && { call_responsible: responsible }),
      ...(call.recordingUrl !== null && { link: call.recordingUrl }),
    },
  };
}

/** 250 call notes a page: nobody's card has more than this many pages of them. */
const MOST_PAGES = 10;

/** The note that carries our `uniq`, if the card has it. The newest are looked at first. */
export async function findNote(
  api: CrmApi,
  entityType: string,
  entityId: number,
  uniq: string,
): Promise<CallNote | undefined> {
  const query = { "filter[note_type][0]": "call_in", "filter[note_type][1]": "call_out", "order[updated_at]": "desc" };
  for (let page = 1; page <= MOST_PAGES; page++) {
    const { entities, hasNext } = await api.page("notes", `/api/v4/${entityType}/${entityId}/notes`, query, page);
    // Notes of other kinds, or in another shape, are not ours.
    const found = readEach(entities, readNote, () => {}).find(({ params }) => params["uniq"] === uniq);
    if (found !== undefined || !hasNext) return found;
  }
  return undefined;
}

function noteType(call: CallFacts): "call_in" | "call_out" {
  return call.direction === "inbound" ? "call_in" : "call_out";
}
