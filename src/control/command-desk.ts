import { randomUUID } from "node:crypto";
import type { Call } from "../calls/call.ts";
import { callId } from "../calls/call-id.ts";
import type { PhoneControl } from "../calls/phone-control.ts";
import type { Employee } from "../directory/directory.ts";
import type { Clock } from "../lib/clock.ts";
import { Listeners } from "../lib/listeners.ts";
import { asDialled, type Beginning, begin, findOwnCard, type Office } from "./beginnings.ts";
import type { PhoneCommand, PhoneOutcome } from "./command.ts";
import type { CommandJournal, CommandRecord } from "./command-journal.ts";
import { HandOverNotes } from "./hand-over-notes.ts";
import { Obedience } from "./obedience.ts";
import { cardOf } from "./procedure.ts";
import { RecentTalks } from "./recent-talks.ts";
import type { Running } from "./running-command.ts";

export interface CommandDeskOptions extends Omit<Office, "calls" | "abilities" | "newLegId" | "obeys"> {
  readonly pbx: string;
  readonly phoneControl: PhoneControl;
  /** The live calls of the PBX that `phoneControl` speaks to, and of no other. */
  readonly calls: { live(): readonly Call[] };
  /** What this PBX can do, as far as it has been found out. */
  readonly abilities: () => Office["abilities"];
  /** Whether anybody may put this phone on hold from outside; the phone itself may still not obey. */
  readonly mayHold: (extension: string) => boolean;
  readonly journal: CommandJournal;
  readonly clock: Clock;
  /** For so long after a talk a colleague is warned before he dials the same number. */
  readonly guardedMs: number;
}

export interface CommandRequest {
  /** Who asks, as the session proved. */
  readonly by: Employee;
  /** Chosen by whoever asks; the same id from the same employee is the same command. */
  readonly id: string;
  readonly command: PhoneCommand;
}

/** An attempt to ring an employee for a client who rings elsewhere. */
export interface Interception {
  readonly extension: string;
  /** Silences his phone, unless he has answered already. */
  cancel(): void;
}

type Listener = (outcome: PhoneOutcome) => void;

interface Entry {
  readonly request: CommandRequest;
  readonly askedAt: number;
  readonly beginning: Beginning;
  readonly running: Running;
  /** null while it runs. */
  endedAt: number | null;
}

/** A second click on the same button in this time is the same wish. */
const SAME_CLICK_MS = 2_000;
/** How long a finished command still answers to its id. */
const REMEMBERED_MS = 5 * 60_000;

/**
 * Takes employees' commands, lets them reach their own legs only (a manager all of this PBX), and tells what became of
 * each as the calls show it. One desk stands before one PBX.
 */
export class CommandDesk implements Disposable {
  readonly notes = new HandOverNotes();
  readonly #obedience = new Obedience();
  /** Calls whose last transfer was taken back. */
  readonly #takenBack = new Set<string>();
  /** A record could not be kept; the command itself goes on. */
  readonly onTrouble = new Listeners<unknown>();
  readonly #options: CommandDeskOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #recent: RecentTalks;
  readonly #ownPhones: Disposable;

