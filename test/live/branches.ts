/**
 * Everything that can go otherwise with each command, one line each: how the command ends, who hears whom afterwards,
 * what the story of the call says, what the panel says. The same table on a real Asterisk, where sound is listened to in
 * both directions, and on the PBX emulator. What goes well stands in `transfers.ts`, `fetching.ts` and `control.test.ts`.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PhoneOutcome, PhoneRefusal } from "../../src/control/command.ts";
import type { MessageKey } from "../../web/i18n/words.ts";
import type { TestPbx, TestPhone } from "../stage/pbx.ts";
import { panelSays, words } from "./branches-panel.ts";
import {
  annasLeg,
  answers,
  attended,
  blind,
  CLIENT,
  comesBack,
  consulting,
  consultingByQueue,
  consultRinging,
  dial,
  type Employee,
  EXTENSIONS,
  hangsUp,
  hear,
  isAbsent,
  isBusy,
  isDone,
  isHandedOver,
  isOut,
  isOver,
  MOBILE,
  MOBILE_AS_READ,
  onLeg,
  outsideRefuses,
  type Person,
  parked,
  pickUp,
  QUEUE,
  refuses,
  retrieve,
  ringing,
  rings,
  Scene,
  type Step,
  swapped,
  take,
  takeBack,
  talking,
  talkingByQueue,
  UNKNOWN,
} from "./branches-scene.ts";
import { Office } from "./office.ts";

const done: PhoneOutcome = { state: "done" };
const refused = (reason: PhoneRefusal): PhoneOutcome => ({ state: "refused", reason });

/** Everybody is off the line, and no receiver had to be put down for that. */
const NOBODY = null;
/** The PBX ends the client's call when a phone says no, or we fetch him before that: whoever is faster. */
const EITHER = undefined;

type Branch = readonly [
  name: string,
  steps: readonly Step[],
  ends: PhoneOutcome,
  hear: readonly [Person, Person] | typeof NOBODY | typeof EITHER,
  /** Kinds and results of its transfers. */
  story: string | RegExp,
  /** What stands on the screen of whoever asked, by its name in the catalogues; null: nothing of it any more. */
  says: MessageKey | null,
];

