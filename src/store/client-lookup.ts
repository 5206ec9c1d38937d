/** Whose a phone number is: what the index answers while a phone rings. */
import { sql } from "kysely";
import type { Client, OpenLead } from "../clients/client.ts";
import { type PhoneKey, sameNumber } from "../clients/phone-key.ts";
import type { Database } from "./database.ts";

/** The clients who have this number, in no order; each with his open leads, the newest first. */
export async function clientsWithNumber(database: Database, account: string, wanted: PhoneKey): Promise<Client[]> {
  // Most callers are strangers, and one look at an index tells so. All else is one statement: everybody waits for it.
  const known = database
    .selectFrom("client_phone")
    .select("client_id")
    .where("account", "=", account)
    .where("national", "=", wanted.national)
    .limit(1);
  if ((await known.executeTakeFirst()) === undefined) return [];
  const { rows } = await sql<Match>`
    select phone.e164, phone.national, client.kind, client.id, client.name, client.responsible_user_id,
           client.company_id, company.name as company_name,
           lead.id as lead_id, lead.name as lead_name, lead.price, lead.pipeline_id, lead.status_id,
           lead.responsible_user_id as lead_user_id, pipeline.name as pipeline_name, status.name as status_name
      from client_phone as phone
      join client on client.account = phone.account and client.kind = phone.kind and client.id = phone.client_id
      left join client as company
             on company.account = client.account and company.kind = 'company' and company.id = client.company_id
      left join lead_client as link
             on link.account = client.account and link.kind = client.kind and link.client_id = client.id
      left join lead on lead.account = link.account and lead.id = link.lead_id
      left join pipeline on pipeline.account = lead.account and pipeline.id = lead.pipeline_id
      left join pipeline_status as status
             on status.account = lead.account and status.pipeline_id = lead.pipeline_id and status.id = lead.status_id
     where phone.account = ${account} and phone.national = ${wanted.national}
     order by lead.id desc`.execute(database);
  const matches = rows.filter((row) => sameNumber(row, wanted));
  // A number known whole beats one that only may be it.
  const exact = matches.filter((row) => row.e164 !== null && row.e164 === wanted.e164);
  return toClients(exact.length > 0 ? exact : matches);
}

/** A client's number with one of his open leads, all null where he has none. */
interface Match {
  readonly e164: string | null;
  readonly national: string;
  readonly kind: Client["kind"];
  readonly id: number;
  readonly name: string;
  readonly responsible_user_id: number | null;
  readonly company_id: number | null;
  readonly company_name: string | null;
  readonly lead_id: number | null;
  readonly lead_name: string | null;
  readonly price: number | null;
  readonly pipeline_id: number | null;
  readonly status_id: number | null;
  readonly lead_user_id: number | null;
  readonly pipeline_name: string | null;
  readonly status_name: string | null;
}

/** A card may hold the number twice, in two spellings; each of its leads then comes twice, too. */
function toClients(matches: readonly Match[]): Client[] {
  return [...Map.groupBy(matches, ({ kind, id }) => `${kind}${id}`).values()].flatMap((rows) => {
    const [first] = rows;
    if (first === undefined) return [];
    const leads = new Map(rows.flatMap((row) => toLead(row) ?? []).map((lead) => [lead.id, lead]));
    return {
      kind: first.kind,
      id: first.id,
      name: first.name,
      companyId: first.company_id,
      companyName: first.company_name,
      responsibleUserId: first.responsible_user_id,
      openLeads: [...leads.values()],
    };
  });
}

function toLead(row: Match): OpenLead | undefined {
  const { lead_id: id, lead_name: name, pipeline_id: pipelineId, status_id: statusId } = row;
  if (id === null || name === null || pipelineId === null || statusId === null) return undefined;
  return {
    id,
    name,
    price: row.price,
    pipelineId,
    pipelineName: row.pipeline_name,
    statusId,
    statusName: row.status_name,
    responsibleUserId: row.lead_user_id,
  };
}
