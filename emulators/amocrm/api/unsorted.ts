/** «Неразобранное» over the API (docs/protocols/amocrm-platform.md#unsorted). */
import { UNSORTED_CATEGORIES, type Unsorted, type UnsortedCategory } from "../crm/model.ts";
import { acceptUnsorted, addUnsorted, declineUnsorted, fingerprintOf, type UnsortedInput } from "../crm/unsorted.ts";
import { formValue, formValues } from "../http/php-form.ts";
import { type FieldFault, hal, Problem, type Reply } from "../http/reply.ts";
import { badChoice, notAnArray, type Shape, shapeFaults } from "../http/shape.ts";
import type { ApiCall, ApiRoute } from "./call.ts";
import { entityFaults } from "./entity-faults.ts";
import { type Item, invalid, isActiveUser, isItem, readBatch, readJson, requestIdOf } from "./input.ts";
import { listReply } from "./list.ts";
import { unsortedEntities, unsortedView } from "./views.ts";

const SHAPE: Shape = {
  source_uid: "string!",
  source_name: "string!",
  pipeline_id: "int",
  created_at: "int",
  metadata: "object!",
  _embedded: "object",
};
/** Not known, chosen: which of a form's are mandatory is not known, so none is. */
const FORM: Shape = {
  form_id: "scalar?",
  form_name: "string?",
  form_page: "string?",
  form_sent_at: "int?",
  ip: "string?",
  referer: "string?",
};
const CALL: Shape = {
  phone: "scalar!",
  from: "scalar?",
  call_responsible: "scalar?",
  called_at: "int!",
  duration: "int!",
  link: "string?", // Documented as mandatory; connectors that work write a null, or nothing
  service_code: "string!",
  uniq: "string!",
  is_call_event_needed: "bool",
};

/** What a category tells of where the lead came from (docs/protocols/amocrm-platform.md#writing-a-call-into-unsorted). */
export const METADATA: Readonly<Record<UnsortedCategory, Shape>> = { sip: CALL, forms: FORM };

export const unsortedRoutes: readonly ApiRoute[] = [
  ...UNSORTED_CATEGORIES.map(
    (category): ApiRoute => ({
      method: "POST",
      path: `/api/v4/leads/unsorted/${category}`,
      run: (call) => add(call, category),
    }),
  ),
  { method: "GET", path: "/api/v4/leads/unsorted", run: list },
  { method: "GET", path: "/api/v4/leads/unsorted/summary", run: summary },
  {
    method: "GET",
    path: "/api/v4/leads/unsorted/{uid}",
    run: (call) => hal(unsortedView(call.account, waiting(call))),
  },
  { method: "POST", path: "/api/v4/leads/unsorted/{uid}/accept", run: accept },
  { method: "DELETE", path: "/api/v4/leads/unsorted/{uid}/decline", run: decline },
  {
    method: "POST",
    path: "/api/v4/leads/unsorted/{uid}/link",
    run: () => {
      throw new Problem(400, "Only chats can be linked"); // the fact is documented, the words are not
    },
  },
];

function add(call: ApiCall, category: UnsortedCategory): Reply {
  const items = readBatch(call, (item) => unsortedFaults(call, item, category));
  const inputs = items.map((item) => ({ ...item, category }) as unknown as UnsortedInput); // checked by unsortedFaults
  for (const input of inputs) {
    requireUnsorted(call, input.pipeline_id);
    const fingerprint = fingerprintOf(input);
    // Not known, chosen: that it is refused is documented, the body is not known.
    const same = [...call.account.unsorted.values()].some(
      (one) => one.decision === null && one.fingerprint === fingerprint,
    );
    if (same) throw new Problem(400, "Duplicate unsorted");
  }
  const unsorted = inputs.map((input, index) => {
    const one = addUnsorted(call.account, input, call.actor);
    return {
      uid: one.uid,
      account_id: call.account.identity.id,
      request_id: requestIdOf(input, index),
      _links: { self: { href: `${call.account.url}/api/v4/leads/unsorted/${one.uid}` } },
      _embedded: unsortedEntities(call.account, one),
    };
  });
  return hal({ _total_items: unsorted.length, _embedded: { unsorted } });
}

/** It can be switched off in a pipeline. That this is refused is documented, the body is not known. */
export function requireUnsorted({ account }: ApiCall, pipelineId: number | undefined): void {
  const pipeline = account.pipelines.get(pipelineId ?? account.mainPipeline().id);
  if (!pipeline?.is_unsorted_on) throw new Problem(400, "Unsorted is disabled");
}