// biome-ignore format: a branch is a line
const BRANCHES: Readonly<Record<string, readonly Branch[]>> = {
  "click-to-call": [
    ["the own phone is busy", [isBusy("anna"), dial()], refused("own-phone-rejected"), NOBODY, "", "refused.own-phone-rejected"],
    ["the own phone declines", [dial(), rings("anna"), refuses("anna", 603)], refused("own-phone-rejected"), NOBODY, "", "refused.own-phone-rejected"],
    ["the own phone is not answered", [dial(), rings("anna")], refused("own-phone-no-answer"), NOBODY, "", "refused.own-phone-no-answer"],
    ["the own phone is not registered", [isAbsent("anna"), dial()], refused("own-phone-offline"), NOBODY, "", "refused.own-phone-offline"],
    ["the client is busy", [outsideRefuses(CLIENT, 486), dial(), rings("anna"), answers("anna")], refused("client-busy"), NOBODY, "", "refused.client-busy"],
    ["the client declines", [dial(), rings("anna"), answers("anna"), rings("client"), refuses("client", 603)], refused("client-busy"), NOBODY, "", "refused.client-busy"],
    ["no way to the number", [dial("12345"), rings("anna"), answers("anna")], refused("no-route"), NOBODY, "", "refused.no-route"],
    ["hung up in the panel while the own phone rings", [dial(), rings("anna"), annasLeg, onLeg("hang-up")], done, NOBODY, "", null],
    ["the employee hangs up while the client rings", [dial(), rings("anna"), answers("anna"), rings("client"), hangsUp("anna")], refused("cancelled"), NOBODY, "", null],
    ["the client hangs up in the talk", [dial(), rings("anna"), answers("anna"), rings("client"), answers("client"), isDone, hear("anna", "client"), hangsUp("client")], done, NOBODY, "", null],
    ["the employee hangs up in the talk", [dial(), rings("anna"), answers("anna"), rings("client"), answers("client"), isDone, hear("anna", "client"), hangsUp("anna")], done, NOBODY, "", null],
  ],
  "blind before the answer": [
    ["the colleague is busy", [...ringing, isBusy("boris"), blind()], refused("target-busy"), EITHER, /^blind (busy|returned)$/, null],
    ["the colleague declines", [...ringing, blind(), rings("boris"), refuses("boris", 603)], refused("target-refused"), EITHER, /^blind (refused|returned)$/, null],
    ["the colleague does not answer", [...ringing, blind(), rings("boris"), comesBack], refused("target-no-answer"), ["client", "anna"], "blind returned", "target.returned"],
    ["an unknown number", [...ringing, blind(UNKNOWN), answers("anna")], refused("unknown-target"), ["client", "anna"], "", "refused.unknown-target"],
    ["the colleague's phone is not registered", [...ringing, isAbsent("boris"), blind(), answers("anna")], refused("target-unreachable"), ["client", "anna"], "", "refused.target-unreachable"],
    ["the client hangs up while the colleague's phone rings", [...ringing, blind(), rings("boris"), hangsUp("client")], refused("client-left"), NOBODY, "blind failed", "refused.client-left"],
    ["to a queue, whose member answers", [...ringing, blind(QUEUE), rings("boris"), answers("boris")], done, ["client", "boris"], "blind completed", "call.talks-now"],
  ],
  "blind in the talk": [
    ["the colleague is busy", [...talking, isBusy("boris"), blind(), comesBack], refused("target-busy"), ["client", "anna"], "blind returned", "target.returned"],
    ["the colleague presses busy", [...talking, blind(), rings("boris"), refuses("boris", 486), comesBack], refused("target-refused"), ["client", "anna"], "blind returned", "target.returned"],
    ["the colleague declines", [...talking, blind(), rings("boris"), refuses("boris", 603)], refused("target-refused"), EITHER, /^blind (refused|returned)$/, null],
    ["the colleague does not answer", [...talking, blind(), rings("boris"), comesBack], refused("target-no-answer"), ["client", "anna"], "blind returned", "target.returned"],
    ["an unknown number", [...talking, blind(UNKNOWN)], refused("unknown-target"), ["client", "anna"], "", "refused.unknown-target"],
    ["the colleague's phone is not registered", [...talking, isAbsent("boris"), blind()], refused("target-unreachable"), ["client", "anna"], "", "refused.target-unreachable"],
    ["the client hangs up while the colleague's phone rings", [...talking, blind(), rings("boris"), hangsUp("client")], refused("client-left"), NOBODY, "blind failed", "refused.client-left"],
    ["the client hangs up while a queue's member rings", [...talking, blind(QUEUE), rings("boris"), hangsUp("client")], refused("client-left"), NOBODY, "blind failed", "refused.client-left"],
    ["taken back while the colleague's phone rings", [...talking, blind(), rings("boris"), takeBack, comesBack], done, ["client", "anna"], "blind returned", "target.taken-back"],
    ["the client hangs up after it", [...talking, blind(), rings("boris"), answers("boris"), isDone, hear("client", "boris"), hangsUp("client")], done, NOBODY, "blind completed", null],
  ],
  attended: [
    ["the colleague is busy", [...talking, isBusy("boris"), attended()], refused("target-busy"), ["client", "anna"], "attended busy", "target.busy"],
    ["the colleague presses busy", [...talking, attended(), rings("boris"), refuses("boris", 486)], refused("target-refused"), ["client", "anna"], "attended refused", "target.refused"],
    ["the colleague declines", [...talking, attended(), rings("boris"), refuses("boris", 603)], refused("target-refused"), ["client", "anna"], "attended refused", "target.refused"],
    ["the colleague does not answer", [...talking, attended(), rings("boris")], refused("target-no-answer"), ["client", "anna"], "attended no-answer", "target.no-answer"],
    ["an unknown number", [...talking, attended(UNKNOWN)], refused("unknown-target"), ["client", "anna"], "", "refused.unknown-target"],
    ["the colleague's phone is not registered", [...talking, isAbsent("boris"), attended()], refused("target-unreachable"), ["client", "anna"], "", "refused.target-unreachable"],
    ["the client hangs up while the colleague's phone rings", [...consultRinging, hangsUp("client")], refused("client-left"), EITHER, "attended failed", "refused.client-left"],
    ["the client hangs up in the consultation", [...consulting, hangsUp("client")], done, ["anna", "boris"], "attended failed", "call.talking"],
    ["the client hangs up after it was completed", [...consulting, onLeg("complete-transfer"), isDone, hear("client", "boris"), hangsUp("client")], done, NOBODY, "attended completed", null],
    ["the employee hangs up while the colleague's phone rings", [...consultRinging, hangsUp("anna"), answers("boris")], done, ["client", "boris"], "attended completed", null],
    ["the employee hangs up in the consultation", [...consulting, hangsUp("anna")], done, ["client", "boris"], "attended completed", null],
    ["the colleague hangs up in the consultation", [...consulting, hangsUp("boris")], done, ["client", "anna"], "attended refused", "target.refused"],
    ["given up while the colleague's phone rings", [...consultRinging, onLeg("cancel-transfer"), isDone, isOut("boris")], done, ["client", "anna"], "attended cancelled", "call.talking"],
    ["given up in the consultation", [...consulting, onLeg("cancel-transfer"), isDone, isOut("boris")], done, ["client", "anna"], "attended cancelled", "call.talking"],
    ["completed while the colleague's phone rings, who declines", [...consultRinging, onLeg("complete-transfer"), isOut("anna"), refuses("boris", 603)], refused("target-refused"), EITHER, "attended refused", null],
  ],
  "a client who came by a queue": [
    ["handed over unannounced, and taken back", [...talkingByQueue, blind(), rings("boris"), takeBack, comesBack], done, ["client", "anna"], "blind returned", "target.taken-back"],
    ["handed over unannounced, and not answered", [...talkingByQueue, blind(), rings("boris"), comesBack], refused("target-no-answer"), ["client", "anna"], "blind returned", "target.returned"],
    ["the consultation is given up", [...consultingByQueue, onLeg("cancel-transfer"), isDone, isOut("boris")], done, ["client", "anna"], "attended cancelled", "call.talking"],
    ["handed over announced, and he hangs up", [...consultingByQueue, onLeg("complete-transfer"), isDone, hear("client", "boris"), hangsUp("client")], done, NOBODY, "attended completed", null],
  ],
  swap: [
    ["the client hangs up while the colleague waits: Asterisk ends everybody's call", [...swapped, hangsUp("client")], done, NOBODY, "attended failed", null],
    ["the colleague who waits hangs up", [...swapped, hangsUp("boris")], done, ["client", "anna"], "attended refused", "target.refused"],
    ["the employee hangs up: the two are connected", [...swapped, hangsUp("anna"), isHandedOver], done, EITHER, "attended completed", null],
    ["before the colleague has answered", [...consultRinging, onLeg("swap")], refused("wrong-moment"), EITHER, /^attended /, "refused.wrong-moment"],
  ],
  take: [
    ["the own phone is busy", [...ringing, isBusy("boris"), take, isOver, answers("anna")], refused("own-phone-rejected"), ["client", "anna"], "interception refused", "refused.own-phone-rejected"],
    ["the own phone declines", [...ringing, take, rings("boris"), refuses("boris", 603), isOver, answers("anna")], refused("own-phone-rejected"), ["client", "anna"], "interception refused", "refused.own-phone-rejected"],
    ["the own phone is not answered", [...ringing, take, rings("boris"), isOver, answers("anna")], refused("own-phone-no-answer"), ["client", "anna"], /^interception (no-answer|cancelled)$/, "refused.own-phone-no-answer"],
    ["the own phone is not registered", [...ringing, isAbsent("boris"), take, answers("anna")], refused("own-phone-offline"), ["client", "anna"], "", "refused.own-phone-offline"],
    ["the client hangs up while both ring", [...ringing, take, rings("boris"), hangsUp("client"), isOut("boris")], refused("client-left"), NOBODY, "interception cancelled", "refused.client-left"],
    ["the colleague answers first", [...ringing, take, rings("boris"), answers("anna"), isOut("boris")], refused("answered-elsewhere"), ["client", "anna"], "interception cancelled", null],
    ["the client hangs up after it", [...ringing, take, rings("boris"), answers("boris"), isDone, hear("client", "boris"), hangsUp("client")], done, NOBODY, "interception completed", null],
  ],
  "pick-up": [
    ["the own phone is busy", [...ringing, isBusy("boris"), pickUp, isOver, answers("anna")], refused("own-phone-rejected"), ["client", "anna"], "interception refused", "refused.own-phone-rejected"],
    ["the own phone declines", [...ringing, pickUp, rings("boris"), refuses("boris", 603), isOver, answers("anna")], refused("own-phone-rejected"), ["client", "anna"], "interception refused", "refused.own-phone-rejected"],
    ["the own phone is not answered", [...ringing, pickUp, rings("boris"), isOver, answers("anna")], refused("own-phone-no-answer"), ["client", "anna"], /^interception (no-answer|cancelled)$/, "refused.own-phone-no-answer"],
    ["the own phone is not registered", [...ringing, isAbsent("boris"), pickUp, answers("anna")], refused("own-phone-offline"), ["client", "anna"], "", "refused.own-phone-offline"],
    ["the client hangs up while both ring", [...ringing, pickUp, rings("boris"), hangsUp("client"), isOut("boris")], refused("client-left"), NOBODY, "interception cancelled", "refused.client-left"],
    ["the employee hangs up after it", [...ringing, pickUp, rings("boris"), answers("boris"), isDone, hear("client", "boris"), hangsUp("boris")], done, NOBODY, "interception completed", null],
  ],
  "park and retrieve": [
    ["the client hangs up in the slot", [...parked, hangsUp("client")], done, NOBODY, "park failed", null],
    ["the phone that is to fetch him is busy", [...parked, isBusy("boris"), retrieve], refused("own-phone-rejected"), EITHER, "park failed", "refused.own-phone-rejected"],
    ["the phone that is to fetch him declines", [...parked, retrieve, rings("boris"), refuses("boris", 603)], refused("own-phone-rejected"), EITHER, "park failed", "refused.own-phone-rejected"],
    ["the phone that is to fetch him is not answered", [...parked, retrieve, rings("boris"), isOut("boris")], refused("own-phone-no-answer"), EITHER, "park failed", "refused.own-phone-no-answer"],
    ["the phone that is to fetch him is not registered", [...parked, isAbsent("boris"), retrieve], refused("own-phone-offline"), EITHER, "park failed", "refused.own-phone-offline"],
    ["the client hangs up while the phone rings that is to fetch him", [...parked, retrieve, rings("boris"), hangsUp("client"), answers("boris")], refused("no-route"), NOBODY, "park failed", "refused.no-route"],
    ["the client hangs up after he was fetched", [...parked, retrieve, rings("boris"), answers("boris"), isDone, hear("client", "boris"), hangsUp("client")], done, NOBODY, "park completed", null],
  ],
};

