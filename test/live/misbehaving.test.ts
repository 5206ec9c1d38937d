/**
 * A PBX that answers and does nothing, answers late, or is lost between a command and its effect: each kind of command in
 * each of these, one line each. How the command ends, and who hears whom then. Every line has a PBX of its own, because most
 * wait for a time to be over.
 */
import { describe, expect, test } from "vitest";
import { DEFAULT_USER, type Misbehaviour } from "../../emulators/pbx/pbx.ts";
import type { CommandKind, PhoneOutcome, PhoneRefusal } from "../../src/control/command.ts";
import { type EmulatedPbx, startEmulatedPbx } from "../stage/emulated-pbx.ts";
import {
  annasLeg,
  answers,
  attended,
  blind,
  consulting,
  dial,
  onLeg,
  type Person,
  parked,
  pickUp,
  retrieve,
  ringing,
  rings,
  Scene,
  type Step,
  sendDigits,
  take,
  takeBack,
  talking,
} from "./branches-scene.ts";
import { Office } from "./office.ts";

const done: PhoneOutcome = { state: "done" };
const timedOut: PhoneOutcome = { state: "timed-out" };
const refused = (reason: PhoneRefusal): PhoneOutcome => ({ state: "refused", reason });

type Hear = readonly [Person, Person] | null;
type Line = readonly [
  kind: CommandKind,
  before: readonly Step[],
  asked: Step,
  faults: Partial<Misbehaviour>,
  /** What people do then. */
  then: readonly Step[],
  ends: PhoneOutcome,
  hear: Hear,
];

const TALK: Hear = ["client", "anna"];
const handedOver: readonly Step[] = [
  ...talking,
  blind(),
  rings("boris"),
  ({ office }) => office.call(({ transfers }) => transfers.some(({ result }) => result === "pending")),
];
const held: readonly Step[] = [
  ...talking,
  ({ phones }) => {
    phones.anna.obeyCallControl(true);
    return Promise.resolve();
  },
  onLeg("hold"),
  async (scene) => {
    await scene.end();
  },
];

// biome-ignore format: a line each
const NOTHING_DONE: readonly Line[] = [
  ["dial", [], dial(), { pretend: ["Originate"] }, [], timedOut, null],
  ["hang-up", talking, onLeg("hang-up"), { pretend: ["Hangup"] }, [], timedOut, TALK],
  ["blind-transfer", talking, blind(), { pretend: ["BlindTransfer"] }, [], timedOut, TALK],
  ["blind-transfer", ringing, blind(), { pretend: ["Redirect"] }, [answers("anna")], timedOut, TALK],
  ["take-back", handedOver, takeBack, { pretend: ["Redirect"] }, [], timedOut, null],
  ["attended-transfer", talking, attended(), { pretend: ["Atxfer"] }, [rings("boris"), answers("boris")], done, ["anna", "boris"]],
  ["attended-transfer", talking, attended(), { pretend: ["Atxfer", "PlayDTMF"] }, [], timedOut, TALK],
  ["complete-transfer", consulting, onLeg("complete-transfer"), { pretend: ["Hangup"] }, [], timedOut, ["anna", "boris"]],
  ["cancel-transfer", consulting, onLeg("cancel-transfer"), { pretend: ["CancelAtxfer"] }, [], done, TALK],
  ["cancel-transfer", consulting, onLeg("cancel-transfer"), { pretend: ["CancelAtxfer", "Hangup"] }, [], timedOut, ["anna", "boris"]],
  ["swap", consulting, onLeg("swap"), { pretend: ["PlayDTMF"] }, [], timedOut, ["anna", "boris"]],
  ["take", ringing, take, { pretend: ["Originate"] }, [], timedOut, null],
  ["pick-up", ringing, pickUp, { pretend: ["Originate"] }, [], timedOut, null],
  ["park", talking, onLeg("park"), { pretend: ["Park"] }, [], timedOut, TALK],
  ["retrieve", parked, retrieve, { pretend: ["Originate"] }, [], timedOut, null],
  ["hold", talking, onLeg("hold"), { pretend: ["PJSIPNotify"] }, [], refused("phone-ignores-it"), TALK],
  ["resume", held, onLeg("resume"), { pretend: ["PJSIPNotify"] }, [], refused("phone-ignores-it"), null],
  // the one command whose effect nobody can see
  ["send-digits", talking, sendDigits("1"), { pretend: ["PlayDTMF"] }, [], done, TALK],
];

/** The office waits for two seconds. */
const LATE = { answerLateMs: 2_500 };
// biome-ignore format: a line each
const LATE_ANSWER: readonly Line[] = [
  ["dial", [], dial(), LATE, [rings("anna"), answers("anna"), rings("client"), answers("client")], done, TALK],
  ["hang-up", talking, onLeg("hang-up"), LATE, [], done, null],
  // what is only looked up was not done
  ["blind-transfer", talking, blind(), LATE, [], timedOut, TALK],
  ["attended-transfer", talking, attended(), LATE, [], timedOut, TALK],
  ["take-back", handedOver, takeBack, LATE, [rings("anna"), answers("anna")], done, TALK],
  ["complete-transfer", consulting, onLeg("complete-transfer"), LATE, [], done, ["client", "boris"]],
  ["cancel-transfer", consulting, onLeg("cancel-transfer"), LATE, [], done, TALK],
  // after half of the code nothing more is typed
  ["swap", consulting, onLeg("swap"), LATE, [], timedOut, ["anna", "boris"]],
  ["take", ringing, take, LATE, [rings("boris"), answers("boris")], done, ["client", "boris"]],
  ["pick-up", ringing, pickUp, LATE, [rings("boris"), answers("boris")], done, ["client", "boris"]],
  ["park", talking, onLeg("park"), LATE, [], done, null],
  ["retrieve", parked, retrieve, LATE, [rings("boris"), answers("boris")], done, ["client", "boris"]],
  ["hold", talking, onLeg("hold"), LATE, [], timedOut, TALK],
  ["resume", held, onLeg("resume"), LATE, [], done, TALK],
  ["send-digits", talking, sendDigits("1"), LATE, [], timedOut, TALK],
];

