/** The stage directions of `branches.ts`: who does what, one step after another. */
import { expect } from "vitest";
import type { Card } from "../../src/calls/call.ts";
import type { PhoneCommand, PhoneOutcome } from "../../src/control/command.ts";
import type { TestCall, TestPbx, TestPhone } from "../stage/pbx.ts";
import { employeeAt, type Office } from "./office.ts";

export const CLIENT = "79001234567";
export const MOBILE = "79161112233";
/** As the panel writes it. */
export const MOBILE_AS_READ = "+7 916 111-22-33";
export const QUEUE = "2210";
export const UNKNOWN = "999";
const TO_201 = "74950003344";
const TO_QUEUE = "74950003345";

/** Who has a phone of the company: Anna at 201, her colleague at 202. */
export type Employee = "anna" | "boris";
export type Person = Employee | "client" | "mobile";
export const EXTENSIONS = { anna: "201", boris: "202" } as const;

/** One branch while it is played. */
export class Scene {
  readonly pbx: TestPbx;
  readonly office: Office;
  readonly phones: Readonly<Record<Employee, TestPhone>>;
  /** The receivers that ring or are off the hook. */
  readonly receivers: Partial<Record<Person, TestCall>> = {};
  /** The command that the branch is about: the last one that was asked. */
  asked: { readonly by: Employee; readonly command: PhoneCommand; readonly id: string } | undefined;
  /** Anna's leg, as it was last looked for. */
  card: Card | undefined;

  constructor(pbx: TestPbx, office: Office, phones: Readonly<Record<Employee, TestPhone>>) {
    this.pbx = pbx;
    this.office = office;
    this.phones = phones;
  }

  receiver(who: Person): TestCall {
    const receiver = this.receivers[who];
    if (receiver === undefined) throw new Error(`${who} is not on the phone yet`);
    return receiver;
  }

  async bothHear(one: Person, other: Person): Promise<void> {
    const [here, there] = [this.receiver(one), this.receiver(other)];
    await Promise.all([here.untilHears(there), there.untilHears(here)]);
  }

  ask(command: PhoneCommand, by: Employee): void {
    this.asked = { by, command, id: this.office.ask(employeeAt(EXTENSIONS[by]), command) };
  }

  end(): Promise<PhoneOutcome> {
    return this.office.end(this.asked?.id ?? "");
  }
}

export type Step = (scene: Scene) => Promise<unknown>;

// ---------------------------------------------------------------------------------------------------- who has what

export const isBusy =
  (who: Employee): Step =>
  async ({ phones }) =>
    phones[who].setBusy(true);

export const isAbsent =
  (who: Employee): Step =>
  async ({ phones, office }) => {
    await phones[who].setRegistered(false);
    await expect.poll(() => office.watcher.deviceStateOf(EXTENSIONS[who])).toBe("offline");
  };

export const outsideRefuses =
  (number: string, code: number): Step =>
  async ({ pbx }) =>
    pbx.outsideRefuses(number, code);

// ---------------------------------------------------------------------------------------------------- what people do

export const rings =
  (who: Person): Step =>
  async (scene) => {
    const { pbx, phones, receivers } = scene;
    receivers[who] =
      who === "anna" || who === "boris"
        ? await phones[who].waitCall()
        : await pbx.waitAtClient(who === "client" ? CLIENT : MOBILE);
  };

export const answers =
  (who: Person): Step =>
  (scene) =>
    scene.receiver(who).answer();

export const refuses =
  (who: Person, code: 486 | 603): Step =>
  (scene) =>
    scene.receiver(who).refuse(code);

export const hangsUp =
  (who: Person): Step =>
  (scene) =>
    scene.receiver(who).hangUp();

export const hear =
  (one: Person, other: Person): Step =>
  (scene) =>
    scene.bothHear(one, other);

export const isOut =
  (who: Person): Step =>
  (scene) =>
    scene.receiver(who).untilEnded();

/** The client rings at Anna's again, and she answers. */
export const comesBack: Step = async (scene) => {
  await rings("anna")(scene);
  await answers("anna")(scene);
};

/** The transfer is told to have brought the two together. */
export const isHandedOver: Step = ({ office }) =>
  office.call(({ transfers }) => transfers.some(({ result }) => result === "completed"));

