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
  resolve(turn: Turn): void;
  reject(error: CrmError): void;
}

const stopping = () => new CrmError("crm/unreachable", { detail: "the service is stopping" });

export interface Pace {
  /** The most that any second of amoCRM's can hold. */
  readonly perSecond: number;
  /** From one to the next at least, ms: so what is urgent waits for one place, and not until a second is over. */
  readonly apartMs: number;
}

/** One below amoCRM's limit. */
export const AMOCRM_PACE: Pace = { perSecond: 6, apartMs: 170 };

/** The time over which amoCRM counts. */
const COUNTED_MS = 1_000;
/** Two clocks never agree on how long a second is. */
const MARGIN_MS = 20;

/**
 * Leave to send one request, given back when its answer is there or nobody waits for it any more. Where on its way it was
 * delayed nobody knows, only that it came before its answer left: so its place is free a second after that, and no jitter
 * of the network or of a loaded machine can bring one more into a second of amoCRM's.
 */
export type Turn = Disposable;

/** Where the requests of one account wait for their turn. */
export interface Lane {
  /** Resolves when a request may be sent. @throws CrmError when nothing will be sent any more */
  turn(urgency: Urgency): Promise<Turn>;
  /**
   * Nothing of this account is sent for so long, whatever waits. The other lanes go on after a second: amoCRM does not
   * say whether it was the account or the whole integration that asked too often.
   */
  pause(ms: number): void;
  /** The account is given up: whoever waits is sent away. */
  close(): void;
}

export class RateLimit {
  readonly #pace: Pace;
  /** Whoever was served last stands last. */
  readonly #lanes = new Set<WaitingLane>();
  /** Requests that amoCRM may still count. */
  readonly #places = new Set<Place>();
  #nextDue = 0;
  #pausedUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(pace: Pace = AMOCRM_PACE) {
    this.#pace = pace;
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
      const wait = Math.max(this.#nextDue, this.#freeAt(), opensAt) - now();
      if (wait === Number.POSITIVE_INFINITY) return; // until a turn is given back
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
      this.#nextDue = now() + this.#pace.apartMs;
      lane.waiting[urgency].shift()?.resolve(this.#takePlace());
      return;
    }
  }

  #takePlace(): Turn {
    const place: Place = { takenUntil: Number.POSITIVE_INFINITY };
    this.#places.add(place);
    return {
      [Symbol.dispose]: () => {
        place.takenUntil = now() + COUNTED_MS + MARGIN_MS;
        this.#serve();
      },
    };
  }

  /** When there is a place; Infinity: when a turn has been given back. */
  #freeAt(): number {
    for (const place of this.#places) if (place.takenUntil <= now()) this.#places.delete(place);
    if (this.#places.size < this.#pace.perSecond) return 0;
    return Math.min(...[...this.#places].map(({ takenUntil }) => takenUntil));
  }
}

/** A request's, in every second that it may be counted in. */
interface Place {
  takenUntil: number;
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

  turn(urgency: Urgency): Promise<Turn> {
    if (this.#closed) return Promise.reject(stopping());
    const { promise, resolve, reject } = Promise.withResolvers<Turn>();
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
