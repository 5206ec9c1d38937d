/**
 * The CRM half of the service for one account, put together for `main.ts`: ended calls become intents, intents become
 * notes and leads, and who calls is known without asking.
 */
import { randomUUID } from "node:crypto";
import { Amocrm, type AmocrmSettings } from "../../amocrm/amocrm.ts";
import type { CrmUser } from "../../amocrm/answers.ts";
import type { RateLimit } from "../../amocrm/rate-limit.ts";
import type { Call } from "../../calls/call.ts";
import type { ChosenClients } from "../../clients/chosen-clients.ts";
import type { Client, ClientDirectory } from "../../clients/client.ts";
import type { Pipeline } from "../../clients/client-index.ts";
import { isHidden, toCrmPhone } from "../../clients/phone-key.ts";
import { toReadablePhone } from "../../clients/readable-phone.ts";
import type { Account } from "../../directory/directory.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { MasterKey } from "../../lib/master-key.ts";
import { CallFeed } from "../../outbox/call-feed.ts";
import { Outbox } from "../../outbox/outbox.ts";
import { type CallWord, lastSaid } from "../../rules/correction.ts";
import type { CrmEntity } from "../../rules/intent.ts";
import { type Decision, intentsFor, type RuleContext, toCallFacts } from "../../rules/intents-for.ts";
import { popUpFor } from "../../rules/pop-up-for.ts";
import type { RehearsalCall } from "../../rules/rehearsal.ts";
import type { Policy } from "../../rules/rule.ts";
import { SqlAmocrmGrants } from "../../store/amocrm-grants.ts";
import { SqlCallWords } from "../../store/call-words.ts";
import { SqlClientIndex } from "../../store/client-index.ts";
import type { Database } from "../../store/database.ts";
import { SqlOutboxStore } from "../../store/outbox-store.ts";
import { SqlWrittenCalls } from "../../store/written-calls.ts";
import { CallCorrections } from "./corrections.ts";
import { type Rehearsed, rehearseCalls } from "./rehearsal.ts";

export interface CrmOptions {
  readonly account: Account;
  /** What its rules obey. */
  readonly policy: Policy;
  readonly amocrm: AmocrmSettings;
  /** See `AmocrmDeps`. */
  readonly limit: RateLimit;
  readonly database: Database;
  readonly masterKey: MasterKey;
  readonly clock: Clock;
  readonly log: Log;
  /** A call of this account, living or ended; undefined when there is none. */
  readonly findCall: (callId: string) => Promise<Call | undefined>;
  /** Where the call's recording is, or will be, heard; null when there will be none. */
  readonly recordingUrlOf: (call: Call) => Promise<string | null>;
  /** See `CallFeedDeps`; without it calls are told as they are. */
  readonly complete?: (call: Call) => Promise<Call | null>;
  /** Names this process among those that share the store; the same after a restart. */
  readonly holder?: string;
  readonly random?: () => number;
  /** So long after a lost answer amoCRM is not looked at yet, ms. */
  readonly doubtSettlesMs?: number;
}

/** So long a person waits for a contact to be created. */
const PERSON_WAITS_MS = 10_000;
/** So long requests under way may still take when the service stops. */
const STOP_GRACE_MS = 3_000;
/** Items under way at once: more only wait for the same rate limit. */
const CONCURRENCY = 4;
/** amoCRM answers in a second or less; what takes longer is mostly lost before it. */
const DOUBT_SETTLES_MS = 2_000;

export class Crm {
  readonly account: Account;
  readonly amocrm: Amocrm;
  readonly outbox: Outbox;
  readonly directory: ClientDirectory;
  readonly chosen: ChosenClients;
  readonly #options: CrmOptions;
  readonly #index: SqlClientIndex;
  readonly #store: SqlOutboxStore;
  readonly #written: SqlWrittenCalls;
  readonly #corrections: CallCorrections;
  readonly #feed: CallFeed;
  /** Living calls whose pop-up was shown. */
  readonly #shown = new Set<string>();
  /** As amoCRM told them last; empty before, and where our access may not see them. */
  #users: readonly CrmUser[] = [];
  readonly #creating = new Map<string, Promise<Client>>();

