import { readPhoneKey, sameNumber } from "../clients/phone-key.ts";
import { toReadablePhone } from "../clients/readable-phone.ts";
import type { Outcome } from "../outbox/performer.ts";
import type { UnsortedCall } from "../outbox/written-calls.ts";
import type { AddUnsorted } from "../rules/intent.ts";
import { type ReadUnsorted, readEach, readLead, readUnsorted } from "./answers.ts";
import { CrmError } from "./crm-error.ts";
import { findClient } from "./find-client.ts";
import { writeNote } from "./log-call.ts";
import type { PerformerOf, Performing } from "./performing.ts";
import { SOURCE, SOURCE_CODE } from "./source.ts";
import { toSeconds } from "./unix-seconds.ts";

/** Unsorted leads are few: people sort them. */
const MOST_PAGES = 4;

/**
 * Puts a stranger's call into «Неразобранное». While his last unsorted lead stands, the call becomes a note of that
 * lead: the CRM itself would not know him again, since it hides the contact until somebody accepts.
 */
export const addUnsorted: PerformerOf<"add-unsorted"> = async (intent, attempt, performing) => {
  const { written, account } = performing;
  const ours = await written.find(account.id, intent.uniq);
  if (ours !== undefined) return ours;
  const undecided = await findStanding(intent.call.phone, performing);
  if (undecided !== undefined) {
    return writeNote({ type: "leads", id: undecided.leadId }, intent, attempt.mayHaveHappened, performing);
  }
  const there = attempt.mayHaveHappened ? await findOurs(intent, performing) : undefined;
  if (there === undefined) {
    const note = await noteOfNoStranger(intent, attempt.mayHaveHappened, performing);
    if (note !== undefined) return note;
  }
  const added = there ?? (await add(intent, performing));
  const outcome: UnsortedCall = { kind: "unsorted", uid: added.uid, leadId: added.leadId, contactId: added.contactId };
  await written.save(account.id, intent.uniq, intent.call.phone, outcome);
  return outcome;
};

/** No stranger after all: his card is newer than our index, or the index is still loading. */
async function noteOfNoStranger(
  intent: AddUnsorted,
  mayBeThere: boolean,
  performing: Performing,
): Promise<Outcome | undefined> {
  const client = await findClient(intent.call.phone, performing);
  if (client === undefined) return undefined;
  try {
    return await writeNote(client, intent, mayBeThere, performing);
  } catch (error) {
    // The CRM's search may still find what is no more.
    if (error instanceof CrmError && error.code === "crm/entity-gone") return undefined;
    throw error;
  }
}

/** The stranger's unsorted lead, unless it is deleted by now, or won or lost: then he is a new one. */
async function findStanding(
  phone: string,
  { api, written, account }: Performing,
): Promise<{ leadId: number } | undefined> {
  const undecided = await written.findUndecided(account.id, phone);
  if (undecided?.leadId == null) return undefined;
  const { leadId } = undecided;
  const lead = await api.entity(`/api/v4/leads/${leadId}`);
  if (lead !== undefined && readLead(lead).lead !== null) return { leadId };
  await written.forgetUndecided(account.id, [leadId]);
  return undefined;
}

async function add(intent: AddUnsorted, performing: Performing): Promise<ReadUnsorted> {
  try {
    return await performing.api.create("/api/v4/leads/unsorted/sip", "unsorted", toUnsorted(intent), readUnsorted);
  } catch (error) {
    // amoCRM refuses what it has already, in words that nobody wrote down.
    if (!(error instanceof CrmError) || error.code !== "crm/invalid") throw error;
    const there = await findOurs(intent, performing);
    if (there === undefined) throw error;
    return there;
  }
}

/** Returned metadata has loose types and perhaps no `uniq`: then caller and second of the call tell. */
async function findOurs(intent: AddUnsorted, { api, account }: Performing): Promise<ReadUnsorted | undefined> {
  const query = { "filter[category][0]": "sip", "order[created_at]": "desc" };
  const wanted = readPhoneKey(intent.call.phone, account.country);
  const calledAt = toSeconds(intent.call.startedAt);
  const isOurs = ({ uniq, phone, calledAt: at }: ReadUnsorted) => {
    if (uniq !== null && uniq !== "") return uniq === intent.uniq;
    const key = readPhoneKey(phone, account.country);
    return at === calledAt && wanted !== undefined && key !== undefined && sameNumber(key, wanted);
  };
  for (let page = 1; page <= MOST_PAGES; page++) {
    const { entities, hasNext } = await api.page("unsorted", "/api/v4/leads/unsorted", query, page);
    const found = readEach(entities, readUnsorted, () => {}).find(isOurs); // unreadable ones are not ours
    if (found !== undefined || !hasNext) return found;
  }
  return undefined;
}

function toUnsorted({ uniq, call, leadName, pipelineId, userId, calledName }: AddUnsorted): object {
  const responsible = userId ?? calledName;
  const at = toSeconds(call.startedAt);
  return {
    source_uid: SOURCE_CODE,
    source_name: SOURCE,
    created_at: at,
    ...(pipelineId !== null && { pipeline_id: pipelineId }),
    metadata: {
      phone: call.phone,
      // The old name of the same field; answers still carry it.
      from: call.phone,
      called_at: at,
      duration: Math.round(call.talkSeconds),
      link: call.recordingUrl ?? "",
      service_code: SOURCE_CODE,
      uniq,
      is_call_event_needed: true,
      ...(responsible !== null && { call_responsible: responsible }),
    },
    _embedded: {
      leads: [
        {
          name: leadName,
        },
      ],
      contacts: [
        {
          name: toReadablePhone(call.phone),
          custom_fields_values: [{ field_code: "PHONE", values: [{ value: call.phone, enum_code: "WORK" }] }],
        },
      ],
      companies: [],
    },
  };
}
