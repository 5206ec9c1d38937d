/** Small changes of a card. Each says how it shall be, so that doing it twice is doing it once. */
import type { Outcome } from "../outbox/performer.ts";
import type { CrmTarget } from "../rules/intent.ts";
import type { PerformerOf, Performing } from "./performing.ts";
import { resolveTarget } from "./target.ts";

export const tagCard: PerformerOf<"tag-card"> = ({ entity, tags }, _, performing) =>
  change(entity, { tags_to_add: tags.map((name) => ({ name })) }, performing);

export const setFields: PerformerOf<"set-fields"> = ({ entity, fields }, _, performing) =>
  change(
    entity,
    { custom_fields_values: fields.map(({ fieldId, value }) => ({ field_id: fieldId, values: [{ value }] })) },
    performing,
  );

export const setResponsible: PerformerOf<"set-responsible"> = ({ entity, userId }, _, performing) =>
  change(entity, { responsible_user_id: userId }, performing);

async function change(target: CrmTarget, fields: object, performing: Performing): Promise<Outcome> {
  const { type, id } = await resolveTarget(target, performing);
  await performing.api.write("PATCH", `/api/v4/${type}/${id}`, fields, () => undefined);
  return { kind: "card", entityType: type, entityId: id };
}
