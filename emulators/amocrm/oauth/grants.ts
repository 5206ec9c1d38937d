/**
 * Codes and tokens of all integrations: how long they live, what kills them, which words refuse them
 * (docs/protocols/amocrm-platform.md#access).
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { StandClock } from "../clock.ts";
import { secondsOf } from "../clock.ts";
import type { Account } from "../crm/account.ts";
import type { Reply } from "../http/reply.ts";
import type { Integration } from "./integrations.ts";

export const CODE_SECONDS = 20 * 60;
export const ACCESS_SECONDS = 24 * 3600;
/** "Three months" in the documentation; ninety days here. */
export const REFRESH_SECONDS = 90 * 24 * 3600;

export interface Grant {
  readonly integration: Integration;
  readonly account: Account;
  readonly userId: number;
  /** Unix seconds. */
  readonly expiresAt: number;
  /** Used up, replaced, or killed by disabling the integration. */
  revoked: boolean;
}

export interface TokenPair {
  readonly token_type: "Bearer";
  readonly expires_in: number;
  readonly server_time: number;
  readonly access_token: string;
  readonly refresh_token: string;
}

const oauthProblem = (status: number, title: string, detail: string, hint?: string): Reply => ({
  status,
  headers: { "content-type": "application/problem+json" },
  body: JSON.stringify({
    ...(hint === undefined ? {} : { hint }),
    title,
    type: "https://developers.amocrm.ru/v3/errors/OAuthProblemJson",
    status,
    detail,
  }),
});
const badRequest = (hint?: string, status = 400) =>
  oauthProblem(status, "Некорректный запрос", "В запросе отсутствует ряд параметров или параметры невалидны", hint);

export class Grants {
  readonly #clock: StandClock;
  readonly #sign: (claims: object) => string;
  readonly #codes = new Map<string, Grant>();
  readonly #access = new Map<string, Grant>();
  readonly #refresh = new Map<string, Grant>();

  readonly #shardHost: string;

  /**
   * @param sign makes an access token of its claims
   * @param shardHost what tokens call `api_domain`
   */
  constructor(clock: StandClock, sign: (claims: object) => string, shardHost: string) {
    this.#clock = clock;
    this.#sign = sign;
    this.#shardHost = shardHost;
  }

  /** A code for the integration's redirect address; consent has been given. */
  issueCode(integration: Integration, account: Account, userId: number): string {
    integration.installedIn.add(account.identity.id);
    const code = opaque();
    this.#codes.set(code, this.#grant(integration, account, userId, CODE_SECONDS));
    return code;
  }

  /** `POST /oauth2/access_token`: 200 with a pair, or the refusal. */
  exchange(request: Readonly<Record<string, unknown>>, integration: Integration | undefined): Reply {
    if (!integration || request["client_secret"] !== integration.client_secret) {
      return oauthProblem(401, "Некорректный клиент", "Авторизация клиента не прошла");
    }
    if (request["redirect_uri"] !== integration.redirect_uri) return badRequest();
    switch (request["grant_type"]) {
      case "authorization_code":
        return this.#exchangeCode(request["code"], integration);
      case "refresh_token":
        return this.#exchangeRefresh(request["refresh_token"], integration);
      default:
        return badRequest();
    }
  }

  #exchangeCode(code: unknown, integration: Integration): Reply {
    if (typeof code !== "string" || code === "") return badRequest();
    const grant = this.#codes.get(code);
    if (!grant || grant.integration !== integration) return badRequest("Cannot decrypt the authorization code");
    if (grant.revoked) return badRequest("Authorization code has been revoked");
    if (grant.expiresAt <= secondsOf(this.#clock)) return badRequest("Authorization code has expired");
    grant.revoked = true;
    return pairReply(this.issuePair(integration, grant.account, grant.userId));
  }

  #exchangeRefresh(token: unknown, integration: Integration): Reply {
    const grant = typeof token === "string" ? this.#refresh.get(token) : undefined;
    if (!grant || grant.integration !== integration) return badRequest("Invalid refresh token");
    if (grant.revoked) return badRequest("Token has been revoked", 401);
    // Not known, chosen: the body for a refresh token that was left unused for three months is not known.
    if (grant.expiresAt <= secondsOf(this.#clock)) return badRequest("Invalid refresh token");
    grant.revoked = true;
    return pairReply(this.issuePair(integration, grant.account, grant.userId));
  }

  issuePair(integration: Integration, account: Account, userId: number): TokenPair {
    integration.installedIn.add(account.identity.id);
    const refresh_token = opaque();
    this.#refresh.set(refresh_token, this.#grant(integration, account, userId, REFRESH_SECONDS));
    return {
      token_type: "Bearer",
      expires_in: ACCESS_SECONDS,
      server_time: secondsOf(this.#clock),
      access_token: this.#issueAccess(integration, account, userId, ACCESS_SECONDS),
      refresh_token,
    };
  }

  /** A token without a refresh token, for 1 day to 5 years (docs/protocols/amocrm-platform.md#tokens). */
  issueLongLived(integration: Integration, account: Account, userId: number, days: number): string {
    integration.installedIn.add(account.identity.id);
    return this.#issueAccess(integration, account, userId, days * 24 * 3600);
  }

  #issueAccess(integration: Integration, account: Account, userId: number, lifeSeconds: number): string {
    const now = secondsOf(this.#clock);
    const { hostname } = new URL(account.url);
    const token = this.#sign({
      aud: integration.client_id,
      jti: randomUUID(),
      iat: now,
      nbf: now,
      exp: now + lifeSeconds,
      sub: String(userId),
      grant_type: "",
      account_id: account.identity.id,
      base_domain: hostname.split(".").slice(1).join("."),
      version: 2,
      scopes: integration.scopes,
      api_domain: this.#shardHost,
    });
    this.#access.set(token, this.#grant(integration, account, userId, lifeSeconds));
    return token;
  }

  /** The grant behind a bearer token that may be used now. */
  findAccess(token: string): Grant | undefined {
    const grant = this.#access.get(token);
    return grant && this.#isAlive(grant) ? grant : undefined;
  }

  findRefresh(token: string): Grant | undefined {
    const grant = this.#refresh.get(token);
    return grant && this.#isAlive(grant) ? grant : undefined;
  }

  #isAlive(grant: Grant): boolean {
    return !grant.revoked && grant.expiresAt > secondsOf(this.#clock);
  }

  /** Every code and token of the integration in the account stops working (docs/protocols/amocrm-platform.md#disabling). */
  disable(integration: Integration, account: Account): void {
    integration.installedIn.delete(account.identity.id);
    for (const grants of [this.#codes, this.#access, this.#refresh]) {
      for (const grant of grants.values()) {
        if (grant.integration === integration && grant.account === account) grant.revoked = true;
      }
    }
  }

  #grant(integration: Integration, account: Account, userId: number, lifeSeconds: number): Grant {
    return { integration, account, userId, expiresAt: secondsOf(this.#clock) + lifeSeconds, revoked: false };
  }
}

const opaque = (): string => `def50200${randomBytes(96).toString("hex")}`;

const pairReply = (pair: TokenPair): Reply => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(pair),
});
