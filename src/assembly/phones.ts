/** The PBX half of the service for one PBX, put together for `main.ts`: its link, its calls, its commands. */
import { AmiSession } from "../ami/session.ts";
import type { AmiEndpoint } from "../ami/socket.ts";
import type { Call } from "../calls/call.ts";
import { callId } from "../calls/call-id.ts";
import { type CallJournal, type CallMemory, changedCalls, type JournalEntry } from "../calls/journal.ts";
import { NO_ABILITIES, type PhoneAbilities, PhoneControlError } from "../calls/phone-control.ts";
import type { DeviceState, QueueSeat } from "../calls/presence.ts";
import { Tracker } from "../calls/tracker.ts";
import type { CallKeeper } from "../cdr/cdr-check.ts";
import type { ClientDirectory } from "../clients/client.ts";
import type { AccountConfig, PbxConfig } from "../config/config.ts";
import { CommandDesk } from "../control/command-desk.ts";
import type { CommandHistory, CommandJournal } from "../control/command-journal.ts";
import { findEmployeeByExtension, findLine } from "../directory/directory.ts";
import { Interceptor } from "../interception/interceptor.ts";
import type { Clock } from "../lib/clock.ts";
import { Listeners } from "../lib/listeners.ts";
import { type Log, maskNumber } from "../lib/log.ts";
import type { Metrics } from "../lib/metrics.ts";
import { AmiPhoneControl, PHONE_CONTROL_EVENTS } from "../pbx/phone-control.ts";
import { profiles } from "../pbx/profiles.ts";
import { PbxWatcher, type Sight, WATCHED_EVENTS } from "../pbx/watcher.ts";
import { StoreError } from "../store/store-error.ts";
import { interceptionOf, mobilesOf, recipeOf } from "./phone-settings.ts";

/** The classes that the manager user must be able to read (docs/protocols/ami.md). */
const EVENT_MASK = "call,reporting,agent,user,system";

/** At most a hundred commits a second. */
const GATHER_MS = 10;

/** So many calls are read at the start, for what is known of the last talks. */
const CALLS_REMEMBERED = 10_000;

export interface PhonesOptions {
  readonly config: PbxConfig;
  readonly endpoint: AmiEndpoint;
  readonly journal: CallJournal & CallMemory;
  readonly commandJournal: CommandJournal & CommandHistory;
  readonly account: AccountConfig;
  readonly clients: ClientDirectory;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Since when (epoch ms) the journal takes nothing, and why: the code of a `StoreError`. */
export interface Unwritten {
  readonly since: number;
  readonly reason: string;
}

export class Phones implements AsyncDisposable {
  readonly config: PbxConfig;
  readonly desk: CommandDesk;
  readonly interceptor: Interceptor;
  /** The calls that have changed, as they are now: to be shown. They are not on disk yet. */
  readonly onHeard = new Listeners<readonly Call[]>();
  /** Told when the entries are on disk: to be acted on. */
  readonly onKept = new Listeners<readonly JournalEntry[]>();
  /** `unwritten` has changed. */
  readonly onWritable = new Listeners<void>();
  readonly onDevices = new Listeners<void>();
  readonly onSight = new Listeners<Sight>();
  readonly #options: PhonesOptions;
  readonly #session: AmiSession;
  readonly #tracker: Tracker;
  readonly #watcher: PbxWatcher;
  readonly #phoneControl: AmiPhoneControl;
  #abilities: PhoneAbilities = NO_ABILITIES;
  /** Since when each device is in its state. */
  readonly #deviceSince = new Map<string, number>();
  #unwritten: Unwritten | null = null;
  /** Live calls that were said to be talking. */
  readonly #talking = new Set<string>();

