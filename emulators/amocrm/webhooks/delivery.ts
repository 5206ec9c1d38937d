/** Carries webhooks to their destinations: two seconds to answer, a table of retries, switching off (docs/protocols/amocrm-platform.md#delivery). */
import type { StandClock } from "../clock.ts";
import type { Account } from "../crm/account.ts";
import type { Hook } from "../crm/model.ts";
import { toPhpForm } from "../http/php-form.ts";
import { type HookEvent, toHookEvents } from "./payload.ts";

const ANSWER_MS = 2000;
const MINUTE = 60_000;
/** Wait before the 2nd, 3rd, 4th and 5th attempt. */
const RETRY_MS = [5 * MINUTE, 15 * MINUTE, 15 * MINUTE, 60 * MINUTE];
const INVALID_WINDOW_MS = 2 * 60 * MINUTE;
const INVALID_LIMIT = 100;
const KEPT = 20_000;

export interface Delivery {
  readonly at: number;
  readonly hookId: number;
  readonly code: string;
  /** From 1. */
  readonly attempt: number;
  /** HTTP status; 0: no answer within two seconds, or no connection. */
  readonly status: number;
  /** How long the answer took, real ms. */
  readonly tookMs: number;
  readonly body: string;
}

/** The next wait after an answer with `status`, or nothing when it was good or the table is at its end. */
export function retryAfterMs(attempt: number, status: number): number | undefined {
  if (status >= 100 && status < 300) return undefined;
  // The fourth and the fifth attempt are made only when the destination itself is in trouble.
  if (attempt >= 3 && status !== 499 && status < 500) return undefined;
  return RETRY_MS[attempt - 1];
}

export class HookDelivery implements AsyncDisposable {
  readonly deliveries: Delivery[] = [];
  readonly #account: Account;
  readonly #clock: StandClock;
  readonly #listening: Disposable;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  constructor(account: Account) {
    this.#account = account;
    this.#clock = account.clock;
    this.#listening = account.onChange((change) => {
      if (account.hooks.size === 0) return;
      for (const event of toHookEvents(account, change)) this.#send(event);
    });
  }

  #send({ code, body }: HookEvent): void {
    const { id, subdomain } = this.#account.identity;
    const text = toPhpForm({ ...body, account: { id, subdomain, _links: { self: this.#account.url } } });
    for (const hook of this.#account.hooks.values()) {
      if (!hook.disabled && hook.settings.includes(code)) void this.#start(hook, code, text, 1);
    }
  }

  /** Order and number are not promised (docs/protocols/amocrm-platform.md#delivery): all that was sent comes again `times` times, the newest first. */
  storm(times: number): void {
    const sent = this.deliveries.filter(({ attempt }) => attempt === 1).toReversed();
    for (const { hookId, code, body } of Array.from({ length: times }, () => sent).flat()) {
      const hook = this.#account.hooks.get(hookId);
      if (hook !== undefined && !hook.disabled) void this.#start(hook, code, body, 1);
    }
  }

  #start(hook: Hook, code: string, body: string, attempt: number): Promise<void> {
    const work = this.#attempt(hook, code, body, attempt).finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
    return work;
  }

  async #attempt(hook: Hook, code: string, body: string, attempt: number): Promise<void> {
    const began = performance.now();
    const status = await this.#post(hook.destination, body);
    const tookMs = performance.now() - began;
    if (this.#closing.signal.aborted) return;
    this.deliveries.push({ at: this.#clock.now(), hookId: hook.id, code, attempt, status, tookMs, body });
    if (this.deliveries.length > KEPT) this.deliveries.splice(0, KEPT / 10);
    if (status >= 100 && status < 300) return;
    const now = this.#clock.now();
    hook.invalidAt = [...hook.invalidAt, now].filter((at) => at > now - INVALID_WINDOW_MS);
    if (hook.invalidAt.length > INVALID_LIMIT) hook.disabled = true;
    const wait = retryAfterMs(attempt, status);
    if (wait === undefined || hook.disabled) return;
    this.#clock.after(wait, async () => {
      if (!hook.disabled && this.#account.hooks.has(hook.id)) await this.#start(hook, code, body, attempt + 1);
    });
  }

  async #post(destination: string, body: string): Promise<number> {
    try {
      const response = await fetch(destination, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", "user-agent": "amoCRM-Webhooks/3.0" },
        body,
        redirect: "manual",
        signal: AbortSignal.any([AbortSignal.timeout(ANSWER_MS), this.#closing.signal]),
      });
      await response.body?.cancel();
      return response.status;
    } catch {
      return 0; // no answer in time, or nobody there: both are status 0 of the retry table
    }
  }

  /** Until every delivery that is under way has its answer. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]();
    this.#closing.abort();
    await this.settled();
  }
}
