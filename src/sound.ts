/** The recordings' half of the service, put together for `main.ts`: kept, turned into mp3, linked, served. */
import { dirname, join } from "node:path";
import type { Call } from "./calls/call.ts";
import type { Config, PbxConfig } from "./config.ts";
import type { Clock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import type { MasterKey } from "./lib/master-key.ts";
import type { Metrics } from "./lib/metrics.ts";
import type { Route } from "./lib/route.ts";
import { profiles } from "./pbx/profiles.ts";
import { RecordingKeeper } from "./recordings/keeper.ts";
import { RecordingLinks } from "./recordings/link.ts";
import type { RecordingPlace } from "./recordings/locate.ts";
import { Mp3Maker } from "./recordings/mp3-maker.ts";
import { recordingRoute } from "./recordings/route.ts";
import type { SqlCallJournal } from "./store/call-journal.ts";
import type { Database } from "./store/database.ts";
import { SqlRecordingStore } from "./store/recordings.ts";

/** A note waits so long after the call's end for its recording; then it is written without, and corrected later. */
const NOTE_WAITS_MS = 1_500;
/** MikoPBX converts in batches after the call (mikopbx.md §0.14); a file that has not come by then will not. */
const PATIENCE_MS = 30 * 60_000;

export interface SoundOptions {
  readonly config: Config;
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
  readonly route: Route;
  readonly #mp3 = new Mp3Maker();
  readonly #keeper: RecordingKeeper;
  readonly #links: RecordingLinks;
  readonly #options: SoundOptions;

  constructor(options: SoundOptions) {
    const { config, pbxOf, database, masterKey, clock, log, metrics } = options;
    this.#options = options;
    const store = new SqlRecordingStore(database);
    this.#links = new RecordingLinks(masterKey.derive("recording-links"), config.http.publicUrl);
    const keeper = new RecordingKeeper({
      store,
      mp3: this.#mp3,
      clock,
      cacheDirectory: join(dirname(config.store.path), "recordings"),
      placeOf: (pbx) => placeOf(pbxOf(pbx)),
      accountOf: (pbx) => pbxOf(pbx).account,
      patienceMs: PATIENCE_MS,
      onLate: (callId) => this.#linkLate(callId),
      onSettled: (account, { callId, state }) => {
        metrics.recordingsSettled.inc({ account, state });
        log.info({ call: callId, account, state }, "recording");
      },
      onTrouble: (call, error) => log.error({ call, error }, "the recording could not be kept; trying again"),
    });
    this.#keeper = keeper;
    this.route = recordingRoute({ links: this.#links, store, fileOf: (recording) => keeper.fileOf(recording) });
  }

  /** Takes up what waited when the service stopped. */
  start(): Promise<void> {
    return this.#keeper.start();
  }

  /** The link for an ended call's note when the sound is there in time, else null: then `onLate` brings it. */
  async urlOf(call: Call): Promise<string | null> {
    const { clock, pbxOf } = this.#options;
    await this.#keeper.keep(call);
    const recording = await this.#keeper.waitFor(call.id, (call.endedAt ?? clock.now()) + NOTE_WAITS_MS);
    return recording?.state === "ready" ? this.#links.toUrl(pbxOf(call.pbx).account, call.id) : null;
  }

  /** The link to a recording that is ready. */
  linkTo(account: string, callId: string): string {
    return this.#links.toUrl(account, callId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#keeper[Symbol.asyncDispose]();
    await this.#mp3[Symbol.asyncDispose]();
  }

  async #linkLate(callId: string): Promise<void> {
    const { journal, pbxOf, onLate } = this.#options;
    const call = await journal.find(callId);
    if (call === undefined) return;
    const { account } = pbxOf(call.pbx);
    await onLate(account, call, this.#links.toUrl(account, callId));
  }
}

function placeOf({ profile, recordings }: PbxConfig): RecordingPlace | null {
  if (recordings.localDirectory === null) return null;
  const { directory, extensions } = profiles[profile].recording;
  return {
    pbxDirectory: recordings.pbxDirectory ?? directory,
    localDirectory: recordings.localDirectory,
    extensions,
  };
}
