/** The HTTP addresses that amoCRM, and an administrator who connects it, come to. */
import { type ExternalConsent, escapeHtml, externalButton } from "../../amocrm/consent.ts";
import { CrmError } from "../../amocrm/crm-error.ts";
import { CRM_PATHS } from "../../amocrm/paths.ts";
import type { Route, RouteAnswer } from "../../lib/route.ts";
import type { Crm } from "./crm.ts";

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
        const consent = crm.amocrm.externalConsent();
        if (consent !== null) return buttonPage(crm.account.language, consent);
        return { status: 302, headers: { location: crm.amocrm.consentUrl(), "cache-control": "no-store" } };
      },
    },
    {
      // The keys of an external integration, from amoCRM's server, before the consent comes back.
      method: "POST",
      path: `${CRM_PATHS.secrets}/:account`,
      async handle({ params, body }) {
        const taken = await byId(params["account"])?.amocrm.takeSecrets(readJson(body));
        return { status: taken ? 200 : 403 };
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

function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // it is not amoCRM's
  }
}

function buttonPage(language: keyof typeof SAYS, consent: ExternalConsent): RouteAnswer {
  const { html, scripts } = externalButton(consent, SAYS[language].connect);
  const answer = page(200, language);
  // amoCRM's button brings its own code and style, and frames nothing.
  const policy =
    scripts && `default-src 'none'; script-src ${scripts}; style-src 'unsafe-inline' ${scripts}; img-src ${scripts}`;
  return {
    ...answer,
    headers: { ...answer.headers, ...(policy && { "content-security-policy": `${policy}; frame-ancestors 'none'` }) },
    body: `${answer.body}${html}`,
  };
}

const SAYS = {
  ru: {
    connect: "Подключить amoCRM",
    connected: "Доступ к amoCRM получен. Это окно можно закрыть.",
    refused: "Доступ не получен. Начните подключение ещё раз.",
  },
  en: {
    connect: "Connect amoCRM",
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
