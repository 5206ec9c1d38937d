/**
 * JSON Web Tokens as the CRM issues them: RS256 access tokens, HS256 disposable ones
 * (docs/protocols/amocrm-platform.md#what-a-token-tells, #disposable-tokens).
 */
import { createHmac, createSign, generateKeyPairSync, type KeyObject } from "node:crypto";

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");

export function signHs256(claims: object, secret: string): string {
  const signed = `${encode({ typ: "JWT", alg: "HS256" })}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** The public half is published nowhere, as with the real CRM: clients must take the token as it is. */
export function createRs256Signer(): (claims: object) => string {
  const key: KeyObject = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  return (claims) => {
    const signed = `${encode({ typ: "JWT", alg: "RS256" })}.${encode(claims)}`;
    return `${signed}.${createSign("RSA-SHA256").update(signed).sign(key, "base64url")}`;
  };
}
