/** What browsers are told about every answer, and the stricter word for the panel's pages. */

/** On every answer; a route may replace single ones. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** Pages of every account live below these; named when it is not known whose page asks, so that no customer is told. */
const CRM_DOMAINS = ["https://*.amocrm.ru", "https://*.amocrm.com", "https://*.kommo.com"];

/**
 * Who may show the panel in a frame: the CRM page that asks, when it is one of ours. Browsers that do not say who asks
 * are given the only account's origins, or amoCRM's domains where one service has several customers.
 * @param crmOrigins of each account
 */
export function frameAncestors(referer: string | undefined, crmOrigins: readonly (readonly string[])[]): string {
  const asking = URL.parse(referer ?? "")?.origin;
  if (asking !== undefined && crmOrigins.flat().includes(asking)) return asking;
  return (crmOrigins.length === 1 ? crmOrigins.flat() : CRM_DOMAINS).join(" ");
}

/**
 * Nothing but our own files, no inline code, no code from text; framed by the CRM only.
 * @param publicUrl its origin is named for the socket, because older Safari does not count wss: as 'self'
 */
export function panelPolicy(publicUrl: string, ancestors: string): string {
  const socket = new URL(publicUrl).origin.replace(/^http/, "ws");
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' data:",
    "media-src 'self'",
    `connect-src 'self' ${socket}`,
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${ancestors}`,
  ].join("; ");
}
