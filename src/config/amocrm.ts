/** The amoCRM account of one of our accounts, and as what we come to it. */
import { z } from "zod";
import { CRM_PATHS } from "../amocrm/paths.ts";
import { field } from "../lib/described-schema.ts";
import { positive, safeAddress, text, token, wantSafeAddress } from "./values.ts";

export const amocrm = z.strictObject({
  host: field(z.string().regex(/^[a-z0-9.-]+(:\d{1,5})?$/), {
    title: "Host of the account's pages",
    want: "a host name without https://",
    example: "example.amocrm.ru",
  }),
  baseUrl: field(safeAddress.nullable().default(null), {
    title: "Address of the API when it differs from the host",
    want: wantSafeAddress,
    example: "https://example.amocrm.ru",
  }),
  accountId: field(positive.nullable().default(null), {
    title: "Number of the amoCRM account; a foreign account's users are then refused by it, too",
    want: "an integer above 0",
    example: "12345678",
  }),
  clientId: field(text.nullable(), {
    title:
      "Integration ID; null: an external integration, which amoCRM makes when somebody consents, without widget and panel",
    want: "the ID from the integration's «Ключи и доступы»",
    example: "b0c5f0a4-0000-4000-8000-000000000001",
  }),
  clientSecret: field(text.nullable(), {
    title: "Secret key of the integration; null beside a null ID",
    want: "the secret key from the integration's «Ключи и доступы»",
    example: "the-secret-key-of-the-integration",
    secret: true,
  }),
  redirectUrl: field(safeAddress.endsWith(CRM_PATHS.oauthReturn).nullable().default(null), {
    title: `Redirect URI as it stands in the integration; empty: publicUrl + ${CRM_PATHS.oauthReturn}`,
    want: `${wantSafeAddress} that ends in ${CRM_PATHS.oauthReturn}`,
    example: "https://pbx.example.org/amocrm/oauth",
  }),
  longLivedToken: field(token.nullable().default(null), {
    title: "Long-lived token, instead of the OAuth consent",
    want: "the token as amoCRM showed it",
    example: "eyJ0eXAiOiJKV1Qi…",
    secret: true,
  }),
});