  constructor(options: PhonesOptions) {
    const { config, journal, clock } = options;
    const { ami, timeouts } = config;
    this.#options = options;
    this.config = config;
    this.#session = new AmiSession({
      ...options.endpoint,
      username: ami.username,
      secret: ami.secret,
      eventMask: EVENT_MASK,
      kinds: new Set([...WATCHED_EVENTS, ...PHONE_CONTROL_EVENTS]),
      clock,
      timing: { actionMs: timeouts.actionSeconds * 1000, pingEveryMs: timeouts.pingSeconds * 1000 },
    });
    this.#tracker = new Tracker({ pbx: config.id, journal, gatherMs: GATHER_MS });
    this.#watcher = new PbxWatcher({
      link: this.#session,
      profile: { ...profiles[config.profile], mobiles: mobilesOf(options.account) },
      tracker: this.#tracker,
      clock,
    });
    const { ringSeconds } = timeouts;
    this.#phoneControl = new AmiPhoneControl({
      session: this.#session,
      recipe: recipeOf(config),
      ringSeconds,
      autoAnswer: config.autoAnswer === "off" ? null : config.autoAnswer,
      switchboard: this.#watcher,
    });
    this.desk = new CommandDesk({
      pbx: config.id,
      phoneControl: this.#phoneControl,
      calls: this.#tracker,
      abilities: () => this.#abilities,
      journal: options.commandJournal,
      deviceOf: (extension) => this.#watcher.deviceStateOf(extension),
      mayHold: (extension) => findEmployeeByExtension(options.account, extension)?.holds !== false,
      hasLine: (line) => findLine(options.account, line) !== undefined,
      isOffered: (callId, employee) => this.interceptor.isOfferedTo(callId, employee),
      clock,
      ringSeconds,
      guardedMs: config.guardMinutes * 60_000,
    });
    this.interceptor = new Interceptor({
      pbx: config.id,
      ...interceptionOf(options.account),
      clients: options.clients,
      desk: this.desk,
      journal: options.commandJournal,
      calls: () => this.#tracker.live(),
      deviceOf: (extension) => this.#watcher.deviceStateOf(extension),
      needsRingingLeg: recipeOf(config).fetch === "pick-up",
      clock,
    });
    this.#report();
  }

  /** Goes on with the calls that lived when the service stopped, and connects. Does not wait for the PBX. */
  async start(): Promise<void> {
    const { journal, commandJournal } = this.#options;
    const { id } = this.config;
    for (const call of await journal.lastEnded(id, CALLS_REMEMBERED)) {
      this.desk.onChange(call); // whom a colleague has just talked to
      this.interceptor.onChange(call); // who talked last to whom
    }
    const live = await journal.liveCalls(id);
    for (const { call } of live) {
      // A call goes by its first linkedid; what was merged into it had an id of its own.
      const ids = call.linkedids.map((linkedid) => callId(id, linkedid));
      const commands = (await Promise.all(ids.map((each) => commandJournal.ofCall(each)))).flat();
      this.desk.notes.restore(
        call.id,
        commands.toSorted((one, other) => one.askedAt - other.askedAt),
      );
      if (call.answeredAt !== null) this.#talking.add(call.id);
    }
    this.#tracker.restore(live);
    this.#session.start();
  }

  get sight(): Sight {
    return this.#watcher.sight;
  }

  /** What the PBX was found to be able to do; nothing before it was asked. */
  get abilities(): PhoneAbilities {
    return this.#abilities;
  }

  live(): readonly Call[] {
    return this.#tracker.live();
  }

  /** null while the journal takes what is heard. */
  get unwritten(): Unwritten | null {
    return this.#unwritten;
  }

  /** When all that was heard until now is on disk and told. With a full disk it waits. */
  kept(): Promise<void> {
    return this.#tracker.kept();
  }

  /** Takes up calls that nobody saw whole, told by the PBX's own records. */
  get keeper(): CallKeeper {
    return this.#tracker;
  }

  deviceOf(extension: string): { readonly state: DeviceState; readonly since: number | null } {
    return {
      state: this.#watcher.deviceStateOf(extension),
      since: this.#deviceSince.get(extension) ?? null,
    };
  }

  /** The queues in which an extension sits, and whether it takes a break there. */
  queueSeatsOf(extension: string): readonly QueueSeat[] {
    return this.#watcher.queueSeatsOf(extension);
  }

  /** Hears nothing more, and keeps what was heard. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.interceptor[Symbol.dispose]();
    this.desk[Symbol.dispose]();
    this.#phoneControl[Symbol.dispose]();
    this.#watcher[Symbol.dispose]();
    await this.#session[Symbol.asyncDispose]();
    await this.#tracker.close();
  }

  /** One line of log and one figure for each fact, and everybody else is told. */
  #report(): void {
    const { config, clock, metrics } = this.#options;
    const pbx = config.id;
    const log = this.#options.log.child({ pbx });
    const events = metrics.amiEvents.labels({ pbx });
    this.#session.onPacket(() => events.inc());
    this.#session.onRefused((error) => {
      metrics.amiRefused.inc({ pbx, reason: error.code });
      log.warn({ reason: error.message }, "a packet was skipped");
    });
    this.#watcher.onUnreadable.add(({ reason }) => {
      metrics.amiRefused.inc({ pbx, reason: "unreadable-event" });
      log.debug({ reason }, "an event lacks what it must have");
    });
    this.#watcher.onSight.add((sight) => {
      metrics.pbxUp.set({ pbx }, sight.state === "down" ? 0 : 1);
      if (sight.state === "up") {
        log.info({ lacking: sight.lacking }, "the PBX is in sight");
        void this.#probe(log);
      } else if (sight.error)
        log.error({ reason: sight.error.message }, sight.state === "down" ? "no link" : "no snapshot");
      this.onSight.tell(sight);
    });
    this.#watcher.onQueueSeats.add(() => this.onDevices.tell());
    this.#watcher.onDeviceState.add(({ extension, state }) => {
      if (state === "offline") this.desk.onPhoneGone(extension);
      this.#deviceSince.set(extension, clock.now());
      this.interceptor.onPhones();
      this.onDevices.tell();
    });
    this.desk.onTrouble.add((error) => log.error({ error }, "a command could not be written to the journal"));
    this.interceptor.onTrouble.add((error) => log.error({ error }, "an interception could not be decided or written"));
    this.#tracker.onTrouble.add(({ error, waiting, retryInMs }) => {
      metrics.journalFailures.inc({ pbx });
      log.error({ error, waiting, retryInMs }, "the journal cannot be written; calls wait in memory");
      const reason = error instanceof StoreError ? error.code : "store/failed";
      this.#unwritten = { since: this.#unwritten?.since ?? clock.now(), reason };
      this.onWritable.tell();
    });
    this.#tracker.onRecovered.add(() => {
      log.info("the journal is written again");
      this.#unwritten = null;
      this.onWritable.tell();
    });
    this.#tracker.onHeard.add((calls) => {
      for (const call of calls) {
        this.desk.onChange(call);
        this.interceptor.onChange(call);
      }
      metrics.callsLive.set({ pbx }, this.#tracker.live().length);
      this.onHeard.tell(calls);
    });
    this.#tracker.onKept.add((entries) => {
      const changed = new Map(changedCalls(entries).map((call) => [call.id, call]));
      const recovered = new Set(
        entries.filter(({ event }) => event.type === "call-recovered").map(({ event }) => event.callId),
      );
      // The first event of a call knows nothing of it yet; what came in the same turn does.
      for (const { event } of entries) {
        const now = changed.get(event.callId);
        if (now !== undefined && recovered.has(now.id)) this.#logRecovered(log, event.type, now);
        else if (now !== undefined) this.#logStory(log, event.type, now);
      }
      this.onKept.tell(entries);
    });
  }

  /** Buttons that cannot work are not shown: what the account may do and the dialplan knows is asked at each connect. */
  async #probe(log: Log): Promise<void> {
    try {
      this.#abilities = await this.#phoneControl.probe();
      const lacking = Object.entries(this.#abilities).flatMap(([ability, has]) => (has ? [] : [ability]));
      if (lacking.length > 0) log.info({ lacking }, "this PBX, or its manager account, cannot do everything");
      this.onDevices.tell();
    } catch (error) {
      if (!(error instanceof PhoneControlError)) throw error;
      // The link was lost again, or the account may not ask: what was known stays.
      log.warn({ reason: error.code }, "the PBX did not tell what it can do");
    }
  }

  /** Long over, and nobody saw it whole: that it rang and talked is no news of now. */
  #logRecovered(log: Log, type: JournalEntry["event"]["type"], call: Call): void {
    const { id, direction, disposition, talkSeconds } = call;
    if (type === "call-recovered")
      log.info({ call: id, direction, disposition, talkSeconds }, "told by the PBX's records");
    if (type !== "call-ended" || disposition === null) return;
    this.#talking.delete(id);
    this.#options.metrics.callsEnded.inc({ pbx: this.config.id, direction, disposition });
  }

  #logStory(log: Log, type: JournalEntry["event"]["type"], call: Call): void {
    const { id, direction, client, did, answeredAt, ringSeconds } = call;
    if (type === "call-absorbed") this.#talking.delete(id);
    if (type === "call-began") log.info({ call: id, direction, client: client && maskNumber(client), did }, "began");
    if (answeredAt !== null && !this.#talking.has(id)) {
      this.#talking.add(id);
      log.info({ call: id, ringSeconds }, "talking");
    }
    if (type !== "call-ended" || call.disposition === null) return;
    this.#talking.delete(id);
    const { disposition, talkSeconds, endedBy, doubts } = call;
    log.info({ call: id, disposition, ringSeconds, talkSeconds, endedBy: endedBy && maskNumber(endedBy) }, "ended");
    if (doubts.length > 0) log.warn({ call: id, doubts }, "left something unexplained");
    this.#options.metrics.callsEnded.inc({ pbx: this.config.id, direction, disposition });
  }
}