function unsortedFaults(call: ApiCall, item: Item, category: UnsortedCategory): FieldFault[] {
  const faults = shapeFaults(item, SHAPE);
  if (isItem(item["metadata"])) faults.push(...shapeFaults(item["metadata"], METADATA[category], "metadata."));
  const { pipeline_id } = item;
  if (Number.isInteger(pipeline_id) && !call.account.pipelines.has(Number(pipeline_id)))
    faults.push(badChoice("pipeline_id"));
  const embedded: Item = isItem(item["_embedded"]) ? item["_embedded"] : {};
  for (const type of ["leads", "contacts", "companies"] as const) {
    const entities = embedded[type] ?? [];
    if (!Array.isArray(entities)) {
      faults.push(notAnArray(`_embedded.${type}`));
      continue;
    }
    for (const [index, entity] of entities.entries()) {
      const own: readonly FieldFault[] = isItem(entity) ? entityFaults(call.account, type, entity) : [notAnArray("")];
      faults.push(...own.map((fault) => ({ ...fault, path: `_embedded.${type}.${index}.${fault.path}` })));
    }
  }
  return faults;
}

function list(call: ApiCall): Reply {
  const uids = new Set(formValues(call.tree, "filter", "uid"));
  const categories = new Set(formValues(call.tree, "filter", "category"));
  const pipelines = new Set(formValues(call.tree, "filter", "pipeline_id").map(Number));
  const found = [...call.account.unsorted.values()].filter(
    (one) =>
      one.decision === null &&
      (uids.size === 0 || uids.has(one.uid)) &&
      (categories.size === 0 || categories.has(one.category)) &&
      (pipelines.size === 0 || pipelines.has(one.pipeline_id)),
  );
  const direction = formValue(call.tree, "order", "created_at") ?? formValue(call.tree, "order", "updated_at") ?? "asc";
  found.sort((a, b) => (direction === "desc" ? -1 : 1) * (a.created_at - b.created_at));
  return listReply(call, "unsorted", found, (one) => unsortedView(call.account, one));
}

function waiting(call: ApiCall): Unsorted {
  const unsorted = call.account.unsorted.get(call.params["uid"] ?? "");
  if (!unsorted || unsorted.decision !== null) throw new Problem(404, "Unsorted not found");
  return unsorted;
}

/** Body of accept and decline; it may be missing. */
function readDecision(call: ApiCall): { user_id: number; status_id: number | undefined } {
  const body = call.rawBody.length > 0 ? readJson(call) : {};
  const item: Item = isItem(body) ? body : {};
  const faults = shapeFaults(item, { user_id: "int", status_id: "int" });
  if (item["user_id"] !== undefined && !isActiveUser(call.account, item["user_id"])) faults.push(badChoice("user_id"));
  if (faults.length > 0) throw invalid(faults);
  const { user_id, status_id } = item;
  return {
    user_id: user_id === undefined ? call.actor.userId : Number(user_id),
    status_id: status_id === undefined ? undefined : Number(status_id),
  };
}

const decided = (call: ApiCall, unsorted: Unsorted): Reply => {
  const { uid, pipeline_id, category, created_at } = unsorted;
  return hal({ uid, pipeline_id, category, created_at, _embedded: unsortedEntities(call.account, unsorted) });
};

function accept(call: ApiCall): Reply {
  const unsorted = waiting(call);
  const { user_id, status_id } = readDecision(call);
  const pipeline = call.account.pipelines.get(unsorted.pipeline_id);
  if (status_id !== undefined && !pipeline?.statuses.some(({ id }) => id === status_id))
    throw invalid([badChoice("status_id")]);
  acceptUnsorted(call.account, unsorted, user_id, status_id);
  return decided(call, unsorted);
}

function decline(call: ApiCall): Reply {
  const unsorted = waiting(call);
  declineUnsorted(call.account, unsorted, readDecision(call).user_id);
  return decided(call, unsorted);
}

function summary(call: ApiCall): Reply {
  const pipelines = new Set(formValues(call.tree, "filter", "pipeline_id").map(Number));
  const uids = new Set(formValues(call.tree, "filter", "uid"));
  const from = Number(formValue(call.tree, "filter", "created_at", "from") ?? 0);
  const to = Number(formValue(call.tree, "filter", "created_at", "to") ?? Number.POSITIVE_INFINITY);
  const all = [...call.account.unsorted.values()].filter(
    (one) =>
      (uids.size === 0 || uids.has(one.uid)) &&
      (pipelines.size === 0 || pipelines.has(one.pipeline_id)) &&
      one.created_at >= from &&
      one.created_at <= to,
  );
  const accepted = all.filter((one) => one.decision?.action === "accept");
  const declined = all.filter((one) => one.decision?.action === "decline");
  const waits = [...accepted, ...declined].map((one) => (one.decision?.at ?? one.created_at) - one.created_at);
  const of = (category: string) => ({ total: all.filter((one) => one.category === category).length });
  return hal({
    total: all.length,
    accepted: accepted.length,
    declined: declined.length,
    average_sort_time: waits.length > 0 ? Math.round(waits.reduce((sum, wait) => sum + wait, 0) / waits.length) : 0,
    categories: { sip: of("sip"), mail: of("mail"), forms: of("forms"), chats: of("chats") },
    _links: { self: { href: `${call.account.url}${call.path}` } },
  });
}
