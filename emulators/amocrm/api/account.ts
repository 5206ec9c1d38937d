/** The account itself (docs/protocols/amocrm-platform.md#account). */
import { hal } from "../http/reply.ts";
import { type ApiCall, type ApiRoute, selfLink, withOf } from "./call.ts";
import { uuidOf } from "./views.ts";

const TASK_TYPES = [
  { id: 1, name: "Связаться", color: null, icon_id: null, code: "FOLLOW_UP" },
  { id: 2, name: "Встреча", color: null, icon_id: null, code: "MEETING" },
];

export const accountRoutes: readonly ApiRoute[] = [{ method: "GET", path: "/api/v4/account", run: showAccount }];

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
    customers_mode: options.customers_mode,
    is_unsorted_on: [...call.account.pipelines.values()].some((pipeline) => pipeline.is_unsorted_on),
    mobile_feature_version: 0,
    is_loss_reason_enabled: true,
    is_helpbot_enabled: false,
    is_technical_account: false,
    contact_name_display_order: 1,
    uuid: uuidOf(`account ${identity.id}`),
    ...(extra.has("amojo_id") ? { amojo_id: uuidOf(`amojo ${identity.id}`) } : {}),
    ...(extra.has("version") ? { version: 16 } : {}),
    // Files are not kept here: the address is only told.
    ...(extra.has("drive_url") ? { drive_url: call.account.url } : {}),
    ...(extra.has("is_api_filter_enabled") ? { is_api_filter_enabled: options.is_api_filter_enabled } : {}),
    _links: selfLink(call, call.path),
    ...(Object.keys(embedded).length > 0 ? { _embedded: embedded } : {}),
  });
}
