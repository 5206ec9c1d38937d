import { randomUUID } from "node:crypto";
import { secondsOf } from "../clock.ts";
import type { Account } from "../crm/account.ts";
import type { User } from "../crm/model.ts";
import type { Integration } from "./integrations.ts";
import { signHs256 } from "./jwt.ts";

export const DISPOSABLE_SECONDS = 1800;
/** The page gives the same token again for so long (docs/protocols/amocrm-platform.md#disposable-tokens). */
export const REUSE_SECONDS = 25 * 60;

/**
 * Signs who sits in front of the page, for the integration's own server; "disposable" is only its name
 * (docs/protocols/amocrm-platform.md#disposable-tokens).
 */
export class DisposableTokens {
  readonly #kept = new Map<string, { readonly token: string; readonly issuedAt: number }>();

  /** @param accountUrl with scheme, without a slash at the end */
  issue(account: Account, user: User, integration: Integration, accountUrl: string): string {
    const key = `${account.identity.id}:${user.id}:${integration.client_id}:${integration.redirect_uri}`;
    const now = secondsOf(account.clock);
    const kept = this.#kept.get(key);
    if (kept && now - kept.issuedAt < REUSE_SECONDS) return kept.token;
    const { protocol, hostname } = new URL(integration.redirect_uri);
    const token = signHs256(
      {
        iss: accountUrl,
        aud: `${protocol}//${hostname}`,
        jti: randomUUID(),
        iat: now,
        nbf: now,
        exp: now + DISPOSABLE_SECONDS,
        account_id: account.identity.id,
        subdomain: account.identity.subdomain,
        client_uuid: integration.client_id,
        user_id: user.id,
        is_admin: user.is_admin,
      },
      integration.client_secret,
    );
    this.#kept.set(key, { token, issuedAt: now });
    return token;
  }
}
