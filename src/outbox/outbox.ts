/**
 * Performs what the CRM should be told, at least once and, as far as the CRM can show, exactly once. Claims durable
 * items, gives them to the performer, keeps how it ended. Knows nothing of HTTP.
 */
import { Alarm } from "../lib/alarm.ts";
import type { Clock } from "../lib/clock.ts";
import { Listeners } from "../lib/listeners.ts";
import type { Log } from "../lib/log.ts";
import type { CrmIntent } from "../rules/intent.ts";
import type { Claimed, NewItem, OutboxItem, OutboxStore, OutboxSummary, Settlement } from "./outbox-store.ts";
import { type Outcome, type Performer, PerformFailure } from "./performer.ts";
import { retryAt } from "./retry-at.ts";

/** Longer than the longest attempt can be (some requests of 20 s each, and their wait for the rate limit). */
const LEASE_MS = 5 * 60_000;
/** So often an attempt may fail for a reason of our own. */
const MOST_DEFECTS = 3;
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
  /** By the item's id. */
  readonly #underWay = new Map<number, Promise<void>>();
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
    await Promise.all(this.#underWay.values());
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
    // The waiter must be known before the item can end.
    const id = await this.#add(
      { clientKey, callId: null, rule: null, intent, interactive: true, skipped: null },
      (added) => this.#waiters.set(added, [...(this.#waiters.get(added) ?? []), { resolve, reject }]),
    );
    const timer = setTimeout(() => {
      reject(new OutboxError("outbox/too-late", "the CRM has not answered in time"));
    }, timeoutMs);
    try {
      await this.#tellIfSettled(id);
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(id);
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
      const claimed = await this.#claim();
      for (const item of claimed) this.#begin(item);
      if (claimed.length === 0) await this.#alarm.sleep(await this.#untilNextDue());
    }
  }

  async #claim(): Promise<readonly Claimed[]> {
    const { store, account, holder, clock, performer, concurrency, log } = this.#deps;
    const limit = concurrency - this.#underWay.size;
    if (limit <= 0 || !performer.availability().open) return [];
    const now = clock.now();
    try {
      const claimed = await store.claim(account, { holder, limit, now, leaseUntil: now + LEASE_MS });
      // An attempt that outlived its lease (a long pause of the CRM) is still ours: it has only been leased anew.
      return claimed.filter(({ id }) => !this.#underWay.has(id));
    } catch (error) {
      log.error({ account, error }, "the outbox could not be read; trying again");
      return [];
    }
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

  #begin(item: Claimed): void {
    const work = this.#attempt(item).finally(() => {
      this.#underWay.delete(item.id);
      this.#changed();
    });
    this.#underWay.set(item.id, work);
  }

  /** Never rejects: whatever happens becomes a settlement, and when even that cannot be kept, the lease runs out. */
  async #attempt(item: Claimed): Promise<void> {
    const { clock, log, performer, store, account } = this.#deps;
    const began = clock.now();
    const fields = {
      account,
      ...(item.callId !== null && { call: item.callId }),
      intent: item.intent.kind,
      attempt: item.attempts,
    };
    const settlement = await performer.perform(item.intent, item).then(
      (outcome): Settlement => ({ state: "done", outcome }),
      (error: unknown) => this.#settlementOf(item, error),
    );
    try {
      await store.settle(item.id, settlement, clock.now());
    } catch (error) {
      log.error({ ...fields, error }, "could not keep how an intent ended; it is looked for in the CRM later");
      return;
    }
    const tookMs = clock.now() - began;
    if (settlement.state === "done") log.info({ ...fields, tookMs }, "done");
    else if (settlement.state === "waiting") log.info({ ...fields, tookMs, reason: settlement.reason }, "waits");
    else log.warn({ ...fields, tookMs, reason: settlement.reason }, settlement.state);
    this.#tellWaiters(item.id, settlement);
  }

  #settlementOf(item: Claimed, error: unknown): Settlement {
    const { clock, random, log, account, doubtSettlesMs } = this.#deps;
    const now = clock.now();
    const again = retryAt(item.attempts, now, random);
    const settled = now + doubtSettlesMs;
    if (!(error instanceof PerformFailure)) {
      // A store that was busy, or a defect of ours: tried again a few times only. Whether it happened is not known.
      log.error(
        { account, intent: item.intent.kind, attempt: item.attempts, error },
        "an intent could not be performed",
      );
      const trouble = { reason: "internal-error", mayHaveHappened: true } as const;
      if (item.attempts >= MOST_DEFECTS) return { state: "quarantined", ...trouble };
      return { state: "waiting", dueAt: Math.max(again, settled), ...trouble };
    }
    const reason = `${error.code}: ${error.message}`;
    // What an earlier attempt left in doubt stays so until somebody has looked.
    const mayHaveHappened = error.mayHaveHappened || item.mayHaveHappened;
    switch (error.remedy) {
      case "quarantine":
        return { state: "quarantined", reason, mayHaveHappened };
      case "give-up":
        return { state: "discarded", reason, mayHaveHappened };
      case "retry":
        return {
          state: "waiting",
          dueAt: error.mayHaveHappened ? Math.max(again, settled) : again,
          reason,
          mayHaveHappened,
        };
      case "hold-account":
      case "reconnect":
        // It is the account that waits, not the item: it is due as soon as the account is open again.
        return { state: "waiting", dueAt: error.mayHaveHappened ? settled : now, reason, mayHaveHappened };
    }
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
