/** Our access to one amoCRM account as it is kept: a pair of tokens, sealed, and what is in doubt about it. */
import { z } from "zod";
import { seal, unseal } from "./seal.ts";

const grantSchema = z.object({
  accessToken: z.string(),
  /** null: a long-lived token, which cannot be renewed. */
  refreshToken: z.string().nullable(),
  /** Epoch ms. */
  expiresAt: z.number(),
  /** A refresh was sent whose answer was never read: the refresh token may be spent. */
  refreshInDoubt: z.boolean(),
  /** The account was renamed: the address that the settings gave then, and where it was found. null: never. */
  moved: z.object({ from: z.string(), to: z.string() }).nullable().default(null),
});

export type Grant = z.infer<typeof grantSchema>;

/** Where sealed grants are kept. Implemented by `store/`. */
export interface GrantStore {
  load(account: string): Promise<string | undefined>;
  /** Resolves when it would survive a power cut. */
  save(account: string, sealed: string): Promise<void>;
  remove(account: string): Promise<void>;
}

/** The grant of one account: durable, and readable only with the installation's key. */
export class GrantVault {
  readonly #store: GrantStore;
  readonly #key: Uint8Array;
  readonly #account: string;

  /** @param key 32 bytes that are not in the store */
  constructor(store: GrantStore, key: Uint8Array, account: string) {
    this.#store = store;
    this.#key = key;
    this.#account = account;
  }

  /** "unreadable": it is there, but was sealed with another key. */
  async load(): Promise<Grant | "unreadable" | undefined> {
    const sealed = await this.#store.load(this.#account);
    if (sealed === undefined) return undefined;
    const text = unseal(this.#key, this.#account, sealed);
    return text === undefined ? "unreadable" : grantSchema.parse(JSON.parse(text));
  }

  save(grant: Grant): Promise<void> {
    return this.#store.save(this.#account, seal(this.#key, this.#account, JSON.stringify(grant)));
  }

  remove(): Promise<void> {
    return this.#store.remove(this.#account);
  }
}
