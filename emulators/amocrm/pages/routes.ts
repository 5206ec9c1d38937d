import type { Exchange } from "../http/exchange.ts";
import { sessionCookie } from "../http/exchange.ts";
import { parsePhpForm } from "../http/php-form.ts";
import { html, type Reply, redirect } from "../http/reply.ts";
import type { Route } from "../http/router.ts";
import { disposableToken, liveChanges, proxyPost, saveWidget } from "./ajax.ts";
import { standAsset, widgetFile } from "./assets.ts";
import { drawCard, drawNewContact } from "./cards.ts";
import { drawPage } from "./layout.ts";
import { drawBoard, drawCallStats, drawList } from "./lists.ts";
import { escapeHtml, plainPage } from "./plain.ts";
import { textsFor } from "./texts.ts";
import { drawWidgetSettings, drawWidgets } from "./widgets.ts";

type PageRoute = Route<Exchange, Reply | Promise<Reply>>;

const get = (path: string, run: PageRoute["run"]): PageRoute => ({ method: "GET", path, run });

export const pageRoutes: readonly PageRoute[] = [
  get("/", () => redirect("/leads/")),
  get("/login", showLogin),
  { method: "POST", path: "/login", run: (exchange) => signIn(exchange, parsePhpForm(exchange.body.toString("utf8"))) },
  get("/leads", (exchange) => drawPage(exchange, drawBoard)),
  get("/leads/pipeline/{id}", (exchange) => drawPage(exchange, drawBoard)),
  get("/leads/detail/{id}", (exchange) => drawPage(exchange, (view) => drawCard(view, "leads"))),
  get("/contacts", (exchange) => drawPage(exchange, (view) => drawList(view, "contacts"))),
  get("/contacts/add", (exchange) => drawPage(exchange, drawNewContact)),
  get("/contacts/detail/{id}", (exchange) => drawPage(exchange, (view) => drawCard(view, "contacts"))),
  get("/companies", (exchange) => drawPage(exchange, (view) => drawList(view, "companies"))),
  get("/companies/detail/{id}", (exchange) => drawPage(exchange, (view) => drawCard(view, "companies"))),
  get("/stats/calls", (exchange) => drawPage(exchange, drawCallStats)),
  get("/settings/widgets", (exchange) => drawPage(exchange, drawWidgets)),
  get("/settings/widgets/{code}", (exchange) => drawPage(exchange, drawWidgetSettings)),
  get("/ajax/v2/integrations/{uuid}/disposable_token", disposableToken),
  get("/ajax/stand/changes", liveChanges),
  { method: "POST", path: "/ajax/stand/widgets/{code}", run: saveWidget },
  { method: "POST", path: "/ajax/stand/proxy", run: proxyPost },
  get("/stand-assets/{name...}", standAsset),
  get("/widgets/{code}/{name...}", widgetFile),
];

/** The picker; `?as=504141` signs in at once, for tests. */
function showLogin(exchange: Exchange): Reply {
  const { account, query } = exchange;
  const as = query.get("as");
  const to = query.get("to") ?? "/leads/";
  if (as !== null) return signIn(exchange, { user_id: as, to });
  const t = textsFor();
  const users = [...account.users.values()]
    .filter((user) => user.is_active)
    .map(
      (user) =>
        `<button name="user_id" value="${user.id}">${escapeHtml(user.name)} ${user.is_admin ? `<small>${t.admin}</small>` : ""}</button>`,
    );
  const body = `<p>${t.whoMore}</p><form method="post" action="/login" class="picker">
    <input type="hidden" name="to" value="${escapeHtml(to)}">${users.join("")}</form>`;
  return html(plainPage(t, t.who, body));
}

function signIn({ account, world }: Exchange, form: Readonly<Record<string, unknown>>): Reply {
  const user = account.users.get(Number(form["user_id"]));
  if (!user?.is_active) return redirect("/login");
  const to = String(form["to"] ?? "");
  const cookie = `${sessionCookie(world)}=${world.signIn(account, user)}; Path=/; HttpOnly; SameSite=Lax`;
  // Only to a page of this host.
  return redirect(/^\/(?![/\\])/.test(to) ? to : "/leads/", { "set-cookie": cookie });
}
