/** Calls of clients to 201–204 in which a panel is used: what it asks for is done on the PBX, and lived by the phones. */
import type { Call } from "../../lab/sip/call.ts";
import { type Desk, released } from "./company.ts";
import { FIRST_LINE, handedOver, inbound, type Script, type Talk, talkTo201 } from "./front-desk.ts";
import type { Lived } from "./lived.ts";

/** The PBX lets a consultation ring for 10 s. */
const NO_ANSWER_MS = 15_000;

/** The transfer came to nothing: the client and 201 go on, until one of them hangs up. */
async function backAt201(
  desk: Desk,
  { client, startedAt, far, mine }: Talk,
  rest: { readonly theirs: Call; readonly colleague: string; readonly outcome: string },
): Promise<Lived> {
  await desk.card("201", "talking");
  await desk.talk();
  const endedBy = await desk.end({ client: far, "201": mine }, [far, mine, rest.theirs]);
  return inbound(client, FIRST_LINE, {
    disposition: "answered",
    endedBy,
    employees: { "201": "answered", "203": rest.colleague },
    transfers: [`attended 201→203 ${rest.outcome}`],
    times: { startedAt, far: [far], near: { "201": [mine], "203": [rest.theirs] } },
  });
}

/** 201 turns to 203 by the panel, who rings. */
async function consulting(desk: Desk, talk: Talk): Promise<Call> {
  const { callId, legId } = await desk.card("201", "talking");
  desk.ask("201", { kind: "attended-transfer", callId, legId, to: "203" });
  const theirs = await desk.phone("203").waitCall();
  await desk.ring();
  if (talk.far.state === "ended") throw new Error("the client has left");
  return theirs;
}

export const FRONT_PANELS: Readonly<Record<string, Script>> = {
  "hung up by the panel": async (desk) => {
    const { client, startedAt, far, mine } = await talkTo201(desk);
    const { callId, legId } = await desk.card("201", "talking");
    desk.ask("201", { kind: "hang-up", callId, legId });
    await released([far, mine]);
    return inbound(client, FIRST_LINE, {
      disposition: "answered",
      endedBy: "201",
      employees: { "201": "answered" },
      times: { startedAt, far: [far], near: { "201": [mine] } },
    });
  },

  "blind transfer by the panel": async (desk) => {
    const talk = await talkTo201(desk);
    const { callId, legId } = await desk.card("201", "talking");
    desk.ask("201", { kind: "blind-transfer", callId, legId, to: "203" });
    const theirs = await desk.phone("203").waitCall();
    await desk.ring();
    theirs.answer();
    return handedOver(desk, talk, "blind", theirs);
  },

  "a ringing call sent on by the panel": async (desk) => {
    const client = desk.newClient();
    const startedAt = Date.now();
    const far = desk.clientCalls(client, FIRST_LINE);
    const mine = await desk.phone("201").waitCall();
    const { callId, legId } = await desk.card("201", "ringing");
    await desk.ring();
    desk.ask("201", { kind: "blind-transfer", callId, legId, to: "203" });
    const theirs = await desk.phone("203").waitCall();
    await desk.ring();
    theirs.answer();
    await far.waitState("talking");
    return handedOver(desk, { client, startedAt, far, mine }, "blind", theirs);
  },

  "attended transfer by the panel": async (desk) => {
    const talk = await talkTo201(desk);
    const theirs = await consulting(desk, talk);
    theirs.answer();
    const { callId, legId } = await desk.card("201", "consult-talking");
    await desk.talk();
    desk.ask("201", { kind: "complete-transfer", callId, legId });
    await talk.mine.waitEnd();
    return handedOver(desk, talk, "attended", theirs);
  },

  "attended transfer, handed over while it rings": async (desk) => {
    const talk = await talkTo201(desk);
    const theirs = await consulting(desk, talk);
    talk.mine.hangup();
    await talk.mine.waitEnd();
    await desk.ring();
    theirs.answer();
    return handedOver(desk, talk, "attended", theirs);
  },

  "a consultation taken back": async (desk) => {
    const talk = await talkTo201(desk);
    const theirs = await consulting(desk, talk);
    const isAnswered = desk.dice.throw() < 0.5;
    if (isAnswered) theirs.answer();
    const { callId, legId } = await desk.card("201", isAnswered ? "consult-talking" : "consult-calling");
    if (isAnswered) await desk.talk();
    desk.ask("201", { kind: "cancel-transfer", callId, legId });
    await theirs.waitEnd();
    return backAt201(desk, talk, { theirs, colleague: isAnswered ? "answered" : "cancelled", outcome: "cancelled" });
  },

  "a consultation that the colleague ends": async (desk) => {
    const talk = await talkTo201(desk);
    const theirs = await consulting(desk, talk);
    theirs.answer();
    await desk.card("201", "consult-talking");
    await desk.talk();
    theirs.hangup();
    return backAt201(desk, talk, { theirs, colleague: "answered", outcome: "refused" });
  },

  "a consultation that nobody answers": async (desk) => {
    const talk = await talkTo201(desk);
    const theirs = await consulting(desk, talk);
    await theirs.waitEnd(NO_ANSWER_MS);
    return backAt201(desk, talk, { theirs, colleague: "missed", outcome: "no-answer" });
  },

  "parked by 201, fetched by 203": async (desk) => {
    const { client, startedAt, far, mine } = await talkTo201(desk);
    const { callId, legId } = await desk.card("201", "talking");
    const leftAt = Date.now();
    desk.ask("201", { kind: "park", callId, legId });
    const { parked } = await desk.company.office.call((call) => call.id === callId && call.parked !== null);
    await desk.talk();
    const theirs = desk.phone("203").dial(parked?.slot ?? "");
    await theirs.waitState("talking");
    await desk.talk();
    const endedBy = await desk.end({ client: far, "203": theirs }, [far, mine, theirs]);
    return inbound(client, FIRST_LINE, {
      disposition: "answered",
      endedBy,
      employees: { "201": "transferred-away", "203": "answered" },
      transfers: ["park 201→203 completed"],
      times: { startedAt, far: [far], near: { "201": [mine], "203": [theirs] }, leftAt: { "201": leftAt } },
    });
  },
};
