/**
 * Finds what was deleted in the CRM without our being told: now and then, at night, walks through everything and doubts
 * what it did not meet. Deletions come by webhook only, and webhooks are lost while the service is down.
 */
import { type ClientIndex, INDEX_PARTS, type IndexPart } from "../clients/client-index.ts";
import type { Clock } from "../lib/clock.ts";
import type { CrmApi } from "./crm-api.ts";
import type { PartKeeper } from "./index-parts.ts";
import { toSeconds } from "./unix-seconds.ts";

const HOUR_SECONDS = 3_600;
/** Once a night, and a night lasts some hours. */
const SHORTEST_PAUSE_SECONDS = 20 * HOUR_SECONDS;
/** A service that is switched off at night sweeps by day. */
const LONGEST_PAUSE_SECONDS = 48 * HOUR_SECONDS;
/** Hours of the account's day in which nobody is hindered. */
const NIGHT = { from: 1, to: 5 } as const;

/** @param sweptAt Unix seconds of the last walk; 0: never. @param now epoch ms */
export function isSweepDue(sweptAt: number, now: number, timeZone: string): boolean {
  const pause = toSeconds(now) - sweptAt;
  if (pause >= LONGEST_PAUSE_SECONDS) return true;
  const hour = Number(
    new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", hourCycle: "h23" }).format(new Date(now)),
  );
  return pause >= SHORTEST_PAUSE_SECONDS && hour >= NIGHT.from && hour < NIGHT.to;
}

export interface SweepDeps {
  readonly account: { readonly id: string; readonly timeZone: string };
  readonly api: CrmApi;
  readonly index: ClientIndex;
  readonly keepers: { readonly [Part in IndexPart]: PartKeeper };
  readonly clock: Clock;
  /** The CRM is to be asked for this very one: a page that moved while we walked may have hidden it. */
  readonly doubt: (part: IndexPart, id: number) => void;
}

export class Sweep {
  readonly #deps: SweepDeps;
  #walk: { readonly part: IndexPart; readonly page: number; readonly beganAt: number } | null = null;

  constructor(deps: SweepDeps) {
    this.#deps = deps;
  }

  /** Walks on by one page, if it is time for it. @returns whether there is more to walk now. @throws CrmError */
  async step(): Promise<boolean> {
    const { account, api, index, keepers, clock, doubt } = this.#deps;
    this.#walk ??= await this.#begin();
    if (this.#walk === null) return false;
    const { part, page, beganAt } = this.#walk;
    const { path, query, keep } = keepers[part];
    const { entities, hasNext } = await api.page(part, path, { ...query, "order[id]": "asc" }, page);
    await keep(entities);
    if (hasNext) {
      this.#walk = { part, page: page + 1, beganAt };
      return true;
    }
    for (const id of await index.unseenSince(account.id, part, beganAt)) doubt(part, id);
    const progress = await index.progress(account.id, part);
    if (progress !== undefined)
      await index.saveProgress(account.id, part, { ...progress, sweptAt: toSeconds(clock.now()) });
    this.#walk = null;
    return true;
  }

  /** The next part whose time has come and whose first load is done. */
  async #begin() {
    const { account, index, clock } = this.#deps;
    for (const part of INDEX_PARTS) {
      const progress = await index.progress(account.id, part);
      if (progress?.nextPage !== null || !isSweepDue(progress.sweptAt, clock.now(), account.timeZone)) continue;
      return { part, page: 1, beganAt: toSeconds(clock.now()) };
    }
    return null;
  }
}
