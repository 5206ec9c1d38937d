/**
 * Performs what the CRM should be told, at least once and, as far as the CRM can show, exactly once. Claims durable
 * items, gives them to the performer, keeps how it ended. Knows nothing of HTTP.
 */
import { Alarm } from "../lib/alarm.ts";
import type { Clock } from "../lib/clock.ts";
import { Listeners } from "../lib/listeners.ts";
import type { Log } from "../lib/log.ts";
import type { CrmIntent } from "../rules/intent.ts";
import type {
  Claimed,
  ClaimRequest,
  NewItem,
  OutboxItem,
  OutboxStore,
  OutboxSummary,
  Settlement,
} from "./outbox-store.ts";
import { type Outcome, type Performer, PerformFailure } from "./performer.ts";
import { settlementOf } from "./settlement.ts";

/** Longer than the longest attempt can be (some requests of 20 s each, and their wait for the rate limit). */
const LEASE_MS = 5 * 60_000;
/** amoCRM recommends at most 50 entities in one request. */
const LARGEST_BATCH = 50;
/** Fewer go out one by one in two seconds or so, and each with less doubt when something fails. */
const SMALLEST_BATCH = 10;
/** What was born within so long is no backlog. */
const NEW_MS = 60_000;
/** Nobody wakes us for what another process has put into the same store, nor for a lease that ran out. */
const LONGEST_SLEEP_MS = 5_000;

export interface OutboxDeps {
  readonly account: string;
  /** Names this process among those that share the store; the same after a restart. */
  readonly holder: string;
  readonly store: OutboxStore;
  readonly performer: Performer;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Items under way at once; the rate limit is the performer's own. */
  readonly concurrency: number;
  /** So long after a lost answer the CRM is not looked at yet: it may still be at what we asked for. */
  readonly doubtSettlesMs: number;
}

/** Why a person who waited for an item got nothing. */
export class OutboxError extends Error {
  override readonly name = "OutboxError";
  readonly code: "outbox/closed" | "outbox/refused" | "outbox/too-late" | "outbox/stopped";

  constructor(code: OutboxError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

interface Waiter {
  resolve(outcome: Outcome): void;
  reject(error: Error): void;
}

export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #changes = new Listeners<void>();
  readonly #waiters = new Map<number, Waiter[]>();
  readonly #underWay = new Set<{ readonly ids: ReadonlySet<number>; readonly work: Promise<void> }>();
  /** A batch is under way; there is one at a time, so that what is new finds a free place. */
  #batching = false;
  readonly #alarm = new Alarm();
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  /** Begins to perform. What this holder had under way when it died is looked for in the CRM before it is repeated. */
  async start(): Promise<void> {
    const { store, account, holder, clock, doubtSettlesMs } = this.#deps;
    await store.releaseLeases(account, holder, clock.now() + doubtSettlesMs);
    this.#running = this.#run();
  }

  /** Takes nothing new, lets what is under way end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarm.ring();
    await this.#running;
    await Promise.all([...this.#underWay].map(({ work }) => work));
    for (const waiters of this.#waiters.values()) {
      for (const waiter of waiters) waiter.reject(new OutboxError("outbox/stopped", "the service is stopping"));
    }
    this.#waiters.clear();
  }

  /** There may be something new to do. */
  wake(): void {
    this.#alarm.ring();
  }

  /** Tells that `summary` may have changed. */
  onChange(listener: () => void): Disposable {
    return this.#changes.add(listener);
  }

  summary(): Promise<OutboxSummary> {
    return this.#deps.store.summary(this.#deps.account);
  }

  list(states: readonly OutboxItem["state"][], limit: number): Promise<readonly OutboxItem[]> {
    return this.#deps.store.list(this.#deps.account, states, limit);
  }

  /** Adds one intent; a `uniq` that was added before is added no second time. */
  async submit(clientKey: string, callId: string | null, intent: CrmIntent): Promise<void> {
    await this.#add({ clientKey, callId, rule: null, intent, interactive: false, skipped: null });
  }

  /** Adds an intent that is worth something at once only, and overtakes everything. */
  async submitAtOnce(clientKey: string, callId: string, intent: CrmIntent): Promise<void> {
    await this.#add({ clientKey, callId, rule: null, intent, interactive: true, skipped: null });
  }

  /**
   * Adds an intent that a person waits for: it overtakes everything. While the CRM is closed nothing is added. When the
   * time is over the item stays and is performed later.
   * @throws OutboxError
   */
  async submitAndWait(clientKey: string, intent: CrmIntent, timeoutMs: number): Promise<Outcome> {
    const availability = this.#deps.performer.availability();
    if (!availability.open) throw new OutboxError("outbox/closed", availability.reason);
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const waiter = { resolve, reject };
    // The waiter must be known before the item can end.
    const id = await this.#add(
      { clientKey, callId: null, rule: null, intent, interactive: true, skipped: null },
      (added) => this.#waiters.set(added, [...(this.#waiters.get(added) ?? []), waiter]),
    );
    const timer = setTimeout(() => {
      reject(new OutboxError("outbox/too-late", "the CRM has not answered in time"));
    }, timeoutMs);
    try {
      // Both together: who waits may be told before we have looked, and must not be told while nobody listens.
      const [outcome] = await Promise.all([promise, this.#tellIfSettled(id)]);
      return outcome;
    } finally {
      clearTimeout(timer);
      // Others may wait for the same item, and longer.
      const others = this.#waiters.get(id)?.filter((other) => other !== waiter) ?? [];
      if (others.length > 0) this.#waiters.set(id, others);
      else this.#waiters.delete(id);
    }
  }

  /** By hand: try a quarantined or waiting item now. False when there is no such item. */
  async resend(id: number): Promise<boolean> {
    const resent = await this.#deps.store.resend(this.#deps.account, id, this.#deps.clock.now());
    this.#changed();
    return resent;
  }

  /** By hand: never try it again. False when there is no such item, or it is under way. */
  async discard(id: number, reason: string): Promise<boolean> {
    const discarded = await this.#deps.store.discard(this.#deps.account, id, reason, this.#deps.clock.now());
    this.#changed();
    return discarded;
  }

  async #add(item: NewItem, beforeWake: (id: number) => void = () => {}): Promise<number> {
    const id = await this.#deps.store.add(this.#deps.account, item, this.#deps.clock.now());
    beforeWake(id);
    this.#changed();
    return id;
  }

  #changed(): void {
    this.#changes.tell();
    this.#alarm.ring();
  }

