/**
 * The account's history (v4, docs/protocols/amocrm-platform.md#history) and ringing pop-ups (v2,
 * docs/protocols/amocrm-platform.md#the-ringing-pop-up).
 */
import { EVENT_TYPES } from "../crm/history.ts";
import type { HistoryEvent, PopUp } from "../crm/model.ts";
import { ELEMENT_TYPE } from "../crm/model.ts";
import { addPopUp } from "../crm/pop-ups.ts";
import { type FormTree, formValue, formValues, parsePhpForm } from "../http/php-form.ts";
import { hal, noContent, Problem, type Reply } from "../http/reply.ts";
import { shapeFaults } from "../http/shape.ts";
import { type ApiCall, type ApiRoute, selfLink, withOf } from "./call.ts";
import { isItem, readJson } from "./input.ts";
import { listReply } from "./list.ts";

export const eventRoutes: readonly ApiRoute[] = [
  { method: "GET", path: "/api/v4/events", run: listEvents },
  { method: "GET", path: "/api/v4/events/types", run: (call) => listTypes(call) },
  {
    method: "GET",
    path: "/api/v4/events/{id}",
    run: (call) => {
      const event = call.account.history.find(({ id }) => id === call.params["id"]);
      return event ? hal(eventView(call, event)) : noContent;
    },
  },
  { method: "POST", path: "/api/v2/events", run: ring },
];

const PLURAL = {
  lead: "leads",
  contact: "contacts",
  company: "companies",
  customer: "customers",
  task: "tasks",
} as const;

function eventView(call: ApiCall, event: HistoryEvent): object {
  const self = `${call.account.url}/api/v4/${PLURAL[event.entity_type]}/${event.entity_id}`;
  return {
    ...event,
    account_id: call.account.identity.id,
    _links: { self: { href: `${call.account.url}/api/v4/events/${event.id}` } },
    _embedded: { entity: { id: event.entity_id, ...nameOf(call, event), _links: { self: { href: self } } } },
  };
}

/** `with=contact_name,lead_name,company_name` and so on */
function nameOf(call: ApiCall, { entity_type: kind, entity_id }: HistoryEvent): { name?: string } {
  if (kind === "task" || !withOf(call).has(`${kind}_name`)) return {};
  const entity = call.account.find(PLURAL[kind], entity_id);
  return entity ? { name: entity.name } : {};
}

/** Not known, chosen: the numbers are ours, and the kinds are those that are written here. */
function listTypes(call: ApiCall): Reply {
  const language = call.query.get("language_code") === "en" ? "en" : call.user.lang;
  const types = Object.entries(EVENT_TYPES).map(([key, names], at) => ({
    key,
    type: at + 1,
    lang: names[language],
  }));
  return hal({ _total_items: types.length, _links: selfLink(call, call.path), _embedded: { events_types: types } });
}

function listEvents(call: ApiCall): Reply {
  const { tree } = call;
  const among = (name: string) => {
    const wanted = new Set(formValues(tree, "filter", name).flatMap((value) => value.split(",")));
    return (value: unknown) => wanted.size === 0 || wanted.has(String(value));
  };
  const [ids, types, kinds, entities, authors] = [
    among("id"),
    among("type"),
    among("entity"),
    among("entity_id"),
    among("created_by"),
  ];
  const exact = formValue(tree, "filter", "created_at");
  const from = Number(formValue(tree, "filter", "created_at", "from") ?? exact ?? 0);
  const to = Number(formValue(tree, "filter", "created_at", "to") ?? Number.POSITIVE_INFINITY);
  const [after, before] = [stagesIn(tree, "value_after"), stagesIn(tree, "value_before")];
  const found = call.account.history.filter(
    (event) =>
      after(event.value_after) &&
      before(event.value_before) &&
      ids(event.id) &&
      types(event.type) &&
      kinds(event.entity_type) &&
      entities(event.entity_id) &&
      authors(event.created_by) &&
      event.created_at >= from &&
      event.created_at <= to,
  );
  return listReply(call, "events", found.reverse(), (event) => eventView(call, event)); // newest first
}

/** `filter[value_after][leads_statuses][0][pipeline_id]=…`, with a `status_id` next to it. */
function stagesIn(tree: FormTree, side: "value_after" | "value_before"): (values: readonly object[]) => boolean {
  const { [side]: filter } = typeof tree["filter"] === "object" ? tree["filter"] : {};
  const stages = typeof filter === "object" ? filter["leads_statuses"] : undefined;
  if (typeof stages !== "object") return () => true;
  const wanted = Object.values(stages).flatMap((stage) => (typeof stage === "object" ? [stage] : []));
  return (values) =>
    wanted.some(({ pipeline_id, status_id }) =>
      values.some((value) => {
        const { lead_status: had } = value as { lead_status?: { id: number; pipeline_id: number } };
        return had?.pipeline_id === Number(pipeline_id) && had.id === Number(status_id);
      }),
    );
}

/** JSON from a server, or a form from a page: `add[0][type]=phone_call&add[0][phone_number]=…`. */
function ring(call: ApiCall): Reply {
  const body = call.contentType.includes("json") ? readJson(call) : parsePhpForm(call.rawBody.toString("utf8"));
  const add = typeof body === "object" && body !== null ? (body as Record<string, unknown>)["add"] : undefined;
  const items = (Array.isArray(add) ? add : Object.values(add ?? {})).filter(isItem);
  const wrong = items.some(
    (item) =>
      item["type"] !== "phone_call" ||
      !item["phone_number"] ||
      shapeFaults(item, { phone_number: "scalar" }).length > 0,
  );
  // Not known, chosen: failures of this method are not described; the usual validation status stands in.
  if (items.length === 0 || wrong) throw new Problem(400, "Request validation failed");
  const popUps = items.map(({ phone_number, users }) => addPopUp(call.account, String(phone_number), usersOf(users)));
  return hal({
    _links: { self: { href: "/api/v2/events", method: "post" } },
    _embedded: { items: popUps.map(popUpView) },
  });
}

function usersOf(users: unknown): number[] | null {
  if (users === undefined || users === null || users === "") return null;
  const ids: unknown[] = typeof users === "object" ? Object.values(users) : String(users).split(",");
  return ids.filter((id) => typeof id !== "object").map(Number);
}

const popUpView = ({ element, uid, phone_number }: PopUp): object => ({
  element_id: element?.id ?? null,
  element_type: element ? ELEMENT_TYPE[element.type] : null,
  uid,
  phone_number,
});
