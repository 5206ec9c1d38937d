/** Personal keys to the administrative API. The settings hold their hashes only: who reads them can do nothing with them. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

export interface AdminKey {
  /** Whose it is; stands in the log beside what he did. */
  readonly name: string;
  /** SHA-256 of the key in hexadecimal. A key is as random as a hash is long, so that nothing slower is needed. */
  readonly hash: string;
}

/** Tells a key from any other text, in logs of others as well. */
const PREFIX = "kom_";
const KEY_BYTES = 32;

/** A new key, shown once, and what is written into the settings. */
export function makeAdminKey(): { readonly key: string; readonly hash: string } {
  const key = PREFIX + randomBytes(KEY_BYTES).toString("base64url");
  return { key, hash: hashOf(key).toString("hex") };
}

/** @param header "Bearer …" as it came. @returns whose key it is; undefined when it is nobody's */
export function findHolder(keys: readonly AdminKey[], header: string | undefined): string | undefined {
  const [scheme, key = ""] = (header ?? "").split(" ");
  if (scheme?.toLowerCase() !== "bearer") return undefined;
  const given = hashOf(key);
  return keys.find(({ hash }) => timingSafeEqual(Buffer.from(hash, "hex"), given))?.name;
}

const hashOf = (key: string): Buffer => createHash("sha256").update(key).digest();
