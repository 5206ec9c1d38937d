/**
 * Over real sockets: a panel is shown its own employee's calls and the colleagues' states, in numbered steps, and
 * nothing of anybody else; whoever breaks the rules is cut off, whoever is slow catches up.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Call, EmployeeResult } from "../calls/call.ts";
import type { Client } from "../clients/client.ts";
import type { PhoneOutcome } from "../control/command.ts";
import { createLog } from "../lib/log.ts";
import { createMetrics } from "../lib/metrics.ts";
import type { CallWordPort, SaidWord } from "./call-words.ts";
import { type HubLimits, PanelHub } from "./hub.ts";
import type { CommandOrder } from "./ports.ts";
import type { PanelCommand, PanelMessage, PanelRequest } from "./protocol.ts";
import { PanelSessions } from "./sessions.ts";
import { call, card, client, FakeLive, NOW, panelAccount } from "./testing.ts";

const ORIGIN = "https://pbx.example.org";

let stack: AsyncDisposableStack;
let server: Server;
let hub: PanelHub;
let live: FakeLive;
let sessions: PanelSessions;
let metrics: ReturnType<typeof createMetrics>;
let orders: { order: CommandOrder; tell: (outcome: PhoneOutcome) => void }[];
let known: Map<string, readonly Client[]>;
let lookUp: (phone: string) => Promise<readonly Client[]>;
let create: (phone: string) => Promise<Client>;
let lastOf: (account: string, extensions: readonly string[]) => readonly Call[];
let logged: string[];

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  await startHub({});
});
afterEach(() => stack.disposeAsync());

/** Calls of which something may be said, and what was. */
let spoken = new Map<string, Call>();
const said = new Map<string, SaidWord>();
let words: Parameters<CallWordPort["say"]>[] = [];

async function startHub(limits: Partial<HubLimits>): Promise<void> {
  live = new FakeLive();
  metrics = createMetrics();
  orders = [];
  spoken = new Map();
  said.clear();
  words = [];
  logged = [];
  lastOf = () => [];
  known = new Map([["main/79161234567", [client]]]);
  lookUp = async (phone) => known.get(phone) ?? [];
  create = async () => ({ ...client, id: 99 });
  const clock = { now: () => NOW };
  sessions = new PanelSessions(clock);
  hub = new PanelHub({
    accounts: [panelAccount("main"), panelAccount("second")],
    sessions,
    live,
    directory: { findByPhone: (account, phone) => lookUp(`${account}/${phone}`) },
    history: { lastOf: async (account, extensions, most) => lastOf(account, extensions).slice(0, most) },
    commands: { run: (order, tell) => void orders.push({ order, tell }) },
    contacts: { createContact: (_account, phone) => create(phone) },
    chosen: {
      choose: async (account, phone, { kind, id }) => {
        const key = `${account}/${phone}`;
        const isChosen = (one: Client) => one.kind === kind && one.id === id;
        known.set(
          key,
          (known.get(key) ?? []).toSorted((one, other) => Number(isChosen(other)) - Number(isChosen(one))),
        );
      },
    },
    words: {
      find: async (account, callId) => (account === "main" ? spoken.get(callId) : undefined),
      nameOf: async (_, { type, id }) => (type === "leads" && id === 70 ? "Окна, 70 шт." : undefined),
      saidOf: async (_, { id }) => said.get(id) ?? { text: null, entity: null },
      say: async (...said) => void words.push(said),
    },
    publicUrl: `${ORIGIN}/`,
    clock,
    log: createLog({ level: "debug", format: "json" }, { write: (line) => void logged.push(line) }),
    metrics,
    limits,
  });
  stack.use(hub);
  server = createServer();
  server.on("upgrade", (request, socket, head) => hub.upgrade(request, socket, head));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const own = server;
  stack.defer(async () => {
    own.closeAllConnections();
    own.close();
  });
}

const port = () => (server.address() as AddressInfo).port;

/** A panel as a browser would be one: reads messages one by one. */
class Panel {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly #inbox: PanelMessage[] = [];
  #wake = Promise.withResolvers<void>();

