/** «Неразобранное»: what came in and waits for somebody to accept or decline it (docs/protocols/amocrm-platform.md#unsorted). */
import { randomBytes } from "node:crypto";
import { type Account, isHidden } from "./account.ts";
import { createEntity, deleteEntity, type EntityInput } from "./entities.ts";
import type { Actor, Entity, Status, Unsorted, UnsortedCategory } from "./model.ts";
import { addNote } from "./notes.ts";

export interface UnsortedInput {
  readonly category: UnsortedCategory;
  readonly source_uid: string;
  readonly source_name: string;
  readonly pipeline_id?: number;
  readonly created_at?: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly _embedded?: {
    readonly leads?: readonly EntityInput[];
    readonly contacts?: readonly EntityInput[];
    readonly companies?: readonly EntityInput[];
  };
}

export const fingerprintOf = ({ category, source_uid, pipeline_id, metadata, _embedded }: UnsortedInput): string =>
  JSON.stringify([category, source_uid, pipeline_id, metadata, _embedded]);

const firstStage = (account: Account, pipelineId: number, type: Status["type"]): Status | undefined =>
  account.pipelines.get(pipelineId)?.statuses.find((status) => status.type === type);

export function addUnsorted(account: Account, input: UnsortedInput, actor: Actor): Unsorted {
  const pipelineId = input.pipeline_id ?? account.mainPipeline().id;
  const { is_call_event_needed = true, ...metadata } = input.metadata;
  // Robot's doing until a person takes it: user 0 owns what nobody has accepted.
  const robot = { ...actor, userId: 0 };
  const created = (type: "contacts" | "companies") =>
    (input._embedded?.[type] ?? []).map(
      (fields) =>
        (fields.id === undefined ? undefined : account.find(type, fields.id)) ??
        createEntity(account, type, { ...fields, id: account.nextId() }, robot, true),
    );
  const [contacts, companies] = [created("contacts"), created("companies")];
  const status = firstStage(account, pipelineId, 1);
  const { id: _ignored, _embedded, ...given } = input._embedded?.leads?.[0] ?? {};
  const lead = createEntity(
    account,
    "leads",
    {
      ...given,
      pipeline_id: pipelineId,
      ...(status ? { status_id: status.id } : {}),
      _embedded: { ...(_embedded?.tags ? { tags: _embedded.tags } : {}), contacts, companies },
    },
    robot,
  );
  for (const contact of contacts) for (const company of companies) account.links.add(contact, company);
  if (input.category === "sip" && is_call_event_needed) addCallNote(account, lead, metadata, robot);
  const unsorted: Unsorted = {
    uid: randomBytes(32).toString("hex"),
    source_uid: input.source_uid,
    source_name: input.source_name,
    category: input.category,
    pipeline_id: pipelineId,
    created_at: input.created_at ?? account.now(),
    metadata,
    lead_id: lead.id,
    contact_ids: contacts.map(({ id }) => id),
    company_ids: companies.map(({ id }) => id),
    fingerprint: fingerprintOf(input),
    decision: null,
  };
  account.unsorted.set(unsorted.uid, unsorted);
  account.publish({ kind: "unsorted-added", unsorted, by: actor.userId });
  return unsorted;
}

/**
 * `is_call_event_needed`: the incoming call also stands in the card's feed
 * (docs/protocols/amocrm-platform.md#writing-a-call-into-unsorted).
 */
function addCallNote(account: Account, lead: Entity, metadata: Readonly<Record<string, unknown>>, actor: Actor): void {
  const { uniq, duration, link, phone, service_code, call_responsible, called_at } = metadata;
  const params = { uniq, duration, source: service_code, link: link ?? "", phone: String(phone), call_responsible };
  const at = Number(called_at);
  addNote(
    account,
    "leads",
    lead.id,
    { note_type: "call_in", params, created_by: actor.userId, ...(at > 0 ? { created_at: at } : {}) },
    actor,
  );
}

const entitiesOf = (account: Account, unsorted: Unsorted): Entity[] =>
  [
    account.leads.get(unsorted.lead_id),
    ...unsorted.contact_ids.map((id) => account.contacts.get(id)),
    ...unsorted.company_ids.map((id) => account.companies.get(id)),
  ].filter((entity) => entity !== undefined);

/** The lead goes to a stage, contact and company come to light, all of it becomes `userId`'s. */
export function acceptUnsorted(
  account: Account,
  unsorted: Unsorted,
  userId: number,
  statusId: number | undefined,
): void {
  unsorted.decision = { action: "accept", by: userId, at: account.now() };
  for (const entity of entitiesOf(account, unsorted)) {
    entity.responsible_user_id = userId;
    entity.group_id = account.users.get(userId)?.group_id ?? 0;
    entity.updated_at = account.now();
    entity.updated_by = userId;
    if (entity.type === "leads") {
      const before = { status_id: entity.status_id, pipeline_id: entity.pipeline_id };
      entity.status_id = statusId ?? firstStage(account, entity.pipeline_id, 0)?.id ?? entity.status_id;
      account.publish({ kind: "status-changed", entity, before, by: userId });
    } else if ("is_unsorted" in entity) {
      entity.is_unsorted = false;
      entity.searchableFrom = account.clock.now() + account.options.index_delay_ms;
      account.publish({ kind: "entity-updated", entity, by: userId });
    }
  }
  account.publish({ kind: "unsorted-decided", unsorted, by: userId });
}

/**
 * Everything that came with it goes to the trash (docs/protocols/amocrm-platform.md#deciding-on-unsorted), but not who
 * was known before.
 */
export function declineUnsorted(account: Account, unsorted: Unsorted, userId: number): void {
  unsorted.decision = { action: "decline", by: userId, at: account.now() };
  for (const entity of entitiesOf(account, unsorted)) {
    if (entity.type === "leads" || isHidden(entity)) deleteEntity(account, entity, userId);
  }
  account.publish({ kind: "unsorted-decided", unsorted, by: userId });
}
