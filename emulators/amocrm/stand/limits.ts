/**
 * Requests per second: 7 for one integration, 50 for one account; who does not stop is locked out
 * (docs/protocols/amocrm-platform.md#limits).
 */
import type { StandClock } from "../clock.ts";
import type { Reply } from "../http/reply.ts";
import { nginxPage } from "../http/reply.ts";
import { tooManyRequests } from "./faults.ts";

export interface LimitOptions {
  /** Requests in any second; 0: no limit. */
  perIntegration: number;
  perAccount: number;
  /**
   * After so many refusals within a minute every request gets a bare 403 until `reset`; 0: never. Chosen: neither the
   * number nor the time is known.
   */
  lockOutAfter: number;
  /** Shape of the 429. */
  body: "json" | "html";
}

const REFUSALS_MS = 60_000;

export class Limits {
  readonly options: LimitOptions = { perIntegration: 7, perAccount: 50, lockOutAfter: 100, body: "json" };
  readonly #clock: StandClock;
  readonly #recent = new Map<string, number[]>();
  readonly #refusals = new Map<string, readonly number[]>();
  readonly #lockedOut = new Set<string>();

  constructor(clock: StandClock) {
    this.#clock = clock;
  }

  /** The refusal for one more request now, or nothing. Refused requests do not count towards the second. */
  refuse(accountId: number, clientId: string): Reply | undefined {
    const keys = [
      { key: `integration:${clientId}`, limit: this.options.perIntegration },
      { key: `account:${accountId}`, limit: this.options.perAccount },
    ];
    const mine = keys[0]?.key ?? "";
    if (this.#lockedOut.has(mine)) return nginxPage(403, "Forbidden");
    const now = this.#clock.now();
    for (const { key } of keys)
      this.#recent.set(
        key,
        (this.#recent.get(key) ?? []).filter((at) => at > now - 1000),
      );
    if (keys.some(({ key, limit }) => limit > 0 && (this.#recent.get(key)?.length ?? 0) >= limit)) {
      const refusals = [...(this.#refusals.get(mine) ?? []).filter((at) => at > now - REFUSALS_MS), now];
      this.#refusals.set(mine, refusals);
      if (this.options.lockOutAfter > 0 && refusals.length >= this.options.lockOutAfter) this.#lockedOut.add(mine);
      return tooManyRequests(this.options.body);
    }
    for (const { key } of keys) this.#recent.get(key)?.push(now);
    return undefined;
  }

  /** Opens every lock and forgets the last second. */
  reset(): void {
    this.#recent.clear();
    this.#refusals.clear();
    this.#lockedOut.clear();
  }
}