  constructor(options: CrmOptions) {
    const { account, amocrm, limit, database, masterKey, clock, log, holder = "main", random = Math.random } = options;
    this.account = account;
    this.#options = options;
    const store = new SqlOutboxStore(database);
    this.#store = store;
    this.#written = new SqlWrittenCalls(database);
    this.#corrections = new CallCorrections({
      account: account.id,
      words: new SqlCallWords(database),
      findCall: options.findCall,
      // The notes' intents must stand before the one that corrects them.
      conclude: () => this.#feed.follow(),
      contextOf: (call) => this.#contextOf(call),
      now: () => clock.now(),
    });
    this.#index = new SqlClientIndex(database, () => account.country);
    this.directory = this.#index;
    this.chosen = this.#index;
    this.amocrm = new Amocrm({
      account,
      settings: amocrm,
      keys: { tokens: masterKey.derive("token-encryption"), webhooks: masterKey.derive("webhook-path") },
      grants: new SqlAmocrmGrants(database),
      integrations: new SqlAmocrmGrants(database, "amocrm_integration"),
      limit,
      index: this.#index,
      written: this.#written,
      outcomeOf: (uniq) => store.outcomeOf(account.id, uniq),
      isWaiting: (uniq) => store.isWaiting(account.id, uniq),
      recordingUrlOf: async (callId) => {
        const call = await options.findCall(callId);
        return call === undefined ? null : options.recordingUrlOf(call);
      },
      clock,
      log,
      onUsers: (users) => {
        this.#users = users;
        this.#compareUsers(users);
      },
    });
    this.outbox = new Outbox({
      account: account.id,
      holder,
      store,
      performer: this.amocrm,
      clock,
      random,
      log,
      concurrency: CONCURRENCY,
      doubtSettlesMs: options.doubtSettlesMs ?? DOUBT_SETTLES_MS,
    });
    this.#feed = new CallFeed({
      account: account.id,
      country: account.country,
      store,
      now: () => clock.now(),
      complete: options.complete ?? (async (call) => call),
      decide: (call) => this.#decide(call),
      onAdded: () => this.outbox.wake(),
      log,
    });
  }

  /** What its rules obey. */
  get policy(): Policy {
    return this.#options.policy;
  }

  /** amoCRM's users; none before it has answered, and where our access may not see them. */
  get users(): readonly CrmUser[] {
    return this.#users;
  }

  /** amoCRM's pipelines with their stages, as it told them last. */
  pipelines(): Promise<readonly Pipeline[]> {
    return this.#index.pipelines(this.account.id);
  }

  /** Does not wait for amoCRM: the service works, and remembers, without it. */
  async start(): Promise<void> {
    await this.outbox.start();
    this.#feed.start();
    void this.amocrm.start(); // never rejects: what it meets becomes the connection's state
  }

  async stop(): Promise<void> {
    const timer = setTimeout(() => void this.amocrm.close(), STOP_GRACE_MS);
    await Promise.all([this.#feed.stop(), this.outbox.stop(), this.amocrm.stop()]);
    clearTimeout(timer);
    await this.amocrm.close();
  }

  /** Calls have ended, or may have: the journal has grown. */
  callsChanged(): void {
    this.#feed.wake();
  }

  /** A call has changed: amoCRM's own pop-up is shown while it rings, once, if the account wants it. */
  callChanged(call: Call): void {
    if (call.endedAt !== null) this.#shown.delete(call.id);
    else if (!this.#shown.has(call.id)) {
      this.#showPopUp(call).catch((error: unknown) =>
        this.#options.log.error({ account: this.account.id, call: call.id, error }, "no pop-up was shown"),
      );
    }
  }

  /**
   * Puts the link of a recording that has become ready into what was written of its call.
   * Repeating it is harmless; a call of which nothing is written is passed over.
   */
  async linkRecording(call: Call, recordingUrl: string): Promise<void> {
    if (call.client === null || isHidden(call.client)) return;
    await this.#feed.follow(); // the note's intent must stand before the one that corrects it
    const facts = toCallFacts(call, this.account.country, recordingUrl);
    const intent = { kind: "link-recording", uniq: `${call.id}/recording`, call: facts } as const;
    await this.outbox.submit(facts.phone, call.id, intent);
  }

  /** See `CallCorrections`. */
  async say(callId: string, word: Omit<CallWord, "id">, by: string): Promise<boolean> {
    const intent = await this.#corrections.say(callId, word, by);
    if (intent === undefined) return false;
    if (intent !== null) await this.outbox.submit(intent.call.phone, intent.call.id, intent);
    return true;
  }

  /** A call of this account, living or ended; undefined when there is none. */
  findCall(callId: string): Promise<Call | undefined> {
    return this.#options.findCall(callId);
  }

  /** A card's name; undefined when the CRM has no such card, as far as we know. Of leads the open ones are known. */
  nameOf({ type, id }: CrmEntity): Promise<string | undefined> {
    return this.#index.nameOf(this.account.id, type, id);
  }

  /** The employees' last words of a call, and the card on which it stands: where they put it, else where it was written. */
  async saidOf(call: Call): Promise<Omit<CallWord, "id">> {
    const { text, entity } = lastSaid(await this.#corrections.wordsOf(call));
    if (entity !== null) return { text, entity };
    const [first] = (await this.#written.ofCall(this.account.id, call.id)).flatMap(({ written }) =>
      written.kind === "note" ? [{ type: written.entityType, id: written.entityId }] : [],
    );
    return { text, entity: first ?? null };
  }

  /**
   * The client of a number, created as a contact when nobody is known.
   * @throws OutboxError when the CRM cannot do it now
   */
  async createContact(phone: string, userId: number | null): Promise<Client> {
    const number = toCrmPhone(phone, this.account.country);
    const [known] = await this.directory.findByPhone(this.account.id, number);
    if (known !== undefined) return known;
    // A second click is the same wish.
    const creating = this.#creating.get(number) ?? this.#createContact(number, userId);
    this.#creating.set(number, creating);
    return creating.finally(() => this.#creating.delete(number));
  }

  /**
   * What the rules would have made of the calls since then, with the CRM as it is now. Writes nothing.
   * @param since epoch ms
   * @param policy other rules than the account's own, to try them
   */
  async rehearse(since: number, policy: Policy = this.#options.policy): Promise<Rehearsed> {
    const { account } = this;
    const start = { account, policy, pipelines: await this.pipelines(), turns: await this.#store.turns(account.id) };
    return rehearseCalls(start, await this.#store.callsSince(account.id, since), async (call) => ({
      ...(await this.#clientOf(call)),
      isUndecided: await this.#isUndecided(call),
    }));
  }

  async #createContact(phone: string, userId: number | null): Promise<Client> {
    const intent = { kind: "create-contact", uniq: randomUUID(), name: toReadablePhone(phone), phone, userId } as const;
    const outcome = await this.outbox.submitAndWait(phone, intent, PERSON_WAITS_MS);
    if (outcome.kind !== "contact") throw new TypeError(`a contact became a ${outcome.kind}`);
    const clients = await this.directory.findByPhone(this.account.id, phone);
    return (
      clients.find(({ kind, id }) => kind === "contact" && id === outcome.contactId) ?? {
        // The contact of an unsorted lead is in no list, and so not in the index.
        kind: "contact",
        id: outcome.contactId,
        name: intent.name,
        companyId: null,
        companyName: null,
        responsibleUserId: userId,
        openLeads: [],
      }
    );
  }

  async #showPopUp(call: Call): Promise<void> {
    const { account } = this;
    const { policy } = this.#options;
    if (policy.popUps.length === 0 || call.client === null) return;
    const clients = await this.directory.findByPhone(account.id, call.client);
    const intent = popUpFor(call, { account, policy, clients });
    // More may have changed meanwhile; the same pop-up is added once, by its `uniq`, also after a restart.
    if (intent === null || this.#shown.has(call.id)) return;
    this.#shown.add(call.id);
    await this.outbox.submitAtOnce(intent.phone, call.id, intent);
  }

  async #decide(call: Call): Promise<Decision> {
    const context = await this.#contextOf(call);
    const decision = intentsFor(call, context);
    const correction = await this.#corrections.of(call, context);
    return correction === null ? decision : { ...decision, intents: [...decision.intents, correction], skipped: null };
  }

  async #contextOf(call: Call): Promise<RuleContext> {
    const { policy, recordingUrlOf } = this.#options;
    const { account } = this;
    const { clients, openTasks } = await this.#clientOf(call);
    return {
      account,
      policy,
      clients,
      openTasks,
      pipelines: await this.pipelines(),
      recordingUrl: await recordingUrlOf(call),
      turns: await this.#store.turns(account.id),
    };
  }

  /** Who is behind the call's number, by which numbers he may call, and which of his missed calls stand open. */
  async #clientOf({ client }: Call): Promise<Pick<RehearsalCall, "clients" | "clientKeys" | "openTasks">> {
    if (client === null || isHidden(client)) return { clients: [], clientKeys: [], openTasks: [] };
    const { id, country } = this.account;
    const clients = await this.directory.findByPhone(id, client);
    const phones = await this.#index.phonesOf(id, clients);
    const clientKeys = [...new Set([toCrmPhone(client, country), ...phones])];
    return { clients, clientKeys, openTasks: await this.#store.openTasks(id, clientKeys) };
  }

  async #isUndecided({ client }: Call): Promise<boolean> {
    if (client === null || isHidden(client)) return false;
    const { id, country } = this.account;
    return (await this.#written.findUndecided(id, toCrmPhone(client, country))) !== undefined;
  }

  /** A call of an employee whose user is wrong in the settings would be nobody's in the CRM's statistics. */
  #compareUsers(users: readonly CrmUser[]): void {
    if (users.length === 0) return;
    for (const { name, userId } of this.account.employees) {
      const user = users.find(({ id }) => id === userId);
      if (userId === null || user?.isActive) continue;
      const fields = { account: this.account.id, employee: name, user: userId };
      this.#options.log.warn(fields, user ? "this user is switched off in amoCRM" : "amoCRM has no such user");
    }
  }
}
