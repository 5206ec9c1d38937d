/**
 * amoCRM's signed word that this user sits before its page, for this integration (facts: "disposable token", HS256 with
 * the integration's secret). The same token is sent again for about 25 minutes, so a repeated `jti` is no attack.
 */
import { decodeJwt, errors, type JWTPayload, jwtVerify } from "jose";
import type { Clock } from "../lib/clock.ts";
import type { Integration, PanelAccount } from "./ports.ts";

export type TokenFault =
  | "unreadable"
  | "foreign-integration"
  | "foreign-account"
  | "bad-signature"
  | "wrong-audience"
  | "expired"
  | "not-yet-valid"
  | "no-user";

export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
  readonly fault: TokenFault;

  constructor(fault: TokenFault, options?: ErrorOptions) {
    super(fault, options);
    this.fault = fault;
  }
}

export interface CrmUser {
  readonly account: PanelAccount;
  readonly userId: number;
}

/** A PBX's clock that is a little wrong should not lock everybody out. Seconds. */
const CLOCK_TOLERANCE = 60;

/** @throws TokenRefused */
export async function verifyDisposableToken(
  token: string,
  accounts: readonly PanelAccount[],
  clock: Clock,
): Promise<CrmUser> {
  const { account, integration } = findAccount(readClaims(token), accounts);
  const claims = await verify(token, integration, clock);
  const userId = toInteger(claims["user_id"]);
  if (userId === undefined) throw new TokenRefused("no-user");
  return { account, userId };
}

/** `scheme://host` of the redirect URI, without the port: so amoCRM names the receiver. */
export function audienceOf(redirectUrl: string): string {
  const { protocol, hostname } = new URL(redirectUrl);
  return `${protocol}//${hostname}`;
}

function readClaims(token: string): JWTPayload {
  try {
    return decodeJwt(token);
  } catch (cause) {
    throw new TokenRefused("unreadable", { cause });
  }
}

/** An account whose integration has a widget. */
interface Widgeted {
  readonly account: PanelAccount;
  readonly integration: Integration;
}

/** Whom the token claims to be from: only used to choose the secret that must then prove it. */
function findAccount(claims: JWTPayload, accounts: readonly PanelAccount[]): Widgeted {
  const candidates = accounts.flatMap((account): Widgeted[] => {
    const { integration } = account;
    return integration !== null && integration.clientId === claims["client_uuid"] ? [{ account, integration }] : [];
  });
  if (candidates.length === 0) throw new TokenRefused("foreign-integration");
  const accountId = toInteger(claims["account_id"]);
  const found = candidates.find(({ account, integration }) =>
    integration.accountId === null
      ? account.crmOrigins.includes(String(claims.iss)) // no trailing slash there (facts)
      : integration.accountId === accountId,
  );
  if (!found) throw new TokenRefused("foreign-account");
  return found;
}

async function verify(token: string, integration: Integration, clock: Clock): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, new TextEncoder().encode(integration.clientSecret), {
      algorithms: ["HS256"],
      audience: audienceOf(integration.redirectUrl),
      requiredClaims: ["exp"],
      clockTolerance: CLOCK_TOLERANCE,
      currentDate: new Date(clock.now()),
    });
    return payload;
  } catch (cause) {
    throw new TokenRefused(faultOf(cause), { cause });
  }
}

function faultOf(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return "expired";
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === "aud") return "wrong-audience";
    return error.claim === "nbf" ? "not-yet-valid" : "unreadable";
  }
  // A different algorithm is a signature that we do not accept ("bot" tokens are HS512).
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JOSEAlgNotAllowed) {
    return "bad-signature";
  }
  return "unreadable";
}

/** The official client takes numbers and numeric texts alike. */
function toInteger(claim: unknown): number | undefined {
  const number = typeof claim === "string" && /^\d{1,15}$/.test(claim) ? Number(claim) : claim;
  return typeof number === "number" && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}
