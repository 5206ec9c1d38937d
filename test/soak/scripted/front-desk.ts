/**
 * Calls of clients to 201–204, each played by hand on real phones: the first line 74950003344 (201, then 202), the queue
 * 74950003345 (201, 202, 203) and the ring group 74950003346 (201, 203, 204).
 */
import type { Call } from "../../lab/sip/call.ts";
import { type Desk, released } from "./company.ts";
import type { Lived } from "./lived.ts";

export type Script = (desk: Desk) => Promise<Lived>;

export const FIRST_LINE = "74950003344";
const QUEUE_LINE = "74950003345";
const GROUP_LINE = "74950003346";

export interface Talk {
  readonly client: string;
  readonly startedAt: number;
  readonly far: Call;
  readonly mine: Call;
}

/** A client calls, 201 takes it. */
export async function talkTo201(desk: Desk): Promise<Talk> {
  const client = desk.newClient();
  const startedAt = Date.now();
  const far = desk.clientCalls(client, FIRST_LINE);
  const mine = await desk.phone("201").waitCall();
  await desk.ring();
  mine.answer();
  await far.waitState("talking");
  await desk.talk();
  return { client, startedAt, far, mine };
}

export const inbound = (
  client: string | null,
  did: string,
  rest: Omit<Lived, "direction" | "client" | "did" | "queue">,
): Lived => ({
  direction: "inbound",
  client,
  did,
  queue: did === QUEUE_LINE ? "main" : null,
  ...rest,
});

/** The client was handed over from 201 to 203, and one of them hangs up. */
export async function handedOver(
  desk: Desk,
  { client, startedAt, far, mine }: Talk,
  kind: "blind" | "attended",
  theirs: Call,
  more: { readonly lines?: readonly Call[]; readonly leftAt?: number } = {},
): Promise<Lived> {
  const { lines = [], leftAt } = more;
  await desk.talk();
  const endedBy = await desk.end({ client: far, "203": theirs }, [far, mine, theirs, ...lines]);
  return inbound(client, FIRST_LINE, {
    disposition: "answered",
    endedBy,
    employees: { "201": "transferred-away", "203": "answered" },
    transfers: [`${kind} 201→203 completed`],
    times: {
      startedAt,
      far: [far],
      near: { "201": [mine, ...lines], "203": [theirs] },
      ...(leftAt === undefined ? {} : { leftAt: { "201": leftAt } }),
    },
  });
}

