/**
 * Joining in the middle of a call on a real Asterisk: in each state of a call a second watcher connects, shows at once
 * what the first one shows, which saw everything, and in the end tells the same story of what it can know.
 */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Lab, startLab } from "../../test/lab/lab.ts";
import type { Phone } from "../../test/lab/phone.ts";
import type { Provider } from "../../test/lab/provider.ts";
import type { Call as SipCall } from "../../test/lab/sip/call.ts";
import { when } from "../../test/lab/wait.ts";
import { Office } from "../../test/live/office.ts";
import { describeNeeding } from "../../test/needs.ts";
import type { Call } from "../calls/call.ts";
import { DIAL_REQUEST_PREFIX } from "../calls/call-id.ts";

const CLIENT = "79001234567";
const FIRST_LINE = "74950003344";
const QUEUE_LINE = "74950003345";
const ROOM_LINE = "74950003348";
const WITHIN_MS = 60_000;

describeNeeding("asterisk", "who joins in mid-call sees what the others see", () => {
  let lab: Lab;
  let provider: Provider;
  let whole: Office;
  const phones = new Map<string, Phone>();
  const stack = new AsyncDisposableStack();

  beforeAll(async () => {
    lab = stack.use(await startLab());
    provider = await lab.provider().start();
    for (const extension of ["201", "202", "203", "204"]) phones.set(extension, await lab.phone(extension).start());
    whole = stack.use(await Office.open({ ami: lab.ami }));
  }, WITHIN_MS);
  afterAll(() => stack.disposeAsync());
  afterEach(async () => {
    for (const { calls } of [provider, ...phones.values()]) for (const call of calls) call.hangup();
    await whole.idle();
    whole.ended.clear();
  });

  const phone = (extension: string): Phone => {
    const found = phones.get(extension);
    if (!found) throw new Error(`nobody sits at ${extension}`);
    return found;
  };

  const clientCalls = (did: string, from = CLIENT): SipCall => provider.call({ from, did });

  async function talk(): Promise<{ far: SipCall; mine: SipCall }> {
    const far = clientCalls(FIRST_LINE);
    const mine = await phone("201").waitCall();
    mine.answer();
    await far.waitState("talking");
    await whole.card("201", ({ state }) => state === "talking");
    return { far, mine };
  }

  /** The PBX tells of a hold a little before the client hears music, by which whoever joins knows of it. */
  async function hold(mine: SipCall, far: SipCall, extension: string): Promise<void> {
    await far.untilHears(phone(extension).tone);
    await mine.hold();
    await far.untilHearsNot(phone(extension).tone);
  }

  /** 201 turns to 202 by a feature code; 202 rings. */
  async function consulting(mine: SipCall, far: SipCall): Promise<SipCall> {
    await far.untilHears(phone("201").tone);
    await mine.press("*2");
    await far.untilHearsNot(phone("201").tone);
    await mine.press("202");
    const theirs = await phone("202").waitCall();
    await whole.card("201", ({ state }) => state === "consult-calling");
    await whole.card("202", ({ state }) => state === "ringing");
    return theirs;
  }

  /** Once the phones are in a state, somebody joins; once `finish` has brought the calls to their end, the stories are compared. */
  async function join(finish: () => Promise<void> | void, more: { calls?: number; transfers?: boolean } = {}) {
    await settled(whole);
    await using late = await Office.open({ ami: lab.ami });
    await settled(late);
    const seen = face(whole.tracker.live());
    expect(seen).toHaveLength(more.calls ?? 1);
    expect(face(late.tracker.live())).toEqual(seen);
    expect(late.tracker.live().every(({ partial }) => partial)).toBe(true);
    await finish();
    for (const office of [whole, late]) await office.idle();
    // Who was out of the call before has left no trace.
    const known = (office: Office) =>
      [...office.ended.values()]
        .filter((call) => call.mergedInto === null && late.ended.has(call.id))
        .map((call) => story(call, late.ended.get(call.id)?.employees ?? [], more.transfers ?? true))
        .sort((one, other) => one.id.localeCompare(other.id));
    const told = known(late);
    expect(told.map(({ partial }) => partial)).toEqual(told.map(() => true));
    expect(told.map(withoutPartial)).toEqual(known(whole).map(withoutPartial));
  }

  test("an employee's phone rings", async () => {
    const far = clientCalls(FIRST_LINE);
    const mine = await phone("201").waitCall();
    await whole.card("201");
    await join(async () => {
      mine.answer();
      await far.waitState("talking");
      await whole.card("201", ({ state }) => state === "talking");
      far.hangup();
    });
  });

  test("a ring group rings, and nobody answers", async () => {
    const far = clientCalls("74950003346");
    await phone("204").waitCall();
    for (const extension of ["201", "203", "204"]) await whole.card(extension);
    await join(() => far.hangup());
  });

  test("a client waits in a queue that rings", async () => {
    const far = clientCalls(QUEUE_LINE);
    const calls = await Promise.all(["201", "202", "203"].map((at) => phone(at).waitCall()));
    for (const extension of ["201", "202", "203"]) await whole.card(extension);
    await join(async () => {
      calls[1]?.answer();
      await whole.card("202", ({ state }) => state === "talking");
      far.hangup();
    });
  });

  test("a talk out of a queue, held and taken back", async () => {
    const far = clientCalls(QUEUE_LINE);
    const mine = await phone("202").waitCall();
    mine.answer();
    await whole.card("202", ({ state }) => state === "talking");
    await hold(mine, far, "202");
    await whole.card("202", ({ state }) => state === "hold");
    await join(async () => {
      await mine.unhold();
      mine.hangup();
    });
  });

  test("a talk", async () => {
    const { mine } = await talk();
    await join(() => mine.hangup());
  });

  test("a hold, ended afterwards", async () => {
    const { far, mine } = await talk();
    await hold(mine, far, "201");
    await whole.card("201", ({ state }) => state === "hold");
    await settled(whole);
    await using late = await Office.open({ ami: lab.ami });
    expect(face(late.tracker.live())).toEqual(face(whole.tracker.live()));
    await mine.unhold();
    for (const office of [whole, late]) await office.card("201", ({ state }) => state === "talking");
    far.hangup();
    for (const office of [whole, late]) await office.idle();
  });

  test("a consultation that rings, taken up and completed", async () => {
    const { far, mine } = await talk();
    const theirs = await consulting(mine, far);
    await join(async () => {
      theirs.answer();
      await whole.card("202", ({ state }) => state === "consult-talking");
      mine.hangup();
      await whole.card("202", ({ state, peer }) => state === "talking" && peer === CLIENT);
      far.hangup();
    });
  });

  test("a consultation that rings, given up", async () => {
    const { far, mine } = await talk();
    await consulting(mine, far);
    await join(async () => {
      await mine.press("*0");
      await whole.card("201", ({ state }) => state === "talking");
      far.hangup();
    });
  });

  test("a consultation in talk, which the colleague ends", async () => {
    const { far, mine } = await talk();
    const theirs = await consulting(mine, far);
    theirs.answer();
    await whole.card("202", ({ state }) => state === "consult-talking");
    await theirs.untilHears(phone("201").tone);
    await join(async () => {
      theirs.hangup();
      await whole.card("201", ({ state }) => state === "talking");
      mine.hangup();
    });
  });

  test("a consultation on the phone's second line, joined with the client by REFER", async () => {
    const { far, mine } = await talk();
    // A hold in the moment in which the Local channel is optimized away leaves the client without music.
    await hold(mine, far, "201");
    const line = phone("201").dial("203");
    (await phone("203").waitCall()).answer();
    await line.waitState("talking");
    await whole.card("203", ({ state }) => state === "talking");
    await join(
      async () => {
        await mine.attendedTransfer(line);
        await whole.card("203", ({ peer }) => peer === CLIENT);
        far.hangup();
      },
      { calls: 2 },
    );
  });

  test("a client who is parked, fetched by a colleague", async () => {
    const { far } = await talk();
    const { clientLegId } = await whole.call(({ client }) => client === CLIENT);
    await whole.session.action({
      Action: "Park",
      Channel: whole.watcher.channelOf(clientLegId ?? "") ?? "",
      Timeout: "60000",
    });
    const { parked } = await whole.call((call) => call.parked !== null);
    // The one who parked him is gone: what he did before is not known to who comes now.
    await join(
      async () => {
        phone("202").dial(parked?.slot ?? "");
        await whole.card("202", ({ state }) => state === "talking");
        far.hangup();
      },
      { transfers: false },
    );
  });

  test("two clients are parked at once, and do not talk to each other", async () => {
    const first = await talk();
    const second = clientCalls(FIRST_LINE, "79007654321");
    (await phone("201").waitCall()).answer();
    await second.waitState("talking");
    for (const client of [CLIENT, "79007654321"]) {
      const { clientLegId } = await whole.call((call) => call.client === client && call.answeredAt !== null);
      await whole.session.action({
        Action: "Park",
        Channel: whole.watcher.channelOf(clientLegId ?? "") ?? "",
        Timeout: "60000",
      });
      await whole.call((call) => call.client === client && call.parked !== null);
    }
    await join(
      () => {
        first.far.hangup();
        second.hangup();
      },
      { calls: 2, transfers: false },
    );
  });

  test("two calls of one employee, one of them ringing", async () => {
    const { far } = await talk();
    const second = clientCalls(FIRST_LINE, "79007654321");
    await phone("201").waitCall();
    await whole.card("201", ({ state }) => state === "ringing");
    await join(
      () => {
        second.hangup();
        far.hangup();
      },
      { calls: 2 },
    );
  });

  test("a client and an employee in a conference room", async () => {
    const far = clientCalls(ROOM_LINE);
    await far.waitState("talking");
    const mine = phone("204").dial("2300");
    await whole.card("204", ({ state }) => state === "talking");
    await join(() => {
      far.hangup();
      mine.hangup();
    });
  });

  test("an employee calls a client, who rings", async () => {
    const mine = phone("201").dial("79005556677");
    const far = await provider.waitCall();
    await whole.card("201", ({ state }) => state === "calling");
    await join(async () => {
      far.answer();
      await whole.card("201", ({ state }) => state === "talking");
      mine.hangup();
    });
  });

  test("a call handed over blindly, which rings at the colleague's", async () => {
    const { far, mine } = await talk();
    const referred = mine.blindTransfer("203");
    const theirs = await phone("203").waitCall();
    await whole.card("203", ({ state }) => state === "ringing");
    await whole.call(({ cards }) => cards.every(({ extension }) => extension !== "201"));
    await join(
      async () => {
        theirs.answer();
        await referred;
        await whole.card("203", ({ state }) => state === "talking");
        far.hangup();
      },
      { transfers: false },
    );
  });

  test("who is asked by a click, and has not picked up", async () => {
    await whole.session.action({
      ...{ Action: "Originate", Channel: "Local/201@internal-originate", Async: true },
      ...{ Context: "all_peers", Exten: "79005556677", Priority: 1, Variable: "pt1c_cid=79005556677" },
      ...{ ChannelId: `${DIAL_REQUEST_PREFIX}joining`, OtherChannelId: `${DIAL_REQUEST_PREFIX}joining-2` },
    });
    const mine = await phone("201").waitCall();
    await whole.card("201", ({ state }) => state === "calling");
    await join(() => mine.hangup());
  });
});