/** Where the PBX hands over to numbers outside the company. */
// biome-ignore format: a branch is a line
const OUTSIDE: readonly Branch[] = [
  ["blind before the answer; where somebody answers", [...ringing, blind(MOBILE), rings("mobile"), answers("mobile")], done, ["client", "mobile"], "blind completed", "call.talks-now"],
  ["blind in the talk, the client hangs up while the number outside rings", [...talking, blind(MOBILE), rings("mobile"), hangsUp("client")], refused("client-left"), NOBODY, "blind failed", "refused.client-left"],
  ["blind in the talk; where somebody answers", [...talking, blind(MOBILE), rings("mobile"), answers("mobile")], done, ["client", "mobile"], "blind completed", "call.talks-now"],
  ["blind in the talk; where it is busy", [...talking, outsideRefuses(MOBILE, 486), blind(MOBILE)], refused("target-busy"), EITHER, /^blind (busy|returned)$/, null],
  ["attended; where somebody answers", [...talking, attended(MOBILE), rings("mobile"), answers("mobile")], done, ["anna", "mobile"], "attended pending", "call.consult-talking"],
  ["attended; where it is busy", [...talking, outsideRefuses(MOBILE, 486), attended(MOBILE)], refused("target-busy"), ["client", "anna"], "attended busy", "target.busy"],
];

