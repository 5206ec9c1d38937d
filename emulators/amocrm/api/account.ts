/** Account, users, pipelines, custom fields (docs/protocols/amocrm-platform.md#entities). */
import type { FieldDefinition, Pipeline, Status, User } from "../crm/model.ts";
import { isEntityType } from "../crm/model.ts";
import { hal, noContent, Problem } from "../http/reply.ts";
import { type ApiCall, type ApiRoute, intParam, listReply, notFound, requireAdmin, selfLink, withOf } from "./call.ts";

const TASK_TYPES = [
  { id: 1, name: "Связаться", color: null, icon_id: null, code: "FOLLOW_UP" },
  { id: 2, name: "Встреча", color: null, icon_id: null, code: "MEETING" },
];

export const accountRoutes: readonly ApiRoute[] = [
  { method: "GET", path: "/api/v4/account", run: showAccount },
  { method: "GET", path: "/api/v4/users", run: listUsers },
  { method: "GET", path: "/api/v4/users/{id}", run: showUser },
  {
    method: "GET",
    path: "/api/v4/leads/pipelines",
    run: (call) => {
      const pipelines = [...call.account.pipelines.values()].sort((a, b) => a.sort - b.sort);
      return hal({
        _total_items: pipelines.length,
        _links: selfLink(call, call.path),
        _embedded: { pipelines: pipelines.map((pipeline) => pipelineView(call, pipeline)) },
      });
    },
  },
  { method: "GET", path: "/api/v4/leads/pipelines/{id}", run: (call) => hal(pipelineView(call, pipelineOf(call))) },
  {
    method: "GET",
    path: "/api/v4/leads/pipelines/{id}/statuses",
    run: (call) => {
      const pipeline = pipelineOf(call);
      return hal({
        _total_items: pipeline.statuses.length,
        _links: selfLink(call, call.path),
        _embedded: { statuses: pipeline.statuses.map((status) => statusView(call, pipeline, status)) },
      });
    },
  },
  {
    method: "GET",
    path: "/api/v4/leads/pipelines/{id}/statuses/{statusId}",
    run: (call) => {
      const pipeline = pipelineOf(call);
      const status = pipeline.statuses.find(({ id }) => id === intParam(call, "statusId"));
      if (!status) throw new Problem(404, "Status not found");
      return hal(statusView(call, pipeline, status));
    },
  },
  {
    method: "GET",
    path: "/api/v4/{type}/custom_fields",
    run: (call) =>
      listReply(call, "custom_fields", fieldsOf(call), (field) => fieldView(call, field), { total: "pages" }),
  },
  {
    method: "GET",
    path: "/api/v4/{type}/custom_fields/{id}",
    run: (call) => {
      const field = fieldsOf(call).find(({ id }) => id === intParam(call, "id"));
      return field ? hal(fieldView(call, field)) : noContent;
    },
  },
];

function showAccount(call: ApiCall) {
  const { identity, options, groups } = call.account;
  const extra = withOf(call);
  const embedded = {
    ...(extra.has("amojo_rights") ? { amojo_rights: { can_direct: true, can_create_groups: true } } : {}),
    ...(extra.has("users_groups") ? { users_groups: groups.map((group) => ({ ...group, uuid: null })) } : {}),
    ...(extra.has("task_types") ? { task_types: TASK_TYPES } : {}),
    ...(extra.has("datetime_settings")
      ? {
          datetime_settings: {
            date_pattern: "d.m.Y H:i",
            short_date_pattern: "d.m.Y",
            short_time_pattern: "H:i",
            date_formant: "d.m.Y",
            time_format: "H:i:s",
            timezone: identity.timezone,
            timezone_offset: identity.timezone_offset,
          },
        }
      : {}),
  };
  return hal({
    id: identity.id,
    name: identity.name,
    subdomain: identity.subdomain,
    created_at: identity.created_at,
    created_by: 0,
    updated_at: identity.created_at,
    updated_by: 0,
    current_user_id: call.user.id,
    country: "RU",
    currency: "RUB",
    currency_symbol: "₽",
    customers_mode: "unavailable",
    is_unsorted_on: [...call.account.pipelines.values()].some((pipeline) => pipeline.is_unsorted_on),
    mobile_feature_version: 0,
    is_loss_reason_enabled: true,
    is_helpbot_enabled: false,
    is_technical_account: false,
    contact_name_display_order: 1,
    ...(extra.has("version") ? { version: 16 } : {}),
    ...(extra.has("is_api_filter_enabled") ? { is_api_filter_enabled: options.is_api_filter_enabled } : {}),
    _links: selfLink(call, call.path),
    ...(Object.keys(embedded).length > 0 ? { _embedded: embedded } : {}),
  });
}

