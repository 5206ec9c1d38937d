import type { Outcome } from "../outbox/performer.ts";
import type { CreateLead, CrmEntity } from "../rules/intent.ts";
import { readCreated, readLead, readLinkedLeads } from "./answers.ts";
import type { PerformerOf, Performing } from "./performing.ts";
import { onCard } from "./target.ts";

/** Of a client with more leads the newest are looked at: an open one is seldom the thirtieth. */
const MOST_LEADS = 20;

/**
 * Creates a lead of the client, unless he has an open one: our index may be behind, or an earlier attempt made it and
 * only its answer was lost.
 */
export const createLead: PerformerOf<"create-lead"> = (intent, _, performing) =>
  onCard(intent.client, intent.phone, performing, (client) => create(client, intent, performing));

async function create(
  client: CrmEntity,
  { name, pipelineId, statusId, userId }: CreateLead,
  performing: Performing,
): Promise<Outcome> {
  const { api } = performing;
  // The unsorted lead of a stranger who was no stranger: it is his lead.
  if (client.type === "leads") return { kind: "lead", leadId: client.id };
  const open = await findOpenLead(client, performing);
  if (open !== undefined) return { kind: "lead", leadId: open };
  const lead = {
    name,
    ...(pipelineId !== null && { pipeline_id: pipelineId }),
    ...(statusId !== null && { status_id: statusId }),
    ...(userId !== null && { responsible_user_id: userId }),
    _embedded: { [client.type]: [{ id: client.id }] },
  };
  const leadId = await api.create("/api/v4/leads", "leads", lead, readCreated);
  const { path, query, keep } = performing.keepers.leads;
  const created = await api.entity(`${path}/${leadId}`, query);
  // Known at once, so that the next call of this client goes there.
  if (created !== undefined) await keep([created]);
  return { kind: "lead", leadId };
}

/** A client's card tells the ids of its leads only; of each it must be asked whether it is open. */
async function findOpenLead(client: CrmEntity, { api, keepers }: Performing): Promise<number | undefined> {
  const card = await api.entity(`${keepers[client.type].path}/${client.id}`, { with: "leads" });
  const ids = card === undefined ? [] : readLinkedLeads(card);
  const { path, query, keep } = keepers.leads;
  for (const id of ids.toSorted((one, other) => other - one).slice(0, MOST_LEADS)) {
    const lead = await api.entity(`${path}/${id}`, query);
    if (lead === undefined || readLead(lead).lead === null) continue;
    await keep([lead]);
    return id;
  }
  return undefined;
}
