/** Requests per second: 7 for one integration, 50 for one account; who does not stop is locked out (sheet §3.5). */
import type { StandClock } from "../clock.ts";
import type { Reply } from "../http/reply.ts";
import { nginxPage } from "../http/reply.ts";
import { tooManyRequests } from "./faults.ts";

export interface LimitOptions {
  /** Requests in any second; 0: no limit. */
  perIntegration: number;
  perAccount: number;
  /** After so many refusals every request gets a bare 403 until `reset`; 0: never (EMU: the real number is unknown). */
  lockOutAfter: number;
  /** Shape of the 429. */
  body: "json" | "html";
}

export class Limits {
  readonly options: LimitOptions = { perIntegration: 7, perAccount: 50, lockOutAfter: 100, body: "json" };
  readonly #clock: StandClock;
  readonly #recent = new Map<string, number[]>();
  readonly #refusals = new Map<string, number>();

  constructor(clock: StandClock) {
    this.#clock = clock;
  }

  /** The refusal for one more request now, or nothing. Refused requests do not count towards the second. */
  refuse(accountId: number, clientId: string): Reply | undefined {
    const keys = [
      { key: `integration:${accountId}:${clientId}`, limit: this.options.perIntegration },
      { key: `account:${accountId}`, limit: this.options.perAccount },
    ];
    const mine = keys[0]?.key ?? "";
    const refusals = this.#refusals.get(mine) ?? 0;
    if (this.options.lockOutAfter > 0 && refusals >= this.options.lockOutAfter) return nginxPage(403, "Forbidden");
    const now = this.#clock.now();
    for (const { key } of keys)
      this.#recent.set(
        key,
        (this.#recent.get(key) ?? []).filter((at) => at > now - 1000),
      );
    if (keys.some(({ key, limit }) => limit > 0 && (this.#recent.get(key)?.length ?? 0) >= limit)) {
      this.#refusals.set(mine, refusals + 1);
      return tooManyRequests(this.options.body);
    }
    for (const { key } of keys) this.#recent.get(key)?.push(now);
    return undefined;
  }

  /** Opens every lock and forgets the last second. */
  reset(): void {
    this.#recent.clear();
    this.#refusals.clear();
  }
}
