/**
 * Keeps the client index as the CRM is: a first load in the background that goes on where it stopped, then whatever
 * changed, on a webhook's hint or by the clock. The index can be used all the while.
 */
import { type ClientIndex, INDEX_PARTS, type IndexPart } from "../clients/client-index.ts";
import { Alarm } from "../lib/alarm.ts";
import type { Clock } from "../lib/clock.ts";
import { Listeners } from "../lib/listeners.ts";
import type { Log } from "../lib/log.ts";
import { type CrmUser, readEach, readPipeline, readUser } from "./answers.ts";
import type { Connection } from "./connection.ts";
import type { CrmApi } from "./crm-api.ts";
import { CrmError } from "./crm-error.ts";
import type { PartKeeper } from "./index-parts.ts";
import { Sweep } from "./sweep.ts";
import { toSeconds } from "./unix-seconds.ts";

/** The first load starts to count changes from so long before: clocks differ, and it takes time itself. */
const FIRST_LOAD_OVERLAP_SECONDS = 3_600;
/** An entity may be changed in the second we have read it in. */
const OVERLAP_SECONDS = 10;
/** Above so many hints at once a walk over what changed is cheaper than asking for each: it is three requests, or some more. */
const MOST_SINGLE_READS = 10;
/** Nobody waits for the index: calls are written without it, too. */
const AFTER_FAILURE_MS = 10_000;
/** After a longer absence webhooks about deletions may be lost for good: amoCRM gives up after some tries. */
const LONG_ABSENCE_MS = 15 * 60_000;
/** The connection rings when it opens; this is only so that no loop sleeps for ever. */
const CLOSED_LOOK_MS = 60_000;

export interface FillerDeps {
  readonly account: { readonly id: string; readonly timeZone: string };
  readonly api: CrmApi;
  readonly index: ClientIndex;
  readonly keepers: { readonly [Part in IndexPart]: PartKeeper };
  readonly connection: Connection;
  readonly clock: Clock;
  readonly log: Log;
  /** How often it looks for changes without any hint, ms. */
  readonly catchUpEveryMs: number;
  /** What has to be done each time the account opens, before anything is read. @throws CrmError */
  readonly onOpen: () => Promise<void>;
  /** The account's users, each time the account opens; none when our access may not see them. */
  readonly onUsers: (users: readonly CrmUser[]) => void;
}

/** How far each part of the first load is. */
export interface IndexState {
  readonly ready: boolean;
  readonly loaded: { readonly [Part in IndexPart]: number };
}

interface Hint {
  readonly part: IndexPart;
  readonly id: number;
  /** A walk over what changed has not met it since: it can only be asked for by itself. */
  readonly isPassed: boolean;
}

export class IndexFiller {
  readonly #deps: FillerDeps;
  readonly #written = new Listeners<void>();
  readonly #sweep: Sweep;
  readonly #hints = new Map<string, Hint>();
  #loaded: { [Part in IndexPart]: number } = { companies: 0, contacts: 0, leads: 0 };
  #ready = false;
  #openedAt: number | null = null;
  #caughtUpAt = Number.NEGATIVE_INFINITY;
  #lastWorkedAt = Number.NEGATIVE_INFINITY;
  #doubtBefore = 0;
  #stopped = false;
  readonly #alarm = new Alarm();
  #running: Promise<void> = Promise.resolve();

  constructor(deps: FillerDeps) {
    this.#deps = deps;
    this.#sweep = new Sweep({ ...deps, doubt: (part, id) => this.hint(part, id) });
  }

