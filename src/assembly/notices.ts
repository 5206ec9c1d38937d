/** The webhooks of all accounts, put together for `programs.ts`: each follows the journal and delivers by itself. */
import type { Config } from "../config/config.ts";
import type { Account } from "../directory/directory.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { LostTime } from "../lib/lost-time.ts";
import type { Metrics } from "../lib/metrics.ts";
import type { Database } from "../store/database.ts";
import { SqlWebhooks } from "../store/webhooks.ts";
import { Courier, type CourierState, SET_ASIDE_MS } from "../webhooks/courier.ts";
import { Follower } from "../webhooks/follower.ts";
import { Receiver } from "../webhooks/receiver.ts";
import type { Webhook } from "../webhooks/webhook.ts";

export interface NoticesOptions {
  readonly accounts: Config["accounts"];
  readonly database: Database;
  readonly recordingUrlOf: (account: string, callId: string) => string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** One webhook at work. */
export interface Notice {
  readonly account: string;
  readonly webhook: Webhook;
  readonly follower: Follower;
  readonly courier: Courier;
}

/** Something that gets through late, or not as it is. */
export interface LateNotice extends Pick<CourierState, "waiting" | "setAside" | "nextTryAt" | "reason"> {
  /** "webhook main/warehouse" */
  readonly name: string;
}

export class Notices implements AsyncDisposable {
  readonly all: readonly Notice[];
  readonly #store: SqlWebhooks;
  readonly #options: NoticesOptions;

  constructor(options: NoticesOptions) {
    this.#options = options;
    const store = new SqlWebhooks(options.database);
    this.#store = store;
    this.all = options.accounts.flatMap((account) =>
      (account.webhooks ?? []).map((webhook) => toNotice(account, webhook, store, options)),
    );
  }

  /** What is concluded from now on will be told. */
  async start(): Promise<void> {
    await this.#store.forgetAllBefore(this.#options.clock.now() - SET_ASIDE_MS);
    for (const { follower, courier } of this.all) {
      await follower.start();
      courier.start();
    }
  }

  /** The account's journal has grown. */
  wake(account: string): void {
    for (const notice of this.all) if (notice.account === account) notice.follower.wake();
  }

  /** Those that do not get through, for whoever looks after the service. */
  async late(): Promise<readonly LateNotice[]> {
    try {
      const states = await Promise.all(
        this.all.map(async ({ account, webhook, courier }) => {
          const { waiting, setAside, nextTryAt, reason } = await courier.state();
          return { name: `webhook ${account}/${webhook.id}`, waiting, setAside, nextTryAt, reason };
        }),
      );
      return states.filter(({ setAside, reason }) => setAside > 0 || reason !== null);
    } catch (error) {
      this.#options.log.error({ error }, "the state of the webhooks cannot be read"); // that is the store's trouble, told by itself
      return [];
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.flatMap(({ follower, courier }) => [follower.stop(), courier.stop()]));
  }
}

function toNotice(account: Account, webhook: Webhook, store: SqlWebhooks, options: NoticesOptions): Notice {
  const { recordingUrlOf, clock, metrics } = options;
  const lost = new LostTime(clock);
  const labels = { account: account.id, webhook: webhook.id };
  const log = options.log.child(labels);
  const onDropped = (count: number) => {
    metrics.webhookDeliveries.inc({ ...labels, outcome: "dropped" }, count);
    log.error({ count, keepHours: webhook.keepHours }, "messages were dropped: the receiver did not take them in time");
  };
  const courier = new Courier({
    account: account.id,
    webhook,
    store,
    receiver: new Receiver(webhook),
    clock,
    lost,
    random: Math.random,
    onOutcome: (outcome, { callId, type, messageId }, reason) => {
      metrics.webhookDeliveries.inc({ ...labels, outcome });
      const fields = { call: callId, type, message: messageId, ...(reason !== null && { reason }) };
      if (outcome === "set-aside") log.warn(fields, "the receiver refuses a message; it was set aside");
      else log.debug(fields, outcome === "taken" ? "told" : "not told; trying again");
    },
    onDropped,
    onWaiting: (count) => metrics.webhooksWaiting.set(labels, count),
    onTrouble: (error) => log.error({ error }, "a message could not be read or settled; trying again"),
  });
  const follower = new Follower({
    account,
    webhook,
    store,
    clock,
    lost,
    recordingUrlOf: (callId) => recordingUrlOf(account.id, callId),
    onAdded: () => courier.wake(),
    onDropped,
    onTrouble: (error) => log.error({ error }, "the journal could not be followed; trying again"),
  });
  return { account: account.id, webhook, follower, courier };
}
