/**
 * Private requests of the CRM's own pages (docs/protocols/amocrm-platform.md#disposable-tokens, #methods-of-a-widget) and of
 * the stand's.
 */
import type { Exchange } from "../http/exchange.ts";
import { json, noContent, Problem, type Reply } from "../http/reply.ts";
import type { Session } from "../world.ts";

/** Only a page of the account itself may ask. */
function requirePage({ session, headers }: Exchange): Session {
  if (!session || headers["x-requested-with"] !== "XMLHttpRequest")
    throw new Problem(401, "Invalid user name or password");
  return session;
}

export function disposableToken(exchange: Exchange): Reply {
  const { user, account } = requirePage(exchange);
  const { world, params } = exchange;
  const integration = world.integrations.get(params["uuid"] ?? "");
  if (!integration) throw new Problem(404, "Integration not found");
  return json({ token: world.disposableTokens.issue(account, user, integration, account.url) });
}

/** Saves a widget's settings, installs or disables it; `installed` says that its `onInstall` has run. */
export function saveWidget(exchange: Exchange): Reply {
  const { user } = requirePage(exchange);
  const widget = exchange.world.widgetsOf(exchange.account).get(exchange.params["code"] ?? "");
  if (!widget) throw new Problem(404, "Widget not found");
  if (!user.is_admin) throw new Problem(403, "Forbidden");
  const { settings, active, installed } = JSON.parse(exchange.body.toString("utf8")) as Record<string, unknown>;
  if (typeof settings === "object" && settings !== null) widget.settings = settings as Record<string, unknown>;
  if (typeof active === "boolean") widget.active = active;
  if (installed === true) widget.installed = true;
  return noContent;
}

/**
 * `crm_post`: the CRM's server asks, nothing tells who sits in front of the page
 * (docs/protocols/amocrm-platform.md#methods-of-a-widget).
 */
export async function proxyPost(exchange: Exchange): Promise<Reply> {
  requirePage(exchange);
  const { url, form } = JSON.parse(exchange.body.toString("utf8")) as { url: string; form: string };
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: form,
      signal: AbortSignal.timeout(20_000),
    });
    const type = response.headers.get("content-type") ?? "text/plain";
    return { status: response.status, headers: { "content-type": type }, body: await response.text() };
  } catch (error) {
    return json({ error: error instanceof Error ? error.message : String(error) }, 502);
  }
}

/** Server-sent events: "changed" for every change in the account, "pop-up" for those it is meant for. */
export function liveChanges({ session, account }: Exchange): Reply {
  if (!session) throw new Problem(401, "Invalid user name or password");
  return {
    status: 200,
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    stream(response) {
      response.write(": open\n\n");
      const listening = account.onChange((change) => {
        if (change.kind === "pop-up") {
          const { users } = change.popUp;
          if (users && !users.includes(session.user.id)) return;
          response.write(`event: pop-up\ndata: ${JSON.stringify(change.popUp)}\n\n`);
        } else response.write("event: changed\ndata: {}\n\n");
      });
      response.on("close", () => listening[Symbol.dispose]());
    },
  };
}
