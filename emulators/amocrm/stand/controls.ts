/** What a test or a demo may do to the stand; in the same process, or as JSON under `/_stand/`. */
import { randomBytes } from "node:crypto";
import type { Account } from "../crm/account.ts";
import {
  createEntity,
  deleteEntity,
  type EntityInput,
  mergeEntities,
  restoreEntity,
  updateEntity,
} from "../crm/entities.ts";
import type { Company, Contact, Entity, EntityType, PopUp, User } from "../crm/model.ts";
import type { Seed } from "../crm/seed.ts";
import { createIntegration, disablingHookUrl, type Integration, type IntegrationInput } from "../oauth/integrations.ts";
import type { Delivery } from "../webhooks/delivery.ts";
import { openArchive } from "../widgets/archive.ts";
import type { Widget } from "../widgets/widget.ts";
import type { World } from "../world.ts";
import type { Fault } from "./faults.ts";
import { checkInvariants, type Invariants } from "./invariants.ts";
import type { LimitOptions } from "./limits.ts";
import type { LoggedRequest, RequestSearch } from "./request-log.ts";

/** How long the CRM waits for the install hook and the disabling hook (docs/protocols/amocrm-platform.md#consent), ms. */
const HOOK_MS = 3000;

/** Something was asked of the stand that it does not have; the message says what. */
export class StandError extends Error {
  override readonly name = "StandError";
}

export interface StandOptions extends Partial<LimitOptions>, Partial<Account["options"]> {}

export class StandControls {
  readonly #world: World;
  readonly #account: Account | undefined;
  #hooksUnderWay = new Set<Promise<number>>();

  /** @param account the account it acts on; the first one of the seed when absent */
  constructor(world: World, account?: Account) {
    this.#world = world;
    this.#account = account;
  }

  get account(): Account {
    return this.#account ?? this.#world.mainAccount();
  }

