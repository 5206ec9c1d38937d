/**
 * The way into the API: who asks, whether he may, and whether he asks too often (docs/protocols/amocrm-platform.md#disabling,
 * #answers, #limits).
 */
import type { Account } from "../crm/account.ts";
import type { User } from "../crm/model.ts";
import type { Exchange } from "../http/exchange.ts";
import { parsePhpForm } from "../http/php-form.ts";
import { Problem, type Reply } from "../http/reply.ts";
import { createRouter } from "../http/router.ts";
import type { Integration } from "../oauth/integrations.ts";
import { type ApiCall, notFound } from "./call.ts";
import { apiRoutes } from "./routes.ts";

export interface Caller {
  readonly user: User;
  readonly integration: Integration | null;
}

const unauthorized = () => new Problem(401, "Invalid user name or password");
const match = createRouter(apiRoutes);

/** By bearer token, or by a page's session; a session's writes must come from the page itself. */
export function identify(exchange: Exchange): Caller {
  const { world, account, headers, session } = exchange;
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
  if (bearer === undefined) {
    const fromPage = exchange.method === "GET" || headers["x-requested-with"] === "XMLHttpRequest";
    if (session?.account !== account || !fromPage) throw unauthorized();
    return { user: session.user, integration: null };
  }
  const grant = world.grants.findAccess(bearer);
  if (!grant || grant.account !== account) throw unauthorized();
  return { user: contextUser(account, grant.userId, headers["x-context-user-id"]), integration: grant.integration };
}

/** `X-Context-User-ID` acts as another user; only an admin's token may, and never as a free or unknown one. */
function contextUser(account: Account, ownId: number, header: string | string[] | undefined): User {
  const own = account.users.get(ownId);
  if (!own) throw unauthorized();
  if (header === undefined) return own;
  const other = account.users.get(Number(header));
  if (!own.is_admin || !other || other.is_free || !other.is_active) throw unauthorized();
  return other;
}

/** The refusal that comes before any handler is looked for. */
export function refuse(exchange: Exchange, caller: Caller): Reply | undefined {
  if (!exchange.account.options.is_paid) return new Problem(402, "Payment required").reply;
  return caller.integration
    ? exchange.world.limits.refuse(exchange.account.identity.id, caller.integration.client_id)
    : undefined;
}

/** What an account does not keep is refused as a feature, not as an address (docs/protocols/amocrm-platform.md#customers). */
function requireFeature({ account, path }: Exchange): void {
  if (!/^\/api\/v4\/customers(\/|$)/.test(path)) return;
  const { customers_mode: mode } = account.options;
  if (mode === "disabled") throw new Problem(426, "Customers are switched off");
  if (mode === "unavailable") throw new Problem(425, "Customers are not available");
}

export function performApi(exchange: Exchange, caller: Caller): Reply {
  const { world, account, method, path, query } = exchange;
  requireFeature(exchange);
  const found = match(method, path);
  if (!found.found) {
    if (found.otherMethod) throw new Problem(405, `Method ${method} is not allowed`);
    throw notFound({ method, account, path });
  }
  const call: ApiCall = {
    world,
    account,
    user: caller.user,
    actor: { userId: caller.user.id, clientId: caller.integration?.client_id ?? null },
    integration: caller.integration,
    method,
    path,
    params: found.params,
    query,
    tree: parsePhpForm(query.toString()),
    contentType: exchange.headers["content-type"] ?? "",
    rawBody: exchange.body,
  };
  return found.route.run(call);
}
