/** Follows the call log and turns ended calls into intents. Knows nothing of how they are performed. */
import type { Call } from "../calls/call.ts";
import { isHidden, toCrmPhone } from "../clients/phone-key.ts";
import { Alarm } from "../lib/alarm.ts";
import type { Log } from "../lib/log.ts";
import type { Decision } from "../rules/intents-for.ts";
import type { Conclusion, NewItem, OutboxStore } from "./outbox-store.ts";

/** A conclusion is one small transaction; more at once would only hold the store longer. */
const CALLS_A_ROUND = 100;

export interface CallFeedDeps {
  readonly account: string;
  /** ISO 3166, for the key by which a client's order is kept. */
  readonly country: string;
  readonly store: OutboxStore;
  readonly now: () => number;
  /**
   * The call as whole as it gets: one that was seen in part may still be completed. null: not now, because the service
   * stops; it is concluded after the restart.
   */
  readonly complete: (call: Call) => Promise<Call | null>;
  /** The rules, with all they need to know of this call. */
  readonly decide: (call: Call) => Promise<Decision>;
  /** There may be new items. */
  readonly onAdded: () => void;
  readonly log: Log;
}

/**
 * A call that fails so long and so often, while the store answers, fails for a defect of ours: the calls behind it wait
 * no longer. Long alone is what a clock says that was set ahead, often alone is what a busy hour does.
 */
const DEFECT_MS = 60_000;
const DEFECT_TRIES = 5;

/** Another process may have written into the same journal; nobody wakes us for that. */
const LOOK_EVERY_MS = 5_000;

export class CallFeed {
  readonly #deps: CallFeedDeps;
  readonly #alarm = new Alarm();
  #following: Promise<void> = Promise.resolve();
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  /** The call at which the walk fails, since when it does, and how often it has. */
  #failing: { readonly position: number; readonly since: number; readonly tries: number } | null = null;

  constructor(deps: CallFeedDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarm.ring();
    await this.#running;
  }

  /** The journal has grown. */
  wake(): void {
    this.#alarm.ring();
  }

  /**
   * Concludes everything that has ended since the remembered position. Running it again, or dying in the middle, adds
   * nothing twice: position and intents move together.
   */
  follow(): Promise<void> {
    // One after another: two walks at once would conclude the same calls.
    const walk = this.#following.then(() => this.#follow());
    this.#following = walk.catch(() => {}); // whoever asked for the walk is told; the next one starts afresh
    return walk;
  }

  async #run(): Promise<void> {
    const { account, log } = this.#deps;
    while (!this.#stopped) {
      try {
        await this.follow();
      } catch (error) {
        log.error({ account, error }, "ended calls could not be turned into intents; trying again");
      }
      await this.#alarm.sleep(LOOK_EVERY_MS);
    }
  }

  async #follow(): Promise<void> {
    const { account, store, now, onAdded } = this.#deps;
    for (;;) {
      const ended = await this.#endedCalls();
      for (const { position, call } of ended) {
        const concluded = await this.#concludeOrPassOver(position, call);
        if (concluded === null) return;
        await store.recordConclusion(account, { position, ...concluded }, now());
        this.#failing = null;
      }
      if (ended.length > 0) onAdded();
      if (ended.length < CALLS_A_ROUND) return;
    }
  }

  /** A store that does not answer is no fault of the call at which that was met. */
  async #endedCalls() {
    const failing = this.#failing;
    this.#failing = null;
    const ended = await this.#deps.store.endedCalls(this.#deps.account, CALLS_A_ROUND);
    this.#failing = failing;
    return ended;
  }

  async #concludeOrPassOver(position: number, call: Call): Promise<Omit<Conclusion, "position"> | null> {
    const { account, country, now, log } = this.#deps;
    try {
      return await this.#conclude(call);
    } catch (error) {
      const before = this.#failing?.position === position ? this.#failing : { position, since: now(), tries: 0 };
      const failing = { ...before, tries: before.tries + 1 };
      this.#failing = failing;
      if (failing.tries < DEFECT_TRIES || now() - failing.since < DEFECT_MS) throw error;
      log.error({ account, call: call.id, error }, "a call could not be turned into intents and is passed over");
      return {
        items: [{ ...commonOf(call, country), rule: null, intent: null, skipped: "internal-error" }],
        turnOf: null,
      };
    }
  }

  async #conclude(seen: Call): Promise<Omit<Conclusion, "position"> | null> {
    const { country, complete, decide } = this.#deps;
    const call = await complete(seen);
    if (call === null) return null;
    const decision = await decide(call);
    return { items: toItems(call, decision, country), turnOf: decision.tookTurn ? decision.rule : null };
  }
}

function commonOf(call: Call, country: string) {
  const clientKey = call.client !== null && !isHidden(call.client) ? toCrmPhone(call.client, country) : "";
  return { clientKey, callId: call.id, interactive: false } as const;
}

function toItems(call: Call, decision: Decision, country: string): NewItem[] {
  const common = { ...commonOf(call, country), rule: decision.rule };
  if (decision.skipped !== null) return [{ ...common, intent: null, skipped: decision.skipped }];
  return decision.intents.map((intent) => ({ ...common, intent, skipped: null }));
}
