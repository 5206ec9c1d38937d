/** «Неразобранное» over the API (docs/protocols/amocrm-platform.md#unsorted). */
import type { Unsorted } from "../crm/model.ts";
import { acceptUnsorted, addUnsorted, declineUnsorted, fingerprintOf, type UnsortedInput } from "../crm/unsorted.ts";
import { formValue, formValues } from "../http/php-form.ts";
import { type FieldFault, hal, Problem, type Reply } from "../http/reply.ts";
import { badChoice, type Shape, shapeFaults } from "../http/shape.ts";
import {
  type ApiCall,
  type ApiRoute,
  type Item,
  invalid,
  isActiveUser,
  isItem,
  listReply,
  readBatch,
  readJson,
  requestIdOf,
} from "./call.ts";
import { entityFaults } from "./entities.ts";
import { unsortedEntities, unsortedView } from "./views.ts";

const SHAPE: Shape = {
  source_uid: "string!",
  source_name: "string!",
  pipeline_id: "int",
  created_at: "int",
  metadata: "object!",
  _embedded: "object",
};
const METADATA: Shape = {
  phone: "scalar!",
  from: "scalar",
  call_responsible: "scalar?",
  called_at: "int!",
  duration: "int!",
  link: "string!",
  service_code: "string!",
  uniq: "string!",
  is_call_event_needed: "bool",
};

export const unsortedRoutes: readonly ApiRoute[] = [
  { method: "POST", path: "/api/v4/leads/unsorted/sip", run: add },
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

function add(call: ApiCall): Reply {
  const items = readBatch(call, (item) => unsortedFaults(call, item));
  const inputs = items.map((item) => item as unknown as UnsortedInput); // checked by unsortedFaults
  for (const input of inputs) {
    const pipeline = call.account.pipelines.get(input.pipeline_id ?? call.account.mainPipeline().id);
    // Both refusals are documented, their bodies are not known.
    if (!pipeline?.is_unsorted_on) throw new Problem(400, "Unsorted is disabled");
    const fingerprint = fingerprintOf(input);
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

function unsortedFaults(call: ApiCall, item: Item): FieldFault[] {
  const faults = shapeFaults(item, SHAPE);
  if (isItem(item["metadata"])) faults.push(...shapeFaults(item["metadata"], METADATA, "metadata."));
  const { pipeline_id } = item;
  if (Number.isInteger(pipeline_id) && !call.account.pipelines.has(Number(pipeline_id)))
    faults.push(badChoice("pipeline_id"));
  const embedded: Item = isItem(item["_embedded"]) ? item["_embedded"] : {};
  for (const type of ["leads", "contacts", "companies"] as const) {
    const entities = embedded[type] ?? [];
    if (!Array.isArray(entities)) {
      faults.push({ code: "InvalidType", path: `_embedded.${type}`, detail: "This value should be of type array." });
      continue;
    }
    for (const [index, entity] of entities.entries()) {
      const own: readonly FieldFault[] = isItem(entity)
        ? entityFaults(call.account, type, entity)
        : [{ code: "InvalidType", path: "", detail: "This value should be of type array." }];
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
  const from = Number(formValue(call.tree, "filter", "created_at", "from") ?? 0);
  const to = Number(formValue(call.tree, "filter", "created_at", "to") ?? Number.POSITIVE_INFINITY);
  const all = [...call.account.unsorted.values()].filter(
    (one) => (pipelines.size === 0 || pipelines.has(one.pipeline_id)) && one.created_at >= from && one.created_at <= to,
  );
  const accepted = all.filter((one) => one.decision?.action === "accept");
  const declined = all.filter((one) => one.decision?.action === "decline");
  const waits = [...accepted, ...declined].map((one) => (one.decision?.at ?? one.created_at) - one.created_at);
  const none = { total: 0 };
  return hal({
    total: all.length,
    accepted: accepted.length,
    declined: declined.length,
    average_sort_time: waits.length > 0 ? Math.round(waits.reduce((sum, wait) => sum + wait, 0) / waits.length) : 0,
    categories: { sip: { total: all.length }, mail: none, forms: none, chats: none },
    _links: { self: { href: `${call.account.url}${call.path}` } },
  });
}
