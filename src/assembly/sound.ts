/** The recordings' half of the service, put together for `main.ts`: found, kept as mp3, linked, served, and who heard them. */
import { dirname, join } from "node:path";
import type { Call } from "../calls/call.ts";
import type { Config, PbxConfig } from "../config/config.ts";
import type { Clock } from "../lib/clock.ts";
import { failureInWords } from "../lib/failure-words.ts";
import type { Log } from "../lib/log.ts";
import type { MasterKey } from "../lib/master-key.ts";
import type { Metrics } from "../lib/metrics.ts";
import type { Route } from "../lib/route.ts";
import type { PanelAccount } from "../panel/ports.ts";
import { identifyUser } from "../panel/session-route.ts";
import { RecordingCache, type Sweep } from "../recordings/cache.ts";
import { grantRoute } from "../recordings/grant-route.ts";
import { RecordingKeeper } from "../recordings/keeper.ts";
import { ListeningGrants, RecordingLinks } from "../recordings/link.ts";
import { ListeningBook } from "../recordings/listening.ts";
import { Mp3Maker } from "../recordings/mp3-maker.ts";
import { recordingRoute } from "../recordings/route.ts";
import type { RecordingSource } from "../recordings/source.ts";
import type { SqlCallJournal } from "../store/call-journal.ts";
import type { Database } from "../store/database.ts";
import { SqlListeningStore } from "../store/listenings.ts";
import { SqlRecordingStore } from "../store/recordings.ts";
import { openRecordingSources } from "./sound-sources.ts";

/** A note waits so long after the call's end for its recording; then it is written without, and corrected later. */
const NOTE_WAITS_MS = 1_000;
/** MikoPBX converts in batches after the call (docs/protocols/mikopbx.md#recordings); a file that has not come by then will not. */
const PATIENCE_MS = 30 * 60_000;
const GIGABYTE = 1_000_000_000;

export interface SoundOptions {
  readonly config: Config;
  /** The same accounts as the CRM's pages know them. */
  readonly accounts: readonly PanelAccount[];
  readonly pbxOf: (id: string) => PbxConfig;
  readonly database: Database;
  readonly journal: SqlCallJournal;
  readonly masterKey: MasterKey;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Puts a link into a note that was written without. Durable, and harmless to repeat. */
  readonly onLate: (account: string, call: Call, url: string) => Promise<void>;
}

export class Sound implements AsyncDisposable {
  readonly routes: readonly Route[];
  readonly store: SqlRecordingStore;
  readonly listenings: SqlListeningStore;
  readonly keeper: RecordingKeeper;
  readonly #mp3 = new Mp3Maker();
  readonly #cache: RecordingCache;
  readonly #links: RecordingLinks;
  readonly #sources: ReadonlyMap<string, readonly RecordingSource[]>;
  readonly #options: SoundOptions;
  #isOverfull = false;

  private constructor(options: SoundOptions, sources: ReadonlyMap<string, readonly RecordingSource[]>) {
    const { config, database, masterKey, clock } = options;
    this.#options = options;
    this.#sources = sources;
    this.store = new SqlRecordingStore(database);
    this.listenings = new SqlListeningStore(database);
    this.#links = new RecordingLinks(masterKey.derive("recording-links"), config.http.publicUrl);
    this.#cache = this.#openCache();
    this.keeper = this.#openKeeper();
    this.routes = this.#toRoutes(new ListeningGrants(masterKey.derive("recording-grants")), clock);
  }

  /** @throws StartError when the settings of a source cannot be right */
  static async open(options: SoundOptions): Promise<Sound> {
    const { pbx, accounts } = options.config;
    const opened = pbx.map(async (one) => [one.id, await openRecordingSources(one, accounts)] as const);
    return new Sound(options, new Map(await Promise.all(opened)));
  }

  /** Takes up what waited when the service stopped. */
  async start(): Promise<void> {
    this.#options.metrics.recordingsCacheQuota.set(this.#options.config.recordings.cacheGigabytes * GIGABYTE);
    await this.#cache.start();
    await this.keeper.start();
  }

  /** The link for an ended call's note when the sound is there in time, else null: then `onLate` brings it. */
  async urlOf(call: Call): Promise<string | null> {
    const { clock, pbxOf } = this.#options;
    await this.keeper.keep(call);
    const recording = await this.keeper.waitFor(call.id, call.endedAt ?? clock.now(), NOTE_WAITS_MS);
    const canBeHeard = recording?.state === "ready" || (recording?.state === "pending" && recording.meanwhile !== null);
    return canBeHeard ? this.#links.toUrl(pbxOf(call.pbx).account, call.id) : null;
  }