/** Where it does not, as MikoPBX. */
// biome-ignore format: a branch is a line
const INSIDE_ONLY: readonly Branch[] = [
  ["blind before the answer", [...ringing, blind(MOBILE), answers("anna")], refused("unknown-target"), ["client", "anna"], "", "refused.unknown-target"],
  ["blind in the talk", [...talking, blind(MOBILE)], refused("unknown-target"), ["client", "anna"], "", "refused.unknown-target"],
  ["attended", [...talking, attended(MOBILE)], refused("unknown-target"), ["client", "anna"], "", "refused.unknown-target"],
];

export interface BranchesOptions {
  /** Whether the PBX hands over to numbers outside the company. */
  readonly outside: boolean;
}

/** @param startPbx a PBX whose consultations ring for ten seconds */
export function describeBranches(startPbx: () => Promise<TestPbx>, { outside }: BranchesOptions): void {
  let pbx: TestPbx;
  let office: Office;
  let phones: Readonly<Record<Employee, TestPhone>>;

  beforeAll(async () => {
    pbx = await startPbx();
    phones = { anna: await pbx.phone("201"), boris: await pbx.phone("202") };
  });

  // A desk of its own: what two branches ask within two seconds is not one command.
  beforeEach(async () => {
    office = await Office.open({ ami: pbx.ami });
  });

  afterEach(async () => {
    await pbx.hangUpAll();
    await office.idle();
    for (const phone of Object.values(phones)) {
      phone.setBusy(false);
      await phone.setRegistered(true);
    }
    for (const number of [CLIENT, MOBILE]) pbx.outsideRefuses(number, null);
    const devices = () => Object.values(EXTENSIONS).map((extension) => office.watcher.deviceStateOf(extension));
    await expect.poll(devices).toEqual(["free", "free"]);
    await expect.poll(() => pbx.channels()).toBe(0);
    await office[Symbol.asyncDispose]();
  });

  afterAll(() => pbx?.[Symbol.asyncDispose]());

  const table = { ...BRANCHES, "to a number outside": outside ? OUTSIDE : INSIDE_ONLY };
  describe.for(Object.entries(table))("%s", ([, branches]) => {
    test.for(branches)("%s", async ([, steps, ends, hears, story, says]) => {
      const scene = new Scene(pbx, office, phones);
      for (const step of steps) await step(scene);
      const { asked } = scene;
      if (asked === undefined) throw new Error("nothing was asked");

      const outcome = await scene.end();
      expect(outcome).toEqual(ends);
      if (hears) await scene.bothHear(...hears);
      if (hears === NOBODY) await office.idle();
      if (hears === NOBODY) await expect.poll(() => pbx.channels()).toBe(0);
      if (hears !== EITHER) {
        const onScreen = () => panelSays(office, EXTENSIONS[asked.by], asked.command, outcome);
        await expect
          .poll(onScreen)
          .toBe(says && words(says, "to" in asked.command && asked.command.to === MOBILE ? MOBILE_AS_READ : "Борис"));
      }

      const told = () =>
        [...office.ended.values(), ...office.tracker.live()]
          .filter((call) => call.mergedInto === null)
          .flatMap((call) => call.transfers.map(({ kind, result }) => `${kind} ${result}`))
          .join(", ");
      if (hears === EITHER) await pbx.hangUpAll();
      await expect.poll(told).toMatch(typeof story === "string" ? new RegExp(`^${story}$`) : story);

      const record = office.recordOf(asked.command.kind);
      expect(record).toMatchObject({
        kind: asked.command.kind,
        by: { name: EXTENSIONS[asked.by], userId: Number(EXTENSIONS[asked.by]) },
        extension: EXTENSIONS[asked.by],
        outcome: ends,
      });
      const times = [record?.askedAt, ...(record?.seen ?? []).map(({ at }) => at), record?.endedAt];
      expect(times).toEqual(times.toSorted((one, other) => Number(one) - Number(other)));
    });
  });
}
