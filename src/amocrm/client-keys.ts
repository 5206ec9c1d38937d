/**
 * By what amoCRM knows us in an account: the integration's ID and secret key. They stand in the settings, or, of an
 * external integration, amoCRM makes them up when somebody consents, and tells them once.
 */
import { z } from "zod";
import { CrmError } from "./crm-error.ts";
import type { GrantStore } from "./grant.ts";
import { seal, unseal } from "./seal.ts";

const keysSchema = z.object({ client_id: z.string().min(1), client_secret: z.string().min(1) });

export interface ClientKeys {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface ClientKeyBookDeps {
  /** Of the settings; null: an external integration. */
  readonly configured: ClientKeys | null;
  readonly account: string;
  readonly store: GrantStore;
  /** 32 bytes that are not in the store. */
  readonly key: Uint8Array;
}

export class ClientKeyBook {
  readonly #deps: ClientKeyBookDeps;

  constructor(deps: ClientKeyBookDeps) {
    this.#deps = deps;
  }

  get isExternal(): boolean {
    return this.#deps.configured === null;
  }

  /** undefined: nobody has consented yet, or what was kept was sealed with another key. */
  async find(): Promise<ClientKeys | undefined> {
    const { configured, account, store, key } = this.#deps;
    if (configured !== null) return configured;
    const sealed = await store.load(account);
    const text = sealed === undefined ? undefined : unseal(key, account, sealed);
    return text === undefined ? undefined : toKeys(keysSchema.parse(JSON.parse(text)));
  }

  /** @throws CrmError `crm/not-connected` */
  async get(): Promise<ClientKeys> {
    const keys = await this.find();
    if (keys === undefined) throw new CrmError("crm/not-connected");
    return keys;
  }

  /** Keeps what amoCRM has sent before a consent came back. @returns false when it is no such message */
  async take(message: unknown): Promise<boolean> {
    const { account, store, key } = this.#deps;
    const keys = keysSchema.safeParse(message);
    if (!this.isExternal || !keys.success) return false;
    await store.save(account, seal(key, account, JSON.stringify(keys.data)));
    return true;
  }
}

const toKeys = ({ client_id: clientId, client_secret: clientSecret }: z.output<typeof keysSchema>): ClientKeys => ({
  clientId,
  clientSecret,
});
