/** amoCRM's token endpoint: a code, or a refresh token, for a new pair of tokens. */
import { z } from "zod";
import type { Clock } from "../lib/clock.ts";
import { CrmError, type CrmFailure } from "./crm-error.ts";
import type { CrmHttp, CrmResponse } from "./crm-http.ts";
import type { Grant } from "./grant.ts";
import type { Lane } from "./rate-limit.ts";

/** The integration as amoCRM knows it. */
export interface Integration {
  /** Its UUID, also called "Integration ID". */
  readonly clientId: string;
  readonly clientSecret: string;
  /** Exactly as it stands in the integration. */
  readonly redirectUri: string;
}

const tokensSchema = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  /** Seconds. */
  expires_in: z.coerce.number().positive(),
});

const problemSchema = z.object({ hint: z.string().nullish() });

export interface TokenEndpointDeps {
  readonly http: CrmHttp;
  readonly lane: Lane;
  readonly clock: Clock;
  /** @throws CrmError while it is not known */
  readonly integration: () => Promise<Integration>;
}

export class TokenEndpoint {
  readonly #deps: TokenEndpointDeps;

  constructor(deps: TokenEndpointDeps) {
    this.#deps = deps;
  }

  /** @throws CrmError `crm/code-refused` for a code that is old, used or not amoCRM's */
  exchangeCode(code: string): Promise<Grant> {
    return this.#ask({ grant_type: "authorization_code", code }, "crm/code-refused");
  }

  /** The given token is spent by it, whether or not the answer arrives. @throws CrmError */
  refresh(refreshToken: string): Promise<Grant> {
    return this.#ask({ grant_type: "refresh_token", refresh_token: refreshToken }, "crm/refresh-refused");
  }

  async #ask(request: Readonly<Record<string, string>>, refused: CrmFailure): Promise<Grant> {
    const { http, lane, clock } = this.#deps;
    const integration = await this.#deps.integration();
    using _ = await lane.turn("person");
    const answer = await http.send({
      method: "POST",
      path: "/oauth2/access_token",
      body: {
        client_id: integration.clientId,
        client_secret: integration.clientSecret,
        redirect_uri: integration.redirectUri,
        ...request,
      },
    });
    if (answer.status !== 200) throw refusal(answer, refused);
    const tokens = tokensSchema.safeParse(answer.json);
    // The old token is spent and the new one is not to be read: the same as a lost answer.
    if (!tokens.success) throw new CrmError("crm/answer-lost", { status: 200, mayHaveHappened: true }, tokens.error);
    return {
      accessToken: tokens.data.access_token,
      refreshToken: tokens.data.refresh_token,
      expiresAt: clock.now() + tokens.data.expires_in * 1000,
      refreshInDoubt: false,
      moved: null,
    };
  }
}

/** Not RFC 6749: no `error` field. Status and `hint` tell; the titles are translated and tell nothing. */
function refusal({ status, json, requestId }: CrmResponse, refused: CrmFailure): CrmError {
  const problem = problemSchema.safeParse(json);
  const hint = problem.data?.hint;
  const context = { status, ...(hint && { detail: hint }), ...(requestId && { requestId }) };
  if (status === 429) return new CrmError("crm/rate-limited", context);
  // After a 5xx the old token may be spent all the same.
  if (status >= 500) return new CrmError("crm/answer-lost", { ...context, mayHaveHappened: true });
  if (status === 402) return new CrmError("crm/unpaid", context);
  if (status === 403) return new CrmError("crm/blocked", context);
  // Without a hint it is the client that is not known, not the token.
  if (status === 401 && !hint && problem.success) return new CrmError("crm/client-refused", context);
  if (status === 400 || status === 401) return new CrmError(refused, context);
  return new CrmError("crm/unavailable", context);
}
