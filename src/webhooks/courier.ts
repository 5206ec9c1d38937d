/**
 * Delivers to one receiver what waits for him: at least once, of one call in order. A message that fails waits longer each
 * time, and so does the receiver as a whole while nothing gets through: then one message at a time is tried.
 */
import type { Clock } from "../lib/clock.ts";
import { failureInWords } from "../lib/failure-words.ts";
import { Loop } from "../lib/loop.ts";
import { retryAt } from "../lib/retry-at.ts";
import type { Receiving, Reply } from "./receiver.ts";
import type { Webhook } from "./webhook.ts";
import type { Delivery, WebhookKey, WebhookStore, WebhookSummary } from "./webhook-store.ts";

/** Calls whose messages are under way at once. */
const CONCURRENCY = 4;
/** A receiver that is back is noticed within so long. */
const LONGEST_PAUSE_SECONDS = 300;
/** Nobody wakes us for what became too old. */
const DROP_EVERY_MS = 60_000;
const LONGEST_SLEEP_MS = 60_000;
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
  #oldDroppedAt = 0;
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
    return !this.#underWay.has(seq) && (await this.#options.store.discard(this.#key, seq));
  }

  #tryNow(): void {
    if (this.#trouble) this.#trouble = { ...this.#trouble, until: 0 };
    this.wake();
  }

  async #turn(): Promise<number> {
    await this.#dropOld();
    const now = this.#options.clock.now();
    const pausesUntil = this.#trouble?.until ?? 0;
    if (pausesUntil <= now && (await this.#beginDue(now))) return LONGEST_SLEEP_MS; // the end of each wakes us
    const { waiting, nextDueAt } = await this.#options.store.summary(this.#key);
    this.#options.onWaiting(waiting);
    const nextAt = Math.max(nextDueAt ?? 0, pausesUntil);
    // What is due and not begun waits for its turn, whose end wakes us.
    return nextAt <= now ? LONGEST_SLEEP_MS : Math.min(nextAt - now, LONGEST_SLEEP_MS);
  }

  /** @returns whether something was begun */
  async #beginDue(now: number): Promise<boolean> {
    const places = (this.#trouble ? 1 : CONCURRENCY) - this.#underWay.size;
    if (places <= 0) return false;
    const due = await this.#options.store.due(this.#key, now, places + this.#underWay.size);
    const fresh = due.filter(({ seq }) => !this.#underWay.has(seq)).slice(0, places);
    for (const delivery of fresh) this.#begin(delivery);
    return fresh.length > 0;
  }

  async #dropOld(): Promise<void> {
    const { store, clock, webhook, onDropped } = this.#options;
    const now = clock.now();
    if (now < this.#oldDroppedAt + DROP_EVERY_MS) return;
    this.#oldDroppedAt = now;
    const dropped = await store.forgetBefore(this.#key, ["waiting"], now - webhook.keepHours * HOUR_MS);
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
      await store.remove(delivery.seq);
      onOutcome("taken", delivery, null);
    } else {
      await store.setAside(delivery.seq, reply.reason);
      onOutcome("set-aside", delivery, reply.reason);
    }
  }

  async #putOff(delivery: Delivery, { reason, retryAfterMs }: Extract<Reply, { kind: "failed" }>): Promise<void> {
    const { store, onOutcome } = this.#options;
    this.#pause(reason, retryAfterMs);
    await store.retry(delivery.seq, this.#again(delivery.attempts + 1, retryAfterMs), reason);
    onOutcome("failed", delivery, reason);
  }

  /** Those that were under way together fail for one and the same reason, which counts once. */
  #pause(reason: string, atLeastMs: number): void {
    if (this.#trouble && this.#trouble.until > this.#options.clock.now()) return;
    const failures = (this.#trouble?.failures ?? 0) + 1;
    this.#trouble = { failures, reason, until: this.#again(failures, atLeastMs) };
  }

  #again(failures: number, atLeastMs: number): number {
    const { clock, random } = this.#options;
    const now = clock.now();
    return Math.max(retryAt(failures, now, random, LONGEST_PAUSE_SECONDS), now + atLeastMs);
  }
}
