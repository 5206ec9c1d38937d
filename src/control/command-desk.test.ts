import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Call, Card } from "../calls/call.ts";
import { isDialRequest } from "../calls/call-id.ts";
import {
  type OwnPhoneReport,
  type PhoneAbilities,
  type PhoneControl,
  PhoneControlError,
  type PhoneRequest,
} from "../calls/phone-control.ts";
import type { DeviceState } from "../calls/presence.ts";
import type { Employee } from "../directory/directory.ts";
import { Listeners } from "../lib/listeners.ts";
import type { PhoneCommand, PhoneOutcome } from "./command.ts";
import { CommandDesk } from "./command-desk.ts";
import type { CommandRecord } from "./command-journal.ts";
import { HandOverNotes } from "./hand-over-notes.ts";
import { callWith, cardWith } from "./testing/call.ts";

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

const employee = (extension: string | null, manager = false): Employee => ({
  name: `Employee ${extension}`,
  department: null,
  userId: Number(extension),
  extensions: extension === null ? [] : [extension],
  manager,
});
const anna = employee("201");
const boris = employee("202");

let now: number;
let live: Call[];
let phones: NotedPhones;
let desk: CommandDesk;
let abilities: PhoneAbilities;
let devices: Map<string, DeviceState>;
let kept: Map<string, CommandRecord>;
let offered: boolean;