/** What the panels show, and what is known of the calls now. */
function face(calls: readonly Call[]) {
  return calls
    .map(({ id, direction, client, did, queue, parked, cards }) => ({
      ...{ id, direction, client, did, queue, slot: parked?.slot ?? null },
      cards: cards
        .map((card) => `${card.extension} ${card.direction} ${card.state} ${card.peer} fetching:${card.isFetching}`)
        .sort(),
    }))
    .sort((one, other) => one.id.localeCompare(other.id));
}

/** What can be known of a call by who has not seen its beginning. */
function story(call: Call, seen: Call["employees"], withTransfers: boolean) {
  const { id, direction, client, did, queue, disposition, endedBy, partial } = call;
  const results = call.employees
    .filter(({ extension }) => seen.some((one) => one.extension === extension))
    .map(({ extension, result }) => `${extension} ${result}`)
    .sort();
  const transfers = call.transfers.map(({ kind, by, to, result }) => `${kind} ${by}→${to} ${result}`);
  return {
    ...{ id, direction, client, did, queue, disposition, endedBy, partial },
    results,
    transfers: withTransfers ? transfers : [],
  };
}

function withoutPartial<Told extends { readonly partial: boolean }>({ partial: _, ...rest }: Told) {
  return rest;
}

/** What the PBX has told is heard, and kept. */
async function settled({ session, tracker, watcher }: Office): Promise<void> {
  await session.action({ Action: "Ping" });
  await when(watcher.onSight, () => watcher.sight.state === "up" || undefined, { what: "sight", ms: 5_000 });
  await pause(20);
  await tracker.kept();
}
