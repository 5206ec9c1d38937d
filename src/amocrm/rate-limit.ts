/**
 * Keeps us under amoCRM's limit: 7 requests a second for an integration, over which it answers 429 and, when that goes
 * on, blocks everything with 403. Whatever waits is served by urgency, then in order.
 */

import { CrmError } from "./crm-error.ts";

/**
 * `person`: somebody waits for it · `call`: a call that has just ended, on its way into the CRM · `backlog`: calls that
 * have waited already · `index`: reading what we keep copies of.
 */
export type Urgency = (typeof URGENCIES)[number];

const URGENCIES = ["person", "call", "backlog", "index"] as const;

interface Waiter {
  resolve(): void;
  reject(error: CrmError): void;
}

const stopping = () => new CrmError("crm/unreachable", { detail: "the service is stopping" });

export interface Pace {
  readonly perSecond: number;
  /** How many may go at once after a pause. With `perSecond` they make the most that any second can hold. */
  readonly burst: number;
}

/**
 * At most 6 leave in any second, one by one. What counts is when they arrive: with two at once after a pause, and one
 * delayed on the way, a loaded machine was seen to bring 8 into one second of amoCRM's, which takes 7.
 */
export const AMOCRM_PACE: Pace = { perSecond: 5, burst: 1 };

export class RateLimit {
  readonly #intervalMs: number;
  readonly #slackMs: number;
  readonly #waiting: Record<Urgency, Waiter[]> = { person: [], call: [], backlog: [], index: [] };
  /** When the next request would be due at an even pace (generic cell rate algorithm). */
  #nextDue = 0;
  #pausedUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(pace: Pace = AMOCRM_PACE) {
    this.#intervalMs = 1000 / pace.perSecond;
    this.#slackMs = this.#intervalMs * (pace.burst - 1);
  }

  /** Resolves when a request may be sent. @throws CrmError when nothing will be sent any more */
  turn(urgency: Urgency): Promise<void> {
    if (this.#closed) return Promise.reject(stopping());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting[urgency].push({ resolve, reject });
    this.#serve();
    return promise;
  }

  /** The service stops: whoever waits is sent away. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const urgency of URGENCIES) for (const { reject } of this.#waiting[urgency].splice(0)) reject(stopping());
  }

  /** Nothing is sent for so long, whatever waits. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, now() + ms);
  }

  #serve(): void {
    if (this.#timer !== undefined) return;
    for (;;) {
      const urgency = URGENCIES.find((each) => this.#waiting[each].length > 0);
      if (urgency === undefined) return;
      const wait = Math.max(this.#nextDue - this.#slackMs, this.#pausedUntil) - now();
      if (wait > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = undefined;
          this.#serve();
        }, Math.ceil(wait));
        return;
      }
      this.#nextDue = Math.max(this.#nextDue, now()) + this.#intervalMs;
      this.#waiting[urgency].shift()?.resolve();
    }
  }
}

/** The hour may be set back; the pace must not notice. */
const now = () => performance.now();
