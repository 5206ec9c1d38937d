/**
 * Delivers to one receiver what waits for him: at least once, of one call in order. A message that fails waits longer each
 * time, and so does the receiver as a whole while nothing gets through: then one message at a time is tried.
 */
import type { Clock } from "../lib/clock.ts";
import { failureInWords } from "../lib/failure-words.ts";
import { Loop } from "../lib/loop.ts";
import type { LostTime } from "../lib/lost-time.ts";
import { isWaitOver, retryAt } from "../lib/retry-at.ts";
import type { Receiving, Reply } from "./receiver.ts";
import type { Webhook } from "./webhook.ts";
import type { Delivery, WebhookKey, WebhookStore, WebhookSummary } from "./webhook-store.ts";

/** Calls whose messages are under way at once. */
const CONCURRENCY = 4;
/** A receiver that is back is noticed within so long. */
const LONGEST_PAUSE_SECONDS = 300;
/** Nobody wakes us for what became too old, nor for what another process has put into the store. */
const DROP_EVERY_MS = 60_000;
const LONGEST_SLEEP_MS = 5_000;
/** Counting a long queue takes time. */
const COUNT_EVERY_MS = 10_000;
const HOUR_MS = 3_600_000;
/** What was set aside is there to be looked at for so long; nothing is kept longer. */
export const SET_ASIDE_MS = 30 * 24 * HOUR_MS;

export type DeliveryOutcome = "taken" | "failed" | "set-aside" | "dropped";

export interface CourierOptions {
  readonly account: string;
  readonly webhook: Webhook;
  readonly store: WebhookStore;
  readonly receiver: Receiving;
  readonly clock: Clock;
  readonly lost: Pick<LostTime, "ms">;
  readonly random: () => number;
  readonly onOutcome: (outcome: DeliveryOutcome, delivery: Delivery, reason: string | null) => void;
  /** So many messages have become too old. */
  readonly onDropped: (count: number) => void;
  /** So many wait now. */
  readonly onWaiting: (count: number) => void;
  readonly onTrouble: (error: unknown) => void;
}

export interface CourierState extends WebhookSummary {
  /** When the next attempt is made; null when nothing waits. Epoch milliseconds. */
  readonly nextTryAt: number | null;
  /** Why nothing gets through; null when it does. */
  readonly reason: string | null;
}

