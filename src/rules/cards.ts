/** On which cards of the CRM a call stands. Pure. */
import type { Call } from "../calls/call.ts";
import type { Client, OpenLead } from "../clients/client.ts";
import type { Pipeline } from "../clients/client-index.ts";
import { type Account, findLine } from "../directory/directory.ts";
import type { CrmTarget } from "./intent.ts";
import type { LogAction } from "./rule.ts";

/** What the CRM has of a client, or will have when the intents before are done. */
export interface Cards {
  readonly lead: CrmTarget | null;
  readonly contact: CrmTarget | null;
  readonly company: CrmTarget | null;
}

/** The only open lead; with several nobody knows which is meant. */
export function onlyLead(clients: readonly Client[]): OpenLead | null {
  const leads = new Map(clients.flatMap((client) => client.openLeads.map((lead) => [lead.id, lead])));
  const [lead] = leads.values();
  return lead !== undefined && leads.size === 1 ? lead : null;
}

/** Of the best client: a contact brings its company along. */
export function cardsOf(clients: readonly Client[]): Cards {
  const lead = onlyLead(clients);
  const contact = clients.find(({ kind }) => kind === "contact");
  const companyId = contact?.companyId ?? clients.find(({ kind }) => kind === "company")?.id ?? null;
  return {
    lead: lead && { type: "leads", id: lead.id },
    contact: contact ? { type: "contacts", id: contact.id } : null,
    company: companyId === null ? null : { type: "companies", id: companyId },
  };
}

/** Where the notes go, the first of which is the one that counts. */
export function placesOf({ lead, contact, company }: Cards, to: LogAction["to"]): CrmTarget[] {
  const cards = [contact, company].filter((card) => card !== null);
  switch (to) {
    case "lead-or-card":
      return [lead, ...cards].filter((card) => card !== null).slice(0, 1);
    case "card":
      return cards.slice(0, 1);
    case "everywhere":
      return [lead, ...cards].filter((card) => card !== null);
  }
}

/** The rule's pipeline, the line's, the account's default, else the main one. */
export function choosePipeline(
  call: Call,
  wantedByRule: number | null,
  account: Account,
  pipelines: readonly Pipeline[],
  isGood: (pipeline: Pipeline) => boolean = () => true,
): { readonly id: number; readonly name: string | null } | null {
  const line = call.did === null ? undefined : findLine(account, call.did);
  const main = pipelines.find(({ isMain }) => isMain)?.id;
  for (const id of [wantedByRule, line?.pipelineId, account.defaultPipelineId, main]) {
    if (id == null) continue;
    const pipeline = pipelines.find((each) => each.id === id);
    if (pipeline !== undefined && !isGood(pipeline)) continue;
    return { id, name: pipeline?.name ?? null };
  }
  return null;
}
