import { randomUUID } from "node:crypto";
import type { Call, Card } from "../calls/call.ts";
import { DIAL_REQUEST_PREFIX } from "../calls/call-id.ts";
import { type PhoneControl, PhoneControlError } from "../calls/phone-control.ts";
import type { Employee } from "../directory/directory.ts";
import type { Clock } from "../lib/clock.ts";
import { impossible } from "../lib/impossible.ts";
import type { PhoneCommand, PhoneOutcome, PhoneRefusal } from "./command.ts";
import { dialProcedure } from "./dial.ts";
import { hangUpProcedure } from "./hang-up.ts";
import { RunningCommand } from "./running-command.ts";

export interface CommandDeskOptions {
  readonly phoneControl: PhoneControl;
  /** The live calls of the PBX that `phoneControl` speaks to, and of no other: what is not among them cannot be commanded. */
  readonly calls: { live(): readonly Call[] };
  readonly clock: Clock;
  /** How long `phoneControl` lets the employee's own phone ring. */
  readonly ringSeconds: number;
}

export interface CommandRequest {
  /** Who asks, as the session proved. */
  readonly by: Employee;
  /** Chosen by whoever asks; the same id from the same employee is the same command. */
  readonly id: string;
  readonly command: PhoneCommand;
}

type Listener = (outcome: PhoneOutcome) => void;

interface Entry {
  readonly request: CommandRequest;
  readonly askedAt: number;
  /** Linkedid of the call that a dial makes. */
  readonly legId: string | undefined;
  readonly running: Pick<RunningCommand<never>, "follow" | "hear" | "isOver"> & Disposable;
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
  readonly #options: CommandDeskOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #ownPhones: Disposable;

  constructor(options: CommandDeskOptions) {
    this.#options = options;
    this.#ownPhones = options.phoneControl.onOwnPhone(({ legId, answer }) => {
      for (const { legId: dialled, running } of this.#entries.values()) {
        if (dialled === legId) running.hear({ type: "own-phone", answer });
      }
    });
  }

  /** Runs a command, or joins the one that it repeats. `onOutcome` may be called before this returns. */
  run(request: CommandRequest, onOutcome: Listener): void {
    this.#forgetOld();
    const known = this.#entries.get(keyOf(request)) ?? this.#sameClick(request);
    const entry = known ?? this.#begin(request);
    if (typeof entry === "string") {
      onOutcome({ state: "refused", reason: entry });
      return;
    }
    this.#entries.set(keyOf(request), entry);
    entry.running.follow(onOutcome);
  }

  /** To be called with each call that has changed, after it was kept. */
  onChange(call: Call): void {
    for (const { running } of this.#entries.values()) running.hear({ type: "call", call });
  }

  /** Forgets all commands; what the PBX was asked for goes on. */
  [Symbol.dispose](): void {
    this.#ownPhones[Symbol.dispose]();
    for (const { running } of this.#entries.values()) running[Symbol.dispose]();
    this.#entries.clear();
  }

  #begin(request: CommandRequest): Entry | PhoneRefusal {
    const { command } = request;
    switch (command.kind) {
      case "dial":
        return this.#dial(request, command.number);
      case "hang-up":
        return this.#hangUp(request, command);
      default:
        return impossible(command);
    }
  }

  #dial(request: CommandRequest, typed: string): Entry | PhoneRefusal {
    const [extension] = request.by.extensions;
    if (extension === undefined) return "no-extension";
    if (this.#isRunning(request.by, "dial")) return "already-running";
    const { phoneControl, calls, ringSeconds } = this.#options;
    const legId = `${DIAL_REQUEST_PREFIX}${randomUUID()}`;
    const wasOnCall = calls.live().some(({ cards }) => cards.some((card) => card.extension === extension));
    const procedure = dialProcedure({ legId, extension, wasOnCall, ringSeconds });
    const running = new RunningCommand(procedure, { state: "asked" });
    void this.#ask(running, phoneControl.dial({ extension, number: asDialled(typed), legId }));
    return { request, askedAt: this.#options.clock.now(), legId, running };
  }

  #hangUp(request: CommandRequest, command: Extract<PhoneCommand, { kind: "hang-up" }>): Entry | PhoneRefusal {
    const { phoneControl, calls, clock } = this.#options;
    const call = calls.live().find(({ id }) => id === command.callId);
    if (call === undefined) return "no-such-call";
    const card = call.cards.find(({ legId }) => legId === command.legId);
    if (card === undefined || !mayCommand(request.by, card)) return "not-your-leg";
    if (this.#isHangingUp(command.legId)) return "already-running";
    for (const { legId, running } of this.#entries.values()) {
      if (legId !== undefined && call.linkedids.includes(legId)) running.hear({ type: "hang-up-asked" });
    }
    const running = new RunningCommand(hangUpProcedure, { state: "asked", callId: call.id, legId: card.legId });
    // a ringing phone that is hung up refuses the call; one that is still called for its own dial just ends it
    void this.#ask(running, phoneControl.hangUp({ legId: card.legId, declining: card.state === "ringing" }));
    return { request, askedAt: clock.now(), legId: undefined, running };
  }

  async #ask<S extends { readonly state: string }>(running: RunningCommand<S>, asked: Promise<void>): Promise<void> {
    try {
      await asked;
      running.hear({ type: "taken" });
    } catch (error) {
      if (!(error instanceof PhoneControlError)) throw error;
      running.hear({ type: "not-taken", failure: error.code });
    }
  }

  #sameClick({ by, command }: CommandRequest): Entry | undefined {
    const since = this.#options.clock.now() - SAME_CLICK_MS;
    return [...this.#entries.values()].find(
      ({ request, askedAt }) =>
        askedAt > since && sameEmployee(request.by, by) && sameCommand(request.command, command),
    );
  }

  #isRunning(by: Employee, kind: PhoneCommand["kind"]): boolean {
    return [...this.#entries.values()].some(
      ({ request, running }) => request.command.kind === kind && sameEmployee(request.by, by) && !running.isOver,
    );
  }

  #isHangingUp(legId: string): boolean {
    return [...this.#entries.values()].some(
      ({ request: { command }, running }) => command.kind === "hang-up" && command.legId === legId && !running.isOver,
    );
  }

  #forgetOld(): void {
    const before = this.#options.clock.now() - REMEMBERED_MS;
    for (const [key, { askedAt, running }] of this.#entries) {
      if (running.isOver && askedAt < before) this.#entries.delete(key);
    }
  }
}

/** "+7 (916) 123-45-67" as people write it, without what only helps the eye. */
function asDialled(typed: string): string {
  return typed.replace(/[\s()\-.]/g, "");
}

function mayCommand(by: Employee, card: Card): boolean {
  return by.manager || by.extensions.includes(card.extension);
}

function keyOf({ by, id }: CommandRequest): string {
  return JSON.stringify([by.userId, by.extensions[0], id]);
}

function sameEmployee(one: Employee, other: Employee): boolean {
  return one.userId === other.userId && one.extensions[0] === other.extensions[0];
}

function sameCommand(one: PhoneCommand, other: PhoneCommand): boolean {
  switch (one.kind) {
    case "dial":
      return other.kind === "dial" && asDialled(other.number) === asDialled(one.number);
    case "hang-up":
      return other.kind === "hang-up" && other.legId === one.legId;
    default:
      return impossible(one);
  }
}
