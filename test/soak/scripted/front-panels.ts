/** Calls of clients to 201–204 in which a panel is used: what it asks for is done on the PBX, and lived by the phones. */
import type { Call } from "../../lab/sip/call.ts";
import { type Desk, released } from "./company.ts";
import { consultByPanel, handedOver, sendByPanel } from "./handovers.ts";
import type { Lived } from "./lived.ts";
import { clientCalls, FIRST_LINE, type Script, type Talk, talkTo201 } from "./talks.ts";

/** The PBX lets a consultation ring for 10 s. */
const NO_ANSWER_MS = 15_000;

/** The transfer came to nothing: the client and 201 go on, until one of them hangs up. */
async function backAt201(
  desk: Desk,
  { startedAt, far, lived, mine }: Talk,
  rest: { readonly theirs: Call; readonly colleague: string; readonly outcome: string },
): Promise<Lived> {
  await desk.card("201", "talking");
  await desk.talk();
  const endedBy = await desk.end({ client: far, "201": mine }, [far, mine, rest.theirs]);
  return lived({
    disposition: "answered",
    endedBy,
    employees: { "201": "answered", "203": rest.colleague },
    transfers: [`attended 201→203 ${rest.outcome}`],
    times: { startedAt, far: [far], near: { "201": [mine], "203": [rest.theirs] } },
  });
}

export const FRONT_PANELS: Readonly<Record<string, Script>> = {
  "hung up by the panel": async (desk) => {
    const { startedAt, far, lived, mine } = await talkTo201(desk);
    const { callId, legId } = await desk.card("201", "talking");
    desk.ask("201", { kind: "hang-up", callId, legId });
    await released([far, mine]);
    return lived({
      disposition: "answered",
      endedBy: "201",
      employees: { "201": "answered" },
      times: { startedAt, far: [far], near: { "201": [mine] } },
    });
  },

  "blind transfer by the panel": async (desk) => sendByPanel(desk, await talkTo201(desk), "203"),

  "a ringing call sent on by the panel": async (desk) => {
    const call = clientCalls(desk, FIRST_LINE);
    const mine = await desk.phone("201").waitCall();
    return sendByPanel(desk, { ...call, by: "201", mine }, "203", "ringing");
  },

  "attended transfer by the panel": async (desk) => {
    const talk = await talkTo201(desk);
    const theirs = await consultByPanel(desk, talk, "203");
    theirs.answer();
    const { callId, legId } = await desk.card("201", "consult-talking");
    await desk.talk();
    desk.ask("201", { kind: "complete-transfer", callId, legId });
    await talk.mine.waitEnd();
    return handedOver(desk, talk, "attended", { to: "203", theirs });
  },

  "attended transfer, handed over while it rings": async (desk) => {
    const talk = await talkTo201(desk);
    const theirs = await consultByPanel(desk, talk, "203");
    talk.mine.hangup();
    await talk.mine.waitEnd();
    await desk.ring();
    theirs.answer();
    return handedOver(desk, talk, "attended", { to: "203", theirs });
  },

  "a consultation taken back": async (desk) => {
    const talk = await talkTo201(desk);
    const theirs = await consultByPanel(desk, talk, "203");
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
    const theirs = await consultByPanel(desk, talk, "203");
    theirs.answer();
    await desk.card("201", "consult-talking");
    await desk.talk();
    theirs.hangup();
    return backAt201(desk, talk, { theirs, colleague: "answered", outcome: "refused" });
  },

  "a consultation that nobody answers": async (desk) => {
    const talk = await talkTo201(desk);
    const theirs = await consultByPanel(desk, talk, "203");
    await theirs.waitEnd(NO_ANSWER_MS);
    return backAt201(desk, talk, { theirs, colleague: "missed", outcome: "no-answer" });
  },

  "parked by 201, fetched by 203": async (desk) => {
    const talk = await talkTo201(desk);
    const { callId, legId } = await desk.card("201", "talking");
    const leftAt = Date.now();
    desk.ask("201", { kind: "park", callId, legId });
    const { parked } = await desk.company.office.call((call) => call.id === callId && call.parked !== null);
    await desk.talk();
    const theirs = desk.phone("203").dial(parked?.slot ?? "");
    await theirs.waitState("talking");
    return handedOver(desk, talk, "park", { to: "203", theirs, leftAt });
  },
};