// biome-ignore format: a line each
const LINK_LOST: readonly Line[] = [
  ["dial", [], dial(), { dropAfter: "Originate" }, [rings("anna"), annasLeg, answers("anna"), rings("client"), answers("client")], done, TALK],
  ["hang-up", talking, onLeg("hang-up"), { dropAfter: "Hangup" }, [], done, null],
  ["blind-transfer", talking, blind(), { dropAfter: "Getvar" }, [], timedOut, TALK],
  ["blind-transfer", talking, blind(), { dropAfter: "BlindTransfer" }, [rings("boris"), answers("boris")], done, ["client", "boris"]],
  ["blind-transfer", ringing, blind(), { dropAfter: "Redirect" }, [rings("boris"), answers("boris")], done, ["client", "boris"]],
  ["take-back", handedOver, takeBack, { dropAfter: "Redirect" }, [rings("anna"), answers("anna")], done, TALK],
  ["attended-transfer", talking, attended(), { dropAfter: "Atxfer" }, [rings("boris"), answers("boris")], done, ["anna", "boris"]],
  ["complete-transfer", consulting, onLeg("complete-transfer"), { dropAfter: "Hangup" }, [], done, ["client", "boris"]],
  ["cancel-transfer", consulting, onLeg("cancel-transfer"), { dropAfter: "CancelAtxfer" }, [], done, TALK],
  // after half of the code nothing more is typed
  ["swap", consulting, onLeg("swap"), { dropAfter: "PlayDTMF" }, [], timedOut, ["anna", "boris"]],
  ["take", ringing, take, { dropAfter: "Originate" }, [rings("boris"), answers("boris")], done, ["client", "boris"]],
  ["pick-up", ringing, pickUp, { dropAfter: "Originate" }, [rings("boris"), answers("boris")], done, ["client", "boris"]],
  ["park", talking, onLeg("park"), { dropAfter: "Park" }, [], done, null],
  // by the time it is seen again nothing tells this talk from another one
  ["retrieve", parked, retrieve, { dropAfter: "Originate" }, [rings("boris"), answers("boris")], timedOut, ["client", "boris"]],
  ["hold", talking, onLeg("hold"), { dropAfter: "PJSIPNotify" }, [], timedOut, TALK],
  ["resume", held, onLeg("resume"), { dropAfter: "PJSIPNotify" }, [], done, TALK],
  ["send-digits", talking, sendDigits("1"), { dropAfter: "PlayDTMF" }, [], timedOut, TALK],
];

/** With the right to notify phones, which hold and resume need. */
const ACCOUNT = { ...DEFAULT_USER, write: [...DEFAULT_USER.write, "system" as const] };

const TABLES = [
  ["Success and nothing done", NOTHING_DONE],
  ["an answer that comes after our patience: what happened counts", LATE_ANSWER],
  ["the link is lost between the action and its effect", LINK_LOST],
] as const;

describe.concurrent.each(TABLES)("%s", (_, lines) => {
  test.concurrent.for(lines)("%s", async ([, before, asked, faults, then, ends, hear], { expect }) => {
    await using pbx: EmulatedPbx = await startEmulatedPbx({ pace: 0.05, users: [ACCOUNT] });
    const phones = { anna: await pbx.phone("201"), boris: await pbx.phone("202") };
    await using office = await Office.open({ ami: pbx.ami });
    const scene = new Scene(pbx, office, phones);
    for (const step of before) await step(scene);
    pbx.emulator.misbehave(faults);
    await asked(scene);
    for (const step of then) await step(scene);
    expect(await scene.end()).toEqual(ends);
    pbx.emulator.behave();
    if (hear !== null) await scene.bothHear(...hear);
    await pbx.hangUpAll();
    await office.idle();
    expect(await pbx.channels()).toBe(0);
  });
});

/** All that ask something of the PBX. A kind that is missing here does not compile. */
const KINDS: { readonly [K in Exclude<CommandKind, "hand-over-note">]: true } = {
  dial: true,
  "hang-up": true,
  "blind-transfer": true,
  "take-back": true,
  "attended-transfer": true,
  "complete-transfer": true,
  "cancel-transfer": true,
  swap: true,
  take: true,
  "pick-up": true,
  park: true,
  retrieve: true,
  hold: true,
  resume: true,
  "send-digits": true,
};

test.each(TABLES)("each kind of command is tried: %s", (_, lines) => {
  expect([...new Set(lines.map(([kind]) => kind))].toSorted()).toEqual(Object.keys(KINDS).toSorted());
});