  async #run(): Promise<void> {
    using _ = this.#deps.performer.onAvailability(() => this.#changed());
    while (!this.#stopped) {
      if (!(await this.#claim())) await this.#alarm.sleep(await this.#untilNextDue());
    }
  }

  /** @returns whether something was begun */
  async #claim(): Promise<boolean> {
    const { account, performer, log } = this.#deps;
    if (this.#underWay.size >= this.#deps.concurrency || !performer.availability().open) return false;
    try {
      if (!this.#batching && (await this.#claimBatch())) return true;
      const claimed = await this.#deps.store.claim(
        account,
        this.#request(this.#deps.concurrency - this.#underWay.size),
      );
      // An attempt that outlived its lease (a long pause of the CRM) is still ours: it has only been leased anew.
      const fresh = claimed.filter(({ id }) => !this.#isUnderWay(id));
      for (const item of fresh) this.#begin([item], this.#attempt(item));
      return fresh.length > 0;
    } catch (error) {
      log.error({ account, error }, "the outbox could not be read; trying again");
      return false;
    }
  }

  async #claimBatch(): Promise<boolean> {
    const claimed = await this.#deps.store.claimBatch(this.#deps.account, {
      ...this.#request(LARGEST_BATCH),
      least: SMALLEST_BATCH,
    });
    const batch = claimed.filter(({ id }) => !this.#isUnderWay(id));
    if (batch.length === 0) return false;
    this.#batching = true;
    this.#begin(
      batch,
      this.#attemptBatch(batch).finally(() => {
        this.#batching = false;
      }),
    );
    return true;
  }

  /** While a backlog goes out in batches, only what is new goes beside it: there it would take the batch's requests. */
  #request(limit: number): ClaimRequest {
    const { holder, clock } = this.#deps;
    const now = clock.now();
    return { holder, limit, now, leaseUntil: now + LEASE_MS, newSince: now - NEW_MS, onlyNew: this.#batching };
  }

  #isUnderWay(id: number): boolean {
    return [...this.#underWay].some(({ ids }) => ids.has(id));
  }

  async #untilNextDue(): Promise<number> {
    const { clock, log, account } = this.#deps;
    if (this.#underWay.size >= this.#deps.concurrency || !this.#deps.performer.availability().open) {
      return LONGEST_SLEEP_MS;
    }
    try {
      const { nextDueAt } = await this.summary();
      const ms = nextDueAt === null ? LONGEST_SLEEP_MS : nextDueAt - clock.now();
      // What is due and was not claimed waits for an earlier item of its client: its end wakes us.
      return ms > 0 ? Math.min(ms, LONGEST_SLEEP_MS) : LONGEST_SLEEP_MS;
    } catch (error) {
      log.error({ account, error }, "the outbox could not be read; trying again");
      return LONGEST_SLEEP_MS;
    }
  }

  #begin(items: readonly Claimed[], work: Promise<void>): void {
    const attempt = { ids: new Set(items.map(({ id }) => id)), work };
    this.#underWay.add(attempt);
    void work.finally(() => {
      this.#underWay.delete(attempt);
      this.#changed();
    });
  }

  /** Never rejects: whatever happens becomes a settlement, and when even that cannot be kept, the lease runs out. */
  async #attempt(item: Claimed): Promise<void> {
    const { clock, performer } = this.#deps;
    const began = clock.now();
    const result = await performer.perform(item.intent, item).catch((error: unknown) => new Failed(error));
    await this.#settle([{ item, result }], began);
  }

  /** The same for many. */
  async #attemptBatch(batch: readonly Claimed[]): Promise<void> {
    const { clock, performer, log, account } = this.#deps;
    const began = clock.now();
    const results = await performer
      .performBatch(batch.map((item) => ({ intent: item.intent, attempt: item })))
      .catch((error: unknown) => batch.map(() => new Failed(error)));
    log.debug({ account, items: batch.length, tookMs: clock.now() - began }, "a batch was tried");
    await this.#settle(
      batch.map((item, nth) => ({ item, result: results[nth] ?? new Failed(new Error("no result")) })),
      began,
    );
  }

  async #settle(
    tried: readonly { item: Claimed; result: Outcome | PerformFailure | Failed }[],
    began: number,
  ): Promise<void> {
    const { clock, log, store, account, holder } = this.#deps;
    const settled = tried.map(({ item, result }) => ({
      id: item.id,
      item,
      settlement: this.#settlementOf(item, result),
    }));
    try {
      await store.settle(holder, settled, clock.now());
    } catch (error) {
      log.error(
        { account, items: settled.length, error },
        "could not keep how intents ended; looked for in the CRM later",
      );
      return;
    }
    for (const { item, settlement } of settled) {
      const call = item.callId !== null && { call: item.callId };
      const fields = {
        account,
        ...call,
        intent: item.intent.kind,
        attempt: item.attempts,
        tookMs: clock.now() - began,
      };
      if (settlement.state === "done") log.info(fields, "done");
      else if (settlement.state === "waiting") log.info({ ...fields, reason: settlement.reason }, "waits");
      else log.warn({ ...fields, reason: settlement.reason }, settlement.state);
      this.#tellWaiters(item.id, settlement);
    }
  }

  #settlementOf(item: Claimed, result: Outcome | PerformFailure | Failed): Settlement {
    const { clock, random, log, account, doubtSettlesMs } = this.#deps;
    if (!(result instanceof Failed) && !(result instanceof PerformFailure)) return { state: "done", outcome: result };
    const error = result instanceof Failed ? result.error : result;
    if (!(error instanceof PerformFailure)) {
      log.error(
        { account, intent: item.intent.kind, attempt: item.attempts, error },
        "an intent could not be performed",
      );
    }
    return settlementOf(item, error, { now: clock.now(), random, doubtSettlesMs });
  }

  /** The same `uniq` may have ended before it was asked for again. */
  async #tellIfSettled(id: number): Promise<void> {
    const item = await this.#deps.store.find(id);
    if (item?.state === "done" && item.outcome !== null) {
      this.#tellWaiters(id, { state: "done", outcome: item.outcome });
    } else if (item?.state === "quarantined" || item?.state === "discarded") {
      this.#tellWaiters(id, { state: item.state, reason: item.reason ?? item.state, mayHaveHappened: false });
    }
  }

  #tellWaiters(id: number, settlement: Settlement): void {
    if (settlement.state === "waiting") return;
    for (const waiter of this.#waiters.get(id) ?? []) {
      if (settlement.state === "done") waiter.resolve(settlement.outcome);
      else waiter.reject(new OutboxError("outbox/refused", settlement.reason));
    }
    this.#waiters.delete(id);
  }
}

/** An attempt that ended by an error of any kind. */
class Failed {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}
