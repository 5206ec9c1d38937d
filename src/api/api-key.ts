/** Personal keys to the API. The settings hold their hashes only: who reads them can do nothing with them. */
import { createHash, randomBytes } from "node:crypto";
import type { Employee } from "../directory/directory.ts";

/** On whose behalf something is asked. */
export type Caller =
  /** Sees all accounts, and commands nobody's phone. */
  | { readonly kind: "administrator" }
  /** Sees and does what his panel lets him, and nothing else. */
  | { readonly kind: "employee"; readonly account: string; readonly employee: Employee };

export interface ApiKey {
  /** Whose it is; stands in the log beside what he did. */
  readonly name: string;
  /** SHA-256 of the key in hexadecimal. A key is as random as a hash is long, so that nothing slower is needed. */
  readonly hash: string;
  readonly caller: Caller;
}

/** Tells a key from any other text, in logs of others as well. */
const PREFIX = "kom_";
const KEY_BYTES = 32;

/** A new key, shown once, and what is written into the settings. */
export function makeApiKey(): { readonly key: string; readonly hash: string } {
  const key = PREFIX + randomBytes(KEY_BYTES).toString("base64url");
  return { key, hash: hashOf(key) };
}

/** Whose key a header shows. Looked up by its hash: how long that takes tells nothing of any key. */
export class ApiKeys {
  readonly #keys: ReadonlyMap<string, ApiKey>;

  constructor(keys: readonly ApiKey[]) {
    this.#keys = new Map(keys.map((key) => [key.hash, key]));
  }

  /** @param header "Bearer …" as it came. @returns undefined when it is nobody's */
  find(header: string | undefined): ApiKey | undefined {
    const [scheme, key = ""] = (header ?? "").split(" ");
    return scheme?.toLowerCase() === "bearer" ? this.#keys.get(hashOf(key)) : undefined;
  }
}

const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex");
