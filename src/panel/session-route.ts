/** `POST /panel/session`: the widget shows amoCRM's token of the user and is given a ticket for one socket. */
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Route, RouteAnswer, RouteRequest } from "../lib/route.ts";
import { TokenRefused, verifyDisposableToken } from "./disposable-token.ts";
import type { PanelAccount } from "./ports.ts";
import type { SessionAnswer } from "./protocol.ts";
import type { Holder, PanelSessions } from "./sessions.ts";

export interface SessionRouteOptions {
  readonly accounts: readonly PanelAccount[];
  readonly sessions: PanelSessions;
  readonly clock: Clock;
  readonly log: Log;
}

/** amoCRM's tokens are some 500 characters long; a longer header is not read. */
const LONGEST_TOKEN = 4_096;

export function sessionRoute(options: SessionRouteOptions): Route {
  return {
    method: "POST",
    path: "/panel/session",
    bodyLimit: 1_024,
    cors: {
      origins: options.accounts.flatMap(({ crmOrigins }) => crmOrigins),
      requestHeaders: ["X-Auth-Token", "Content-Type"],
    },
    handle: (request) => answer(request, options),
  };
}

async function answer(request: RouteRequest, options: SessionRouteOptions): Promise<RouteAnswer> {
  const user = await identifyUser(request, options);
  if (user !== null) return json(200, { ticket: options.sessions.issueTicket(user) } satisfies SessionAnswer);
  return json(401, { error: "token-refused", message: "amoCRM's token was not accepted; reload the page." });
}

/** Whom amoCRM's token, which came as `X-Auth-Token`, is for; null, and a line in the log, when it is not accepted. */
export async function identifyUser(
  request: RouteRequest,
  { accounts, clock, log }: Omit<SessionRouteOptions, "sessions">,
): Promise<Holder | null> {
  const token = request.header("x-auth-token") ?? "";
  const origin = request.header("origin");
  try {
    if (token.length > LONGEST_TOKEN) throw new TokenRefused("unreadable");
    const { account, userId } = await verifyDisposableToken(token, accounts, clock);
    // Another customer's page must not pass on a user's token.
    if (origin !== undefined && !account.crmOrigins.includes(origin)) throw new TokenRefused("foreign-account");
    return { account: account.account.id, userId };
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    log.warn({ fault: error.fault, origin, ip: request.ip }, "panel sign-in refused");
    return null;
  }
}

function json(status: number, body: unknown): RouteAnswer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
