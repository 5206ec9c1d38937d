/**
 * Gives each request a token that works. A refresh token is good for one refresh only, so there is never more than one
 * under way, and the new pair is on disk before anybody uses it.
 */
import type { Clock } from "../lib/clock.ts";
import { CrmError, type NeedsHand } from "./crm-error.ts";
import type { Grant, GrantVault } from "./grant.ts";
import type { TokenEndpoint } from "./token-endpoint.ts";

/** A token is renewed so long before its end: a request may have to wait for its turn. */
const RENEW_BEFORE_MS = 60_000;

export interface Access {
  /** @throws CrmError when there is none, or it cannot be renewed now */
  token(): Promise<string>;
  /** For a token that amoCRM refused. @throws CrmError when there is no better one */
  tokenInsteadOf(refused: string): Promise<string>;
}

/** The account's own long-lived token: no consent, no refresh, one to five years. */
export class LongLivedAccess implements Access {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  async token(): Promise<string> {
    return this.#token;
  }

  async tokenInsteadOf(): Promise<string> {
    throw new CrmError("crm/unauthorised", { detail: "the long-lived token in the settings has ended or was revoked" });
  }
}

export interface OAuthAccessDeps {
  readonly vault: GrantVault;
  readonly endpoint: TokenEndpoint;
  readonly clock: Clock;
  readonly address: AccountAddress;
}

/** Where the account's requests go. */
export interface AccountAddress {
  /** Of the settings. */
  readonly configured: string;
  /** Asks where the account is now; undefined when it is where it was. @throws CrmError */
  find(grant: Grant): Promise<string | undefined>;
  moveTo(url: string): void;
}

export class OAuthAccess implements Access {
  readonly #deps: OAuthAccessDeps;
  /** undefined: not read from the vault yet; null: there is none. */
  #grant: Grant | null | undefined;
  /** Why the grant we had is good for nothing; nothing is tried with it again. */
  #lost: NeedsHand | null = null;
  #renewing: Promise<Grant> | null = null;
  /** A renewed grant that the disk would not take yet: it is the only one that works. */
  #unkept: Grant | null = null;

  constructor(deps: OAuthAccessDeps) {
    this.#deps = deps;
  }

  async token(): Promise<string> {
    const grant = await this.#current();
    if (grant.expiresAt - this.#deps.clock.now() > RENEW_BEFORE_MS) return grant.accessToken;
    return (await this.#renew(grant)).accessToken;
  }

  async tokenInsteadOf(refused: string): Promise<string> {
    const grant = await this.#current();
    if (grant.accessToken !== refused) return grant.accessToken;
    return (await this.#renew(grant)).accessToken;
  }

  /** Exchanges the code of a fresh consent; a second use of the same code is refused by amoCRM and changes nothing. */
  async acceptCode(code: string): Promise<void> {
    const grant = await this.#deps.endpoint.exchangeCode(code);
    while (this.#renewing) await over(this.#renewing);
    // Whoever asks meanwhile gets this one: a renewal of the one before would take its place.
    await this.#begin(async () => {
      const accepted = { ...grant, moved: this.#grant?.moved ?? null };
      await this.#keep(accepted);
      return accepted;
    });
  }

  /** The integration was switched off: all tokens are dead already. */
  async forget(reason: NeedsHand): Promise<void> {
    while (this.#renewing) await over(this.#renewing);
    this.#grant = null;
    this.#lost = reason;
    await this.#deps.vault.remove();
  }

  async #current(): Promise<Grant> {
    if (this.#renewing) return this.#renewing;
    if (this.#lost) throw new CrmError(this.#lost);
    if (this.#unkept) await this.#keep(this.#unkept);
    if (this.#grant === undefined) {
      const kept = await this.#deps.vault.load();
      if (kept === "unreadable") throw this.#lose("crm/key-changed");
      this.#grant ??= kept ?? null;
      this.#follow(this.#grant);
    }
    if (this.#grant === null) throw new CrmError("crm/not-connected");
    return this.#grant;
  }

  #renew(grant: Grant): Promise<Grant> {
    // It was forgotten, or another one accepted, in the moment since it was read.
    if (this.#renewing || this.#grant !== grant) return this.#current();
    return this.#begin(() => this.#refresh(grant));
  }

  #begin(renew: () => Promise<Grant>): Promise<Grant> {
    this.#renewing = renew().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #refresh(grant: Grant): Promise<Grant> {
    if (grant.refreshToken === null) throw this.#lose("crm/unauthorised");
    // Should we die before the answer is kept, whoever comes next must know that the token may be spent.
    await this.#keep({ ...grant, refreshInDoubt: true });
    try {
      const renewed = { ...(await this.#deps.endpoint.refresh(grant.refreshToken)), moved: grant.moved };
      this.#unkept = renewed;
      await this.#keep(renewed);
      return renewed;
    } catch (error) {
      if (!(error instanceof CrmError)) throw error;
      const moved = await this.#findMoved(grant, error);
      if (moved !== undefined) return this.#refresh(moved);
      if (error.remedy === "reconnect") throw this.#lose(reasonOf(error, grant), error);
      // It was certainly not taken: nothing new is in doubt. A lost answer is asked again, once the account is probed
      // again: either the token still works, or amoCRM says that it is spent, and then a person has to know.
      if (!error.mayHaveHappened) await this.#keep(grant);
      throw error;
    }
  }

  /** An account that was renamed is not known any more where it was; asked where it is, its shard tells. */
  async #findMoved(grant: Grant, refusal: CrmError): Promise<Grant | undefined> {
    const { status } = refusal.context;
    if (status !== 401 && status !== 404) return undefined;
    const { configured, find } = this.#deps.address;
    const to = await find(grant).catch((error: unknown) => {
      if (!(error instanceof CrmError)) throw error;
      return undefined; // then it is the refusal that is told
    });
    if (to === undefined) return undefined;
    const moved = { ...grant, moved: { from: configured, to } };
    this.#follow(moved);
    return moved;
  }

  /** Whoever writes another address into the settings knows better than what was found before. */
  #follow(grant: Grant | null): void {
    const { configured, moveTo } = this.#deps.address;
    if (grant?.moved?.from === configured) moveTo(grant.moved.to);
  }

  async #keep(grant: Grant): Promise<void> {
    await this.#deps.vault.save(grant);
    this.#grant = grant;
    this.#unkept = null;
    this.#lost = null;
  }

  #lose(reason: NeedsHand, cause?: CrmError): CrmError {
    this.#lost = reason;
    return new CrmError(reason, cause?.context, cause);
  }
}

/** What a renewal ended by is told to whoever asked for it. */
const over = (renewing: Promise<Grant>) => renewing.catch(() => {});

/** amoCRM says "revoked" of a spent refresh token: after a lost answer it was we who spent it. */
function reasonOf(refusal: CrmError, grant: Grant): NeedsHand {
  if (refusal.code === "crm/client-refused") return refusal.code;
  return grant.refreshInDoubt ? "crm/refresh-answer-lost" : "crm/refresh-refused";
}
