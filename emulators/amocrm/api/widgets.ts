/**
 * Widgets over the API (docs/protocols/amocrm-platform.md#widgets-over-the-api); archives come in through the stand's own
 * controls.
 */
import { hal, noContent, Problem } from "../http/reply.ts";
import type { Widget } from "../widgets/widget.ts";
import { type ApiCall, type ApiRoute, requireAdmin, selfLink } from "./call.ts";
import { readItem } from "./input.ts";
import { listReply } from "./list.ts";

export const widgetRoutes: readonly ApiRoute[] = [
  {
    method: "GET",
    path: "/api/v4/widgets",
    run: (call) =>
      listReply(call, "widgets", [...call.world.widgetsOf(call.account).values()], (one) => widgetView(call, one), {
        total: true,
      }),
  },
  { method: "GET", path: "/api/v4/widgets/{code}", run: (call) => hal(widgetView(call, widgetOf(call))) },
  {
    method: "POST",
    path: "/api/v4/widgets/{code}",
    run: (call) => {
      requireAdmin(call);
      const widget = widgetOf(call);
      const settings = readItem(call);
      const { settings: template } = widget.archive.manifest;
      const missing = Object.entries(template).find(([name, { required }]) => required && !settings[name]);
      if (missing) throw new Problem(400, `Setting "${missing[0]}" is required`);
      widget.settings = { ...settings };
      widget.active = true;
      return hal(widgetView(call, widget));
    },
  },
  {
    method: "DELETE",
    path: "/api/v4/widgets/{code}",
    run: (call) => {
      requireAdmin(call);
      widgetOf(call).active = false;
      return noContent;
    },
  },
];

function widgetOf(call: ApiCall): Widget {
  const widget = call.world.widgetsOf(call.account).get(call.params["code"] ?? "");
  if (!widget) throw new Problem(404, "Widget not found");
  return widget;
}

/** `settings` are shown only to the integration that owns the widget. */
function widgetView(call: ApiCall, widget: Widget): object {
  const { manifest } = widget.archive;
  return {
    id: widget.code,
    code: widget.code,
    version: manifest.version,
    rating: 0,
    settings_template: Object.entries(manifest.settings).map(([key, { name, type, required }]) => ({
      key,
      name,
      type,
      is_required: required,
    })),
    is_lead_source: false,
    is_work_with_dp: false,
    is_crm_template: false,
    client_uuid: widget.client_id,
    is_active_in_account: widget.active,
    pipeline_id: null,
    ...(call.integration?.client_id === widget.client_id ? { settings: widget.settings } : {}),
    _links: selfLink(call, `/api/v4/widgets/${widget.code}`),
  };
}
