/**
 * The link signs in once, resumes after a loss, asks for what it missed, notices silence, and never gives up. Time is told by hand.
 */
import { describe, expect, test } from "vitest";
import type { PanelMessage, PanelRequest } from "../../src/panel/protocol.ts";
import { HandClock } from "../testing/hand-clock.ts";
import { QUIET } from "../testing/views.ts";
import { type CommandEnd, Commands } from "./commands.ts";
import { type LinkSocket, type LinkState, PanelLink, type TicketAnswer } from "./panel-link.ts";

class FakeSocket implements LinkSocket {
  readonly #listeners = new Map<string, (event: object) => void>();
  closed = false;
  readonly sent: PanelRequest[] = [];
  send(text: string): void {
    this.sent.push(JSON.parse(text) as PanelRequest);
  }
  close(): void {
    this.closed = true;
  }
  addEventListener(type: string, listener: (event: object) => void): void {
    this.#listeners.set(type, listener);
  }
  happen(type: "open" | "close"): void {
    this.#listeners.get(type)?.({});
  }
  say(message: PanelMessage | string): void {
    const data = typeof message === "string" ? message : JSON.stringify(message);
    this.#listeners.get("message")?.({ data });
  }
}

const snapshot = (seq: number): PanelMessage => ({ type: "snapshot", seq, ...QUIET });
const welcome: PanelMessage = {
  type: "welcome",
  session: "s-1",
  now: 61_000,
  me: {
    userId: 1,
    name: "Анна",
    extension: "201",
    extensions: ["201"],
    mobile: null,
    department: null,
    language: "ru",
    timeZone: "Europe/Moscow",
  },
};

function stand(tickets: TicketAnswer[] = []) {
  const clock = new HandClock();
  const sockets: FakeSocket[] = [];
  const states: LinkState[] = [];
  const received: PanelMessage[] = [];
  let asked = 0;
  const link = new PanelLink({
    openSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    askTicket: async () => tickets.shift() ?? { ticket: `t-${++asked}` },
    now: () => clock.now,
    after: clock.after,
    random: () => 1 - Number.EPSILON,
    changed: (state) => states.push(state),
    received: (message) => received.push(message),
  });
  const settle = () => Promise.resolve().then(() => Promise.resolve());
  const open = async (): Promise<FakeSocket> => {
    await settle();
    const socket = sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    socket.happen("open");
    return socket;
  };
  const live = async (): Promise<FakeSocket> => {
    link.start();
    const socket = await open();
    socket.say(welcome);
    socket.say(snapshot(1));
    return socket;
  };
  return { link, clock, sockets, states, received, open, live, settle, state: () => states.at(-1) };
}

test("signs in with a ticket and is live with the first snapshot, knowing how far the service's clock is ahead", async () => {
  const { live, state } = stand();
  const socket = await live();
  expect(socket.sent).toEqual([{ type: "hello", ticket: "t-1" }]);
  expect(state()).toMatchObject({ state: "live", clockAheadMs: 60_000, view: { seq: 1 } });
});

test("after a lost link it keeps the last view as stale and resumes the session without a ticket", async () => {
  const { live, open, clock, state } = stand();
  const first = await live();
  first.happen("close");
  expect(state()).toMatchObject({ state: "stale", since: 1_000, view: { seq: 1 } });
  clock.pass(500);
  const second = await open();
  expect(second.sent).toEqual([{ type: "resume", session: "s-1" }]);
  second.say(welcome);
  second.say(snapshot(40));
  expect(state()).toMatchObject({ state: "live", view: { seq: 40 } });
});

test("a session that has ended is followed by a new ticket, unseen by the person", async () => {
  const { live, open, clock, state, settle } = stand();
  (await live()).happen("close");
  clock.pass(500);
  (await open()).say({ type: "refused", reason: "session-ended" });
  await settle();
  const third = await open();
  expect(third.sent).toEqual([{ type: "hello", ticket: "t-2" }]);
  expect(state()?.state).toBe("stale");
});

test("a gap is answered by one request for a snapshot, however many changes follow", async () => {
  const { live, state } = stand();
  const socket = await live();
  for (const seq of [3, 4, 5]) socket.say({ type: "change", seq });
  expect(socket.sent.slice(1)).toEqual([{ type: "get-snapshot" }]);
  socket.say(snapshot(5));
  socket.say({ type: "change", seq: 6 });
  expect(state()).toMatchObject({ state: "live", view: { seq: 6 } });
});

test("a quiet link is asked, and given up when it does not answer", async () => {
  const { live, clock, state } = stand();
  const socket = await live();
  clock.pass(30_000);
  expect(socket.sent.at(-1)).toEqual({ type: "get-snapshot" });
  expect(state()?.state).toBe("live");
  clock.pass(10_000);
  expect(socket.closed).toBe(true);
  expect(state()?.state).toBe("stale");
});

