/** The store with an eye on its database: the log, the figures, the readiness and the panel's lamp tell when it is away. */
import type { ReadinessCheck } from "../http/health.ts";
import type { Clock } from "../lib/clock.ts";
import { Listeners } from "../lib/listeners.ts";
import type { Log } from "../lib/log.ts";
import type { Metrics } from "../lib/metrics.ts";
import type { Database } from "../store/database.ts";
import { openStore, type StoreOptions, type StorePlace, type StoreWatch } from "../store/open-store.ts";
import type { StoreError, StoreFailure } from "../store/store-error.ts";
import { lockStore } from "../store/store-lock.ts";

export interface WatchedStoreOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export class WatchedStore implements AsyncDisposable {
  readonly onChange = new Listeners<void>();
  readonly check: ReadinessCheck = { name: "store", isReady: () => this.#lost === null };
  readonly #options: WatchedStoreOptions;
  #lock: AsyncDisposable | undefined;
  #database: Database | undefined;
  #lost: { readonly since: number; readonly reason: StoreFailure } | null = null;

  private constructor(options: WatchedStoreOptions) {
    this.#options = options;
    options.metrics.storeUp.set(1);
  }

  /** @param wrap see `StoreOptions` @throws StoreError, `store/taken` when another service works with it */
  static async open(
    place: StorePlace,
    options: WatchedStoreOptions,
    wrap: StoreOptions["wrap"] = (dialect) => dialect,
  ): Promise<WatchedStore> {
    await using stack = new AsyncDisposableStack();
    const store = stack.use(new WatchedStore(options));
    const onTaken = () => options.log.error("another Kommutator works with this store, too: stop one of them");
    store.#lock = await lockStore(place, { onTaken });
    store.#database = await openStore(place, { watch: store.#watch(), wrap });
    stack.move();
    return store;
  }

  get database(): Database {
    if (this.#database === undefined) throw new Error("only an opened store is handed out");
    return this.#database;
  }

  /** Since when (epoch ms) the database is away, and why; null while it is there. The embedded one always is. */
  get lost(): { readonly since: number; readonly reason: StoreFailure } | null {
    return this.#lost;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database?.destroy();
    await this.#lock?.[Symbol.asyncDispose]();
  }

  #watch(): StoreWatch {
    const { clock, log, metrics } = this.#options;
    return {
      onLost: (error: StoreError) => {
        this.#lost = { since: clock.now(), reason: error.code };
        metrics.storeUp.set(0);
        log.error({ reason: error.message }, "the store's database is away; what must be kept waits in memory");
        this.onChange.tell();
      },
      onFound: () => {
        const awayMs = clock.now() - (this.#lost?.since ?? clock.now());
        this.#lost = null;
        metrics.storeUp.set(1);
        log.info({ awayMs }, "the store's database is there again");
        this.onChange.tell();
      },
    };
  }
}
