/** The records' half of the service, put together for `main.ts`: what each PBX wrote down of its calls, held against ours. */
import type { Call } from "../calls/call.ts";
import type { CdrCheck } from "../cdr/cdr-check.ts";
import { CdrError } from "../cdr/cdr-error.ts";
import type { CdrSource } from "../cdr/cdr-source.ts";
import { birthOf, LocalTime } from "../cdr/local-time.ts";
import { Reconciler, type ReconcilerTiming } from "../cdr/reconciler.ts";
import type { RowReader } from "../cdr/to-call.ts";
import type { Config, PbxConfig } from "../config/config.ts";
import type { Clock } from "../lib/clock.ts";
import { failureInWords } from "../lib/failure-words.ts";
import type { Log } from "../lib/log.ts";
import type { Metrics } from "../lib/metrics.ts";
import { extensionOf, isPhone } from "../pbx/endpoint.ts";
import { profiles } from "../pbx/profiles.ts";
import type { SqlCallJournal } from "../store/call-journal.ts";
import { SqlCdrChecks } from "../store/cdr-checks.ts";
import type { Database } from "../store/database.ts";
import { openCdrSource, zoneOf } from "./cdr-source-of.ts";
import type { Phones } from "./phones.ts";

/** A call that we saw in part is told to the CRM after so long, whatever the records say by then. */
const COMPLETED_WITHIN_MS = 60_000;

export interface RecordsOptions {
  readonly config: Config;
  readonly phones: readonly Phones[];
  readonly database: Database;
  readonly journal: SqlCallJournal;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The records told more of a call that had been told already: there may be sound now. */
  readonly onCompleted: (call: Call) => Promise<void>;
  readonly timing?: Partial<ReconcilerTiming>;
}

export class Records implements AsyncDisposable {
  readonly #options: RecordsOptions;
  readonly #reconcilers = new Map<string, Reconciler>();

  private constructor(options: RecordsOptions) {
    this.#options = options;
  }

  /** Does not ask for anything yet. @throws StartError, CdrError when the settings cannot be right */
  static async open(options: RecordsOptions): Promise<Records> {
    const records = new Records(options);
    for (const phones of options.phones) {
      const { id } = phones.config;
      const zone = zoneOf(phones.config, options.config.accounts);
      const source = await openCdrSource(phones.config, zone, {
        now: () => options.clock.now(),
        onUnreadable: (error) => {
          options.metrics.recordsUnreadable.inc({ pbx: id });
          options.log.warn({ pbx: id, reason: error.message }, "a call record was passed over");
        },
      });
      if (source !== undefined) records.#reconcilers.set(id, records.#follow(phones, source, new LocalTime(zone)));
    }
    return records;
  }

  start(): void {
    for (const reconciler of this.#reconcilers.values()) reconciler.start();
  }

  /**
   * A call as the CRM is to be told it: one that we saw in part waits a while for what the records tell of it.
   * null: the service stops before that is known.
   */
  async complete(call: Call): Promise<Call | null> {
    const { clock, journal } = this.#options;
    const reconciler = this.#reconcilers.get(call.pbx);
    if (reconciler === undefined || !call.partial) return call;
    // The PBX's clock may be ahead of ours.
    const endedAt = Math.min(call.endedAt ?? Number.POSITIVE_INFINITY, clock.now());
    const isKnown = await reconciler.waitFor(call.id, endedAt + COMPLETED_WITHIN_MS);
    return isKnown ? ((await journal.find(call.id)) ?? call) : null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#reconcilers.values()].map((reconciler) => reconciler[Symbol.asyncDispose]()));
  }

  #follow(phones: Phones, source: CdrSource, time: LocalTime): Reconciler {
    const { database, journal, clock, timing } = this.#options;
    const { config } = phones;
    const reconciler = new Reconciler({
      pbx: config.id,
      source,
      reader: readerOf(config, time),
      archive: journal,
      checks: new SqlCdrChecks(database),
      keeper: phones.keeper,
      inSight: () => phones.sight.state === "up",
      clock,
      ...(timing && { timing }),
    });
    this.#report(config.id, reconciler);
    phones.onSight.add(() => reconciler.wake());
    return reconciler;
  }

  #report(pbx: string, reconciler: Reconciler): void {
    const { metrics } = this.#options;
    const log = this.#options.log.child({ pbx });
    reconciler.onReading.add(() => {
      metrics.recordsRead.set({ pbx }, 1);
      log.info("the PBX's call records are read");
    });
    reconciler.onTrouble.add(({ error, retryInMs }) => {
      metrics.recordsRead.set({ pbx }, 0);
      const fields = { reason: failureInWords(error), retryInMs: Math.round(retryInMs) };
      log.error(error instanceof CdrError ? fields : { ...fields, error }, "the PBX's call records cannot be read");
    });
    reconciler.onChecked.add((check) => {
      metrics.recordsChecked.inc({ pbx, verdict: check.verdict });
      this.#logCheck(log, check);
      if (check.verdict === "completed") void this.#tellCompleted(log, check.callId);
    });
  }

  #logCheck(log: Log, { callId: call, verdict, differences, told }: CdrCheck): void {
    switch (verdict) {
      case "agrees":
        log.debug({ call }, "the PBX's records agree");
        break;
      case "differs":
        log.warn({ call, about: differences.map(({ about }) => about) }, "the PBX's records differ");
        break;
      case "missing":
        log.info({ call }, "the PBX has no record of it");
        break;
      default:
        log.info({ call, disposition: told?.disposition }, `${verdict} from the PBX's records`);
    }
  }

  async #tellCompleted(log: Log, callId: string): Promise<void> {
    const { journal, onCompleted } = this.#options;
    try {
      const call = await journal.find(callId);
      if (call !== undefined) await onCompleted(call);
    } catch (error) {
      log.error({ call: callId, error }, "what the records told of it could not be passed on");
    }
  }
}

function readerOf({ profile, records }: PbxConfig, time: LocalTime): RowReader {
  return {
    isPhone,
    extensionOf: (channel) => extensionOf(channel, profiles[profile]),
    recordingOf: ({ recording, uniqueid, linkedid, startedAt }, isOuter) => {
      const [year = "", month = "", day = "", hour = ""] = time.toLocal(birthOf(uniqueid) ?? startedAt).split(/[- :]/);
      // FreePBX writes the bare name of a file that lies in a folder of its day.
      if (recording !== null && profile === "freepbx" && !recording.includes("/"))
        return `${year}/${month}/${day}/${recording}`;
      if (recording !== null || records.recording === null || !isOuter) return recording;
      const known: Record<string, string> = { uniqueid, linkedid: linkedid ?? uniqueid, year, month, day, hour };
      return records.recording.replace(/\{(\w+)\}/g, (place, name: string) => known[name] ?? place);
    },
  };
}