test("the pauses between tries grow to 15 seconds and stay there", async () => {
  const { link, clock, sockets, settle } = stand();
  link.start();
  const opened: number[] = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    await settle();
    opened.push(clock.now);
    sockets.at(-1)?.happen("close");
    while (sockets.length <= attempt + 1 && clock.waiting > 0) {
      clock.pass(500);
      await settle();
    }
  }
  expect(opened.slice(1).map((at, i) => at - (opened[i] ?? 0))).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
});

describe("a refusal", () => {
  test.each(["not-an-employee", "account-disconnected", "bad-ticket"] as const)(
    "'%s' is told, and tried again after a minute",
    async (reason) => {
      const { link, open, clock, state, sockets, settle } = stand();
      link.start();
      (await open()).say({ type: "refused", reason });
      expect(state()).toEqual({ state: "refused", reason });
      clock.pass(60_000);
      await settle();
      expect(sockets).toHaveLength(2);
    },
  );

  test("'busy' is an outage like any other", async () => {
    const { link, open, state } = stand();
    link.start();
    (await open()).say({ type: "refused", reason: "busy" });
    expect(state()?.state).toBe("connecting");
  });

  test("of the ticket itself is told; a ticket that cannot be asked for is an outage", async () => {
    const { link, state, settle, clock, sockets } = stand([{ failure: "unreachable" }, { failure: "not-allowed" }]);
    link.start();
    await settle();
    expect(state()?.state).toBe("connecting");
    clock.pass(500);
    await settle();
    expect(state()).toEqual({ state: "refused", reason: "bad-ticket" });
    expect(sockets).toHaveLength(0);
  });
});

test("what is no message at all ends the link, which then comes back", async () => {
  const { live, open, clock, state } = stand();
  const socket = await live();
  socket.say("<html>502</html>");
  expect([socket.closed, state()?.state]).toEqual([true, "stale"]);
  clock.pass(500);
  const next = await open();
  next.say(welcome);
  socket.say(snapshot(99)); // a late word on the old socket
  next.say(snapshot(2));
  expect(state()).toMatchObject({ state: "live", view: { seq: 2 } });
});

test("disposing leaves no timer and no socket", async () => {
  const { link, live, clock } = stand();
  const socket = await live();
  link.close();
  expect([socket.closed, clock.waiting]).toEqual([true, 0]);
});

describe("a command", () => {
  const commandsStand = (connected: boolean) => {
    const clock = new HandClock();
    const sent: PanelRequest[] = [];
    const ends: [string, CommandEnd][] = [];
    const line = { connected };
    const commands = new Commands({
      transmit: (request) => line.connected && sent.push(request) > 0,
      after: clock.after,
      ended: (id, _command, end) => ends.push([id, end]),
    });
    return { commands, clock, sent, ends, line };
  };
  const dial = { kind: "dial", number: "205" } as const;

  test("given without a link ends at once as not sent", () => {
    const { commands, ends } = commandsStand(false);
    commands.give("id-1", dial);
    expect(ends).toEqual([["id-1", { state: "not-sent" }]]);
  });

  test("ends once, however often its outcome comes", () => {
    const { commands, ends } = commandsStand(true);
    commands.give("id-1", dial);
    commands.takeOutcome("id-1", { state: "sent" });
    commands.takeOutcome("id-1", { state: "refused", reason: "no-route" });
    commands.takeOutcome("id-1", { state: "done" });
    expect(ends).toEqual([["id-1", { state: "refused", reason: "no-route" }]]);
  });

  test("that has no outcome yet is repeated under its id when the link is back", () => {
    const { commands, sent } = commandsStand(true);
    commands.give("id-1", dial);
    commands.repeatAll();
    expect(sent).toEqual([
      { type: "command", id: "id-1", command: dial },
      { type: "command", id: "id-1", command: dial },
    ]);
  });

  test("whose answer was lost for ever times out", () => {
    const { commands, ends, clock } = commandsStand(true);
    commands.give("id-1", dial);
    clock.pass(90_000);
    expect(ends).toEqual([["id-1", { state: "timed-out" }]]);
    expect(clock.waiting).toBe(0);
  });

  test("that was sent is waited for as long as phones ring", () => {
    const { commands, ends, clock } = commandsStand(true);
    commands.give("id-1", dial);
    commands.takeOutcome("id-1", { state: "sent" });
    clock.pass(600_000);
    expect(ends).toEqual([]);
    clock.pass(120_000);
    expect(ends).toEqual([["id-1", { state: "timed-out" }]]);
    expect(clock.waiting).toBe(0);
  });
});