  /** The link to a recording that is ready. */
  linkTo(account: string, callId: string): string {
    return this.#links.toUrl(account, callId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.keeper[Symbol.asyncDispose]();
    await this.#cache[Symbol.asyncDispose]();
    const sources = [...this.#sources.values()].flat();
    await Promise.all([this.#mp3, ...sources].map((one) => one[Symbol.asyncDispose]()));
  }

  #openCache(): RecordingCache {
    const { config, clock, log } = this.#options;
    return new RecordingCache({
      store: this.store,
      directory: join(dirname(config.store.path), "recordings"),
      quotaBytes: config.recordings.cacheGigabytes * GIGABYTE,
      keepDays: config.recordings.keepDays,
      isAtSource: (pbx, recording) => this.keeper.isAtSource(pbx, recording),
      clock,
      onSwept: (sweep) => this.#tellSweep(sweep),
      onTrouble: (error) => log.error({ error }, "the cache of recordings could not be looked after; trying again"),
    });
  }

  #openKeeper(): RecordingKeeper {
    const { pbxOf, clock, log, metrics } = this.#options;
    return new RecordingKeeper({
      store: this.store,
      mp3: this.#mp3,
      clock,
      directory: this.#cache.directory,
      sourcesOf: (pbx) => this.#sources.get(pbx) ?? [],
      accountOf: (pbx) => pbxOf(pbx).account,
      patienceMs: PATIENCE_MS,
      onLate: (callId) => this.#linkLate(callId),
      onSettled: (account, recording) => {
        const { callId: call, state } = recording;
        metrics.recordingsSettled.inc({ account, state });
        if (recording.state === "lost") log.warn({ call, account, state, reason: recording.reason }, "recording");
        else if (recording.state === "ready" && recording.missing > 0)
          log.warn(
            { call, account, state, missing: recording.missing },
            "a part of the recording, or its end, is missing",
          );
        else log.info({ call, account, state }, "recording");
        if (recording.state === "ready") this.#cache.add(recording.mp3);
      },
      onTrouble: (pbx, call, error) => {
        metrics.recordingsTrouble.inc({ pbx });
        log.error({ pbx, call, reason: failureInWords(error) }, "the recording could not be kept; trying again");
      },
    });
  }

  #toRoutes(grants: ListeningGrants, clock: Clock): readonly Route[] {
    const { config, accounts, log, metrics } = this.#options;
    const listening = new Map(config.accounts.map((account) => [account.id, account.listening]));
    const common = { links: this.#links, grants, store: this.store, clock };
    const recordings = recordingRoute({
      ...common,
      modeOf: (account) => listening.get(account) ?? "guarded",
      cache: this.#cache,
      keeper: this.keeper,
      book: new ListeningBook(this.listenings, clock, async ({ account, callId, userId }) => {
        metrics.recordingsHeard.inc({ account, by: userId === null ? "link" : "user" });
        await this.store.heard(callId, clock.now());
      }),
      nameOf: (callId, account) => this.#nameOf(callId, account),
      onTrouble: (call, error) => log.error({ call, reason: failureInWords(error) }, "the recording was not given"),
    });
    const granting = grantRoute({
      ...common,
      origins: accounts.flatMap(({ crmOrigins }) => crmOrigins),
      identify: (request) => identifyUser(request, { accounts, clock, log }),
    });
    return [recordings, granting];
  }

  #tellSweep({ bytes, evicted, expired, isOverfull }: Sweep): void {
    const { log, metrics } = this.#options;
    metrics.recordingsCacheBytes.set(bytes);
    metrics.recordingsEvicted.inc({ reason: "room" }, evicted);
    metrics.recordingsEvicted.inc({ reason: "age" }, expired);
    if (evicted + expired > 0) log.info({ bytes, evicted, expired }, "recordings have left the cache");
    if (isOverfull && !this.#isOverfull)
      log.warn({ bytes }, "the cache of recordings is over its quota; the PBX has no copy of what is in it");
    this.#isOverfull = isOverfull;
  }

  async #linkLate(callId: string): Promise<void> {
    const { journal, pbxOf, onLate } = this.#options;
    const call = await journal.find(callId);
    if (call === undefined) return;
    const { account } = pbxOf(call.pbx);
    await onLate(account, call, this.#links.toUrl(account, callId));
  }

  /** "2026-11-28_14-30_201": when, and at whose phone. */
  async #nameOf(callId: string, account: string): Promise<string> {
    const call = await this.#options.journal.find(callId);
    if (call === undefined) return callId;
    const { timeZone } = this.#options.config.accounts.find(({ id }) => id === account) ?? { timeZone: "UTC" };
    const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" });
    const time = format.format(call.startedAt).replace(" ", "_").replace(":", "-");
    const phones = call.employees.filter(({ talkSeconds }) => talkSeconds > 0).map(({ extension }) => extension);
    return [time, ...phones].join("_").replace(/[^\w-]/g, "");
  }
}
