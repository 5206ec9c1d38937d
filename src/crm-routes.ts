/** The HTTP addresses that amoCRM, and an administrator who connects it, come to. */
import { CrmError } from "./amocrm/crm-error.ts";
import type { Crm } from "./crm.ts";
import type { Route, RouteAnswer } from "./lib/route.ts";

/** Below the service's public address. They stand in amoCRM's settings of the integration, so they never change. */
export const CRM_PATHS = {
  connect: "/amocrm/connect",
  oauthReturn: "/amocrm/oauth",
  disabled: "/amocrm/disabled",
  webhook: "/amocrm/webhook",
} as const;

/** A full webhook about 250 entities was never seen larger. */
const LARGEST_WEBHOOK = 2 * 1024 * 1024;

export function crmRoutes(crms: readonly Crm[]): Route[] {
  const byId = (id: string | undefined) => crms.find(({ account }) => account.id === id);
  return [
    {
      method: "GET",
      path: `${CRM_PATHS.connect}/:account`,
      async handle({ params }) {
        const crm = byId(params["account"]);
        if (crm === undefined) return { status: 404 };
        return { status: 302, headers: { location: crm.amocrm.consentUrl(), "cache-control": "no-store" } };
      },
    },
    {
      // Comes from a browser after a consent, and from amoCRM's server when the widget is installed.
      method: "GET",
      path: CRM_PATHS.oauthReturn,
      async handle({ query }) {
        const crm = crms.find(({ amocrm }) => amocrm.isAt(query.get("referer")));
        if (crm === undefined) return page(400, "en", "The settings name no amoCRM account at this address.");
        return takeConsent(crm, query);
      },
    },
    {
      method: "GET",
      path: CRM_PATHS.disabled,
      async handle({ query }) {
        const taken = await Promise.all(crms.map(({ amocrm }) => amocrm.takeDisabling(query)));
        return { status: taken.includes(true) ? 200 : 403 };
      },
    },
    {
      method: "POST",
      path: `${CRM_PATHS.webhook}/:account/:secret`,
      bodyLimit: LARGEST_WEBHOOK,
      async handle({ params, body }) {
        const taken = await byId(params["account"])?.amocrm.takeWebhook(params["secret"] ?? "", body);
        return { status: taken ? 200 : 404 };
      },
    },
  ];
}

const SAYS = {
  ru: {
    connected: "Доступ к amoCRM получен. Это окно можно закрыть.",
    refused: "Доступ не получен. Начните подключение ещё раз.",
  },
  en: {
    connected: "Access to amoCRM was given. You may close this window.",
    refused: "Access was not given. Begin to connect again.",
  },
} as const;

async function takeConsent({ account, amocrm }: Crm, query: URLSearchParams): Promise<RouteAnswer> {
  const { language } = account;
  try {
    await amocrm.takeConsent(query);
  } catch (error) {
    if (!(error instanceof CrmError)) throw error;
    // The widget's installation may have brought the same code a moment before.
    if (amocrm.connection.state.state !== "connected")
      return page(400, language, SAYS[language].refused, error.message);
  }
  return page(200, language, SAYS[language].connected);
}

function page(status: number, language: string, ...paragraphs: readonly string[]): RouteAnswer {
  const body = paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join("");
  return {
    status,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
    body: `<!doctype html><html lang="${language}"><meta charset="utf-8"><title>Kommutator</title>${body}</html>`,
  };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
