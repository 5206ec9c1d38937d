/** Where amoCRM has an account that was renamed: the shard whose name stands in the access token knows. */
import { decodeJwt } from "jose";
import { z } from "zod";
import { CrmHttp, isLoopback } from "./crm-http.ts";
import type { Grant } from "./grant.ts";
import type { Lane } from "./rate-limit.ts";

const claimsSchema = z.object({ api_domain: z.string().min(1) });
const answerSchema = z.object({ domain: z.string().min(1) });

/**
 * Asks with the refresh token, which is not spent by it.
 * @param baseUrl where the account was, e.g. "https://example.amocrm.ru"
 * @returns the account's address now; undefined when it is the same, or nobody can tell
 * @throws CrmError when the shard cannot be asked
 */
export async function findAccountUrl(baseUrl: string, grant: Grant, lane: Lane): Promise<string | undefined> {
  const { protocol, hostname } = new URL(baseUrl);
  const shard = claimsSchema.safeParse(claimsOf(grant.accessToken)).data?.api_domain;
  // A token goes to amoCRM only, whatever stands in it.
  if (grant.refreshToken === null || shard === undefined || !isOfSameProduct(hostname, shard)) return undefined;
  await using http = new CrmHttp(`${protocol}//${shard}`);
  using _ = await lane.turn("person");
  const answer = await http.send({
    method: "GET",
    path: "/oauth2/account/current/subdomain",
    headers: { "x-refresh-token": grant.refreshToken },
  });
  const domain = answerSchema.safeParse(answer.json).data?.domain;
  if (domain === undefined || !isOfSameProduct(hostname, domain)) return undefined;
  const { origin } = new URL(`${protocol}//${domain}`);
  return origin === baseUrl ? undefined : origin;
}

function claimsOf(token: string): unknown {
  try {
    return decodeJwt(token);
  } catch {
    return undefined; // nobody promises that the token is one
  }
}

const PRODUCT = /\.(amocrm\.ru|amocrm\.com|kommo\.com)$/;

/** Of amoCRM both, or of Kommo both, or both of this machine, where practice stands are. */
function isOfSameProduct(known: string, host: string): boolean {
  const name = URL.parse(`https://${host}`)?.hostname;
  if (name === undefined) return false;
  if (isLoopback(known)) return isLoopback(name);
  const [one, other] = [PRODUCT.exec(known)?.[1], PRODUCT.exec(name)?.[1]];
  return one !== undefined && one === other;
}
