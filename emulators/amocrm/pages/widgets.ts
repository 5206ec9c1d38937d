/** The account's widgets and the settings of one of them (docs/protocols/amocrm-platform.md#settings-of-a-widget). */
import { findText } from "../widgets/check-manifest.ts";
import type { Widget } from "../widgets/widget.ts";
import type { Page, View } from "./layout.ts";
import { escapeHtml } from "./plain.ts";

export function textOf({ t }: View, widget: Widget, key: string): string {
  const texts = widget.archive.texts[t.lang] ?? Object.values(widget.archive.texts)[0] ?? {};
  return String(findText(texts, key) ?? key);
}

export function drawWidgets(view: View): Page {
  const { t, account, exchange } = view;
  const tiles = [...exchange.world.widgetsOf(account).values()].map((widget) => {
    const name = escapeHtml(textOf(view, widget, widget.archive.manifest.name));
    return `<li class="tile"><a class="js-navigate-link" href="/settings/widgets/${widget.code}">
      <img src="/widgets/${widget.code}/images/${logoOf(widget)}" alt="" width="120"> ${name}</a>
      <p class="quiet">${widget.archive.manifest.version}, ${widget.active ? t.installed : t.notInstalled}</p></li>`;
  });
  const html = `<h1>${t.widgets}</h1>${tiles.length > 0 ? `<ul class="tiles">${tiles.join("")}</ul>` : `<p>${t.noWidgets}</p>`}`;
  return { title: t.widgets, area: "settings", html };
}

const logoOf = (widget: Widget): string =>
  [...widget.archive.files.keys()].find((name) => name.startsWith("images/logo_medium."))?.slice("images/".length) ??
  "";

export function drawWidgetSettings(view: View): Page {
  const { t, account, exchange } = view;
  const widget = exchange.world.widgetsOf(account).get(exchange.params["code"] ?? "");
  if (!widget) return { title: t.gone, area: "settings", html: `<h1>${t.gone}</h1>`, status: 404 };
  const name = textOf(view, widget, widget.archive.manifest.name);
  const fields = Object.entries(widget.archive.manifest.settings).map(([code, { name: label, type, required }]) =>
    drawSetting(view, widget, code, textOf(view, widget, label), type, required),
  );
  const html = `<form class="card-fields widget-settings" id="stand-widget-settings" data-code="${widget.code}"><h1>${escapeHtml(name)}</h1>
    <div class="widget_settings_block">${fields.join("")}<div id="${widget.code}_custom_content"></div></div>
    <div class="save-bar"><button class="primary">${widget.active ? t.save : t.install}</button>
      ${widget.active ? `<button type="button" data-disable>${t.disable}</button>` : ""}</div></form>`;
  return { title: name, area: "settings", html };
}

function drawSetting(view: View, widget: Widget, code: string, label: string, type: string, required: boolean): string {
  const value = widget.settings[code];
  const must = required ? " required" : "";
  switch (type) {
    case "users":
    case "users_lp": {
      const parts = type === "users" ? [""] : ["login", "password"];
      const given = readObject(value);
      const rows = [...view.account.users.values()]
        .filter((user) => user.is_active)
        .map((user) => {
          const inputs = parts.map((part) => {
            const own = part === "" ? given[user.id] : readObject(given[user.id])[part];
            return `<input name="${code}" data-user="${user.id}" data-part="${part}" value="${escapeHtml(own ?? "")}" aria-label="${escapeHtml(user.name)}">`;
          });
          return `<label>${escapeHtml(user.name)} ${inputs.join(" ")}</label>`;
        });
      return `<fieldset data-setting="${code}" data-type="${type}"><legend>${escapeHtml(label)}</legend>${rows.join("")}</fieldset>`;
    }
    case "custom":
      return `<input type="hidden" id="${widget.code}_custom" name="${code}" data-setting="${code}" value="${escapeHtml(value ?? "")}">`;
    default: {
      const kind = type === "pass" ? "password" : "text";
      return `<label>${escapeHtml(label)} <input type="${kind}" name="${code}" data-setting="${code}" value="${escapeHtml(value ?? "")}"${must}></label>`;
    }
  }
}

/** `users` may have been saved as an object or as its JSON text (docs/protocols/amocrm-platform.md#settings-of-a-widget). */
function readObject(value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  if (typeof value !== "string" || value === "") return {};
  try {
    return readObject(JSON.parse(value));
  } catch {
    return {}; // a plain text in a field of users holds no users
  }
}
