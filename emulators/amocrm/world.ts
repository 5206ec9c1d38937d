/** All that the stand keeps: accounts, integrations and their tokens, widgets, sessions, and the means to misbehave. */
import { randomBytes } from "node:crypto";
import type { StandClock } from "./clock.ts";
import type { Account } from "./crm/account.ts";
import type { User } from "./crm/model.ts";
import { buildAccount, type Seed } from "./crm/seed.ts";
import { DisposableTokens } from "./oauth/disposable.ts";
import { Grants } from "./oauth/grants.ts";
import type { Integration } from "./oauth/integrations.ts";
import { createRs256Signer } from "./oauth/jwt.ts";
import { FaultPlan } from "./stand/faults.ts";
import { Limits } from "./stand/limits.ts";
import { RequestLog } from "./stand/request-log.ts";
import { HookDelivery } from "./webhooks/delivery.ts";
import type { Widget } from "./widgets/widget.ts";

export interface Session {
  readonly account: Account;
  readonly user: User;
}

interface Population {
  readonly accounts: readonly Account[];
  readonly deliveries: ReadonlyMap<Account, HookDelivery>;
  readonly widgets: Map<Account, Map<string, Widget>>;
  readonly integrations: Map<string, Integration>;
  readonly grants: Grants;
  readonly disposableTokens: DisposableTokens;
  readonly sessions: Map<string, Session>;
}

export class World implements AsyncDisposable {
  readonly clock: StandClock;
  readonly limits: Limits;
  readonly faults = new FaultPlan();
  readonly log = new RequestLog();
  /** Scheme and host of the stand itself. */
  readonly url: string;
  readonly #signToken = createRs256Signer();
  #population: Population;

  constructor(clock: StandClock, seed: Seed, url: string) {
    this.clock = clock;
    this.limits = new Limits(clock);
    this.url = url;
    this.#population = this.#populate(seed);
  }

  get accounts(): readonly Account[] {
    return this.#population.accounts;
  }
  get integrations(): Map<string, Integration> {
    return this.#population.integrations;
  }
  get grants(): Grants {
    return this.#population.grants;
  }
  get disposableTokens(): DisposableTokens {
    return this.#population.disposableTokens;
  }

  mainAccount(): Account {
    const [account] = this.accounts;
    if (!account) throw new Error("the seed holds no account");
    return account;
  }

  /** The account that answers at a Host header; accounts without a host of their own answer at the stand's address. */
  accountAt(host: string): Account | undefined {
    const own = new URL(this.url).port;
    const isStand = [`127.0.0.1:${own}`, `localhost:${own}`, new URL(this.url).host].includes(host);
    return this.accounts.find((account) =>
      account.identity.host === null ? isStand : new URL(account.url).host === host || account.identity.host === host,
    );
  }

  /**
   * Where accounts are asked for that were renamed: it belongs to none of them
   * (docs/protocols/amocrm-platform.md#what-a-token-tells).
   */
  get shardHost(): string {
    return new URL(this.url).host;
  }

  /** Its pages and its API are at another host from now on, and its old name is nobody's. */
  rename(account: Account, subdomain: string, host: string): void {
    account.identity = { ...account.identity, subdomain, host };
    account.url = this.#urlOf(host);
  }

  widgetsOf(account: Account): Map<string, Widget> {
    const kept = this.#population.widgets.get(account) ?? new Map<string, Widget>();
    this.#population.widgets.set(account, kept);
    return kept;
  }

  hookDelivery(account: Account): HookDelivery {
    const delivery = this.#population.deliveries.get(account);
    if (!delivery) throw new Error("the account belongs to a population that was replaced");
    return delivery;
  }

  /** @returns value of the session cookie */
  signIn(account: Account, user: User): string {
    const id = randomBytes(24).toString("base64url");
    this.#population.sessions.set(id, { account, user });
    return id;
  }

  session(id: string): Session | undefined {
    return this.#population.sessions.get(id);
  }

  /** Everything starts anew from `seed`: entities, integrations, tokens, sessions, faults, limits, the log. */
  async reset(seed: Seed): Promise<void> {
    const before = this.#population;
    this.#population = this.#populate(seed);
    this.faults.clear();
    this.limits.reset();
    this.log.clear();
    for (const delivery of before.deliveries.values()) await delivery[Symbol.asyncDispose]();
  }

  #populate(seed: Seed): Population {
    const accounts = seed.accounts.map((one) => buildAccount(one, this.clock));
    for (const account of accounts) account.url = this.#urlOf(account.identity.host);
    return {
      accounts,
      deliveries: new Map(accounts.map((account) => [account, new HookDelivery(account)])),
      widgets: new Map(),
      integrations: new Map(),
      grants: new Grants(this.clock, this.#signToken, this.shardHost),
      disposableTokens: new DisposableTokens(),
      sessions: new Map(),
    };
  }

  #urlOf(host: string | null): string {
    const { protocol, port } = new URL(this.url);
    if (host === null) return this.url;
    return host.includes(":") || port === "" ? `${protocol}//${host}` : `${protocol}//${host}:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.clock[Symbol.dispose]();
    for (const delivery of this.#population.deliveries.values()) await delivery[Symbol.asyncDispose]();
  }
}
