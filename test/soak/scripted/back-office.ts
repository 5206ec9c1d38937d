/** Calls that 205 and 206 make: to each other, to clients by hand and by a click, handed over from one to the other. */
import type { Call } from "../../lab/sip/call.ts";
import { type Desk, released } from "./company.ts";
import type { Script } from "./front-desk.ts";
import type { Lived } from "./lived.ts";

const outbound = (client: string, rest: Omit<Lived, "direction" | "client" | "did" | "queue">): Lived => ({
  direction: "outbound",
  client,
  did: null,
  queue: null,
  ...rest,
});

const internal = (rest: Omit<Lived, "direction" | "client" | "did" | "queue">): Lived => ({
  direction: "internal",
  client: null,
  did: null,
  queue: null,
  ...rest,
});

interface Talk {
  readonly client: string;
  readonly startedAt: number;
  readonly far: Call;
  readonly mine: Call;
}

const howToDial = (desk: Desk): "dials" | "clicks" => (desk.hasPanels ? desk.dice.pick(["dials", "clicks"]) : "dials");

/** 205 dials a client, or clicks on a number; the client rings. */
async function callsClient(desk: Desk, how: "dials" | "clicks"): Promise<Talk> {
  const client = desk.newClient();
  const phone = desk.phone("205");
  const startedAt = Date.now();
  if (how === "clicks") desk.ask("205", { kind: "dial", number: client });
  const mine = how === "dials" ? phone.dial(client) : await phone.waitCall();
  if (how === "clicks") {
    await desk.ring();
    mine.answer();
  }
  const far = await desk.atClient(client);
  await desk.ring();
  return { client, startedAt, far, mine };
}

async function talksToClient(desk: Desk): Promise<Talk> {
  const talk = await callsClient(desk, howToDial(desk));
  talk.far.answer();
  await talk.mine.waitState("talking");
  await desk.talk();
  return talk;
}

/** The client was handed over from 205 to 206, and one of them hangs up. */
async function handedOver(
  desk: Desk,
  { client, startedAt, far, mine }: Talk,
  kind: "blind" | "attended",
  theirs: Call,
  more: { readonly lines?: readonly Call[]; readonly leftAt?: number } = {},
): Promise<Lived> {
  const { lines = [], leftAt } = more;
  await desk.talk();
  const endedBy = await desk.end({ client: far, "206": theirs }, [far, mine, theirs, ...lines]);
  return outbound(client, {
    disposition: "answered",
    endedBy,
    employees: { "205": "transferred-away", "206": "answered" },
    transfers: [`${kind} 205→206 completed`],
    times: {
      startedAt,
      far: [far],
      near: { "205": [mine, ...lines], "206": [theirs] },
      ...(leftAt === undefined ? {} : { leftAt: { "205": leftAt } }),
    },
  });
}

/** The client is not reached; `refuse` is what happens there. */
async function notReached(
  desk: Desk,
  refuse: (far: Call) => void,
  disposition: "busy" | "failed" | "missed",
): Promise<Lived> {
  const { client, startedAt, far, mine } = await callsClient(desk, howToDial(desk));
  refuse(far);
  await released([far, mine]);
  return outbound(client, {
    disposition,
    endedBy: "pbx",
    employees: { "205": disposition },
    times: { startedAt, far: [far], near: { "205": [mine] } },
  });
}

/** 205 dials 206, which rings. */
async function callsColleague(desk: Desk): Promise<Omit<Talk, "client">> {
  const startedAt = Date.now();
  const mine = desk.phone("205").dial("206");
  const far = await desk.phone("206").waitCall();
  await desk.ring();
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

  "a client answers": async (desk) => {
    const { client, startedAt, far, mine } = await talksToClient(desk);
    const endedBy = await desk.end({ client: far, "205": mine }, [far, mine]);
    return outbound(client, {
      disposition: "answered",
      endedBy,
      employees: { "205": "answered" },
      times: { startedAt, far: [far], near: { "205": [mine] } },
    });
  },

  "a client answers, and waits on hold": async (desk) => {
    const { client, startedAt, far, mine } = await talksToClient(desk);
    await mine.hold();
    await desk.talk();
    await mine.unhold();
    const endedBy = await desk.end({ client: far, "205": mine }, [far, mine]);
    return outbound(client, {
      disposition: "answered",
      endedBy,
      employees: { "205": "answered" },
      times: { startedAt, far: [far], near: { "205": [mine] } },
    });
  },

  "a client is busy": (desk) => notReached(desk, (far) => void far.reject(486), "busy"),
  "a client cannot be reached": (desk) => notReached(desk, (far) => void far.reject(480), "failed"),
  "a client does not answer": (desk) => notReached(desk, () => undefined, "missed"),

  "205 gives up before the client answers": async (desk) => {
    const { client, startedAt, far, mine } = await callsClient(desk, howToDial(desk));
    mine.hangup();
    await released([far, mine]);
    return outbound(client, {
      disposition: "cancelled",
      endedBy: "205",
      employees: { "205": "cancelled" },
      times: { startedAt, far: [far], near: { "205": [mine] } },
    });
  },

  "handed over by REFER after a consultation": async (desk) => {
    const talk = await talksToClient(desk);
    await talk.mine.hold();
    const line = desk.phone("205").dial("206");
    const theirs = await desk.phone("206").waitCall();
    await desk.ring();
    theirs.answer();
    await line.waitState("talking");
    await desk.talk();
    await talk.mine.attendedTransfer(line);
    const leftAt = Date.now(); // the phone itself ends its lines a moment later
    await released([talk.mine, line]);
    return handedOver(desk, talk, "attended", theirs, { lines: [line], leftAt });
  },

  "handed over blindly by REFER": async (desk) => {
    const talk = await talksToClient(desk);
    const leftAt = Date.now();
    const referred = talk.mine.blindTransfer("206");
    const theirs = await desk.phone("206").waitCall();
    await desk.ring();
    theirs.answer();
    await referred;
    return handedOver(desk, talk, "blind", theirs, { leftAt });
  },
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

  "handed over blindly by the panel": async (desk) => {
    const talk = await talksToClient(desk);
    const { callId, legId } = await desk.card("205", "talking");
    desk.ask("205", { kind: "blind-transfer", callId, legId, to: "206" });
    const theirs = await desk.phone("206").waitCall();
    await desk.ring();
    theirs.answer();
    return handedOver(desk, talk, "blind", theirs);
  },

  "handed over after a consultation": async (desk) => {
    const talk = await talksToClient(desk);
    const { callId, legId } = await desk.card("205", "talking");
    desk.ask("205", { kind: "attended-transfer", callId, legId, to: "206" });
    const theirs = await desk.phone("206").waitCall();
    await desk.ring();
    theirs.answer();
    await desk.card("205", "consult-talking");
    await desk.talk();
    talk.mine.hangup();
    await talk.mine.waitEnd();
    return handedOver(desk, talk, "attended", theirs);
  },
};
