import { AMOCRM_PACE, type Pace, RateLimit } from "./rate-limit.ts";

const KOMMO = /(?:^|\.)(?:kommo|amocrm)\.com(?::\d+)?$/;

/**
 * Who shares a limit: amoCRM counts the requests of an integration in all its accounts, Kommo those of an address, which
 * is ours for all of them.
 */
export class RateLimits {
  readonly #pace: Pace;
  readonly #limits = new Map<string, RateLimit>();

  constructor(pace: Pace = AMOCRM_PACE) {
    this.#pace = pace;
  }

  /** @param host of the account's pages */
  of(host: string, clientId: string): RateLimit {
    const key = KOMMO.test(host) ? "kommo" : clientId;
    const limit = this.#limits.get(key) ?? new RateLimit(this.#pace);
    this.#limits.set(key, limit);
    return limit;
  }
}