const ALL: PhoneAbilities = {
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

beforeEach(() => {
  vi.useFakeTimers();
  now = 0;
  live = [];
  phones = new NotedPhones();
  const clock = { now: () => now };
  abilities = ALL;
  devices = new Map();
  kept = new Map();
  offered = false;
  desk = new CommandDesk({
    pbx: "office",
    phoneControl: phones,
    calls: { live: () => live },
    abilities: () => abilities,
    journal: { keep: async (record) => void kept.set(record.id, record) },
    deviceOf: (extension) => devices.get(extension) ?? "free",
    mayHold: () => true,
    hasLine: (line) => line === "74950003344",
    isOffered: () => offered,
    clock,
    ringSeconds: 30,
    guardedMs: 15 * 60_000,
  });
});

afterEach(() => {
  desk[Symbol.dispose]();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Runs the command and lets the phones' answer arrive. Returns the outcomes, also those to come. */
async function ask(by: Employee, id: string, command: PhoneCommand): Promise<PhoneOutcome[]> {
  const outcomes: PhoneOutcome[] = [];
  desk.run({ by, id, command }, (outcome) => outcomes.push(outcome));
  await vi.advanceTimersByTimeAsync(0);
  return outcomes;
}

const dial = (number = "+7 (900) 123-45-67"): PhoneCommand => ({ kind: "dial", number });
const hangUp = (legId = "1.1", callId = "call-1"): PhoneCommand => ({ kind: "hang-up", callId, legId });
const sent: PhoneOutcome = { state: "sent" };
const done: PhoneOutcome = { state: "done" };
const refused = (reason: string) => ({ state: "refused", reason });

function dialledLeg(): string {
  const [first] = phones.asked;
  const legId = first?.ask === "dial" ? first.legId : "";
  expect(isDialRequest(legId)).toBe(true);
  return legId;
}

test("a dial rings the first extension, without the number's ornaments, and is done when the client answers", async () => {
  const outcomes = await ask({ ...anna, extensions: ["201", "215"] }, "a", dial());
  expect(phones.asked).toEqual([{ ask: "dial", extension: "201", number: "+79001234567", legId: dialledLeg() }]);
  expect(outcomes).toEqual([sent]);
  phones.reports.tell({ legId: dialledLeg(), answer: "answered" });
  desk.onChange(callWith({ linkedids: ["other"], answeredAt: 5 }));
  expect(outcomes).toEqual([sent]);
  desk.onChange(callWith({ linkedids: [dialledLeg()], answeredAt: 5 }));
  expect(outcomes).toEqual([sent, done]);
});

test("the PBX's answer about another program's originate moves no command", async () => {
  const outcomes = await ask(anna, "a", dial());
  phones.reports.tell({ legId: "c2c-of-another-program", answer: "no-answer" });
  expect(outcomes).toEqual([sent]);
});

test("the same id is the same command, whenever it comes, and hears the same outcome", async () => {
  const first = await ask(anna, "a", dial());
  now = 60_000;
  const second = await ask(anna, "a", dial());
  phones.reports.tell({ legId: dialledLeg(), answer: "no-answer" });
  const third = await ask(anna, "a", dial());
  expect(phones.asked).toHaveLength(1);
  expect(first).toEqual([sent, refused("own-phone-no-answer")]);
  expect(second).toEqual(first);
  expect(third).toEqual([refused("own-phone-no-answer")]);
});

test("a command that took long answers to its id for as long as any other", async () => {
  await ask(anna, "a", dial());
  phones.reports.tell({ legId: dialledLeg(), answer: "answered" });
  now = 8 * 60_000;
  desk.onChange(callWith({ linkedids: [dialledLeg()], answeredAt: 5 }));
  now += 60_000;
  expect(await ask(anna, "a", dial())).toEqual([done]);
  expect(phones.asked).toHaveLength(1);
});

test("a command is known by its id, to whoever asked for it, though its call has ended", async () => {
  live = [callWith({ cards: [cardWith()] })];
  await ask(anna, "a", hangUp());
  live = [];
  desk.onChange(callWith({ endedAt: 9 }));
  expect(desk.knows({ by: anna, id: "a" })).toBe(true);
  expect(desk.knows({ by: boris, id: "a" })).toBe(false);
  expect(await ask(anna, "a", hangUp())).toEqual([done]);
});

test("a second equal click within two seconds is the same command", async () => {
  const first = await ask(anna, "a", dial("+79001234567"));
  now = 1_999;
  const second = await ask(anna, "b", dial("+7 900 123-45-67"));
  phones.reports.tell({ legId: dialledLeg(), answer: "no-answer" });
  expect(phones.asked).toHaveLength(1);
  expect(second).toEqual(first);
});

test("another number while a dial runs is refused, and so is the same one later; another employee's dial is not", async () => {
  await ask(anna, "a", dial());
  expect(await ask(anna, "b", dial("79005550000"))).toEqual([refused("already-running")]);
  now = 2_000;
  expect(await ask(anna, "c", dial())).toEqual([refused("already-running")]);
  expect(await ask(boris, "a", dial())).toEqual([sent]);
  expect(phones.asked).toHaveLength(2);
});

test("after a dial has ended the next one goes out", async () => {
  await ask(anna, "a", dial());
  phones.reports.tell({ legId: dialledLeg(), answer: "no-answer" });
  now = 5_000;
  expect(await ask(anna, "b", dial())).toEqual([sent]);
});

test("what was asked for before the clock was set back is no second click", async () => {
  now = 3_600_000;
  await ask(anna, "a", dial());
  phones.reports.tell({ legId: dialledLeg(), answer: "no-answer" });
  now = 0;
  expect(await ask(anna, "b", dial())).toEqual([sent]);
});

test("holding anew what was taken back in between is another wish, however fast", async () => {
  const holds = [talkingCall(), talkingCall({ cards: [leg({ state: "hold" })] })] as const;
  const wish = async (id: string, kind: "hold" | "resume") => {
    const [before, after] = kind === "hold" ? holds : holds.toReversed();
    live = before ? [before] : [];
    const outcomes = await ask(anna, id, { kind, ...own });
    if (after) desk.onChange(after);
    return outcomes;
  };
  for (const [id, kind] of [
    ["a", "hold"],
    ["b", "resume"],
    ["c", "hold"],
  ] as const) {
    expect(await wish(id, kind)).toEqual([sent, done]);
  }
  expect(phones.asked.map(({ ask }) => ask)).toEqual(["hold", "resume", "hold"]);
});

test("when the service stops, what is under way is told to have ended in no way", async () => {
  const answer = Promise.withResolvers<void>();
  phones.answer = () => answer.promise;
  const outcomes = await ask(anna, "a", dial());
  desk[Symbol.dispose]();
  answer.reject(new PhoneControlError("pbx-unreachable"));
  await vi.advanceTimersByTimeAsync(0);
  expect(outcomes).toEqual([]);
});

test("an employee without a phone cannot dial", async () => {
  expect(await ask(employee(null), "a", dial())).toEqual([refused("no-extension")]);
  expect(phones.asked).toEqual([]);
});

test("what the phones refuse is refused at once, with no 'sent' before", async () => {
  phones.answer = () => Promise.reject(new PhoneControlError("pbx-unreachable"));
  expect(await ask(anna, "a", dial())).toEqual([refused("pbx-unreachable")]);
});

test("a dial that nothing is heard of times out", async () => {
  const outcomes = await ask(anna, "a", dial());
  await vi.advanceTimersByTimeAsync(45_000);
  expect(outcomes).toEqual([sent, { state: "timed-out" }]);
});

test("an employee hangs up the own leg, and a ringing phone declines", async () => {
  live = [callWith({ cards: [cardWith()] })];
  const outcomes = await ask(anna, "a", hangUp());
  expect(phones.asked).toEqual([{ ask: "hang-up", legId: "1.1", declining: false }]);
  desk.onChange(callWith({ endedAt: 9 }));
  expect(outcomes).toEqual([sent, done]);
  live = [callWith({ cards: [cardWith({ state: "ringing", direction: "inbound", legId: "3.3" })] })];
  await ask(anna, "b", hangUp("3.3"));
  expect(phones.asked.at(-1)).toEqual({ ask: "hang-up", legId: "3.3", declining: true });
});

test("a manager may end a colleague's leg", async () => {
  live = [callWith({ cards: [cardWith()] })];
  expect(await ask(employee("209", true), "a", hangUp())).toEqual([sent]);
});

test.each([
  ["a colleague's leg", hangUp("2.2"), "not-your-leg"],
  ["the client's leg", hangUp("9.9"), "not-your-leg"],
  ["a forged leg", hangUp("1.1\r\nAction: Logoff"), "not-your-leg"],
  ["the own leg under a forged call", hangUp("1.1", "call-of-another-account"), "no-such-call"],
])("%s is out of reach", async (_, command, reason) => {
  live = [callWith({ cards: [cardWith(), cardWith({ legId: "2.2", extension: "202" })] })];
  expect(await ask(anna, "a", command)).toEqual([refused(reason)]);
  expect(phones.asked).toEqual([]);
});

test("hanging up what one has dialled ends the dial as cancelled, not as unanswered", async () => {
  const dialled = await ask(anna, "a", dial());
  const cards = [cardWith({ state: "calling" })];
  live = [callWith({ linkedids: [dialledLeg()], cards })];
  const hungUp = await ask(anna, "b", hangUp());
  phones.reports.tell({ legId: dialledLeg(), answer: "unreached" });
  desk.onChange(callWith({ linkedids: [dialledLeg()], endedAt: 9, disposition: "missed" }));
  expect(dialled).toEqual([sent, refused("cancelled")]);
  expect(hungUp).toEqual([sent, done]);
});

test("a leg that is being hung up is not hung up a second time", async () => {
  live = [callWith({ cards: [cardWith()] })];
  await ask(anna, "a", hangUp());
  now = 3_000;
  expect(await ask(anna, "b", hangUp())).toEqual([refused("already-running")]);
  expect(phones.asked).toHaveLength(1);
});

// ----------------------------------------------------------------------------------------------------- other commands

const leg = (said: Partial<Card> = {}) => cardWith({ peerLegId: "9.9", ...said });
const talkingCall = (said: Partial<Call> = {}) => callWith({ clientLegId: "9.9", cards: [leg()], ...said });
const own = { callId: "call-1", legId: "1.1" };

const LEG_COMMANDS: readonly PhoneCommand[] = [
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

test.each(LEG_COMMANDS.map((command) => [command.kind, command] as const))(
  "%s reaches neither a colleague's leg nor the client's nor a forged one",
  async (_, command) => {
    live = [talkingCall({ cards: [leg(), leg({ legId: "2.2", extension: "202", peerLegId: "1.1" })] })];
    for (const legId of ["2.2", "9.9", "", "1.1\r\nAction: Logoff", "1.1&2.2"]) {
      expect(await ask(anna, crypto.randomUUID(), { ...command, legId } as PhoneCommand)).toEqual([
        refused("not-your-leg"),
      ]);
    }
    expect(await ask(anna, "x", { ...command, callId: "call-of-another-account" } as PhoneCommand)).toEqual([
      refused("no-such-call"),
    ]);
    expect(phones.asked).toEqual([]);
  },
);

test("a digit that is typed twice is two digits, however fast", async () => {
  live = [talkingCall()];
  const digit: PhoneCommand = { kind: "send-digits", ...own, digits: "1" };
  for (const id of ["a", "b"]) expect((await ask(anna, id, digit)).at(-1)).toEqual(done);
  expect(phones.asked).toHaveLength(2);
});

test("what the PBX cannot do is refused before it is asked", async () => {
  live = [talkingCall()];
  abilities = { ...ALL, handOver: false, consult: false, park: false, sendDigits: false, hold: false, fetch: false };
  for (const command of LEG_COMMANDS.filter(({ kind }) =>
    ["blind-transfer", "attended-transfer", "park", "send-digits", "hold", "resume"].includes(kind),
  )) {
    expect(await ask(anna, crypto.randomUUID(), command)).toEqual([refused("not-supported")]);
  }
  expect(phones.asked).toEqual([]);
});

test("what the moment does not allow is refused before it is asked", async () => {
  live = [talkingCall({ cards: [leg({ state: "calling", pickedUp: false })] })];
  for (const command of LEG_COMMANDS.filter(({ kind }) => kind !== "hang-up")) {
    expect(await ask(anna, crypto.randomUUID(), command)).toEqual([refused("wrong-moment")]);
  }
  expect(phones.asked).toEqual([]);
});

test("a note goes with the transfer, can be changed while it lasts, and ends with the call", async () => {
  live = [talkingCall()];
  await ask(anna, "a", { kind: "blind-transfer", ...own, to: "202", note: " urgent " });
  expect(desk.notes.noteOf("call-1")).toEqual({ to: "202", by: "201", text: "urgent" });
  const pending = {
    kind: "attended",
    by: "201",
    to: "203",
    result: "pending",
    at: 1,
    settledAt: null,
    transfereeLegId: "9.9",
  } as const;
  live = [talkingCall({ transfers: [pending] })];
  expect(await ask(anna, "b", { kind: "hand-over-note", ...own, text: "about the bill" })).toEqual([done]);
  expect(desk.notes.noteOf("call-1")).toEqual({ to: "203", by: "201", text: "about the bill" });
  desk.onChange(callWith({ endedAt: 9 }));
  expect(desk.notes.noteOf("call-1")).toBeUndefined();
});

test("a transfer that was taken back is told from one that came back by itself, until the next one", async () => {
  const pending = { kind: "blind", by: "201", to: "202", result: "pending", at: 1, settledAt: null } as const;
  const handedOver = callWith({ transfers: [{ ...pending, transfereeLegId: "9.9" }] });
  live = [handedOver];
  await ask(anna, "a", { kind: "take-back", callId: "call-1" });
  expect(desk.wasTakenBack("call-1")).toBe(false);
  live = [talkingCall()];
  desk.onChange(talkingCall());
  expect(desk.wasTakenBack("call-1")).toBe(true);
  await ask(anna, "b", { kind: "blind-transfer", ...own, to: "202" });
  expect(desk.wasTakenBack("call-1")).toBe(false);
});

test("nothing is taken back to a phone that cannot ring: the client would be lost", async () => {
  const pending = { kind: "blind", by: "201", to: "202", result: "pending", at: 1, settledAt: null } as const;
  live = [callWith({ transfers: [{ ...pending, transfereeLegId: "9.9" }] })];
  devices.set("201", "offline");
  expect(await ask(anna, "a", { kind: "take-back", callId: "call-1" })).toEqual([refused("own-phone-offline")]);
  expect(phones.asked).toEqual([]);
});

test("giving up a consultation with the sides swapped lets the colleague go, never the client", async () => {
  const pending = { kind: "attended", by: "201", to: "202", result: "pending", at: 1, settledAt: null } as const;
  live = [
    talkingCall({
      cards: [leg({ state: "consult-talking", peerLegId: "9.9", waitingLegId: "2.2" })],
      transfers: [{ ...pending, transfereeLegId: "9.9" }],
    }),
  ];
  const outcomes = await ask(anna, "a", { kind: "cancel-transfer", ...own });
  await vi.advanceTimersByTimeAsync(3_000);
  expect(phones.asked).toEqual([
    { ask: "stop-consulting", legId: "1.1" },
    { ask: "hang-up", legId: "2.2", declining: false },
  ]);
  desk.onChange(talkingCall());
  expect(outcomes).toEqual([sent, done]);
});

test("a note outlives a restart: the journal of the call's commands tells it", async () => {
  live = [talkingCall()];
  await ask(anna, "a", { kind: "attended-transfer", ...own, to: "203", note: "urgent" });
  const pending = { kind: "attended", by: "201", to: "203", result: "pending", at: 1, settledAt: null } as const;
  live = [talkingCall({ transfers: [{ ...pending, transfereeLegId: "9.9" }] })];
  const restored = () => {
    const notes = new HandOverNotes();
    notes.restore("call-1", [...kept.values()]);
    return notes.noteOf("call-1");
  };
  expect(restored()).toEqual({ to: "203", by: "201", text: "urgent" });
  await ask(anna, "b", { kind: "hand-over-note", ...own, text: "about the bill" });
  await ask(boris, "c", { kind: "hand-over-note", ...own, text: "a colleague may not" });
  expect(restored()).toEqual({ to: "203", by: "201", text: "about the bill" });
  await ask(anna, "d", { kind: "hand-over-note", ...own, text: "" });
  expect(restored()).toBeUndefined();
});

test("a number that a colleague has just talked to is dialled only when it is asked for again", async () => {
  const employees = [{ extension: "202", result: "answered", ringSeconds: 1, talkSeconds: 60 }] as const;
  now = 61_000;
  desk.onChange(callWith({ id: "earlier", answeredAt: 1, endedAt: 61_000, talkSeconds: 60, employees }));
  now = 120_000;
  const collision = { state: "talked", extension: "202", at: 61_000, talkSeconds: 60 };
  expect(await ask(anna, "a", dial())).toEqual([{ state: "warned", collision }]);
  expect(phones.asked).toEqual([]);
  expect(await ask(anna, "b", { kind: "dial", number: "79001234567", despite: true })).toEqual([sent]);
});

test("another own device may ring for a dial; a colleague's may not", async () => {
  const both = { ...anna, extensions: ["201", "215"] };
  expect(await ask(both, "a", { kind: "dial", number: "79001234567", from: "202" })).toEqual([refused("not-your-leg")]);
  await ask(both, "b", { kind: "dial", number: "79001234567", from: "215" });
  expect(phones.asked).toMatchObject([{ ask: "dial", extension: "215" }]);
});

test("a client is shown a line of the company, and no other number", async () => {
  const shown = (line: string): PhoneCommand => ({ kind: "dial", number: "79001234567", line });
  expect(await ask(anna, "a", shown("88005553535"))).toEqual([refused("no-such-line")]);
  expect(phones.asked).toEqual([]);
  await ask(anna, "b", shown("74950003344"));
  expect(phones.asked).toMatchObject([{ ask: "dial", line: "74950003344" }]);
});

test("the journal tells of each command who, when, what was seen and how it ended; of a repeated one once", async () => {
  live = [callWith({ cards: [leg()] })];
  now = 7;
  await ask(anna, "a", hangUp());
  await ask(anna, "a", hangUp());
  now = 9;
  desk.onChange(callWith({ endedAt: 9 }));
  await ask(boris, "b", hangUp());
  expect([...kept.values()]).toMatchObject([
    {
      kind: "hang-up",
      by: { name: "Employee 201", userId: 201 },
      extension: "201",
      callId: "call-1",
      askedAt: 7,
      seen: [
        { at: 7, state: "asked" },
        { at: 7, state: "sent" },
      ],
      outcome: done,
      endedAt: 9,
    },
    { kind: "hang-up", by: { userId: 202 }, askedAt: 9, outcome: refused("not-your-leg"), endedAt: 9 },
  ]);
});

test("a journal that cannot be written is told of, and the command goes on", async () => {
  const troubles: unknown[] = [];
  desk.onTrouble.add((error) => troubles.push(error));
  kept.set = () => {
    throw new Error("disk full");
  };
  live = [callWith({ cards: [leg()] })];
  const outcomes = await ask(anna, "a", hangUp());
  desk.onChange(callWith({ endedAt: 9 }));
  await vi.advanceTimersByTimeAsync(0);
  expect(outcomes).toEqual([sent, done]);
  expect(troubles).toHaveLength(2);
});