/** Nobody touches a panel here: the phones alone are used. */
export const FRONT_DESK: Readonly<Record<string, Script>> = {
  "answered by 201": async (desk) => {
    const { client, startedAt, far, mine } = await talkTo201(desk);
    const endedBy = await desk.end({ client: far, "201": mine }, [far, mine]);
    return inbound(client, FIRST_LINE, {
      disposition: "answered",
      endedBy,
      employees: { "201": "answered" },
      times: { startedAt, far: [far], near: { "201": [mine] } },
    });
  },

  "with a hold": async (desk) => {
    const { client, startedAt, far, mine } = await talkTo201(desk);
    await mine.hold();
    await desk.talk();
    await mine.unhold();
    await desk.talk();
    const endedBy = await desk.end({ client: far, "201": mine }, [far, mine]);
    return inbound(client, FIRST_LINE, {
      disposition: "answered",
      endedBy,
      employees: { "201": "answered" },
      times: { startedAt, far: [far], near: { "201": [mine] } },
    });
  },

  "a hidden number": async (desk) => {
    const startedAt = Date.now();
    const far = desk.clientCalls(null, FIRST_LINE);
    const mine = await desk.phone("201").waitCall();
    await desk.ring();
    mine.answer();
    await far.waitState("talking");
    await desk.talk();
    const endedBy = await desk.end({ client: far, "201": mine }, [far, mine]);
    return inbound(null, FIRST_LINE, {
      disposition: "answered",
      endedBy,
      employees: { "201": "answered" },
      times: { startedAt, far: [far], near: { "201": [mine] } },
    });
  },

  "201 does not answer, refuses or is busy; 202 answers": async (desk) => {
    const client = desk.newClient();
    const first = desk.phone("201");
    const how = desk.dice.pick(["missed", "rejected", "busy"]);
    if (how === "busy") first.policy = (call) => void call.reject(486);
    const startedAt = Date.now();
    const far = desk.clientCalls(client, FIRST_LINE);
    if (how === "rejected") {
      const refusing = await first.waitCall();
      await desk.ring();
      refusing.reject(desk.dice.pick([486, 603]));
    }
    const theirs = await desk.phone("202").waitCall();
    first.policy = "ring";
    await desk.ring();
    theirs.answer();
    await far.waitState("talking");
    await desk.talk();
    const endedBy = await desk.end({ client: far, "202": theirs }, [far, theirs]);
    return inbound(client, FIRST_LINE, {
      disposition: "answered",
      endedBy,
      employees: { "201": how, "202": "answered" },
      times: { startedAt, far: [far], near: { "202": [theirs] } },
    });
  },

  "nobody answers": async (desk) => {
    const client = desk.newClient();
    const startedAt = Date.now();
    const far = desk.clientCalls(client, FIRST_LINE);
    await far.waitEnd();
    return inbound(client, FIRST_LINE, {
      disposition: "missed",
      endedBy: "pbx",
      employees: { "201": "missed", "202": "missed" },
      times: { startedAt, far: [far], near: {} },
    });
  },

  "both refuse": async (desk) => {
    const client = desk.newClient();
    const startedAt = Date.now();
    const far = desk.clientCalls(client, FIRST_LINE);
    for (const extension of ["201", "202"] as const) {
      const call = await desk.phone(extension).waitCall();
      await desk.ring();
      call.reject(desk.dice.pick([486, 603]));
    }
    await far.waitEnd();
    return inbound(client, FIRST_LINE, {
      disposition: "missed",
      endedBy: "pbx",
      employees: { "201": "rejected", "202": "rejected" },
      times: { startedAt, far: [far], near: {} },
    });
  },

  "the client gives up": async (desk) => {
    const client = desk.newClient();
    const startedAt = Date.now();
    const far = desk.clientCalls(client, FIRST_LINE);
    const mine = await desk.phone("201").waitCall();
    await desk.ring();
    far.hangup();
    await released([far, mine]);
    return inbound(client, FIRST_LINE, {
      disposition: "missed",
      endedBy: "client",
      employees: { "201": "missed" },
      times: { startedAt, far: [far], near: {} },
    });
  },

  "queue: one of three answers, another may have refused": async (desk) => {
    const client = desk.newClient();
    const startedAt = Date.now();
    const far = desk.clientCalls(client, QUEUE_LINE);
    const extensions = desk.dice.shuffled(["201", "202", "203"] as const);
    const [taker = "201", ...others] = extensions;
    const calls = await Promise.all(extensions.map((extension) => desk.phone(extension).waitCall()));
    const [mine, refusing] = calls;
    if (!mine || !refusing) throw new Error("nobody rings");
    const isRefused = desk.dice.throw() < 0.5;
    await desk.ring();
    if (isRefused) {
      refusing.reject(desk.dice.pick([486, 603]));
      await desk.ring();
    }
    mine.answer();
    await Promise.all([far.waitState("talking"), released(calls.slice(1))]);
    await desk.talk();
    const endedBy = await desk.end({ client: far, [taker]: mine }, [far, ...calls]);
    const [second = "", third = ""] = others;
    return inbound(client, QUEUE_LINE, {
      disposition: "answered",
      endedBy,
      employees: {
        [taker]: "answered",
        [second]: isRefused ? "rejected" : "answered-elsewhere",
        [third]: "answered-elsewhere",
      },
      times: { startedAt, far: [far], near: { [taker]: [mine] } },
    });
  },

  "queue: the client gives up": async (desk) => {
    const client = desk.newClient();
    const startedAt = Date.now();
    const far = desk.clientCalls(client, QUEUE_LINE);
    const calls = await Promise.all((["201", "202", "203"] as const).map((at) => desk.phone(at).waitCall()));
    await desk.ring();
    far.hangup();
    await released([far, ...calls]);
    return inbound(client, QUEUE_LINE, {
      disposition: "missed",
      endedBy: "client",
      employees: { "201": "missed", "202": "missed", "203": "missed" },
      times: { startedAt, far: [far], near: {} },
    });
  },

  "ring group: one of three answers": async (desk) => {
    const client = desk.newClient();
    const startedAt = Date.now();
    const far = desk.clientCalls(client, GROUP_LINE);
    const extensions = desk.dice.shuffled(["201", "203", "204"] as const);
    const [taker = "201", second = "", third = ""] = extensions;
    const calls = await Promise.all(extensions.map((extension) => desk.phone(extension).waitCall()));
    const [mine] = calls;
    await desk.ring();
    mine?.answer();
    await Promise.all([far.waitState("talking"), released(calls.slice(1))]);
    await desk.talk();
    const endedBy = await desk.end({ client: far, ...(mine && { [taker]: mine }) }, [far, ...calls]);
    return inbound(client, GROUP_LINE, {
      disposition: "answered",
      endedBy,
      employees: { [taker]: "answered", [second]: "answered-elsewhere", [third]: "answered-elsewhere" },
      times: { startedAt, far: [far], near: { [taker]: mine ? [mine] : [] } },
    });
  },

  "ring group: nobody answers": async (desk) => {
    const client = desk.newClient();
    const startedAt = Date.now();
    const far = desk.clientCalls(client, GROUP_LINE);
    await far.waitEnd();
    return inbound(client, GROUP_LINE, {
      disposition: "missed",
      endedBy: "pbx",
      employees: { "201": "missed", "203": "missed", "204": "missed" },
      times: { startedAt, far: [far], near: {} },
    });
  },

  "blind transfer by REFER": async (desk) => {
    const talk = await talkTo201(desk);
    const leftAt = Date.now();
    const referred = talk.mine.blindTransfer("203");
    const theirs = await desk.phone("203").waitCall();
    await desk.ring();
    theirs.answer();
    await referred;
    return handedOver(desk, talk, "blind", theirs, { leftAt });
  },

  "blind transfer by feature code": async (desk) => {
    const talk = await talkTo201(desk);
    await talk.mine.press("##");
    // The PBX has taken 201 aside, and hears the number.
    await talk.far.untilHearsNot(desk.phone("201").tone);
    await talk.mine.press("203");
    const theirs = await desk.phone("203").waitCall();
    await desk.ring();
    theirs.answer();
    return handedOver(desk, talk, "blind", theirs);
  },

  "attended transfer by REFER": async (desk) => {
    const talk = await talkTo201(desk);
    await talk.mine.hold();
    const line = desk.phone("201").dial("203");
    const theirs = await desk.phone("203").waitCall();
    await desk.ring();
    theirs.answer();
    await line.waitState("talking");
    await desk.talk();
    await talk.mine.attendedTransfer(line);
    const leftAt = Date.now(); // the phone itself ends its lines a moment later
    await released([talk.mine, line]);
    return handedOver(desk, talk, "attended", theirs, { lines: [line], leftAt });
  },

  "attended transfer by feature code": async (desk) => {
    const talk = await talkTo201(desk);
    await talk.mine.press("*2");
    await talk.far.untilHearsNot(desk.phone("201").tone);
    await talk.mine.press("203");
    const theirs = await desk.phone("203").waitCall();
    await desk.ring();
    theirs.answer();
    await theirs.untilHears(desk.phone("201").tone);
    await desk.talk();
    talk.mine.hangup();
    await talk.mine.waitEnd();
    return handedOver(desk, talk, "attended", theirs);
  },

  "picked up by 203": async (desk) => {
    const client = desk.newClient();
    const startedAt = Date.now();
    const far = desk.clientCalls(client, FIRST_LINE);
    const mine = await desk.phone("201").waitCall();
    await desk.ring();
    const theirs = desk.phone("203").dial("*8201");
    await Promise.all([far.waitState("talking"), theirs.waitState("talking"), mine.waitEnd()]);
    await desk.talk();
    const endedBy = await desk.end({ client: far, "203": theirs }, [far, theirs]);
    return inbound(client, FIRST_LINE, {
      disposition: "answered",
      endedBy,
      employees: { "201": "answered-elsewhere", "203": "answered" },
      transfers: ["pickup 203→203 completed"],
      times: { startedAt, far: [far], near: { "203": [theirs] } },
    });
  },
};