// ---------------------------------------------------------------------------------------------------- what is asked

type Leg = { readonly callId: string; readonly legId: string };

const ask =
  (commandFor: (leg: Leg) => PhoneCommand, by: Employee = "anna"): Step =>
  async (scene) => {
    if (scene.card === undefined) throw new Error("Anna has no leg yet");
    const { callId, legId } = scene.card;
    scene.ask(commandFor({ callId, legId }), by);
  };

export const dial =
  (number = CLIENT): Step =>
  async (scene) =>
    scene.ask({ kind: "dial", number }, "anna");
export const blind = (to = "202") => ask((leg) => ({ kind: "blind-transfer", ...leg, to }));
export const attended = (to = "202") => ask((leg) => ({ kind: "attended-transfer", ...leg, to }));
export const onLeg = (
  kind: "hang-up" | "complete-transfer" | "cancel-transfer" | "swap" | "park" | "hold" | "resume",
) => ask((leg) => ({ kind, ...leg }));
export const sendDigits = (digits: string) => ask((leg) => ({ kind: "send-digits", ...leg, digits }));
/** Nobody takes back what the panel does not show to be away. */
export const takeBack: Step = async (scene) => {
  await scene.office.call(({ transfers }) => transfers.some(({ result }) => result === "pending"));
  await ask(({ callId }) => ({ kind: "take-back", callId }))(scene);
};
export const take = ask(({ callId }) => ({ kind: "take", callId }), "boris");
export const pickUp = ask(({ callId }) => ({ kind: "pick-up", callId, extension: "201" }), "boris");
export const retrieve = ask(({ callId }) => ({ kind: "retrieve", callId }), "boris");

/** The command has ended, however it did. */
export const isOver: Step = (scene) => scene.end();

export const isDone: Step = async (scene) => expect(await scene.end()).toEqual({ state: "done" });

// ---------------------------------------------------------------------------------------------------- how far it gets

const annasCard =
  (isRight: (card: Card) => boolean): Step =>
  async (scene) => {
    scene.card = await scene.office.card("201", isRight);
  };

export const annasLeg = annasCard(() => true);

/** The client rings at Anna's, and is said to be Boris's own. */
export const ringing: readonly Step[] = [
  async (scene) => {
    scene.receivers.client = await scene.pbx.clientCalls({ from: CLIENT, did: TO_201 });
  },
  rings("anna"),
  annasCard(({ state }) => state === "ringing"),
  async ({ office, card }) => office.offered.add(card?.callId ?? ""),
];

export const talking: readonly Step[] = [
  ...ringing,
  answers("anna"),
  hear("client", "anna"),
  annasCard(({ state }) => state === "talking"),
];

/** Whoever came by a queue sits behind a Local channel for as long as he talks. */
export const talkingByQueue: readonly Step[] = [
  async (scene) => {
    scene.receivers.client = await scene.pbx.clientCalls({ from: CLIENT, did: TO_QUEUE });
  },
  rings("anna"),
  rings("boris"),
  answers("anna"),
  isOut("boris"),
  hear("client", "anna"),
  annasCard(({ state, peerLegId }) => state === "talking" && peerLegId !== null),
];

const consults = annasCard(({ waitingLegId }) => waitingLegId !== null);

/** The client waits, the colleague's phone rings. */
export const consultRinging: readonly Step[] = [...talking, attended(), rings("boris"), consults];

const consultTalking: readonly Step[] = [
  answers("boris"),
  isDone,
  hear("anna", "boris"),
  annasCard(({ state }) => state === "consult-talking"),
];

/** The client waits, the two of them talk. */
export const consulting: readonly Step[] = [...consultRinging, ...consultTalking];

export const consultingByQueue: readonly Step[] = [
  ...talkingByQueue,
  attended(),
  rings("boris"),
  consults,
  ...consultTalking,
];

/** Anna talks to the client, and the colleague waits. */
export const swapped: readonly Step[] = [
  ...consulting,
  onLeg("swap"),
  isDone,
  (scene) => scene.receiver("boris").untilHearsNot(scene.receiver("anna")),
  hear("client", "anna"),
];

export const parked: readonly Step[] = [
  ...talking,
  onLeg("park"),
  isDone,
  isOut("anna"),
  ({ office }) => office.call((call) => call.parked !== null),
];
