/**
 * Keeps us under amoCRM's limit: 7 requests a second for an integration, over which it answers 429 and, when that goes
 * on, blocks everything with 403. All accounts of an integration share it, each in a lane of its own. Whatever waits is
 * served by urgency, among lanes of one urgency in turn, in a lane in order.
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

/** The time over which amoCRM counts. */
const COUNTED_MS = 1_000;

/** Where the requests of one account wait for their turn. */
export interface Lane {
  /** Resolves when a request may be sent. @throws CrmError when nothing will be sent any more */
  turn(urgency: Urgency): Promise<void>;
  /**
   * Nothing of this account is sent for so long, whatever waits. The other lanes go on after a second: amoCRM does not
   * say whether it was the account or the whole integration that asked too often.
   */
  pause(ms: number): void;
  /** The account is given up: whoever waits is sent away. */
  close(): void;
}

export class RateLimit {
  readonly #intervalMs: number;
  readonly #slackMs: number;
  /** Whoever was served last stands last. */
  readonly #lanes = new Set<WaitingLane>();
  /** When the next request would be due at an even pace (generic cell rate algorithm). */
  #nextDue = 0;
  #pausedUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(pace: Pace = AMOCRM_PACE) {
    this.#intervalMs = 1000 / pace.perSecond;
    this.#slackMs = this.#intervalMs * (pace.burst - 1);
  }

  /** For one more account. */
  lane(): Lane {
    const lane = new WaitingLane({
      waits: () => this.#serve(),
      paused: (ms) => {
        this.#pausedUntil = Math.max(this.#pausedUntil, now() + Math.min(ms, COUNTED_MS));
      },
      closed: () => {
        this.#lanes.delete(lane);
        this.#serve();
      },
    });
    this.#lanes.add(lane);
    return lane;
  }

  #serve(): void {
    clearTimeout(this.#timer);
    for (;;) {
      const waiting = [...this.#lanes].filter((lane) => !lane.isEmpty);
      if (waiting.length === 0) return;
      const opensAt = Math.max(this.#pausedUntil, Math.min(...waiting.map((lane) => lane.pausedUntil)));
      const wait = Math.max(this.#nextDue - this.#slackMs, opensAt) - now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#serve(), Math.ceil(wait));
        return;
      }
      this.#serveOne(waiting.filter((lane) => lane.pausedUntil <= now()));
    }
  }

  #serveOne(open: readonly WaitingLane[]): void {
    for (const urgency of URGENCIES) {
      const lane = open.find((each) => each.waiting[urgency].length > 0);
      if (lane === undefined) continue;
      this.#lanes.delete(lane);
      this.#lanes.add(lane);
      this.#nextDue = Math.max(this.#nextDue, now()) + this.#intervalMs;
      lane.waiting[urgency].shift()?.resolve();
      return;
    }
  }
}

/** What happens in a lane that the others have to know. */
interface LaneEvents {
  waits(): void;
  paused(ms: number): void;
  closed(): void;
}

class WaitingLane implements Lane {
  readonly waiting: Record<Urgency, Waiter[]> = { person: [], call: [], backlog: [], index: [] };
  pausedUntil = 0;
  readonly #tell: LaneEvents;
  #closed = false;

  constructor(tell: LaneEvents) {
    this.#tell = tell;
  }

  get isEmpty(): boolean {
    return URGENCIES.every((urgency) => this.waiting[urgency].length === 0);
  }

  turn(urgency: Urgency): Promise<void> {
    if (this.#closed) return Promise.reject(stopping());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.waiting[urgency].push({ resolve, reject });
    this.#tell.waits();
    return promise;
  }

  pause(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, now() + ms);
    this.#tell.paused(ms);
  }

  close(): void {
    this.#closed = true;
    for (const urgency of URGENCIES) for (const { reject } of this.waiting[urgency].splice(0)) reject(stopping());
    this.#tell.closed();
  }
}

/** The hour may be set back; the pace must not notice. */
const now = () => performance.now();