/** Admins only, and never external integrations (docs/protocols/amocrm-platform.md#users, #integrations). */
function requireUserRights(call: ApiCall): void {
  requireAdmin(call);
  if (call.integration?.kind === "external") throw new Problem(403, "Forbidden");
}

function listUsers(call: ApiCall) {
  requireUserRights(call);
  return listReply(call, "users", [...call.account.users.values()], (user) => userView(call, user), { total: "pages" });
}

function showUser(call: ApiCall) {
  requireUserRights(call);
  const user = call.account.users.get(intParam(call, "id"));
  if (!user) throw notFound(call);
  return hal(userView(call, user));
}

function userView(call: ApiCall, user: User): object {
  const extra = withOf(call);
  const own = user.is_admin ? "A" : "M";
  const entityRights = {
    view: "A",
    edit: own,
    add: "A",
    delete: user.is_admin ? "A" : "D",
    export: user.is_admin ? "A" : "D",
  };
  const group = call.account.groups.find(({ id }) => id === (user.group_id ?? 0));
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    lang: user.lang,
    ...(extra.has("phone_number") ? { phone_number: user.phone_number } : {}),
    rights: {
      leads: entityRights,
      contacts: entityRights,
      companies: entityRights,
      tasks: { edit: own, delete: own },
      mail_access: false,
      catalog_access: false,
      status_rights: null,
      is_admin: user.is_admin,
      is_free: user.is_free,
      is_active: user.is_active,
      group_id: user.group_id,
      role_id: null,
    },
    _links: selfLink(call, `/api/v4/users/${user.id}`),
    _embedded: {
      ...(extra.has("role") ? { roles: [] } : {}),
      ...(extra.has("group") ? { groups: group ? [group] : [] } : {}),
    },
  };
}

function pipelineOf(call: ApiCall): Pipeline {
  const pipeline = call.account.pipelines.get(intParam(call, "id"));
  if (!pipeline) throw new Problem(404, "Pipeline not found");
  return pipeline;
}

function pipelineView(call: ApiCall, pipeline: Pipeline): object {
  const { statuses, ...own } = pipeline;
  return {
    ...own,
    account_id: call.account.identity.id,
    _links: selfLink(call, `/api/v4/leads/pipelines/${pipeline.id}`),
    _embedded: { statuses: statuses.map((status) => statusView(call, pipeline, status)) },
  };
}

const statusView = (call: ApiCall, pipeline: Pipeline, status: Status): object => ({
  ...status,
  is_editable: status.type === 0 && status.id !== 142 && status.id !== 143,
  pipeline_id: pipeline.id,
  account_id: call.account.identity.id,
  _links: selfLink(call, `/api/v4/leads/pipelines/${pipeline.id}/statuses/${status.id}`),
});

function fieldsOf(call: ApiCall): readonly FieldDefinition[] {
  const { type } = call.params;
  if (!isEntityType(type)) throw notFound(call);
  return call.account.fields[type];
}

const fieldView = (call: ApiCall, field: FieldDefinition): object => ({
  ...field,
  sort: 500,
  account_id: call.account.identity.id,
  entity_type: call.params["type"],
  is_api_only: false,
  _links: selfLink(call, `/api/v4/${call.params["type"]}/custom_fields/${field.id}`),
});
