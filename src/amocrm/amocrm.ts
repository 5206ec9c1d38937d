/** One amoCRM account, put together: access, requests, index, and the performer that the outbox works with. */
import { z } from "zod";
import type { ClientDirectory } from "../clients/client.ts";
import type { ClientIndex } from "../clients/client-index.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Attempt, BatchItem, Outcome, Performer, PerformFailure } from "../outbox/performer.ts";
import type { WrittenCalls } from "../outbox/written-calls.ts";
import type { CrmIntent } from "../rules/intent.ts";
import { type Access, type AccountAddress, LongLivedAccess, OAuthAccess } from "./access.ts";
import { findAccountUrl } from "./account-address.ts";
import type { CrmUser } from "./answers.ts";
import { ClientKeyBook, type ClientKeys } from "./client-keys.ts";
import { Connection, silenceMs } from "./connection.ts";
import { consentUrl, type ExternalConsent, isOurState, isSignedDisabling, makeState } from "./consent.ts";
import { CrmApi } from "./crm-api.ts";
import { CrmClient } from "./crm-client.ts";
import { CrmError } from "./crm-error.ts";
import { CrmHttp, type CrmTimeouts } from "./crm-http.ts";
import { type GrantStore, GrantVault } from "./grant.ts";
import { IndexFiller } from "./index-filler.ts";
import { partKeepers } from "./index-parts.ts";
import { perform } from "./perform.ts";
import { performBatch } from "./perform-batch.ts";
import type { AmocrmAccount, Performing } from "./performing.ts";
import type { Lane, RateLimit } from "./rate-limit.ts";
import { TokenEndpoint } from "./token-endpoint.ts";
import { isSame, takeWebhook, WEBHOOK_EVENTS, webhookSecret } from "./webhook.ts";

export interface AmocrmSettings {
  /** Host of the account's pages, e.g. "example.amocrm.ru"; with its port if it has one. */
  readonly host: string;
  /** Scheme and host of the API, e.g. "https://example.amocrm.ru". */
  readonly baseUrl: string;
  /** amoCRM's number of the account; null: whichever gives us access. */
  readonly accountId: number | null;
  /** ID and secret key; null: an external integration, for which amoCRM makes them up when somebody consents. */
  readonly integration: ClientKeys | null;
  /** What the consent to an external integration begins on, of ours; and where amoCRM sends its keys then. */
  readonly connectUrl: string;
  readonly secretsUrl: string;
  /** Exactly as it stands in the integration. */
  readonly redirectUrl: string;
  /** Instead of a consent. */
  readonly longLivedToken: string | null;
  /** Where amoCRM may post webhooks: their path's secret is added to it. */
  readonly webhookUrl: string;
  readonly timeouts?: CrmTimeouts;
  readonly silenceMs?: typeof silenceMs;
  readonly catchUpEveryMs?: number;
}

export interface AmocrmDeps {
  readonly account: AmocrmAccount;
  readonly settings: AmocrmSettings;
  /** 32 bytes each, made for these purposes and kept outside the store. */
  readonly keys: { readonly tokens: Uint8Array; readonly webhooks: Uint8Array };
  readonly grants: GrantStore;
  readonly integrations: GrantStore;
  /** Shared with all that amoCRM counts together with this account. */
  readonly limit: RateLimit;
  readonly index: ClientIndex & ClientDirectory;
  readonly written: WrittenCalls;
  /** What an earlier intent led to; undefined when it was not done. */
  readonly outcomeOf: (uniq: string) => Promise<Outcome | undefined>;
  /** Is an earlier intent still to be performed? */
  readonly isWaiting: (uniq: string) => Promise<boolean>;
  /** Where the sound of a call is heard by now; null: nowhere yet. */
  readonly recordingUrlOf: (callId: string) => Promise<string | null>;
  readonly clock: Clock;
  readonly log: Log;
  readonly onUsers: (users: readonly CrmUser[]) => void;
}

/** What changed in the CRM is looked for so often even without a hint: webhooks are lost, or not in the customer's plan. */
const CATCH_UP_EVERY_MS = 60_000;

export class Amocrm implements Performer {
  readonly connection: Connection;
  readonly filler: IndexFiller;
  readonly #deps: AmocrmDeps;
  readonly #http: CrmHttp;
  readonly #lane: Lane;
  readonly #keys: ClientKeyBook;
  /** null with a long-lived token. */
  readonly #oauth: OAuthAccess | null;
  readonly #performing: Performing;
  /** amoCRM's number of the account, once it has answered. */
  #crmAccountId: number | null;

