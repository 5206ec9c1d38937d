/** Calls that 205 and 206 make: to each other, to clients by hand and by a click, handed over from one to the other. */
import type { Call } from "../../lab/sip/call.ts";
import { type Desk, released } from "./company.ts";
import { consultByPanel, leaveTo, referAfterConsultation, referBlindly, sendByPanel } from "./handovers.ts";
import type { Lived } from "./lived.ts";
import { type ClientCall, type Course, hold, oneHangsUp, type Script, type Talk } from "./talks.ts";

const outbound = (client: string, course: Course): Lived => ({
  direction: "outbound",
  client,
  did: null,
  queue: null,
  ...course,
});

const internal = (course: Course): Lived => ({
  direction: "internal",
  client: null,
  did: null,
  queue: null,
  ...course,
});

const howToDial = (desk: Desk): "dials" | "clicks" => (desk.hasPanels ? desk.dice.pick(["dials", "clicks"]) : "dials");

/** 205 dials a client, or clicks on a number; the client rings. */
async function callsClient(desk: Desk): Promise<Talk> {
  const how = howToDial(desk);
  const client = desk.newClient();
  const startedAt = Date.now();
  if (how === "clicks") desk.ask("205", { kind: "dial", number: client });
  const mine = how === "dials" ? desk.phone("205").dial(client) : await desk.pickUp("205");
  const far = await desk.atClient(client);
  await desk.ring();
  return { startedAt, far, lived: (course) => outbound(client, course), by: "205", mine };
}

async function talksToClient(desk: Desk): Promise<Talk> {
  const talk = await callsClient(desk);
  talk.far.answer();
  await talk.mine.waitState("talking");
  await desk.talk();
  return talk;
}

/** The client is not reached; `end` is what ends it, if not the PBX's patience. */
async function notReached(
  desk: Desk,
  disposition: "busy" | "failed" | "missed" | "cancelled",
  end: (talk: Talk) => void = () => undefined,
): Promise<Lived> {
  const talk = await callsClient(desk);
  const { startedAt, far, mine } = talk;
  end(talk);
  await released([far, mine]);
  return talk.lived({
    disposition,
    endedBy: disposition === "cancelled" ? "205" : "pbx",
    employees: { "205": disposition },
    times: { startedAt, far: [far], near: { "205": [mine] } },
  });
}

/** 205 dials 206, which rings. */
async function callsColleague(desk: Desk): Promise<Omit<ClientCall, "lived"> & { readonly mine: Call }> {
  const startedAt = Date.now();
  const mine = desk.phone("205").dial("206");
  const far = await desk.ringingAt("206");
  return { startedAt, mine, far };
}

/** The phones are enough for these; where panels are at hand, some clients are called by a click. */
export const BACK_OFFICE_PHONES: Readonly<Record<string, Script>> = {
  "a colleague answers": async (desk) => {
    const { startedAt, mine, far } = await callsColleague(desk);
    far.answer();
    await mine.waitState("talking");
    await desk.talk();
    const endedBy = await desk.end({ "205": mine, "206": far }, [mine, far]);
    return internal({
      disposition: "answered",
      endedBy,
      employees: { "205": "answered", "206": "answered" },
      times: { startedAt, far: [far], near: { "205": [mine], "206": [far] } },
    });
  },

  "a colleague refuses": async (desk) => {
    const { startedAt, mine, far } = await callsColleague(desk);
    far.reject(486);
    await released([mine, far]);
    return internal({
      disposition: "busy",
      // He ends nothing by that: the PBX tells 205 of it, and lets him go.
      endedBy: "pbx",
      employees: { "205": "busy", "206": "rejected" },
      times: { startedAt, far: [far], near: {} },
    });
  },

  "a colleague is called in vain": async (desk) => {
    const { startedAt, mine, far } = await callsColleague(desk);
    mine.hangup();
    await released([mine, far]);
    return internal({
      disposition: "cancelled",
      endedBy: "205",
      employees: { "205": "cancelled", "206": "cancelled" },
      times: { startedAt, far: [far], near: {} },
    });
  },

  "a client answers": async (desk) => oneHangsUp(desk, await talksToClient(desk)),

  "a client answers, and waits on hold": async (desk) => {
    const talk = await talksToClient(desk);
    await hold(desk, talk);
    return oneHangsUp(desk, talk);
  },

  "a client is busy": (desk) => notReached(desk, "busy", ({ far }) => far.reject(486)),
  "a client cannot be reached": (desk) => notReached(desk, "failed", ({ far }) => far.reject(480)),
  "a client does not answer": (desk) => notReached(desk, "missed"),
  "205 gives up before the client answers": (desk) => notReached(desk, "cancelled", ({ mine }) => mine.hangup()),

  "handed over by REFER after a consultation": async (desk) =>
    referAfterConsultation(desk, await talksToClient(desk), "206"),

  "handed over blindly by REFER": async (desk) => referBlindly(desk, await talksToClient(desk), "206"),
};

/** In these a panel is needed. */
export const BACK_OFFICE_PANELS: Readonly<Record<string, Script>> = {
  "205 clicks, and does not pick up the own phone": async (desk) => {
    const client = desk.newClient();
    const startedAt = Date.now();
    desk.ask("205", { kind: "dial", number: client });
    const mine = await desk.phone("205").waitCall();
    await mine.waitEnd();
    return outbound(client, {
      disposition: "failed",
      endedBy: "pbx",
      employees: { "205": "missed" },
      times: { startedAt, far: [], near: { "205": [mine] } },
    });
  },

  "handed over blindly by the panel": async (desk) => sendByPanel(desk, await talksToClient(desk), "206"),

  "handed over after a consultation": async (desk) => {
    const talk = await talksToClient(desk);
    const theirs = await consultByPanel(desk, talk, "206");
    theirs.answer();
    await desk.card("205", "consult-talking");
    await desk.talk();
    return leaveTo(desk, talk, "206", theirs);
  },
};