  constructor(options: CommandDeskOptions) {
    this.#options = options;
    this.#recent = new RecentTalks(options.guardedMs);
    this.#ownPhones = options.phoneControl.onOwnPhone(({ legId, answer }) => {
      for (const { beginning, running } of this.#entries.values()) {
        if (beginning.madeLeg === legId) running.hear({ type: "own-phone", answer });
      }
    });
  }

  /** Runs a command, or joins the one that it repeats. `onOutcome` may be called before this returns. */
  run(request: CommandRequest, onOutcome: Listener): void {
    const known = this.#entries.get(keyOf(request)) ?? this.#sameClick(request);
    if (known !== undefined) {
      this.#entries.set(keyOf(request), known);
      known.running.follow(onOutcome);
      return;
    }
    const entry = this.#begin(request);
    if ("running" in entry) {
      entry.running.follow(onOutcome);
    } else {
      void this.#keep(recordOf(request, this.#options, entry));
      onOutcome(entry);
    }
  }

  /** Whether it was asked for here, and still answers to its id. */
  knows(request: Pick<CommandRequest, "by" | "id">): boolean {
    return this.#entries.has(keyOf(request));
  }

  /** The call that a command is about: of a dial the one that it makes, before its first event; null: there is none. */
  callOf(request: Pick<CommandRequest, "by" | "id">): string | null {
    const { callId: known = null, madeLeg = null } = this.#entries.get(keyOf(request))?.beginning ?? {};
    return known ?? (madeLeg === null ? null : callId(this.#options.pbx, madeLeg));
  }

  /**
   * Rings an employee for a client's call without his having asked.
   * @param onOutcome is told what becomes of it, never before this returns
   * @returns undefined when it could not be begun; the journal says why
   */
  intercept(employee: Employee, callId: string, onOutcome: Listener): Interception | undefined {
    const request: CommandRequest = {
      by: employee,
      id: `interception ${randomUUID()}`,
      command: { kind: "take", callId },
    };
    const beginning = begin(employee, { kind: "take", callId }, { ...this.#office(), isOffered: () => true });
    if (typeof beginning === "string" || this.#isHeld(beginning)) {
      const reason = typeof beginning === "string" ? beginning : "already-running";
      const record = recordOf(request, this.#options, { state: "refused", reason });
      void this.#keep({ ...record, ...BY_THE_SERVICE });
      return undefined;
    }
    const { running } = this.#start(request, beginning, BY_THE_SERVICE);
    running.follow(onOutcome);
    return { extension: beginning.extension, cancel: () => running.hear({ type: "hang-up-asked" }) };
  }

  /** Whether this phone is worth asking to hold: it may be, and has not ignored it before. */
  obeys(extension: string): boolean {
    return this.#options.mayHold(extension) && !this.#obedience.isLacking(extension);
  }

  /** At whose phone the call rang that the phone at `extension` rings for, when its owner asked to pick that up. */
  pickedUpFrom(call: Call, extension: string): string | null {
    for (const { request, beginning, running } of this.#entries.values()) {
      const { command } = request;
      if (command.kind !== "pick-up" || running.isOver || beginning.extension !== extension) continue;
      // by PickupChan the attempt is a call of its own until he answers
      const isAbout = beginning.callId === call.id || call.linkedids.includes(beginning.madeLeg ?? "");
      if (isAbout) return command.extension;
    }
    return null;
  }

  /** The last transfer of this live call came back because it was asked back for. */
  wasTakenBack(callId: string): boolean {
    return this.#takenBack.has(callId);
  }

  /** The phone of this extension went away: what comes back may be another one. */
  onPhoneGone(extension: string): void {
    this.#obedience.forget(extension);
  }

  /** To be called with each call that has changed, after it was kept. */
  onChange(call: Call): void {
    this.#recent.onChange(call, this.#options.clock.now());
    this.notes.onCall(call);
    if (call.endedAt !== null) this.#takenBack.delete(call.id);
    for (const { running } of this.#entries.values()) running.hear({ type: "call", call });
  }

  /** Forgets all commands; what the PBX was asked for goes on. */
  [Symbol.dispose](): void {
    this.#ownPhones[Symbol.dispose]();
    for (const { running } of this.#entries.values()) running[Symbol.dispose]();
    this.#entries.clear();
  }

  /** @returns an outcome when there is nothing to run */
  #begin(request: CommandRequest): Entry | PhoneOutcome {
    const { command, by } = request;
    if (command.kind === "hand-over-note") return this.#writeNote(by, command);
    const collision = this.#collisionOf(request);
    if (collision !== undefined) return { state: "warned", collision };
    const beginning = begin(by, command, this.#office());
    if (typeof beginning === "string") return { state: "refused", reason: beginning };
    if (this.#isHeld(beginning)) return { state: "refused", reason: "already-running" };
    this.#tellWhatItEnds(command);
    return this.#start(request, beginning);
  }

  #start(request: CommandRequest, beginning: Beginning, about: Partial<CommandRecord> = {}): Entry {
    const { phoneControl, clock } = this.#options;
    const { command } = request;
    if ("note" in command && command.note !== undefined && beginning.callId !== null && beginning.target !== null) {
      this.notes.write(beginning.callId, { to: beginning.target, by: beginning.extension, text: command.note });
    }
    this.#forgetOld();
    const running = beginning.run(phoneControl);
    const entry: Entry = { request, askedAt: clock.now(), beginning, running, endedAt: null };
    this.#entries.set(keyOf(request), entry);
    this.#record(entry, about);
    if (command.kind === "take-back") {
      running.follow(({ state }) => state === "done" && this.#takenBack.add(command.callId));
    }
    if (command.kind === "blind-transfer") this.#takenBack.delete(command.callId);
    if (command.kind === "hold" || command.kind === "resume") {
      running.follow((outcome) => this.#obedience.onOutcome(beginning.extension, outcome));
    }
    running.start();
    return entry;
  }

  #office(): Office {
    const { calls, abilities, ringSeconds, deviceOf, hasLine, isOffered } = this.#options;
    const obeys = (extension: string) => this.obeys(extension);
    const newLegId = (prefix: string) => `${prefix}${randomUUID()}`;
    return { calls: calls.live(), abilities: abilities(), ringSeconds, deviceOf, hasLine, isOffered, obeys, newLegId };
  }

  #collisionOf({ command, by }: CommandRequest) {
    if (command.kind !== "dial" || command.despite === true) return undefined;
    const { calls, clock } = this.#options;
    return this.#recent.find(asDialled(command.number), by.extensions, calls.live(), clock.now());
  }

  /** The note goes to whoever the own transfer that is under way goes to. */
  #writeNote(by: Employee, command: Extract<PhoneCommand, { kind: "hand-over-note" }>): PhoneOutcome {
    const own = findOwnCard(by, command, this.#options.calls.live());
    if (typeof own === "string") return { state: "refused", reason: own };
    const { call, card } = own;
    const transfer = call.transfers.findLast((each) => each.by === card.extension);
    if (transfer?.result !== "pending" || transfer.to === null) return { state: "refused", reason: "wrong-moment" };
    this.notes.write(call.id, { to: transfer.to, by: card.extension, text: command.text });
    return { state: "done" };
  }

  /** Hanging up ends the own dial as cancelled, taking back the own transfer; neither was unanswered. */
  #tellWhatItEnds(command: PhoneCommand): void {
    if (command.kind !== "hang-up" && command.kind !== "take-back") return;
    const call = this.#options.calls.live().find(({ id }) => id === command.callId);
    const card = command.kind === "hang-up" && call ? cardOf(call, command.legId) : undefined;
    for (const { request, beginning, running } of this.#entries.values()) {
      const { madeLeg, callId, extension } = beginning;
      const isEnded =
        command.kind === "hang-up"
          ? madeLeg !== null && call?.linkedids.includes(madeLeg) && card?.extension === extension
          : request.command.kind === "blind-transfer" && callId === command.callId;
      if (isEnded) running.hear({ type: "hang-up-asked" });
    }
  }

  #record(entry: Entry, about: Partial<CommandRecord>): void {
    const { clock } = this.#options;
    const { running } = entry;
    const seen: { at: number; state: string }[] = [];
    let record = { ...recordOf(entry.request, this.#options, null, entry.beginning), ...about };
    running.onState((state) => seen.push({ at: clock.now(), state }));
    running.follow((outcome) => {
      entry.endedAt = running.isOver ? clock.now() : null;
      record = { ...record, seen: [...seen], outcome, endedAt: entry.endedAt };
      void this.#keep(record);
    });
  }

  async #keep(record: CommandRecord): Promise<void> {
    try {
      await this.#options.journal.keep(record);
    } catch (error) {
      this.onTrouble.tell(error);
    }
  }

  #sameClick({ by, command }: CommandRequest): Entry | undefined {
    if (command.kind === "send-digits") return undefined; // one digit typed twice is two digits
    const now = this.#options.clock.now();
    const wish = wishOf(command);
    const own = [...this.#entries.values()].filter(({ request }) => sameEmployee(request.by, by));
    return own.find((entry) => {
      const { request, askedAt, running } = entry;
      // a clock may have been set back since
      const isRecent = askedAt > now - SAME_CLICK_MS && askedAt <= now;
      // swapping what was swapped is another wish, and so is what was undone by something else in between
      const isStill = !running.isOver || (command.kind !== "swap" && entry === own.at(-1));
      return isRecent && isStill && wishOf(request.command) === wish;
    });
  }

  #isHeld({ lock }: Beginning): boolean {
    return [...this.#entries.values()].some(({ beginning, running }) => beginning.lock === lock && running.holdsLeg);
  }

  #forgetOld(): void {
    const before = this.#options.clock.now() - REMEMBERED_MS;
    for (const [key, { endedAt }] of this.#entries) {
      if (endedAt !== null && endedAt < before) this.#entries.delete(key);
    }
  }
}

const BY_THE_SERVICE = { kind: "interception", by: null } as const;

function recordOf(
  { by, command }: CommandRequest,
  { pbx, clock }: CommandDeskOptions,
  outcome: PhoneOutcome | null,
  beginning?: Beginning,
): CommandRecord {
  const now = clock.now();
  const asked = "number" in command ? command.number : "to" in command ? command.to : null;
  const note = command.kind === "hand-over-note" ? command.text : "note" in command ? command.note : undefined;
  return {
    id: randomUUID(),
    pbx,
    kind: command.kind,
    by: { name: by.name, userId: by.userId },
    extension: beginning?.extension ?? by.extensions[0] ?? null,
    callId: beginning?.callId ?? ("callId" in command ? command.callId : null),
    target: beginning?.target ?? asked,
    ...(note !== undefined && { note }),
    askedAt: now,
    seen: [],
    outcome,
    endedAt: outcome === null ? null : now,
  };
}

function keyOf({ by, id }: Pick<CommandRequest, "by" | "id">): string {
  return JSON.stringify([by.userId, by.extensions[0], id]);
}

function sameEmployee(one: Employee, other: Employee): boolean {
  return one.userId === other.userId && one.extensions[0] === other.extensions[0];
}

/** The same for two commands that ask for the same thing. */
function wishOf(command: PhoneCommand): string {
  return JSON.stringify(command.kind === "dial" ? { ...command, number: asDialled(command.number) } : command);
}
