/** A desk before phones that note what they are asked for, with a clock, calls and devices that a test sets. */
import { afterEach, beforeEach, expect, vi } from "vitest";
import type { Call, Card } from "../../calls/call.ts";
import { isDialRequest } from "../../calls/call-id.ts";
import type { OwnPhoneReport, PhoneAbilities, PhoneControl, PhoneRequest } from "../../calls/phone-control.ts";
import type { DeviceState } from "../../calls/presence.ts";
import { callWith, cardWith } from "../../calls/testing/call.ts";
import { employeeAt } from "../../directory/account.testing.ts";
import type { Employee } from "../../directory/directory.ts";
import { Listeners } from "../../lib/listeners.ts";
import type { PhoneCommand, PhoneOutcome } from "../command.ts";
import { CommandDesk } from "../command-desk.ts";
import type { CommandRecord } from "../command-journal.ts";

/** Phones that note what they are asked for, and answer when the test says so. */
class NotedPhones implements PhoneControl {
  readonly asked: PhoneRequest[] = [];
  readonly reports = new Listeners<OwnPhoneReport>();
  answer: () => Promise<void> = async () => undefined;

  ask(request: PhoneRequest): Promise<void> {
    this.asked.push(request);
    return this.answer();
  }

  onOwnPhone(listener: (report: OwnPhoneReport) => void): Disposable {
    return this.reports.add(listener);
  }
}

export const anna = employeeAt("201");
export const boris = employeeAt("202");

export const ALL: PhoneAbilities = {
  handOver: true,
  sendOn: true,
  consult: true,
  swap: true,
  fetch: true,
  park: true,
  sendDigits: true,
  hold: true,
  mobileFirst: true,
  chooseLine: true,
  outsideTargets: true,
};

export class DeskStage {
  now = 0;
  live: Call[] = [];
  readonly phones = new NotedPhones();
  abilities = ALL;
  readonly devices = new Map<string, DeviceState>();
  readonly kept = new Map<string, CommandRecord>();
  readonly desk = new CommandDesk({
    pbx: "office",
    phoneControl: this.phones,
    calls: { live: () => this.live },
    abilities: () => this.abilities,
    journal: { keep: async (record) => void this.kept.set(record.id, record) },
    deviceOf: (extension) => this.devices.get(extension) ?? "free",
    mayHold: () => true,
    hasLine: (line) => line === "74950003344",
    isOffered: () => false,
    clock: { now: () => this.now },
    ringSeconds: 30,
    guardedMs: 15 * 60_000,
  });

  /** Runs the command and lets the phones' answer arrive. Returns the outcomes, also those to come. */
  async ask(by: Employee, id: string, command: PhoneCommand): Promise<PhoneOutcome[]> {
    const outcomes: PhoneOutcome[] = [];
    this.desk.run({ by, id, command }, (outcome) => outcomes.push(outcome));
    await vi.advanceTimersByTimeAsync(0);
    return outcomes;
  }

  /** The id that the first dial was given. */
  dialledLeg(): string {
    const [first] = this.phones.asked;
    const legId = first?.ask === "dial" ? first.legId : "";
    expect(isDialRequest(legId)).toBe(true);
    return legId;
  }
}

/** Gives each test of the file a stage on fake time, where in the end no timer may be left. */
export function setStageForEachTest(set: (stage: DeskStage) => void): void {
  let stage: DeskStage;
  beforeEach(() => {
    vi.useFakeTimers();
    stage = new DeskStage();
    set(stage);
  });
  afterEach(() => {
    stage.desk[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
}

export const dial = (number = "+7 (900) 123-45-67"): PhoneCommand => ({ kind: "dial", number });
export const hangUp = (legId = "1.1", callId = "call-1"): PhoneCommand => ({ kind: "hang-up", callId, legId });
export const sent: PhoneOutcome = { state: "sent" };
export const done: PhoneOutcome = { state: "done" };
export const refused = (reason: string) => ({ state: "refused", reason });

/** 201's leg in a talk with the client. */
export const leg = (said: Partial<Card> = {}) => cardWith({ peerLegId: "9.9", ...said });
export const talkingCall = (said: Partial<Call> = {}) => callWith({ clientLegId: "9.9", cards: [leg()], ...said });
export const own = { callId: "call-1", legId: "1.1" };

/** One of each kind that names a leg. */
export const LEG_COMMANDS: readonly PhoneCommand[] = [
  { kind: "hang-up", ...own },
  { kind: "blind-transfer", ...own, to: "202" },
  { kind: "attended-transfer", ...own, to: "202" },
  { kind: "complete-transfer", ...own },
  { kind: "cancel-transfer", ...own },
  { kind: "swap", ...own },
  { kind: "park", ...own },
  { kind: "hold", ...own },
  { kind: "resume", ...own },
  { kind: "send-digits", ...own, digits: "1" },
  { kind: "hand-over-note", ...own, text: "x" },
];
