/**
 * The PBX half of the service before a test's PBX: link, watcher, tracker and desk, as `src/assembly/phones.ts` joins them, with
 * everything in reach of a test.
 */
import type { AmiTiming } from "../../src/ami/connection.ts";
import { AmiSession } from "../../src/ami/session.ts";
import type { Call, Card } from "../../src/calls/call.ts";
import type { CallJournal } from "../../src/calls/journal.ts";
import type { PhoneAbilities } from "../../src/calls/phone-control.ts";
import { Tracker } from "../../src/calls/tracker.ts";
import type { PhoneCommand, PhoneOutcome } from "../../src/control/command.ts";
import { CommandDesk } from "../../src/control/command-desk.ts";
import type { CommandRecord } from "../../src/control/command-journal.ts";
import type { Employee } from "../../src/directory/directory.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { Listeners } from "../../src/lib/listeners.ts";
import { AmiPhoneControl, PHONE_CONTROL_EVENTS } from "../../src/pbx/phone-control.ts";
import { profiles } from "../../src/pbx/profiles.ts";
import { type PhoneRecipe, RECIPES } from "../../src/pbx/recipes.ts";
import { PbxWatcher, WATCHED_EVENTS } from "../../src/pbx/watcher.ts";
import { when } from "../lab/wait.ts";

const WITHIN_MS = 20_000;
const FORGETFUL: CallJournal = { append: async () => undefined, liveCalls: async () => [] };

export interface OfficeOptions {
  readonly ami: { readonly host: string; readonly port: number; readonly username: string; readonly secret: string };
  readonly recipe?: PhoneRecipe;
  readonly ringSeconds?: number;
  readonly guardedMs?: number;
  /** Employees' mobiles: the last ten digits, and the extension. */
  readonly mobiles?: ReadonlyMap<string, string>;
  /** Keeps nothing when absent. */
  readonly journal?: CallJournal;
  /** How soon a silent link is given up; the service's own times when absent. */
  readonly timing?: Partial<AmiTiming>;
}

export function employeeAt(extension: string, manager = false): Employee {
  return { name: extension, department: "sales", userId: Number(extension), extensions: [extension], manager };
}

export class Office implements AsyncDisposable {
  readonly records = new Map<string, CommandRecord>();
  readonly session: AmiSession;
  readonly watcher: PbxWatcher;
  readonly tracker: Tracker;
  readonly desk: CommandDesk;
  readonly phoneControl: AmiPhoneControl;
  abilities: PhoneAbilities | undefined;
  /** Told whenever anything has changed. */
  readonly told = new Listeners<void>();
  /** Calls that have ended, as they ended. */
  readonly ended = new Map<string, Call>();
  readonly #outcomes = new Map<string, PhoneOutcome[]>();
  /** Calls whose clients are said to be somebody's own. */
  readonly offered = new Set<string>();

  private constructor({
    ami,
    recipe = RECIPES.mikopbx,
    ringSeconds = 3,
    guardedMs = 0,
    timing,
    mobiles,
    journal = FORGETFUL,
  }: OfficeOptions) {
    this.session = new AmiSession({
      ...ami,
      eventMask: "call,reporting,agent,user,system,originate",
      kinds: new Set([...WATCHED_EVENTS, ...PHONE_CONTROL_EVENTS]),
      clock: systemClock,
      timing: { actionMs: 2_000, ...timing },
    });
    this.tracker = new Tracker({ pbx: "lab", journal });
    this.watcher = new PbxWatcher({
      link: this.session,
      profile: { ...profiles.mikopbx, ...(mobiles && { mobiles }) },
      tracker: this.tracker,
      clock: systemClock,
    });
    const { session, watcher } = this;
    this.phoneControl = new AmiPhoneControl({ session, recipe, ringSeconds, autoAnswer: null, switchboard: watcher });
    this.desk = new CommandDesk({
      pbx: "lab",
      phoneControl: this.phoneControl,
      calls: this.tracker,
      abilities: () => this.abilities ?? neverProbed(),
      journal: { keep: async (record) => void this.records.set(record.id, record) },
      deviceOf: (extension) => watcher.deviceStateOf(extension),
      mayHold: () => true,
      hasLine: () => true,
      isOffered: (callId) => this.offered.has(callId),
      clock: systemClock,
      ringSeconds,
      guardedMs,
    });
    this.tracker.onHeard.add((calls) => {
      for (const call of calls) {
        if (call.endedAt !== null) this.ended.set(call.id, call);
        this.desk.onChange(call);
      }
      this.told.tell();
    });
  }

  static async open(options: OfficeOptions): Promise<Office> {
    const office = new Office(options);
    office.session.start();
    const { watcher } = office;
    const sees = () => watcher.sight.state === "up" || undefined;
    await when(watcher.onSight, sees, { what: "the PBX is seen", ms: WITHIN_MS });
    office.abilities = await office.phoneControl.probe();
    return office;
  }

  /** Asks, and returns the id by which its outcomes are found. */
  ask(by: Employee, command: PhoneCommand, id: string = crypto.randomUUID()): string {
    const outcomes: PhoneOutcome[] = this.#outcomes.get(id) ?? [];
    this.#outcomes.set(id, outcomes);
    this.desk.run({ by, id, command }, (outcome) => {
      outcomes.push(outcome);
      this.told.tell();
    });
    return id;
  }

  /** What the journal keeps of the last command of this kind. */
  recordOf(kind: CommandRecord["kind"]): CommandRecord | undefined {
    return [...this.records.values()].findLast((record) => record.kind === kind);
  }

  outcomesOf(id: string): readonly PhoneOutcome[] {
    return this.#outcomes.get(id) ?? [];
  }

  /** The command's outcome when it is over. */
  end(id: string): Promise<PhoneOutcome> {
    const last = () => this.outcomesOf(id).findLast(({ state }) => state !== "sent");
    return when(this.told, last, {
      what: `the command is over: ${JSON.stringify(this.outcomesOf(id))}`,
      ms: WITHIN_MS,
    });
  }

  /** The first card of the extension that is as it should be. */
  card(extension: string, isRight: (card: Card, call: Call) => boolean = () => true): Promise<Card> {
    const find = () =>
      this.tracker
        .live()
        .flatMap((call) => call.cards.filter((card) => card.extension === extension && isRight(card, call)))[0];
    return when(this.told, find, {
      what: `a card of ${extension}: ${JSON.stringify(this.tracker.live())}`,
      ms: WITHIN_MS,
    });
  }

  /** A call that is as it should be. */
  call(isRight: (call: Call) => boolean): Promise<Call> {
    const find = () => this.tracker.live().find(isRight);
    return when(this.told, find, { what: `a call: ${JSON.stringify(this.tracker.live())}`, ms: WITHIN_MS });
  }

  /** Nobody is on the phone any more, as far as we were told. */
  async idle(): Promise<void> {
    const isIdle = () => this.tracker.live().length === 0 || undefined;
    await when(this.told, isIdle, { what: `no call lives: ${JSON.stringify(this.tracker.live())}`, ms: WITHIN_MS });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.desk[Symbol.dispose]();
    this.phoneControl[Symbol.dispose]();
    this.watcher[Symbol.dispose]();
    await this.session[Symbol.asyncDispose]();
    await this.tracker.close();
  }
}

function neverProbed(): never {
  throw new Error("a command was asked for before the PBX was");
}
