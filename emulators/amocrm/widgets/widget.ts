import type { WidgetArchive } from "./archive.ts";

/** A widget of one account, made of its archive. */
export interface Widget {
  /** Given at upload; a `code` in the manifest is obsolete (docs/protocols/amocrm-platform.md#the-archive). */
  readonly code: string;
  readonly client_id: string;
  readonly archive: WidgetArchive;
  settings: Record<string, unknown>;
  /** Installed and not disabled. */
  active: boolean;
  /** `onInstall` has been run by a page. */
  installed: boolean;
}

/**
 * The settings object that pages hand to the widget: its own fields and service keys
 * (docs/protocols/amocrm-platform.md#methods-of-a-widget).
 */
export function settingsOf(widget: Widget): Record<string, unknown> {
  const fields = Object.entries(widget.archive.manifest.settings).map(([name, { type }]) => {
    const value = widget.settings[name];
    // Real widgets receive `users` as a JSON text (docs/protocols/amocrm-platform.md#settings-of-a-widget, MEDIUM).
    const asText = (type === "users" || type === "users_lp") && typeof value === "object" && value !== null;
    return [name, asText ? JSON.stringify(value) : (value ?? "")];
  });
  const path = `/widgets/${widget.code}`;
  return {
    ...Object.fromEntries(fields),
    id: widget.code,
    widget_code: widget.code,
    path,
    images_path: `${path}/images`,
    version: widget.archive.manifest.version,
    oauth_client_uuid: widget.client_id,
    status: widget.active ? "installed" : "not_configured",
    active: widget.active ? "Y" : "N",
    support: widget.archive.manifest.support,
  };
}