export class Courier {
  readonly #options: CourierOptions;
  readonly #key: WebhookKey;
  readonly #loop: Loop;
  readonly #underWay = new Map<number, Promise<void>>();
  /** Taken, and about to be removed from the store, all in one go. */
  #taken: number[] = [];
  /** When the soonest of those that failed is due. */
  #soonestAt = Number.POSITIVE_INFINITY;
  #oldDroppedAt = 0;
  #countedAt = 0;
  /** Why nothing gets through: failures in a row, the last reason, and when one is tried again. */
  #trouble: { readonly failures: number; readonly reason: string; readonly until: number } | undefined;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#key = { account: options.account, webhook: options.webhook.id };
    this.#loop = new Loop({ turn: () => this.#turn(), onTrouble: options.onTrouble });
  }

  start(): void {
    this.#loop.start();
  }

  /** There is something new to deliver. */
  wake(): void {
    this.#loop.wake();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#options.receiver[Symbol.asyncDispose]();
    await Promise.all(this.#underWay.values());
    await this.#removeTaken().catch(this.#options.onTrouble); // then they are sent again after the restart
  }

  async state(): Promise<CourierState> {
    const summary = await this.#options.store.summary(this.#key);
    const { nextDueAt } = summary;
    const nextTryAt = nextDueAt === null ? null : Math.max(nextDueAt, this.#trouble?.until ?? 0);
    return { ...summary, nextTryAt, reason: this.#trouble?.reason ?? null };
  }

  list(states: readonly Delivery["state"][], limit: number): Promise<readonly Delivery[]> {
    return this.#options.store.list(this.#key, states, limit);
  }

  /** By hand: try it now. False when there is no such message. */
  async resend(seq: number): Promise<boolean> {
    const { store, clock } = this.#options;
    const resent = await store.resend(this.#key, seq, clock.now());
    this.#tryNow();
    return resent;
  }

  /** By hand: try all that were set aside. @returns how many they are */
  async resendAll(): Promise<number> {
    const { store, clock } = this.#options;
    const resent = await store.resendAll(this.#key, clock.now());
    this.#tryNow();
    return resent;
  }

  /** By hand: never try it again. False when there is no such message, or it is under way. */
  async discard(seq: number): Promise<boolean> {
    return (
      !this.#underWay.has(seq) && !this.#taken.includes(seq) && (await this.#options.store.discard(this.#key, seq))
    );
  }

  #tryNow(): void {
    if (this.#trouble) this.#trouble = { ...this.#trouble, until: 0 };
    this.wake();
  }

  async #turn(): Promise<number> {
    await this.#removeTaken();
    await this.#dropOld();
    await this.#count();
    const now = this.#options.clock.now();
    const pausesUntil = this.#trouble?.until ?? 0;
    if (!isWaitOver(pausesUntil, now)) return Math.min(pausesUntil - now, LONGEST_SLEEP_MS);
    if (isWaitOver(this.#soonestAt, now)) this.#soonestAt = Number.POSITIVE_INFINITY;
    await this.#beginDue(now);
    // The end of each that is under way wakes us, and so does whatever is added.
    return Math.min(this.#soonestAt - now, LONGEST_SLEEP_MS);
  }

  async #beginDue(now: number): Promise<void> {
    const places = (this.#trouble ? 1 : CONCURRENCY) - this.#underWay.size;
    if (places <= 0) return;
    const due = await this.#options.store.due(this.#key, now, places + this.#underWay.size + this.#taken.length);
    const fresh = due.filter(({ seq }) => !this.#underWay.has(seq) && !this.#taken.includes(seq));
    for (const delivery of fresh.slice(0, places)) this.#begin(delivery);
  }

  async #removeTaken(): Promise<void> {
    const taken = [...this.#taken];
    await this.#options.store.remove(taken);
    this.#taken = this.#taken.filter((seq) => !taken.includes(seq));
  }

  async #count(): Promise<void> {
    const { store, clock, onWaiting } = this.#options;
    if (clock.now() < this.#countedAt + COUNT_EVERY_MS) return;
    this.#countedAt = clock.now();
    onWaiting((await store.summary(this.#key)).waiting);
  }

  /** While the receiver takes messages none is too old: it waited for us, and not for him. */
  async #dropOld(): Promise<void> {
    const { store, clock, lost, webhook, onDropped } = this.#options;
    const now = clock.now();
    if (now < this.#oldDroppedAt + DROP_EVERY_MS) return;
    this.#oldDroppedAt = now;
    const oldest = now - webhook.keepHours * HOUR_MS - lost.ms;
    const dropped = this.#trouble ? await store.forgetBefore(this.#key, ["waiting"], oldest) : 0;
    await store.forgetBefore(this.#key, ["awaited", "set-aside"], now - SET_ASIDE_MS);
    if (dropped > 0) onDropped(dropped);
  }

  #begin(delivery: Delivery): void {
    const work = this.#deliver(delivery)
      .catch((error: unknown) => {
        // What became of it could not be kept: it is due still, and is sent again.
        this.#options.onTrouble(error);
        this.#pause(failureInWords(error), 0);
      })
      .finally(() => {
        this.#underWay.delete(delivery.seq);
        this.wake();
      });
    this.#underWay.set(delivery.seq, work);
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { receiver, clock } = this.#options;
    const reply = await receiver.send(delivery, clock.now());
    if (reply.kind === "failed") {
      if (!this.#loop.isStopped) await this.#putOff(delivery, reply);
      return;
    }
    this.#trouble = undefined;
    const { store, onOutcome } = this.#options;
    if (reply.kind === "taken") {
      this.#taken.push(delivery.seq);
      onOutcome("taken", delivery, null);
    } else {
      await store.setAside(delivery.seq, reply.reason);
      onOutcome("set-aside", delivery, reply.reason);
    }
  }

  async #putOff(delivery: Delivery, { reason, retryAfterMs }: Extract<Reply, { kind: "failed" }>): Promise<void> {
    const { store, onOutcome } = this.#options;
    this.#pause(reason, retryAfterMs);
    const dueAt = this.#again(delivery.attempts + 1, retryAfterMs);
    this.#soonestAt = Math.min(this.#soonestAt, dueAt);
    await store.retry(delivery.seq, dueAt, reason);
    onOutcome("failed", delivery, reason);
  }

  /** Those that were under way together fail for one and the same reason, which counts once. */
  #pause(reason: string, atLeastMs: number): void {
    if (this.#trouble && !isWaitOver(this.#trouble.until, this.#options.clock.now())) return;
    const failures = (this.#trouble?.failures ?? 0) + 1;
    this.#trouble = { failures, reason, until: this.#again(failures, atLeastMs) };
  }

  #again(failures: number, atLeastMs: number): number {
    const { clock, random } = this.#options;
    const now = clock.now();
    return Math.max(retryAt(failures, now, random, LONGEST_PAUSE_SECONDS), now + atLeastMs);
  }
}
