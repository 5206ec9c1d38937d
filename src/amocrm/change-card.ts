/** Small changes of a card. Each says how it shall be, so that doing it twice is doing it once. */
import type { ClientRef } from "../clients/client-index.ts";
import type { Outcome } from "../outbox/performer.ts";
import type { CrmEntity, CrmTarget } from "../rules/intent.ts";
import type { PerformerOf, Performing } from "./performing.ts";
import { onCard } from "./target.ts";

export const tagCard: PerformerOf<"tag-card"> = ({ entity, phone, tags }, _, performing) => {
  const fields = { tags_to_add: tags.map((name) => ({ name })) };
  return onCard(entity, phone, performing, (card) => change(card, fields, performing));
};

export const setFields: PerformerOf<"set-fields"> = ({ entity, phone, fields }, _, performing) => {
  const values = fields.map(({ fieldId, value }) => ({ field_id: fieldId, values: [{ value }] }));
  const act = (card: CrmEntity) => change(card, { custom_fields_values: values }, performing);
  return onCard(entity, phone, performing, act, kindsOf(entity));
};

export const setResponsible: PerformerOf<"set-responsible"> = ({ entity, phone, userId }, _, performing) =>
  onCard(entity, phone, performing, (card) => change(card, { responsible_user_id: userId }, performing));

async function change({ type, id }: CrmEntity, fields: object, { api }: Performing): Promise<Outcome> {
  await api.write("PATCH", `/api/v4/${type}/${id}`, fields, () => undefined);
  return { kind: "card", entityType: type, entityId: id };
}

/** Contacts have other fields than companies, and leads have others still. */
function kindsOf(target: CrmTarget): readonly ClientRef["kind"][] {
  if ("madeBy" in target) return [];
  return target.type === "contacts" ? ["contact"] : target.type === "companies" ? ["company"] : [];
}
