import { createHmac, randomBytes, randomUUID } from "node:crypto";

/** What an integrator registers (docs/protocols/amocrm-platform.md#integrations). */
export interface Integration {
  readonly client_id: string;
  client_secret: string;
  readonly name: string;
  readonly kind: "private" | "public" | "external";
  redirect_uri: string;
  /** Called when an account disables the integration; `null`: nowhere. */
  disabling_hook: string | null;
  readonly scopes: readonly string[];
  /** Accounts where it has been granted and not disabled. */
  readonly installedIn: Set<number>;
}

export interface IntegrationInput {
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly name?: string;
  readonly kind?: Integration["kind"];
  readonly redirect_uri: string;
  readonly disabling_hook?: string | null;
  readonly scopes?: readonly string[];
}

export const createIntegration = (input: IntegrationInput): Integration => ({
  client_id: input.client_id ?? randomUUID(),
  client_secret: input.client_secret ?? randomBytes(32).toString("base64url"),
  name: input.name ?? "Integration",
  kind: input.kind ?? "private",
  redirect_uri: input.redirect_uri,
  disabling_hook: input.disabling_hook ?? null,
  scopes: input.scopes ?? ["crm", "notifications"],
  installedIn: new Set(),
});

/**
 * Address of the disabling hook with its signature: HMAC-SHA256 of `client_id|account_id`
 * (docs/protocols/amocrm-platform.md#disabling).
 */
export function disablingHookUrl(hook: string, integration: Integration, accountId: number): string {
  const message = `${integration.client_id}|${accountId}`;
  const url = new URL(hook);
  url.searchParams.set("account_id", String(accountId));
  url.searchParams.set("client_uuid", integration.client_id);
  url.searchParams.set("signature", createHmac("sha256", integration.client_secret).update(message).digest("hex"));
  return url.href;
}
