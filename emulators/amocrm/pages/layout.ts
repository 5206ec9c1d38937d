/** The frame around every page of the stand, and the page alone for navigation without a reload. */
import type { Account } from "../crm/account.ts";
import type { EntityType, User } from "../crm/model.ts";
import type { Exchange } from "../http/exchange.ts";
import { html, json, type Reply, redirect } from "../http/reply.ts";
import { settingsOf } from "../widgets/widget.ts";
import { escapeHtml } from "./plain.ts";
import { type Texts, textsFor } from "./texts.ts";

export interface Page {
  readonly title: string;
  /** As `APP.getWidgetsArea()` names it (docs/protocols/amocrm-platform.md#app). */
  readonly area: string;
  readonly html: string;
  readonly status?: number;
  /** Card that is shown; `id` 0 for a new one. */
  readonly card?: {
    readonly type: EntityType;
    readonly id: number;
    readonly contacts: readonly {
      id: number;
      name: string;
      first_name: string;
      last_name: string;
      phones: string[];
      emails: string[];
    }[];
  };
}

/** What a page is drawn from. */
export interface View {
  readonly account: Account;
  readonly user: User;
  readonly t: Texts;
  readonly exchange: Exchange;
}

/** Draws for whoever is signed in, or sends to the sign-in. A page's own script asks for the page alone by a header. */
export function drawPage(exchange: Exchange, draw: (view: View) => Page): Reply {
  const { session, account, path, query } = exchange;
  if (!session) return redirect(`/login?to=${encodeURIComponent(query.size > 0 ? `${path}?${query}` : path)}`);
  const view: View = { account, user: session.user, t: textsFor(session.user), exchange };
  const page = draw(view);
  if (exchange.headers["x-stand-fragment"]) return json({ ...page, card: page.card ?? null });
  const csp = account.options.csp;
  return html(shell(view, page), page.status ?? 200, csp ? { "content-security-policy": csp } : {});
}

function shell(view: View, page: Page): string {
  const { t, user, account, exchange } = view;
  const link = (href: string, text: string) =>
    `<a class="js-navigate-link" href="${href}"${exchange.path.startsWith(href) ? ' aria-current="page"' : ""}>${text}</a>`;
  return `<!doctype html>
<html lang="${t.lang}"><head><meta charset="utf-8"><title>${escapeHtml(page.title)} · ${t.practice}</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/stand-assets/stand.css"></head>
<body>
<p class="banner"><strong>${t.practice}</strong> <span>${t.practiceMore}</span></p>
<nav class="side" id="nav_menu" aria-label="${t.page}">
  ${link("/leads/", t.leads)}${link("/contacts/", t.contacts)}${link("/companies/", t.companies)}${link("/stats/calls/", t.calls)}${link("/settings/widgets/", t.widgets)}
  <div class="side-foot">
    <button type="button" id="stand-theme" aria-pressed="false">${t.theme}</button>
    <a href="/login" title="${t.user}">${escapeHtml(user.name)}</a>
  </div>
</nav>
<main id="work_area" tabindex="-1">${page.html}</main>
<div id="stand-toasts" role="status" aria-live="polite"></div>
${dataBlock("stand-context", contextOf(view))}
${dataBlock("stand-page", { title: page.title, area: page.area, card: page.card ?? null })}
<script src="/stand-assets/vendor/require.js"></script><script src="/stand-assets/boot.js"></script>
</body></html>`;

  function contextOf(_: View): object {
    const managers = [...account.users.values()].map((one) => [String(one.id), managerOf(one)]);
    const widgets = [...exchange.world.widgetsOf(account).values()].map((widget) => ({
      code: widget.code,
      active: widget.active,
      installed: widget.installed,
      init_once: widget.archive.manifest.init_once,
      locations: widget.archive.manifest.locations,
      name: widget.archive.manifest.name,
      settings: settingsOf(widget),
      langs: widget.archive.texts[t.lang] ?? Object.values(widget.archive.texts)[0] ?? {},
    }));
    const { id, name, subdomain } = account.identity;
    return {
      lang_id: t.lang,
      user: {
        id: user.id,
        login: user.email,
        name: user.name,
        personal_mobile: user.phone_number,
        photo: "",
        theme: "default",
        user_rank: "",
      },
      is_admin: user.is_admin,
      account: { id, name, subdomain, domain: new URL(account.url).host, url: account.url },
      managers: Object.fromEntries(managers),
      groups: Object.fromEntries(account.groups.map((group) => [`group_${group.id}`, group.name])),
      task_types: { 1: { id: 1, code: "FOLLOW_UP" }, 2: { id: 2, code: "MEETING" } },
      widgets,
      texts: {
        copy: t.copy,
        createContact: t.createContact,
        incomingCall: t.incomingCall,
        play: t.play,
        widgetFailed: t.widgetFailed,
      },
    };
  }
}

/** Shape seen on real pages (docs/protocols/amocrm-platform.md#app, MEDIUM). */
const managerOf = (user: User): object => ({
  id: String(user.id),
  title: user.name,
  option: user.name,
  active: user.is_active,
  login: user.email,
  status: user.is_active ? "active" : "disabled",
  is_admin: user.is_admin ? "Y" : "N",
  free_user: user.is_free ? "Y" : "N",
  avatar: "",
  phone: user.phone_number ?? "",
  group: `group_${user.group_id ?? 0}`,
});

/** JSON inside a page: no `</script>` and no comment may end it early. */
const dataBlock = (id: string, value: object): string =>
  `<script type="application/json" id="${id}">${JSON.stringify(value).replaceAll("<", "\\u003c")}</script>`;
