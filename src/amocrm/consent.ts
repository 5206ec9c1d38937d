/** How a person gives us access: the address of amoCRM's consent page, and what it sends back. */
import { createHmac, randomBytes } from "node:crypto";
import type { Clock } from "../lib/clock.ts";
import { isSame } from "./webhook.ts";

/** As long as amoCRM's own code lives. */
const STATE_LIVES_MS = 20 * 60_000;

/** "time.random.signature": it shows that the consent was begun here, and is kept nowhere. */
export function makeState(key: Uint8Array, account: string, clock: Clock): string {
  const text = `${clock.now().toString(36)}.${randomBytes(12).toString("base64url")}`;
  return `${text}.${sign(key, account, text)}`;
}

export function isOurState(key: Uint8Array, account: string, state: string, clock: Clock): boolean {
  const [time = "", random = "", signature = ""] = state.split(".");
  const age = clock.now() - Number.parseInt(time, 36);
  return age >= 0 && age <= STATE_LIVES_MS && isSame(signature, sign(key, account, `${time}.${random}`));
}

/** What amoCRM is told of an external integration, which it makes up when somebody consents. */
export interface ExternalConsent {
  readonly accountUrl: string;
  readonly redirectUrl: string;
  readonly secretsUrl: string;
  readonly state: string;
}

const EXTERNAL = { name: "Kommutator", description: "Telephony", scopes: "crm,notifications" } as const;

/**
 * What begins the consent to an external integration: amoCRM's own button on amoCRM and Kommo, a link on a practice
 * stand.
 * @returns the page's content, and whose code it runs
 */
export function externalButton({ accountUrl, redirectUrl, secretsUrl, state }: ExternalConsent, title: string) {
  const product = productOf(accountUrl);
  const told = { redirect_uri: redirectUrl, secrets_uri: secretsUrl, state, mode: "popup", ...EXTERNAL };
  if (product === undefined) {
    const { origin } = new URL(accountUrl);
    const href = escapeHtml(`${origin}/oauth?${new URLSearchParams(told)}`);
    return { html: `<p><a href="${href}">${escapeHtml(title)}</a></p>`, scripts: null };
  }
  const origin = `https://www.${product}`;
  const data = { ...told, title, compact: "false" };
  const attributes = Object.entries(data).map(([name, value]) => `data-${name}="${escapeHtml(value)}"`);
  const kind = product === "kommo.com" ? "kommo_oauth" : "amocrm_oauth";
  const html = `<script class="${kind}" charset="utf-8" ${attributes.join(" ")} src="${origin}/auth/button.min.js"></script>`;
  return { html, scripts: origin };
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** undefined: neither amoCRM's nor Kommo's. */
function productOf(accountUrl: string): string | undefined {
  // What was amocrm.com is Kommo now.
  const { hostname } = new URL(accountUrl);
  return /\.((?:amocrm|kommo)\.(?:ru|com))$/.exec(hostname)?.[1]?.replace("amocrm.com", "kommo.com");
}

/**
 * @param accountUrl of the account's pages: the consent page stands on its product's main host (www.amocrm.ru, www.kommo.com); for
 * any other host, such as a practice stand, on that host itself
 */
export function consentUrl(accountUrl: string, clientId: string, state: string): string {
  const { origin } = new URL(accountUrl);
  const product = productOf(accountUrl);
  const url = new URL("/oauth", product === undefined ? origin : `https://www.${product}`);
  url.search = new URLSearchParams({ client_id: clientId, state, mode: "popup" }).toString();
  return url.href;
}

function sign(key: Uint8Array, account: string, text: string): string {
  return createHmac("sha256", key).update(`${account}\n${text}`).digest("base64url");
}

/** The only signed message of amoCRM's server: the integration was switched off (HMAC-SHA256, hex). */
export function isSignedDisabling(query: URLSearchParams, clientId: string, clientSecret: string): boolean {
  // One paragraph of amoCRM's documentation calls the parameter `client_id`, the others `client_uuid`.
  const client = query.get("client_uuid") ?? query.get("client_id");
  const message = `${clientId}|${query.get("account_id") ?? ""}`;
  const signature = createHmac("sha256", clientSecret).update(message).digest("hex");
  return client === clientId && isSame(query.get("signature")?.toLowerCase() ?? "", signature);
}
