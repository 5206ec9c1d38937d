/** Links between entities (docs/protocols/amocrm-platform.md#links). */
import type { EntityType } from "../crm/model.ts";
import { ENTITY_TYPES, isEntityType } from "../crm/model.ts";
import { formValue, formValues } from "../http/php-form.ts";
import { type FieldFault, hal, noContent, type Reply } from "../http/reply.ts";
import { badChoice, shapeFaults } from "../http/shape.ts";
import { type ApiCall, type ApiRoute, intParam, notFound, selfLink } from "./call.ts";
import { type Item, readBatch } from "./input.ts";

const ALLOWED: Readonly<Record<EntityType, readonly EntityType[]>> = {
  leads: ["contacts", "companies"],
  contacts: ["companies", "customers"],
  companies: ["contacts", "leads", "customers"],
  customers: ["contacts", "companies"], // Not known, chosen: only the other direction is documented
};

export const linkRoutes: readonly ApiRoute[] = ENTITY_TYPES.flatMap((type): ApiRoute[] => [
  {
    method: "GET",
    path: `/api/v4/${type}/links`,
    run: (call) => listLinks(call, type, formValues(call.tree, "filter", "entity_id").map(Number)),
  },
  { method: "POST", path: `/api/v4/${type}/link`, run: (call) => link(call, type) },
  { method: "POST", path: `/api/v4/${type}/unlink`, run: (call) => unlink(call, type) },
  { method: "GET", path: `/api/v4/${type}/{id}/links`, run: (call) => listLinks(call, type, [entityId(call, type)]) },
  { method: "POST", path: `/api/v4/${type}/{id}/link`, run: (call) => link(call, type, entityId(call, type)) },
  { method: "POST", path: `/api/v4/${type}/{id}/unlink`, run: (call) => unlink(call, type, entityId(call, type)) },
]);

function entityId(call: ApiCall, type: EntityType): number {
  const id = intParam(call, "id");
  if (!call.account.find(type, id)) throw notFound(call);
  return id;
}

function listLinks(call: ApiCall, type: EntityType, ids: readonly number[]): Reply {
  const wantedType = formValue(call.tree, "filter", "to_entity_type");
  const wantedId = formValue(call.tree, "filter", "to_entity_id");
  const links = ids.flatMap((id) =>
    call.account.links
      .of(type, id)
      .filter(
        (one) =>
          (wantedType === undefined || one.type === wantedType) &&
          (wantedId === undefined || one.id === Number(wantedId)),
      )
      .map((one) => linkView(type, id, one.type, one.id, one.isMain)),
  );
  return hal({ _total_items: links.length, _links: selfLink(call, call.path), _embedded: { links } });
}

/** `is_main` on the way in, `main_contact` on the way out (docs/protocols/amocrm-platform.md#links). */
const linkView = (type: EntityType, id: number, toType: EntityType, toId: number, isMain: boolean): object => ({
  entity_id: id,
  entity_type: type,
  to_entity_id: toId,
  to_entity_type: toType,
  metadata: toType === "contacts" && type === "leads" ? { main_contact: isMain } : null,
});

function readLinks(call: ApiCall, type: EntityType, fixedId: number | undefined) {
  const check = (item: Item): FieldFault[] => {
    const faults = shapeFaults(item, {
      to_entity_id: "int!",
      to_entity_type: "string!",
      metadata: "object?",
      ...(fixedId === undefined ? { entity_id: "int!" as const } : {}),
    });
    if (faults.length > 0) return faults;
    const { to_entity_type: to } = item;
    if (!isEntityType(to) || !ALLOWED[type].includes(to)) return [badChoice("to_entity_type")];
    if (!call.account.find(to, Number(item["to_entity_id"]))) return [badChoice("to_entity_id")];
    return call.account.find(type, fixedId ?? Number(item["entity_id"])) ? [] : [badChoice("entity_id")];
  };
  return readBatch(call, check).map((item) => ({
    from: { type, id: fixedId ?? Number(item["entity_id"]) },
    // checked just above
    to: { type: item["to_entity_type"] as EntityType, id: Number(item["to_entity_id"]) },
    isMain: (item["metadata"] as { is_main?: boolean } | null | undefined)?.is_main === true,
  }));
}

function link(call: ApiCall, type: EntityType, fixedId?: number): Reply {
  const links = readLinks(call, type, fixedId).map(({ from, to, isMain }) => {
    const { links: kept } = call.account;
    kept.add(from, to, isMain);
    tell(call, from);
    const isNowMain = kept.of(type, from.id, to.type).some((one) => one.id === to.id && one.isMain);
    return linkView(type, from.id, to.type, to.id, isNowMain);
  });
  return hal({ _total_items: links.length, _links: selfLink(call, call.path), _embedded: { links } });
}

function unlink(call: ApiCall, type: EntityType, fixedId?: number): Reply {
  for (const { from, to } of readLinks(call, type, fixedId)) {
    call.account.links.remove(from, to);
    tell(call, from);
  }
  return noContent;
}

function tell(call: ApiCall, { type, id }: { type: EntityType; id: number }): void {
  const entity = call.account.find(type, id);
  if (!entity) return;
  entity.updated_at = call.account.now();
  call.account.publish({ kind: "entity-updated", entity, by: call.actor.userId });
}