  get state(): IndexState {
    return { ready: this.#ready, loaded: { ...this.#loaded } };
  }

  /** Tells that something was written into the index: whoever shows clients may show old ones. */
  onWritten(listener: () => void): Disposable {
    return this.#written.add(listener);
  }

  /** Unix seconds: what the CRM has not told us of since then may have been deleted without our being told. */
  get doubtBefore(): number {
    return this.#doubtBefore;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#alarm.ring();
    await this.#running;
  }

  /** Something happened to this entity; what, is asked of the CRM itself: hints are unsigned and come in any order. */
  hint(part: IndexPart, id: number): void {
    this.#hints.set(`${part}/${id}`, { part, id, isPassed: false });
    this.#alarm.ring();
  }

  /** Is there a hint that nobody has followed yet? */
  isHinted(part: IndexPart, id: number): boolean {
    return this.#hints.has(`${part}/${id}`);
  }

  async #run(): Promise<void> {
    const { connection, account, log } = this.#deps;
    using _ = connection.onChange(() => this.#alarm.ring());
    while (!this.#stopped) {
      const { state } = connection;
      if (state.state !== "connected") {
        await this.#alarm.sleep(CLOSED_LOOK_MS);
        continue;
      }
      try {
        await this.#alarm.sleep(await this.#work(state.since));
      } catch (error) {
        // What concerns the whole account has closed the connection already; the rest is worth a person's look.
        if (!(error instanceof CrmError) || error.remedy !== "hold-account") {
          log.warn({ account: account.id, error }, "the client index could not be read on; it goes on in a while");
        }
        await this.#alarm.sleep(AFTER_FAILURE_MS);
      }
    }
  }

  /** @returns how long there is nothing to do, ms */
  async #work(openSince: number): Promise<number> {
    const { clock, catchUpEveryMs } = this.#deps;
    if (this.#openedAt !== openSince) {
      if (clock.now() - this.#lastWorkedAt > LONG_ABSENCE_MS) this.#doubtBefore = toSeconds(clock.now());
      await this.#open();
      this.#openedAt = openSince;
    }
    const ago = clock.now() - this.#caughtUpAt;
    // The machine's clock may have been set back.
    if (ago >= catchUpEveryMs || ago < 0 || this.#isStormy()) {
      await this.#catchUpAll();
      this.#caughtUpAt = clock.now();
    }
    await this.#readHinted();
    const hasMore = await this.#sweep.step();
    this.#lastWorkedAt = clock.now();
    if (hasMore || this.#hints.size > 0) return 0;
    return Math.min(this.#caughtUpAt - clock.now(), 0) + catchUpEveryMs;
  }

  async #open(): Promise<void> {
    const { api, index, account, onOpen, onUsers } = this.#deps;
    await onOpen();
    const entities = await api.all("pipelines", "/api/v4/leads/pipelines");
    const read = readEach(entities, readPipeline, (error) => this.#tellUnreadable("pipeline", error));
    const pipelines = read.filter((pipeline) => pipeline !== undefined);
    await index.putPipelines(account.id, pipelines);
    onUsers(await this.#readUsers());
  }

  /** Only an administrator's access may see users, and calls can be written without. */
  async #readUsers(): Promise<CrmUser[]> {
    const { api, account, log } = this.#deps;
    try {
      const entities = await api.all("users", "/api/v4/users");
      return readEach(entities, readUser, (error) => this.#tellUnreadable("user", error));
    } catch (error) {
      if (!(error instanceof CrmError) || error.code !== "crm/forbidden") throw error;
      log.info({ account: account.id }, "our access may not list the users of amoCRM");
      return [];
    }
  }

  #tellUnreadable(what: "pipeline" | "user", error: CrmError): void {
    const { account, log } = this.#deps;
    log.warn({ account: account.id, error }, `a ${what} in an answer of amoCRM cannot be read; it is left out`);
  }

  async #catchUpAll(): Promise<void> {
    for (const part of INDEX_PARTS) await this.#begin(part);
    for (const part of INDEX_PARTS) await this.#load(part);
    await this.#walkChanges();
    this.#ready = true;
  }

  /** From now on this part can be walked for changes, though nothing of it is loaded yet. */
  async #begin(part: IndexPart): Promise<void> {
    const { index, account, clock } = this.#deps;
    if ((await index.progress(account.id, part)) !== undefined) return;
    const caughtUpTo = toSeconds(clock.now()) - FIRST_LOAD_OVERLAP_SECONDS;
    await index.saveProgress(account.id, part, { nextPage: 1, loaded: 0, caughtUpTo, sweptAt: 0 });
  }

  /** The first load, page by page, from where it stopped; what webhooks tell does not wait for its end. */
  async #load(part: IndexPart): Promise<void> {
    const { api, index, account, clock, log, keepers } = this.#deps;
    const { path, query, keep } = keepers[part];
    for (;;) {
      const progress = await index.progress(account.id, part);
      this.#loaded[part] = progress?.loaded ?? 0;
      if (this.#stopped || progress === undefined || progress.nextPage === null) return;
      const { entities, hasNext } = await api.page(part, path, { ...query, "order[id]": "asc" }, progress.nextPage);
      await keep(entities);
      const loaded = progress.loaded + entities.length;
      await index.saveProgress(account.id, part, {
        ...progress,
        nextPage: hasNext ? progress.nextPage + 1 : null,
        loaded,
        sweptAt: hasNext ? progress.sweptAt : toSeconds(clock.now()),
      });
      this.#written.tell();
      if (!hasNext) log.info({ account: account.id, part, loaded }, "first load of the index finished");
      if (this.#isStormy()) await this.#walkChanges();
      await this.#readHinted();
    }
  }

  async #walkChanges(): Promise<void> {
    // Hints that come while we walk are about what we may have passed already.
    const hinted = new Set(this.#hints.keys());
    for (const part of INDEX_PARTS) {
      for (const id of await this.#catchUp(part)) if (hinted.has(`${part}/${id}`)) this.#hints.delete(`${part}/${id}`);
    }
    for (const key of hinted) {
      const hint = this.#hints.get(key);
      if (hint) this.#hints.set(key, { ...hint, isPassed: true });
    }
  }

  /**
   * All that changed since the last time, newest first. The position moves only when the walk was whole.
   * @returns ids of what was seen
   */
  async #catchUp(part: IndexPart): Promise<number[]> {
    const { api, index, account, keepers } = this.#deps;
    const { path, query, keep } = keepers[part];
    const progress = await index.progress(account.id, part);
    if (progress === undefined) return [];
    const seen: number[] = [];
    const until = progress.caughtUpTo - OVERLAP_SECONDS;
    let newest = progress.caughtUpTo;
    for (let page = 1; ; page++) {
      const { entities, hasNext } = await api.page(part, path, { ...query, "order[updated_at]": "desc" }, page);
      const kept = await keep(entities);
      seen.push(...kept.map(({ id }) => id));
      const changed = kept.map(({ updatedAt }) => updatedAt);
      newest = Math.max(newest, ...changed);
      // Where the order is not obeyed (nobody promises it for companies) all pages are walked.
      const isOrdered = changed.every((at, place) => place === 0 || at <= (changed[place - 1] ?? at));
      const isPast = isOrdered && changed.length > 0 && (changed.at(-1) ?? 0) < until;
      if (isPast || !hasNext) break;
    }
    await index.saveProgress(account.id, part, { ...progress, caughtUpTo: newest });
    if (seen.length > 0) this.#written.tell();
    return seen;
  }

  /** So many hints that a walk is cheaper: somebody imports, or edits many cards at once. */
  #isStormy(): boolean {
    return [...this.#hints.values()].filter(({ isPassed }) => !isPassed).length > MOST_SINGLE_READS;
  }

  async #readHinted(): Promise<void> {
    for (const [key, hint] of this.#hints) {
      if (this.#stopped || this.#isStormy()) return;
      const { part, id } = hint;
      this.#hints.delete(key);
      const { path, query, keep, drop } = this.#deps.keepers[part];
      try {
        const entity = await this.#deps.api.entity(`${path}/${id}`, query);
        if (entity === undefined) await drop(id);
        else await keep([entity]);
        this.#written.tell();
      } catch (error) {
        this.#hints.set(key, hint);
        throw error;
      }
    }
  }
}
