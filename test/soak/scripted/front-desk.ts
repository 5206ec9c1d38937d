/**
 * Calls of clients to 201–204, each played by hand on real phones: the first line (201, then 202), the queue (201, 202, 203)
 * and the ring group (201, 203, 204). Nobody touches a panel here.
 */
import { type Desk, type Extension, released } from "./company.ts";
import { handedOver, leaveTo, referAfterConsultation, referBlindly } from "./handovers.ts";
import type { Lived } from "./lived.ts";
import {
  type ClientCall,
  clientCalls,
  FIRST_LINE,
  GROUP_LINE,
  hold,
  oneHangsUp,
  QUEUE_LINE,
  type Script,
  type Talk,
  takenBy,
  talkTo201,
} from "./talks.ts";

type Ringing = Pick<Talk, "by" | "mine">;

/** The phones that a call of this client makes ring at once. */
function ringTogether(desk: Desk, extensions: readonly Extension[]): Promise<Ringing[]> {
  return Promise.all(extensions.map(async (by) => ({ by, mine: await desk.phone(by).waitCall() })));
}

/** One of those whose phones ring takes the client. @param mayRefuse another one may have refused him before */
async function oneTakes(desk: Desk, call: ClientCall, ringing: readonly Ringing[], mayRefuse: boolean): Promise<Lived> {
  const [taker, ...others] = desk.dice.shuffled(ringing);
  if (taker === undefined) throw new Error("nobody rings");
  const refusing = mayRefuse && desk.dice.throw() < 0.5 ? others[0] : undefined;
  await desk.ring();
  if (refusing) {
    refuse(desk, refusing);
    await desk.ring();
  }
  taker.mine.answer();
  await Promise.all([call.far.waitState("talking"), released(others.map(({ mine }) => mine))]);
  await desk.talk();
  const results = others.map((one) => [one.by, one === refusing ? "rejected" : "answered-elsewhere"] as const);
  return oneHangsUp(desk, { ...call, ...taker }, Object.fromEntries(results));
}

/** He is busy, or declines: his phone has a button for either. */
function refuse(desk: Desk, { mine }: Pick<Ringing, "mine">): void {
  mine.reject(desk.dice.pick([486, 603]));
}

/** Nobody has talked to the client. */
function notTaken(
  { startedAt, far, lived }: ClientCall,
  endedBy: "client" | "pbx",
  employees: Lived["employees"],
): Lived {
  return lived({ disposition: "missed", endedBy, employees, times: { startedAt, far: [far], near: {} } });
}

export const FRONT_DESK: Readonly<Record<string, Script>> = {
  "answered by 201": async (desk) => oneHangsUp(desk, await talkTo201(desk)),

  "with a hold": async (desk) => {
    const talk = await talkTo201(desk);
    await hold(desk, talk);
    await desk.talk();
    return oneHangsUp(desk, talk);
  },

  "a hidden number": async (desk) => oneHangsUp(desk, await takenBy(desk, "201", clientCalls(desk, FIRST_LINE, null))),

  "201 does not answer, refuses or is busy; 202 answers": async (desk) => {
    const how = desk.dice.pick(["missed", "rejected", "busy"]);
    if (how === "busy") desk.phone("201").policy = (call) => void call.reject(486);
    const call = clientCalls(desk, FIRST_LINE);
    if (how === "rejected") refuse(desk, { mine: await desk.ringingAt("201") });
    return oneHangsUp(desk, await takenBy(desk, "202", call), { "201": how });
  },

  "nobody answers": async (desk) => {
    const call = clientCalls(desk, FIRST_LINE);
    await call.far.waitEnd();
    return notTaken(call, "pbx", { "201": "missed", "202": "missed" });
  },

  "both refuse": async (desk) => {
    const call = clientCalls(desk, FIRST_LINE);
    for (const extension of ["201", "202"] as const) refuse(desk, { mine: await desk.ringingAt(extension) });
    await call.far.waitEnd();
    return notTaken(call, "pbx", { "201": "rejected", "202": "rejected" });
  },

  "the client gives up": async (desk) => {
    const call = clientCalls(desk, FIRST_LINE);
    const mine = await desk.ringingAt("201");
    call.far.hangup();
    await released([call.far, mine]);
    return notTaken(call, "client", { "201": "missed" });
  },

  "queue: one of three answers, another may have refused": async (desk) => {
    const call = clientCalls(desk, QUEUE_LINE);
    return oneTakes(desk, call, await ringTogether(desk, ["201", "202", "203"]), true);
  },

  "queue: the client gives up": async (desk) => {
    const call = clientCalls(desk, QUEUE_LINE);
    const ringing = await ringTogether(desk, ["201", "202", "203"]);
    await desk.ring();
    call.far.hangup();
    await released([call.far, ...ringing.map(({ mine }) => mine)]);
    return notTaken(call, "client", { "201": "missed", "202": "missed", "203": "missed" });
  },

  "ring group: one of three answers": async (desk) => {
    const call = clientCalls(desk, GROUP_LINE);
    return oneTakes(desk, call, await ringTogether(desk, ["201", "203", "204"]), false);
  },

  "ring group: nobody answers": async (desk) => {
    const call = clientCalls(desk, GROUP_LINE);
    await call.far.waitEnd();
    return notTaken(call, "pbx", { "201": "missed", "203": "missed", "204": "missed" });
  },

  "blind transfer by REFER": async (desk) => referBlindly(desk, await talkTo201(desk), "203"),

  "blind transfer by feature code": async (desk) => {
    const talk = await talkTo201(desk);
    await dialByCode(desk, talk, "##", "203");
    return handedOver(desk, talk, "blind", { to: "203", theirs: await desk.pickUp("203") });
  },

  "attended transfer by REFER": async (desk) => referAfterConsultation(desk, await talkTo201(desk), "203"),

  "attended transfer by feature code": async (desk) => {
    const talk = await talkTo201(desk);
    await dialByCode(desk, talk, "*2", "203");
    const theirs = await desk.pickUp("203");
    await theirs.untilHears(desk.phone(talk.by).tone);
    await desk.talk();
    return leaveTo(desk, talk, "203", theirs);
  },

  "picked up by 203": async (desk) => {
    const call = clientCalls(desk, FIRST_LINE);
    const rung = await desk.ringingAt("201");
    const mine = desk.phone("203").dial("*8201");
    await Promise.all([call.far.waitState("talking"), mine.waitState("talking"), rung.waitEnd()]);
    await desk.talk();
    const lived = await oneHangsUp(desk, { ...call, by: "203", mine }, { "201": "answered-elsewhere" });
    return { ...lived, transfers: ["pickup 203→203 completed"] };
  },
};

/** Presses the code of a transfer in the talk, and the number when the PBX has taken him aside and hears it. */
async function dialByCode(desk: Desk, { by, far, mine }: Talk, code: "##" | "*2", to: Extension): Promise<void> {
  await mine.press(code);
  await far.untilHearsNot(desk.phone(by).tone);
  await mine.press(to);
}
