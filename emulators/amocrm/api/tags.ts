/** Tags of an account's leads, contacts and companies, each a list of its own (docs/protocols/amocrm-platform.md#tags). */
import { ENTITY_TYPES, type EntityType, type Tag } from "../crm/model.ts";
import { formValues } from "../http/php-form.ts";
import { type FieldFault, hal, type Reply } from "../http/reply.ts";
import { badChoice, shapeFaults } from "../http/shape.ts";
import { type ApiCall, type ApiRoute, selfLink } from "./call.ts";
import { type Item, readBatch, requestIdOf } from "./input.ts";
import { listReply } from "./list.ts";
import { tagView } from "./views.ts";

export const tagRoutes: readonly ApiRoute[] = ENTITY_TYPES.flatMap((type): ApiRoute[] => [
  { method: "GET", path: `/api/v4/${type}/tags`, run: (call) => listTags(call, type) },
  { method: "POST", path: `/api/v4/${type}/tags`, run: (call) => addTags(call, type) },
]);

function listTags(call: ApiCall, type: EntityType): Reply {
  const ids = new Set(formValues(call.tree, "filter", "id").map(Number));
  const names = new Set(formValues(call.tree, "filter", "name"));
  const words = call.query.get("query")?.toLowerCase() ?? "";
  const found = call.account.tags
    .all(type)
    .filter(
      ({ id, name }) =>
        (ids.size === 0 || ids.has(id)) && (names.size === 0 || names.has(name)) && name.toLowerCase().includes(words),
    );
  return listReply(call, "tags", found, (tag) => tagView(type, tag));
}

/** A name that is there already keeps its id. */
function addTags(call: ApiCall, type: EntityType): Reply {
  const tags = readBatch(call, tagFaults).map((item, index) => {
    const tag = call.account.tags.put(type, item as Pick<Tag, "name">); // checked by tagFaults
    return { ...tagView(type, tag), request_id: requestIdOf(item, index) };
  });
  return hal({ _links: selfLink(call, call.path), _embedded: { tags } });
}

function tagFaults(item: Item): FieldFault[] {
  const faults = shapeFaults(item, { name: "string!", color: "string?" });
  return faults.length === 0 && item["name"] === "" ? [badChoice("name")] : faults;
}
