/** Follows the journal for one receiver and keeps what he is to be told. Knows nothing of how it is delivered. */
import type { Account } from "../directory/directory.ts";
import type { Clock } from "../lib/clock.ts";
import { Loop } from "../lib/loop.ts";
import type { LostTime } from "../lib/lost-time.ts";
import { type Message, toMessage } from "./message.ts";
import { type Followed, follow, type News, NOTHING_FOLLOWED } from "./news.ts";
import type { Webhook } from "./webhook.ts";
import type { NewDelivery, WebhookKey, WebhookStore } from "./webhook-store.ts";

/** A round is one small transaction; it holds up everybody for some 20 ms. */
const EVENTS_A_ROUND = 100;
/** Many things happen to a call at once; each round is a transaction, for which calls have to wait. */
const GATHER_MS = 50;
/** Nobody wakes us for what another process has put into the same journal. */
const LOOK_EVERY_MS = 5_000;
const HOUR_MS = 3_600_000;

export interface FollowerOptions {
  readonly account: Account;
  readonly webhook: Webhook;
  readonly store: WebhookStore;
  readonly clock: Clock;
  readonly lost: Pick<LostTime, "ms">;
  /** Where a recording that is ready can be heard. */
  readonly recordingUrlOf: (callId: string) => string;
  /** There is something new to deliver. */
  readonly onAdded: () => void;
  /** So many messages are too old to be told of. */
  readonly onDropped: (count: number) => void;
  readonly onTrouble: (error: unknown) => void;
}

export class Follower {
  readonly #options: FollowerOptions;
  readonly #key: WebhookKey;
  /** Calls that have not ended. */
  readonly #followed = new Map<string, Followed>();
  readonly #loop: Loop;
  #gathering: NodeJS.Timeout | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#key = { account: options.account.id, webhook: options.webhook.id };
    this.#loop = new Loop({ turn: () => this.#turn(), onTrouble: options.onTrouble });
  }

  /** What is concluded from now on will be told, whatever becomes of this process. */
  async start(): Promise<void> {
    await this.#options.store.enrol(this.#key);
    this.#loop.start();
  }

  /** The journal has grown, or a recording was settled. */
  wake(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#loop.wake();
    }, GATHER_MS);
  }

  stop(): Promise<void> {
    clearTimeout(this.#gathering);
    return this.#loop.stop();
  }

  async #turn(): Promise<number> {
    const hasMore = await this.#follow();
    await this.#bringRecordings();
    return hasMore ? 0 : LOOK_EVERY_MS;
  }

  /** @returns whether there may be more */
  async #follow(): Promise<boolean> {
    const { store, clock, lost, onAdded, onDropped, webhook } = this.#options;
    const events = await store.eventsAfter(this.#key, EVENTS_A_ROUND);
    const last = events.at(-1);
    if (last === undefined) return false;
    const now = clock.now();
    const oldest = now - webhook.keepHours * HOUR_MS - lost.ms;
    const deliveries: NewDelivery[] = [];
    let tooOld = 0;
    // Kept aside until the position is: when that fails, the same events are read again.
    const changed = new Map<string, Followed>();
    for (const { position, event } of events) {
      const { callId } = event;
      const before = changed.get(callId) ?? this.#followed.get(callId) ?? (await this.#readBack(callId, position));
      // A journal that lost the beginning of a call tells nothing of it.
      if (before.story === undefined && event.type !== "call-began") continue;
      const { after, news } = follow(before, event);
      changed.set(callId, after);
      const wanted = news.filter(({ type }) => webhook.events.includes(type));
      const fresh = wanted.filter(({ at }) => at >= oldest);
      tooOld += wanted.length - fresh.length;
      deliveries.push(...fresh.map((one) => this.#toDelivery(one)));
    }
    await store.record(this.#key, last.position, deliveries, now);
    for (const [callId, after] of changed) {
      if (after.told.has("call-ended") || after.story?.absorbed) this.#followed.delete(callId);
      else this.#followed.set(callId, after);
    }
    if (tooOld > 0) onDropped(tooOld);
    if (deliveries.length > 0) onAdded();
    return events.length === EVENTS_A_ROUND;
  }

  /** A call that began before this process did: what was told of it follows from its events. */
  async #readBack(callId: string, position: number): Promise<Followed> {
    const history = await this.#options.store.historyOf(callId, position);
    if (history[0]?.type !== "call-began") return NOTHING_FOLLOWED;
    return history.reduce((before, event) => follow(before, event).after, NOTHING_FOLLOWED);
  }

  #toDelivery(news: News): NewDelivery {
    const { id: messageId, type, call } = news;
    const body = JSON.stringify(toMessage(news, this.#options.account));
    return { messageId, callId: call.id, type, body, state: type === "recording-ready" ? "awaited" : "waiting" };
  }

  async #bringRecordings(): Promise<void> {
    const { store, clock, recordingUrlOf, onAdded } = this.#options;
    const settled = await store.settledRecordings(this.#key);
    for (const { delivery, isReady } of settled) {
      if (!isReady) {
        await store.remove([delivery.seq]);
        continue;
      }
      const at = clock.now();
      const message = JSON.parse(delivery.body) as Message; // written by #toDelivery
      const recording = { url: recordingUrlOf(delivery.callId) };
      await store.release(delivery.seq, JSON.stringify({ ...message, at, recording } satisfies Message), at);
      onAdded();
    }
  }
}
