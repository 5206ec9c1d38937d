/**
 * Consent in the browser, exchange of codes and tokens, the account's name (docs/protocols/amocrm-platform.md#access,
 * #the-site-button).
 */
import type { Exchange } from "../http/exchange.ts";
import { parsePhpForm } from "../http/php-form.ts";
import { html, json, Problem, type Reply, redirect } from "../http/reply.ts";
import type { Route } from "../http/router.ts";
import { escapeHtml, plainPage } from "../pages/plain.ts";
import { textsFor } from "../pages/texts.ts";
import type { World } from "../world.ts";
import type { Grant } from "./grants.ts";
import { createIntegration, type Integration } from "./integrations.ts";

export const oauthRoutes: readonly Route<Exchange, Reply | Promise<Reply>>[] = [
  { method: "GET", path: "/oauth", run: askConsent },
  { method: "POST", path: "/oauth", run: takeConsent },
  { method: "POST", path: "/oauth2/access_token", run: exchangeToken },
  { method: "GET", path: "/oauth2/account/current/subdomain", run: tellSubdomain },
  { method: "GET", path: "/oauth2/account/subdomain", run: tellSubdomainByAccess },
];

/**
 * What the button puts into the address: a known integration, or the metadata of an external one
 * (docs/protocols/amocrm-platform.md#the-site-button).
 */
const FIELDS = ["client_id", "state", "mode", "name", "redirect_uri", "secrets_uri", "scopes"];
const SECRETS_MS = 3000;

const isWeb = (text: string | null): text is string => /^https?:$/.test(URL.parse(text ?? "")?.protocol ?? "");

/** The integration that asks; an external one is only made up here, it is kept once somebody has allowed it. */
function findAsking(world: World, fields: URLSearchParams): Integration | undefined {
  const [name, redirect_uri] = [fields.get("name"), fields.get("redirect_uri")];
  if (!name || !isWeb(redirect_uri) || !isWeb(fields.get("secrets_uri"))) {
    return world.integrations.get(fields.get("client_id") ?? "");
  }
  const scopes = (fields.get("scopes") ?? "crm").split(",");
  return createIntegration({ kind: "external", name, redirect_uri, scopes });
}

/** The server gets the keys before the browser is sent on; what it answers is not looked at (chosen). */
async function sendSecrets({ client_id, client_secret }: Integration, url: string, state: string): Promise<void> {
  const body = JSON.stringify({ client_id, client_secret, state });
  const headers = { "content-type": "application/json" };
  await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(SECRETS_MS) }).catch(() => undefined);
}

function askConsent(exchange: Exchange): Reply {
  const { query, session, world } = exchange;
  if (!session) return redirect(`/login?to=${encodeURIComponent(`/oauth?${query}`)}`);
  const t = textsFor(session.user);
  const integration = findAsking(world, query);
  if (!integration) return html(plainPage(t, t.unknownIntegration, ""), 404);
  if (!mayGrant(exchange, integration)) return html(plainPage(t, t.adminOnly, ""), 403);
  const hidden = FIELDS.filter((name) => query.has(name)).map(
    (name) => `<input type="hidden" name="${name}" value="${escapeHtml(query.get(name) ?? "")}">`,
  );
  const body = `<p>${escapeHtml(t.consent(integration.name, exchange.account.identity.name))}</p>
    <ul>${integration.scopes.map((scope) => `<li><code>${escapeHtml(scope)}</code></li>`).join("")}</ul>
    <form method="post" action="/oauth">${hidden.join("")}
      <button class="primary" name="decision" value="allow">${t.allow}</button>
      <button name="decision" value="deny">${t.deny}</button>
    </form>`;
  return html(plainPage(t, t.consentTitle, body));
}

/** The first grant is an admin's; once installed, ordinary users may grant too (docs/protocols/amocrm-platform.md#consent). */
function mayGrant({ session, account }: Exchange, integration: Integration): boolean {
  return session?.user.is_admin === true || integration.installedIn.has(account.identity.id);
}

async function takeConsent(exchange: Exchange): Promise<Reply> {
  const { session, world, account } = exchange;
  const form = new URLSearchParams(exchange.body.toString("utf8"));
  const integration = findAsking(world, form);
  const [state, secrets] = [form.get("state"), form.get("secrets_uri")];
  if (!session || !integration || !mayGrant(exchange, integration)) throw new Problem(403, "Forbidden");
  const target = new URL(integration.redirect_uri);
  if (form.get("decision") === "allow") {
    world.integrations.set(integration.client_id, integration);
    if (integration.kind === "external" && secrets !== null) await sendSecrets(integration, secrets, state ?? "");
    target.searchParams.set("code", world.grants.issueCode(integration, account, session.user.id));
    target.searchParams.set("referer", new URL(account.url).host);
    target.searchParams.set("platform", "1");
  } else target.searchParams.set("error", "access_denied");
  if (state !== null) target.searchParams.set("state", state);
  if (form.get("mode") !== "popup") return redirect(target.href);
  // mode=popup: this window closes and the one that opened it goes to the redirect address.
  const t = textsFor(session.user);
  const link = `<a id="go-on" href="${escapeHtml(target.href)}">${t.goOn}</a>`;
  return html(plainPage(t, t.consentTitle, `${link}<script src="/stand-assets/consent.js"></script>`));
}

function exchangeToken({ world, body }: Exchange): Reply {
  let request: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(body.toString("utf8"));
    if (typeof parsed === "object" && parsed !== null) request = parsed as Record<string, unknown>;
  } catch {
    request = parsePhpForm(body.toString("utf8")); // some clients send a form
  }
  const { client_id } = request;
  return world.grants.exchange(request, typeof client_id === "string" ? world.integrations.get(client_id) : undefined);
}

/**
 * For clients whose account was renamed: by refresh token, on the shard's host
 * (docs/protocols/amocrm-platform.md#what-a-token-tells).
 */
function tellSubdomain({ world, headers }: Exchange): Reply {
  return subdomainOf(world.grants.findRefresh(String(headers["x-refresh-token"])));
}

/** The old way, which older clients still go. */
function tellSubdomainByAccess({ world, headers }: Exchange): Reply {
  return subdomainOf(world.grants.findAccess(headers.authorization?.replace(/^Bearer /i, "") ?? ""));
}

function subdomainOf(grant: Grant | undefined): Reply {
  if (!grant) throw new Problem(401, "Invalid user name or password");
  const { id, subdomain } = grant.account.identity;
  const { host, hostname } = new URL(grant.account.url);
  return json({ id, subdomain, domain: host, top_level_domain: hostname.split(".").at(-1) });
}