  constructor(deps: AmocrmDeps) {
    const { account, settings, keys, grants, index, written, outcomeOf, isWaiting, clock, log, onUsers } = deps;
    this.#deps = deps;
    this.#crmAccountId = settings.accountId;
    this.#http = new CrmHttp(settings.baseUrl, settings.timeouts);
    this.#lane = deps.limit.lane();
    const { integrations: store } = deps;
    this.#keys = new ClientKeyBook({ configured: settings.integration, account: account.id, store, key: keys.tokens });
    this.#oauth = settings.longLivedToken === null ? this.#makeOAuth(grants, keys.tokens) : null;
    const access: Access = this.#oauth ?? new LongLivedAccess(settings.longLivedToken ?? "");
    const client = new CrmClient({
      http: this.#http,
      lane: this.#lane,
      access,
      onFailure: (error) => this.connection.met(error),
    });
    const api = new CrmApi(client, "person");
    this.connection = new Connection({
      account: account.id,
      now: () => clock.now(),
      log,
      silenceMs: settings.silenceMs ?? silenceMs,
      probe: () => this.#probe(api),
    });
    const keepers = partKeepers({
      account: account.id,
      country: account.country,
      index,
      clock,
      onUnreadable: (part, error) =>
        log.warn({ account: account.id, part, error }, "an entity could not be read and is left out of the index"),
    });
    this.filler = new IndexFiller({
      account,
      api: api.as("index"),
      index,
      keepers,
      connection: this.connection,
      clock,
      log,
      catchUpEveryMs: settings.catchUpEveryMs ?? CATCH_UP_EVERY_MS,
      onOpen: () => this.#subscribe(api.as("index")),
      onUsers,
    });
    this.#performing = {
      account,
      api: api.as("call"),
      index,
      keepers,
      written,
      outcomeOf,
      isWaiting,
      recordingUrlOf: deps.recordingUrlOf,
      clock,
      doubtBefore: () => this.filler.doubtBefore,
      isHinted: (part, id) => this.filler.isHinted(part, id),
    };
  }

  /** Is it this account that amoCRM calls so (`referer`) when it sends a code? */
  isAt(host: string | null): boolean {
    return host !== null && [this.#deps.settings.host, this.host].includes(host);
  }

  /** Of the account's pages: the settings', or, when the account was renamed since, where it was found. */
  get host(): string {
    const { host, baseUrl } = this.#deps.settings;
    return this.#http.baseUrl === new URL(baseUrl).origin ? host : new URL(this.#http.baseUrl).host;
  }

  /** Resolves when it is known whether the account is open to us; the index goes on filling. */
  async start(): Promise<void> {
    this.filler.start();
    await this.connection.check();
  }

  /** Begins nothing new; settles when what is under way has ended, for which `close` may be needed. */
  async stop(): Promise<void> {
    await Promise.all([this.connection.stop(), this.filler.stop()]);
  }

  /** Ends all requests now. */
  async close(): Promise<void> {
    this.#lane.close();
    await this.#http[Symbol.asyncDispose]();
  }

  perform(intent: CrmIntent, attempt: Attempt): Promise<Outcome> {
    return perform(intent, attempt, this.#performing);
  }

  performBatch(batch: readonly BatchItem[]): Promise<readonly (Outcome | PerformFailure)[]> {
    return performBatch(batch, this.#performing);
  }

  availability() {
    return this.connection.availability();
  }

  onAvailability(listener: Parameters<Performer["onAvailability"]>[0]): Disposable {
    return this.connection.onChange(() => listener(this.connection.availability()));
  }

  /** Where an administrator of the CRM gives us access: amoCRM's page, or ours, which shows amoCRM's button. */
  consentUrl(): string {
    const { settings } = this.#deps;
    if (settings.integration === null) return settings.connectUrl;
    return consentUrl(this.#accountUrl(), settings.integration.clientId, this.#makeState());
  }

  /** What amoCRM's button says of us; null: the integration is our own, and needs none. */
  externalConsent(): ExternalConsent | null {
    const { redirectUrl, secretsUrl, integration } = this.#deps.settings;
    if (integration !== null) return null;
    return { accountUrl: this.#accountUrl(), redirectUrl, secretsUrl, state: this.#makeState() };
  }

  /** Takes the keys that amoCRM sends before the consent to an external integration comes back. @returns false: not ours */
  async takeSecrets(message: unknown): Promise<boolean> {
    const { account, keys, clock } = this.#deps;
    const { state } = z.object({ state: z.string() }).safeParse(message).data ?? { state: "" };
    return isOurState(keys.tokens, account.id, state, clock) && this.#keys.take(message);
  }

  #accountUrl(): string {
    return `${new URL(this.#deps.settings.baseUrl).protocol}//${this.host}`;
  }

  #makeState(): string {
    const { account, keys, clock } = this.#deps;
    return makeState(keys.tokens, account.id, clock);
  }

  /**
   * Takes what the consent page, or the installation of the widget (without `state`), sent to the redirect address.
   * The same code twice changes nothing.
   * @throws CrmError
   */
  async takeConsent(query: URLSearchParams): Promise<void> {
    const { account, keys, clock } = this.#deps;
    const state = query.get("state");
    if (state !== null && !isOurState(keys.tokens, account.id, state, clock)) {
      throw new CrmError("crm/code-refused", { detail: "the consent was not begun here, or too long ago" });
    }
    const code = query.get("code");
    if (code === null) throw new CrmError("crm/code-refused", { detail: query.get("error") ?? "no code" });
    if (this.#oauth === null) {
      throw new CrmError("crm/code-refused", { detail: "the settings give a long-lived token, which is used instead" });
    }
    await this.#oauth.acceptCode(code);
    await this.connection.check();
  }

  /** The integration was switched off. False when the message is not amoCRM's, or about another account. */
  async takeDisabling(query: URLSearchParams): Promise<boolean> {
    const keys = await this.#keys.find();
    if (keys === undefined || !isSignedDisabling(query, keys.clientId, keys.clientSecret)) return false;
    if (this.#crmAccountId === null || query.get("account_id") !== String(this.#crmAccountId)) return false;
    await this.#oauth?.forget("crm/disabled");
    this.connection.met(new CrmError("crm/disabled"));
    return true;
  }

  /** @returns false when the path's secret is wrong */
  async takeWebhook(secret: string, body: string): Promise<boolean> {
    const { account, keys, written } = this.#deps;
    if (!isSame(secret, webhookSecret(keys.webhooks, account.id))) return false;
    await takeWebhook(body, {
      hint: (part, id) => this.filler.hint(part, id),
      declined: (leadIds) => written.forgetUndecided(account.id, leadIds),
    });
    return true;
  }

  #makeOAuth(grants: GrantStore, key: Uint8Array): OAuthAccess {
    const { account, settings, clock, log } = this.#deps;
    const address: AccountAddress = {
      configured: settings.baseUrl,
      find: (grant) => findAccountUrl(this.#http.baseUrl, grant, this.#lane),
      moveTo: (url) => {
        log.warn(
          { account: account.id, host: new URL(url).host },
          "amoCRM has renamed the account: write its new host into the settings, or no panel opens on its pages",
        );
        this.#http.moveTo(url);
      },
    };
    return new OAuthAccess({
      vault: new GrantVault(grants, key, account.id),
      endpoint: new TokenEndpoint({
        http: this.#http,
        lane: this.#lane,
        clock,
        integration: async () => ({ ...(await this.#keys.get()), redirectUri: settings.redirectUrl }),
      }),
      clock,
      address,
    });
  }

  /** The cheapest request that anybody may make; it also tells whose account it is. */
  async #probe(api: CrmApi): Promise<void> {
    const { id, subdomain } = await api.account();
    const wanted = this.#deps.settings.accountId;
    if (wanted !== null && wanted !== id) {
      throw new CrmError("crm/wrong-account", { detail: `number ${id}, "${subdomain}"; the settings say ${wanted}` });
    }
    this.#crmAccountId = id;
  }

  /** amoCRM keeps one subscription for an address, so that asking again changes nothing. */
  async #subscribe(api: CrmApi): Promise<void> {
    const { account, settings, keys, log } = this.#deps;
    const destination = `${settings.webhookUrl}/${webhookSecret(keys.webhooks, account.id)}`;
    try {
      await api.write("POST", "/api/v4/webhooks", { destination, settings: WEBHOOK_EVENTS, sort: 10 }, () => undefined);
    } catch (error) {
      // The plan has none, or our access may not: what changed is found without.
      if (!(error instanceof CrmError) || error.remedy !== "quarantine") throw error;
      log.warn(
        { account: account.id, reason: error.message },
        "no webhooks: changes in amoCRM are seen a minute later",
      );
    }
  }
}