  constructor(origin: string | undefined = ORIGIN) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port()}/panel/socket`, origin === undefined ? {} : { origin });
    this.socket.on("message", (text) => {
      this.#inbox.push(JSON.parse(String(text)) as PanelMessage);
      this.#wake.resolve();
    });
    const closed = Promise.withResolvers<number>();
    this.closed = closed.promise;
    this.socket.on("close", closed.resolve);
    stack.defer(() => this.socket.terminate());
  }

  async ask(request: PanelRequest | string): Promise<void> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, "open");
    this.socket.send(typeof request === "string" ? request : JSON.stringify(request));
  }

  /** The next message of this type; what comes before it is passed over. */
  async next<T extends PanelMessage["type"]>(type: T): Promise<Extract<PanelMessage, { type: T }>> {
    for (;;) {
      const message = this.#inbox.shift();
      if (message?.type === type) return message as Extract<PanelMessage, { type: T }>;
      if (message) continue;
      this.#wake = Promise.withResolvers();
      await this.#wake.promise;
    }
  }

  /** Changes from here on, until one of them meets the wish. */
  async until(isWished: (change: Extract<PanelMessage, { type: "change" }>) => boolean) {
    for (;;) {
      const change = await this.next("change");
      if (isWished(change)) return change;
    }
  }
}

async function signIn(userId: number, account = "main") {
  const panel = new Panel();
  await panel.ask({ type: "hello", ticket: sessions.issueTicket({ account, userId }) });
  const welcome = await panel.next("welcome");
  return { panel, welcome, snapshot: await panel.next("snapshot") };
}

describe("signing in", () => {
  test("a ticket opens the panel and shows what goes on", async () => {
    live.change("main", call("c1", [card("c1", "201")]));
    const { welcome, snapshot } = await signIn(1);
    expect(welcome.me).toEqual({
      userId: 1,
      name: "Анна",
      department: "Продажи",
      extension: "201",
      extensions: ["201", "211"],
      mobile: null,
      language: "ru",
      timeZone: "Europe/Moscow",
    });
    expect(welcome.now).toBe(NOW);
    expect(snapshot.cards.map(({ callId }) => callId)).toEqual(["c1"]);
    expect(snapshot.colleagues.map(({ extension }) => extension)).toEqual(["202", "203"]);
    expect(snapshot.lamps.phone.state).toBe("ok");
  });

  test("the session brings a lost panel back", async () => {
    const { panel, welcome } = await signIn(1);
    panel.socket.terminate();
    const again = new Panel();
    await again.ask({ type: "resume", session: welcome.session });
    expect((await again.next("welcome")).session).toBe(welcome.session);
    expect((await again.next("snapshot")).colleagues).toHaveLength(2);
  });

  test.each<[name: string, request: () => PanelRequest, reason: string]>([
    ["a used ticket", () => ({ type: "hello", ticket: usedTicket() }), "bad-ticket"],
    ["a made-up session", () => ({ type: "resume", session: "x".repeat(43) }), "session-ended"],
    [
      "a user who is no employee",
      () => ({ type: "hello", ticket: sessions.issueTicket({ account: "main", userId: 9 }) }),
      "not-an-employee",
    ],
  ])("%s is refused with the reason", async (_, request, reason) => {
    const panel = new Panel();
    await panel.ask(request());
    expect((await panel.next("refused")).reason).toBe(reason);
    const isToldOf = logged.some((line) => line.includes('"user":9') && line.includes("no employee"));
    expect(isToldOf).toBe(reason === "not-an-employee");
    expect(await panel.closed).toBe(1008);
  });

  function usedTicket(): string {
    const ticket = sessions.issueTicket({ account: "main", userId: 1 });
    sessions.takeTicket(ticket);
    return ticket;
  }

  test.each(["https://example.amocrm.ru", "https://pbx.example.org.evil.example", "null", undefined])(
    "a page of origin %s gets no socket",
    async (origin) => {
      const socket = connect(port(), "127.0.0.1");
      stack.defer(() => void socket.destroy());
      socket.write(
        `GET /panel/socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${origin ? `Origin: ${origin}\r\n` : ""}\r\n`,
      );
      expect(String(await once(socket, "data"))).toMatch(/^HTTP\/1.1 403/);
    },
  );

  test("neither ticket nor session gets into the log", async () => {
    const ticket = sessions.issueTicket({ account: "main", userId: 1 });
    const panel = new Panel();
    await panel.ask({ type: "hello", ticket });
    const { session } = await panel.next("welcome");
    expect(logged.join()).toContain("panel signed in");
    expect(logged.join()).not.toContain(ticket);
    expect(logged.join()).not.toContain(session);
  });

  test("a disconnected account's panels are let go and stay out until it is back", async () => {
    const { panel, welcome } = await signIn(1);
    const foreign = await signIn(1, "second");
    hub.setConnected("main", false);
    expect((await panel.next("refused")).reason).toBe("account-disconnected");
    const again = new Panel();
    await again.ask({ type: "resume", session: welcome.session });
    expect((await again.next("refused")).reason).toBe("session-ended");
    hub.setConnected("main", true);
    expect((await signIn(1)).welcome.me.name).toBe("Анна");
    expect(foreign.panel.socket.readyState).toBe(WebSocket.OPEN);
  });

  test("more tabs than a person needs are refused as busy", async () => {
    await stack.disposeAsync();
    stack = new AsyncDisposableStack();
    await startHub({ mostOfOne: 1 });
    await signIn(1);
    const second = new Panel();
    await second.ask({ type: "hello", ticket: sessions.issueTicket({ account: "main", userId: 1 }) });
    expect((await second.next("refused")).reason).toBe("busy");
    expect((await signIn(2)).welcome.me.name).toBe("Борис");
  });
});

describe("who sees what", () => {
  test("a client's call is shown to whom it rings, with the client; others see a state alone", async () => {
    const [anna, boris] = [await signIn(1), await signIn(2)];
    live.change("main", call("c1", [card("c1", "201")]));
    const shown = await anna.panel.until(({ cards }) => cards !== undefined);
    expect(shown.cards?.[0]).toMatchObject({ number: "+7 916 123-45-67", clients: [{ name: "Мария Петрова" }] });
    const seen = await boris.panel.until(() => true);
    expect(seen.cards).toBeUndefined();
    expect(seen.colleagues).toEqual([
      {
        extension: "201",
        name: "Анна",
        department: "Продажи",
        presence: "ringing",
        since: NOW,
        rings: { callId: "c1", caller: "+7 916 123-45-67" },
        queue: null,
      },
    ]);
    // who rings there is known in his own department, which may pick it up; not what the CRM knows of him
    expect(JSON.stringify(seen)).not.toMatch(/Мария/);
  });

  test("another account sees nothing, though its extensions are the same", async () => {
    const [main, second] = [await signIn(1), await signIn(1, "second")];
    live.change("main", call("c1", [card("c1", "201")]));
    await main.panel.until(({ cards }) => cards !== undefined);
    live.change("second", call("c2", [card("c2", "202")]));
    const seen = await second.panel.until(() => true);
    expect(seen.colleagues?.map(({ extension }) => extension)).toEqual(["202"]);
    await second.panel.ask({ type: "get-snapshot" });
    expect((await second.panel.next("snapshot")).cards).toEqual([]);
  });

  test("a call that moves on leaves the first panel and comes to the second", async () => {
    const [anna, boris] = [await signIn(1), await signIn(2)];
    live.change("main", call("c1", [card("c1", "201")]));
    await anna.panel.until(({ cards }) => cards?.length === 1);
    live.change("main", call("c1", [card("c1", "202")]));
    await anna.panel.until(({ cards }) => cards?.length === 0);
    await boris.panel.until(({ cards }) => cards?.length === 1);
    live.change("main", call("c1", [], { endedAt: NOW + 1 }));
    await boris.panel.until(({ cards }) => cards?.length === 0);
  });

  test("a call that the employee did not answer is told as missed when it leaves his panel", async () => {
    const { panel } = await signIn(1);
    live.change("main", call("c1", [card("c1", "201")]));
    await panel.until(({ cards }) => cards?.length === 1);
    const employees = [{ extension: "201", result: "missed", ringSeconds: 9, talkSeconds: 0 }] as const;
    live.change("main", call("c1", [], { endedAt: NOW + 9_000, employees }));
    const { ended } = await panel.until(({ cards }) => cards?.length === 0);
    expect(ended).toEqual([{ callId: "c1", legId: "c1-201", how: "missed", by: null }]);
  });

  test("all devices and all tabs of a person are one", async () => {
    const [one, two] = [await signIn(1), await signIn(1)];
    live.change("main", call("c1", [card("c1", "211")]));
    for (const { panel } of [one, two]) {
      expect((await panel.until(({ cards }) => cards?.length === 1)).cards?.[0]?.legId).toBe("c1-211");
    }
  });

  test("lamps and devices are told when they change, and only then", async () => {
    const { panel } = await signIn(1);
    live.listeners.tell({ kind: "lamps", account: "main" });
    live.devices.set("201", { state: "offline", since: NOW });
    live.devices.set("211", { state: "offline", since: NOW });
    live.listeners.tell({ kind: "devices", account: "main" });
    const change = await panel.until(() => true);
    expect(change.seq).toBe(2);
    expect(change.lamps?.phone).toEqual({ state: "down", since: NOW, reason: "offline" });
    expect(change.colleagues).toBeUndefined();
  });
});

describe("the own last calls", () => {
  const share = (extension: string, result: EmployeeResult, talkSeconds = 0) => ({
    extension,
    result,
    ringSeconds: 5,
    talkSeconds,
  });
  const over = (id: string, more: Partial<Call>) => call(id, [], { endedAt: NOW, ...more });

  test("are told with names and with what became of them for him", async () => {
    const asked: unknown[] = [];
    lastOf = (account, extensions) => {
      asked.push([account, extensions]);
      return [
        over("c1", { employees: [share("202", "answered", 60), share("201", "missed")] }),
        over("c2", {
          direction: "internal",
          client: null,
          employees: [share("211", "answered", 12), share("202", "answered")],
        }),
        over("c3", { client: "anonymous", employees: [share("201", "rejected")] }),
      ];
    };
    const { panel } = await signIn(1);
    await panel.ask({ type: "get-recent" });
    const { calls } = await panel.next("recent");
    expect(asked).toEqual([["main", ["201", "211"]]]);
    expect(calls).toMatchObject([
      {
        callId: "c1",
        outgoing: false,
        name: "Мария Петрова",
        number: "+7 916 123-45-67",
        path: "/contacts/detail/77",
        result: "missed",
      },
      { callId: "c2", outgoing: true, name: "Борис", number: "202", path: null, result: "answered", talkSeconds: 12 },
      { callId: "c3", name: null, number: null, result: "rejected" },
    ]);
  });

  test("do not hold what is still on his card, or is a part of another call", async () => {
    lastOf = () => [
      call("live", [card("live", "201")], { employees: [share("201", "missed")] }),
      call("gone-on", [card("gone-on", "202")], { employees: [share("201", "missed")] }),
      over("merged", { mergedInto: "other", employees: [share("201", "answered")] }),
    ];
    const { panel } = await signIn(1);
    await panel.ask({ type: "get-recent" });
    expect((await panel.next("recent")).calls.map(({ callId }) => callId)).toEqual(["gone-on"]);
  });

  test("that cannot be read leave the panel as it is", async () => {
    lastOf = () => {
      throw new Error("the store is away");
    };
    const { panel } = await signIn(1);
    await panel.ask({ type: "get-recent" });
    await panel.ask({ type: "get-snapshot" });
    await panel.next("snapshot");
    expect(logged.some((line) => line.includes("recent calls not read"))).toBe(true);
  });
});

describe("steps", () => {
  test("every message that changes the view has the next number", async () => {
    const { panel, snapshot } = await signIn(1);
    const seqs = [snapshot.seq];
    for (const id of ["c1", "c2", "c3"]) {
      live.change("main", call(id, [card(id, "201")]));
      seqs.push((await panel.until(({ cards }) => cards !== undefined)).seq);
    }
    await panel.ask({ type: "get-snapshot" });
    const again = await panel.next("snapshot");
    expect(seqs[0]).toBe(1);
    expect(again.cards).toHaveLength(3);
    expect(again.seq).toBeGreaterThan(seqs.at(-1) ?? 0);
    live.change("main", call("c4", [card("c4", "201")]));
    expect((await panel.next("change")).seq).toBe(again.seq + 1);
  });

  test("many changes of colleagues at once are one message", async () => {
    const { panel } = await signIn(1);
    live.change("main", call("c1", [card("c1", "202")]));
    live.change("main", call("c1", [card("c1", "202", { state: "talking" })]));
    live.change("main", call("c2", [card("c2", "203")]));
    const change = await panel.next("change");
    expect(change.colleagues?.map(({ extension, presence }) => [extension, presence])).toEqual([
      ["202", "talking"],
      ["203", "ringing"],
    ]);
    await panel.ask({ type: "get-snapshot" });
    expect((await panel.next("snapshot")).seq).toBe(change.seq + 1);
  });

  test("a card waits for its client's name only so long, and is corrected", async () => {
    const { panel } = await signIn(1);
    const answer = Promise.withResolvers<readonly Client[]>();
    lookUp = () => answer.promise;
    live.change("main", call("c1", [card("c1", "201")]));
    expect((await panel.until(({ cards }) => cards !== undefined)).cards?.[0]?.clients).toEqual([]);
    answer.resolve([client]);
    expect((await panel.until(({ cards }) => cards !== undefined)).cards?.[0]?.clients).toHaveLength(1);
  });

  test("a store that fails costs the name, not the card", async () => {
    const { panel } = await signIn(1);
    lookUp = () => Promise.reject(new Error("disk"));
    live.change("main", call("c1", [card("c1", "201")]));
    expect((await panel.until(({ cards }) => cards !== undefined)).cards).toHaveLength(1);
    expect(logged.join()).toContain("client not looked up");
  });

  test("a changed client is shown anew", async () => {
    const { panel } = await signIn(1);
    live.change("main", call("c1", [card("c1", "201")]));
    await panel.until(({ cards }) => cards !== undefined);
    known.set("main/79161234567", [{ ...client, name: "Мария Иванова" }]);
    hub.clientsChanged("main");
    const { cards } = await panel.until((change) => change.cards !== undefined);
    expect(cards?.[0]?.clients[0]?.name).toBe("Мария Иванова");
  });

  test("a panel that reads slowly is spared the steps and given the result", async () => {
    await stack.disposeAsync();
    stack = new AsyncDisposableStack();
    await startHub({ slowBytes: 20_000 });
    const { panel } = await signIn(1);
    panel.socket.pause();
    let calls = 0;
    while ((await metrics.panelSlowed.get()).values[0]?.value !== 1) {
      calls++;
      live.change("main", call(`c${calls}`, [card(`c${calls}`, "201")]));
    }
    live.change("main", call("last", [card("last", "201")]));
    panel.socket.resume();
    const snapshot = await panel.next("snapshot");
    expect(snapshot.cards).toHaveLength(calls + 1);
    live.change("main", call("more", [card("more", "201")]));
    const change = await panel.until(({ cards }) => cards !== undefined);
    expect(change.seq).toBeGreaterThan(snapshot.seq);
    expect(change.cards).toHaveLength(calls + 2);
  });
});

describe("commands", () => {
  const dial = { kind: "dial", number: "+79161234567" } as const;

  test("a command is handed on with who asks, and its outcomes go back under its id", async () => {
    const { panel } = await signIn(1);
    await panel.ask({ type: "command", id: "k1", command: dial });
    await expect.poll(() => orders.length).toBe(1);
    expect(orders[0]?.order).toMatchObject({ account: "main", id: "k1", command: dial, employee: { name: "Анна" } });
    orders[0]?.tell({ state: "sent" });
    orders[0]?.tell({ state: "refused", reason: "client-busy" });
    expect(await panel.next("outcome")).toMatchObject({ id: "k1", outcome: { state: "sent" } });
    expect(await panel.next("outcome")).toMatchObject({ outcome: { state: "refused", reason: "client-busy" } });
  });

  test("what somebody says of his own call, living or ended, is kept; of others' nothing", async () => {
    const { panel } = await signIn(1);
    const say = async (command: PanelCommand, by = panel) => {
      await by.ask({ type: "command", id: "k3", command });
      return (await by.next("outcome")).outcome;
    };
    const ended = { ...call("c1", []), endedAt: NOW, employees: [{ extension: "201", result: "answered" } as const] };
    spoken.set("c1", ended as unknown as Call); // the rest is not looked at
    spoken.set("c2", call("c2", [card("c2", "202")]));
    expect(await say({ kind: "note-call", callId: "c1", text: "Просил счёт" })).toEqual({ state: "done" });
    expect(await say({ kind: "move-call", callId: "c1", path: "/leads/detail/70" })).toEqual({ state: "done" });
    for (const path of ["/leads/detail/71", "/contacts/detail/70", "/leads/detail/70/../1", "https://x.example/"]) {
      expect(await say({ kind: "move-call", callId: "c1", path })).toMatchObject({ reason: "no-such-client" });
    }
    for (const callId of ["c2", "c3"]) {
      expect(await say({ kind: "note-call", callId, text: "?" })).toMatchObject({ reason: "no-such-call" });
    }
    expect(words).toEqual([
      ["main", "c1", { text: "Просил счёт", entity: null }, "Анна"],
      ["main", "c1", { text: null, entity: { type: "leads", id: 70 } }, "Анна"],
    ]);
  });

  test("who may say something of a call is told what was said, and on which cards it may be put", async () => {
    const { panel } = await signIn(1);
    spoken.set("c1", call("c1", [card("c1", "201")]));
    spoken.set("c2", call("c2", [card("c2", "202")]));
    const read = async (callId: string, open: string | null = null) => {
      await panel.ask({ type: "get-call-note", callId, open });
      return (await panel.next("call-note")).note;
    };
    const own = [
      { kind: "lead", path: "/leads/detail/5", name: "Окна, 12 шт." },
      { kind: "contact", path: "/contacts/detail/77", name: "Мария Петрова" },
    ];
    expect(await read("c1")).toEqual({ text: "", path: null, places: own });
    expect((await read("c1", "/leads/detail/71"))?.places).toEqual(own); // closed, or of another CRM
    expect((await read("c1", "//elsewhere"))?.places).toEqual(own);
    said.set("c1", { text: "Просил счёт", entity: { type: "contacts", id: 77 } });
    expect(await read("c1", "/leads/detail/70")).toEqual({
      text: "Просил счёт",
      path: "/contacts/detail/77",
      places: [...own, { kind: "lead", path: "/leads/detail/70", name: "Окна, 70 шт." }],
    });
    expect([await read("c2"), await read("c3")]).toEqual([null, null]);
  });

  const openClient = async (panel: Panel, callId: string) => {
    await panel.ask({ type: "command", id: "k1", command: { kind: "open-client", callId } });
    return (await panel.next("outcome")).outcome;
  };

  test("a click opens the card of a client who is known", async () => {
    live.change("main", call("c1", [card("c1", "201")]));
    const { panel } = await signIn(1);
    expect(await openClient(panel, "c1")).toEqual({ state: "done" });
    expect((await panel.next("open")).path).toBe("/contacts/detail/77");
  });

  test("a click makes a contact of an unknown caller, one for two clicks, and shows it everywhere", async () => {
    known.clear();
    const made: string[] = [];
    const saved = Promise.withResolvers<void>();
    create = async (phone) => {
      made.push(phone);
      await saved.promise;
      known.set("main/79161234567", [{ ...client, id: 99 }]);
      return { ...client, id: 99 };
    };
    live.change("main", call("c1", [card("c1", "201"), card("c1", "202")]));
    const [anna, boris] = [await signIn(1), await signIn(2)];
    const opened = Promise.all([openClient(anna.panel, "c1"), openClient(boris.panel, "c1")]);
    await expect.poll(() => made).toEqual(["+79161234567"]);
    saved.resolve();
    expect(await opened).toEqual([{ state: "done" }, { state: "done" }]);
    expect(made).toHaveLength(1);
    expect((await anna.panel.next("open")).path).toBe("/contacts/detail/99");
    const { cards } = await boris.panel.until((change) => change.cards !== undefined);
    expect(cards?.[0]?.clients[0]?.path).toBe("/contacts/detail/99");
  });

  test.each<[name: string, own: Parameters<typeof card>, reason: string]>([
    ["a colleague's call", ["c1", "202"], "no-such-call"],
    ["a hidden number", ["c1", "201", { peer: null }], "invalid-number"],
    ["a talk among colleagues", ["c1", "201", { peer: "202", direction: "internal" }], "invalid-number"],
  ])("%s opens nobody's card", async (_, own, reason) => {
    live.change("main", call("c1", [card(...own)]));
    const { panel } = await signIn(1);
    expect(await openClient(panel, "c1")).toEqual({ state: "refused", reason });
  });

  test("of several clients with one number the chosen one stands first, for everybody", async () => {
    known.set("main/79161234567", [client, { ...client, kind: "company", id: 88 }]);
    live.change("main", call("c1", [card("c1", "201"), card("c1", "202")]));
    const [anna, boris] = [await signIn(1), await signIn(2)];
    const choose = async (path: string) => {
      await anna.panel.ask({ type: "command", id: "k2", command: { kind: "choose-client", callId: "c1", path } });
      return (await anna.panel.next("outcome")).outcome;
    };
    expect(await choose("/contacts/detail/1")).toEqual({ state: "refused", reason: "no-such-client" });
    expect(await choose("/companies/detail/88")).toEqual({ state: "done" });
    const { cards } = await boris.panel.until((change) => change.cards !== undefined);
    expect(cards?.[0]?.clients.map(({ path }) => path)).toEqual(["/companies/detail/88", "/contacts/detail/77"]);
  });

  test("a CRM that is away is told as such, and the panel stays", async () => {
    known.clear();
    create = () => Promise.reject(new Error("502"));
    live.change("main", call("c1", [card("c1", "201")]));
    const { panel } = await signIn(1);
    expect(await openClient(panel, "c1")).toEqual({ state: "refused", reason: "crm-unavailable" });
    expect(panel.socket.readyState).toBe(WebSocket.OPEN);
  });
});

describe("whoever breaks the rules is cut off, and nobody else notices", () => {
  test.each<[name: string, request: string, code: number]>([
    ["no JSON", "{", 1008],
    ["no request", '{"type":"shutdown"}', 1008],
    [
      "a number too long",
      JSON.stringify({ type: "command", id: "1", command: { kind: "dial", number: "1".repeat(65) } }),
      1008,
    ],
    ["a second hello", '{"type":"hello","ticket":"x"}', 1008],
    ["a message too long", JSON.stringify({ type: "hello", ticket: "x".repeat(5_000) }), 1009],
  ])("%s", async (_, request, code) => {
    const [bad, good] = [await signIn(1), await signIn(2)];
    await bad.panel.ask(request);
    expect(await bad.panel.closed).toBe(code);
    await good.panel.ask({ type: "get-snapshot" });
    expect((await good.panel.next("snapshot")).seq).toBeGreaterThan(1);
    expect(orders).toEqual([]);
  });

  test("bytes instead of text", async () => {
    const { panel } = await signIn(1);
    panel.socket.send(Buffer.from('{"type":"get-snapshot"}'));
    expect(await panel.closed).toBe(1008);
  });

  test("a command before signing in", async () => {
    const panel = new Panel();
    await panel.ask({ type: "command", id: "1", command: { kind: "dial", number: "1" } });
    expect(await panel.closed).toBe(1008);
    expect(orders).toEqual([]);
  });

  test("a flood", async () => {
    const { panel } = await signIn(1);
    for (let count = 0; count < 31; count++) await panel.ask({ type: "get-snapshot" });
    expect(await panel.closed).toBe(1008);
  });

  test("silence instead of a hello, and a peer that is gone", async () => {
    await stack.disposeAsync();
    stack = new AsyncDisposableStack();
    await startHub({ helloMs: 20, probeMs: 20 });
    expect(await new Panel().closed).toBe(1008);
    const gone = new WebSocket(`ws://127.0.0.1:${port()}/panel/socket`, { origin: ORIGIN, autoPong: false });
    stack.defer(() => gone.terminate());
    await once(gone, "open");
    gone.send(JSON.stringify({ type: "hello", ticket: sessions.issueTicket({ account: "main", userId: 1 }) }));
    const [code] = await once(gone, "close");
    expect(code).toBe(1006);
    await expect.poll(async () => (await metrics.panels.get()).values[0]?.value).toBe(0);
  });
});

test("at the end panels are told to come back later, and nobody new is taken in", async () => {
  const { panel } = await signIn(1);
  hub.closeAll();
  expect(await panel.closed).toBe(1001);
  const late = new Panel();
  const [error] = await once(late.socket, "error");
  expect(String(error)).toContain("503");
});