  /** The same controls for another account of the stand. */
  of(subdomain: string): StandControls {
    const account = this.#world.accounts.find(({ identity }) => identity.subdomain === subdomain);
    if (!account) throw new StandError(`no account "${subdomain}"`);
    return new StandControls(this.#world, account);
  }

  /**
   * An administrator renames the account (docs/protocols/amocrm-platform.md#what-a-token-tells): its old host answers 401 from now on.
   * @param host of its pages and its API, with the stand's port unless it has one
   */
  rename(subdomain: string, host: string): void {
    this.#world.rename(this.account, subdomain, host);
  }

  reset(seed: Seed): Promise<void> {
    return this.#world.reset(seed);
  }

  setOptions(options: StandOptions): void {
    for (const target of [this.#world.limits.options, this.account.options]) {
      const known = Object.entries(options).filter(([name, value]) => name in target && value !== undefined);
      Object.assign(target, Object.fromEntries(known));
    }
  }

  resetLimits(): void {
    this.#world.limits.reset();
  }

  addFault(fault: Fault): void {
    this.#world.faults.add(fault);
  }

  clearFaults(): void {
    this.#world.faults.clear();
  }

  requests(search?: RequestSearch): readonly LoggedRequest[] {
    return this.#world.log.find(search);
  }

  clearRequests(): void {
    this.#world.log.clear();
  }

  /** The most API requests of an integration that came within any second, refused ones included. */
  busiestSecond(clientId: string): number {
    return this.#world.log.busiestSecond(clientId);
  }

  invariants(): Invariants {
    return checkInvariants(this.account);
  }

  deliveries(): readonly Delivery[] {
    return this.#world.hookDelivery(this.account).deliveries;
  }

  /** A storm: every webhook that was sent is sent again so often, all at once, the newest first. */
  stormWebhooks(times: number): void {
    this.#world.hookDelivery(this.account).storm(times);
  }

  /** Until all webhooks that are under way have their answers. */
  async settled(): Promise<void> {
    await Promise.all(this.#hooksUnderWay);
    await this.#world.hookDelivery(this.account).settled();
  }

  popUps(): readonly PopUp[] {
    return this.account.popUps;
  }

  advance(ms: number): Promise<void> {
    return this.#world.clock.advance(ms);
  }

  // ---------------------------------------------------------------------------------------- integrations and widgets

  /** Registers one, or changes the one that has this `client_id`. */
  registerIntegration(input: IntegrationInput): Integration {
    const old = input.client_id === undefined ? undefined : this.#world.integrations.get(input.client_id);
    const integration = old ?? createIntegration(input);
    integration.redirect_uri = input.redirect_uri;
    if (input.client_secret !== undefined) integration.client_secret = input.client_secret;
    if (input.disabling_hook !== undefined) integration.disabling_hook = input.disabling_hook;
    this.#world.integrations.set(integration.client_id, integration);
    return integration;
  }

  integration(clientId: string): Integration {
    const integration = this.#world.integrations.get(clientId);
    if (!integration) throw new StandError(`no integration ${clientId}: register it first`);
    return integration;
  }

  /** Tab "Keys" of the integration: a code to copy (docs/protocols/amocrm-platform.md#consent). */
  issueCode(clientId: string, userId?: number): string {
    return this.#world.grants.issueCode(this.integration(clientId), this.account, this.#user(userId).id);
  }

  issueLongLivedToken(clientId: string, days = 365, userId?: number): string {
    return this.#world.grants.issueLongLived(this.integration(clientId), this.account, this.#user(userId).id, days);
  }

  /** Server-side GET of the redirect address with a code, as installing a widget does (docs/protocols/amocrm-platform.md#consent). Its answer is ignored. */
  fireInstallHook(clientId: string): void {
    const integration = this.integration(clientId);
    const url = new URL(integration.redirect_uri);
    url.searchParams.set("code", this.issueCode(clientId));
    url.searchParams.set("referer", new URL(this.account.url).host);
    url.searchParams.set("platform", "1");
    url.searchParams.set("from_widget", "1");
    this.#fire(url.href);
  }

  /** All tokens of the integration die, and its owner is told by a signed request (docs/protocols/amocrm-platform.md#disabling). */
  disableIntegration(clientId: string): void {
    const integration = this.integration(clientId);
    this.#world.grants.disable(integration, this.account);
    for (const widget of this.#world.widgetsOf(this.account).values()) {
      if (widget.client_id === clientId) widget.active = false;
    }
    if (integration.disabling_hook) {
      this.#fire(disablingHookUrl(integration.disabling_hook, integration, this.account.identity.id));
    }
  }

  #fire(url: string): void {
    // No answer, a refused connection or any status are one to the CRM: it neither looks nor repeats.
    const work = fetch(url, { redirect: "manual", signal: AbortSignal.timeout(HOOK_MS) })
      .then((response) => response.status)
      .catch(() => 0)
      .finally(() => this.#hooksUnderWay.delete(work));
    this.#hooksUnderWay.add(work);
  }

  /**
   * Uploads a widget archive and installs it into the account; a second upload for the same integration replaces the
   * first and keeps its settings.
   * @param install its settings, and whether it becomes active at once (otherwise a person installs it on the pages)
   * @throws {ArchiveError} with all that is wrong with the archive
   */
  uploadWidget(
    zip: Uint8Array,
    clientId: string,
    install: { settings?: Record<string, unknown>; active?: boolean } = {},
  ): Widget {
    const archive = openArchive(zip);
    this.integration(clientId);
    const widgets = this.#world.widgetsOf(this.account);
    const old = [...widgets.values()].find((widget) => widget.client_id === clientId);
    const widget: Widget = {
      code: old?.code ?? `w${randomBytes(8).toString("hex")}`,
      client_id: clientId,
      archive,
      settings: install.settings ?? old?.settings ?? {},
      active: install.active ?? old?.active ?? true,
      installed: old?.installed ?? false,
    };
    widgets.set(widget.code, widget);
    return widget;
  }

  // ------------------------------------------------------------------------------------------------ users and entities

  /** Who signs in without the picker; value of the session cookie. */
  signIn(userId?: number): string {
    return this.#world.signIn(this.account, this.#user(userId));
  }

  /** The language of a user's pages from his next sign-in on. */
  setLanguage(userId: number, lang: User["lang"]): void {
    this.account.users.set(userId, { ...this.#user(userId), lang });
  }

  #user(userId = [...this.account.users.keys()][0]): User {
    const user = this.account.users.get(userId ?? 0);
    if (!user) throw new StandError(`no user ${userId} in account ${this.account.identity.id}`);
    return user;
  }

  entity(type: EntityType, id: number): Entity {
    const entity = this.account.find(type, id);
    if (!entity) throw new StandError(`no ${type} ${id} in account ${this.account.identity.id}`);
    return entity;
  }

  createEntity(type: EntityType, input: EntityInput, userId?: number): Entity {
    return createEntity(this.account, type, input, { userId: this.#user(userId).id, clientId: null });
  }

  updateEntity(type: EntityType, id: number, input: EntityInput, userId?: number): void {
    updateEntity(this.account, this.entity(type, id), input, { userId: this.#user(userId).id, clientId: null });
  }

  deleteEntity(type: EntityType, id: number): void {
    deleteEntity(this.account, this.entity(type, id), this.#user().id);
  }

  restoreEntity(type: EntityType, id: number): void {
    restoreEntity(this.account, this.entity(type, id), this.#user().id);
  }

  /** The second becomes part of the first, its id is gone. */
  mergeEntities(type: "contacts" | "companies", keptId: number, absorbedId: number): void {
    const [kept, absorbed] = [this.entity(type, keptId), this.entity(type, absorbedId)];
    if (!isClient(kept) || !isClient(absorbed)) throw new StandError("only contacts and companies are merged here");
    mergeEntities(this.account, kept, absorbed, this.#user().id);
  }
}

const isClient = (entity: Entity): entity is Contact | Company =>
  entity.type === "contacts" || entity.type === "companies";
