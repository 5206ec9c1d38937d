/**
 * Over real sockets: who is let in, and that a panel is shown its own employee's calls and the colleagues' states, in
 * numbered steps, and nothing of anybody else.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Client } from "../clients/client.ts";
import { call, card, client, NOW } from "./company.testing.ts";
import { HubStage } from "./hub.testing.ts";
import type { PanelRequest } from "./protocol.ts";

let stage: HubStage;

beforeEach(async () => {
  stage = await HubStage.open();
});
afterEach(() => stage[Symbol.asyncDispose]());

describe("signing in", () => {
  test("a ticket opens the panel and shows what goes on", async () => {
    stage.live.change("main", call("c1", [card("c1", "201")]));
    const { welcome, snapshot } = await stage.signIn(1);
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
    const { panel, welcome } = await stage.signIn(1);
    panel.socket.terminate();
    const again = stage.panel();
    await again.ask({ type: "resume", session: welcome.session });
    expect((await again.next("welcome")).session).toBe(welcome.session);
    expect((await again.next("snapshot")).colleagues).toHaveLength(2);
  });

  test.each<[name: string, request: () => PanelRequest, reason: string]>([
    ["a used ticket", () => ({ type: "hello", ticket: usedTicket() }), "bad-ticket"],
    ["a made-up session", () => ({ type: "resume", session: "x".repeat(43) }), "session-ended"],
    [
      "a user who is no employee",
      () => ({ type: "hello", ticket: stage.sessions.issueTicket({ account: "main", userId: 9 }) }),
      "not-an-employee",
    ],
  ])("%s is refused with the reason", async (_, request, reason) => {
    const panel = stage.panel();
    await panel.ask(request());
    expect((await panel.next("refused")).reason).toBe(reason);
    const isToldOf = stage.logged.some((line) => line.includes('"user":9') && line.includes("no employee"));
    expect(isToldOf).toBe(reason === "not-an-employee");
    expect(await panel.closed).toBe(1008);
  });

  function usedTicket(): string {
    const ticket = stage.sessions.issueTicket({ account: "main", userId: 1 });
    stage.sessions.takeTicket(ticket);
    return ticket;
  }

  test.each(["https://example.amocrm.ru", "https://pbx.example.org.evil.example", "null", undefined])(
    "a page of origin %s gets no socket",
    async (origin) => {
      const socket = connect(stage.port, "127.0.0.1");
      stage.defer(() => void socket.destroy());
      socket.write(
        `GET /panel/socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${origin ? `Origin: ${origin}\r\n` : ""}\r\n`,
      );
      expect(String(await once(socket, "data"))).toMatch(/^HTTP\/1.1 403/);
    },
  );

  test("neither ticket nor session gets into the log", async () => {
    const ticket = stage.sessions.issueTicket({ account: "main", userId: 1 });
    const panel = stage.panel();
    await panel.ask({ type: "hello", ticket });
    const { session } = await panel.next("welcome");
    expect(stage.logged.join()).toContain("panel signed in");
    expect(stage.logged.join()).not.toContain(ticket);
    expect(stage.logged.join()).not.toContain(session);
  });

  test("a disconnected account's panels are let go and stay out until it is back", async () => {
    const { panel, welcome } = await stage.signIn(1);
    const foreign = await stage.signIn(1, "second");
    stage.hub.setConnected("main", false);
    expect((await panel.next("refused")).reason).toBe("account-disconnected");
    const again = stage.panel();
    await again.ask({ type: "resume", session: welcome.session });
    expect((await again.next("refused")).reason).toBe("session-ended");
    stage.hub.setConnected("main", true);
    expect((await stage.signIn(1)).welcome.me.name).toBe("Анна");
    expect(foreign.panel.socket.readyState).toBe(WebSocket.OPEN);
  });

  test("more tabs than a person needs are refused as busy", async () => {
    await using narrow = await HubStage.open({ mostOfOne: 1 });
    await narrow.signIn(1);
    const second = narrow.panel();
    await second.ask({ type: "hello", ticket: narrow.sessions.issueTicket({ account: "main", userId: 1 }) });
    expect((await second.next("refused")).reason).toBe("busy");
    expect((await narrow.signIn(2)).welcome.me.name).toBe("Борис");
  });
});

describe("who sees what", () => {
  test("a client's call is shown to whom it rings, with the client; others see a state alone", async () => {
    const [anna, boris] = [await stage.signIn(1), await stage.signIn(2)];
    stage.live.change("main", call("c1", [card("c1", "201")]));
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
    const [main, second] = [await stage.signIn(1), await stage.signIn(1, "second")];
    stage.live.change("main", call("c1", [card("c1", "201")]));
    await main.panel.until(({ cards }) => cards !== undefined);
    stage.live.change("second", call("c2", [card("c2", "202")]));
    const seen = await second.panel.until(() => true);
    expect(seen.colleagues?.map(({ extension }) => extension)).toEqual(["202"]);
    await second.panel.ask({ type: "get-snapshot" });
    expect((await second.panel.next("snapshot")).cards).toEqual([]);
  });

  test("a call that moves on leaves the first panel and comes to the second", async () => {
    const [anna, boris] = [await stage.signIn(1), await stage.signIn(2)];
    stage.live.change("main", call("c1", [card("c1", "201")]));
    await anna.panel.until(({ cards }) => cards?.length === 1);
    stage.live.change("main", call("c1", [card("c1", "202")]));
    await anna.panel.until(({ cards }) => cards?.length === 0);
    await boris.panel.until(({ cards }) => cards?.length === 1);
    stage.live.change("main", call("c1", [], { endedAt: NOW + 1 }));
    await boris.panel.until(({ cards }) => cards?.length === 0);
  });

  test("a call that the employee did not answer is told as missed when it leaves his panel", async () => {
    const { panel } = await stage.signIn(1);
    stage.live.change("main", call("c1", [card("c1", "201")]));
    await panel.until(({ cards }) => cards?.length === 1);
    const employees = [{ extension: "201", result: "missed", ringSeconds: 9, talkSeconds: 0 }] as const;
    stage.live.change("main", call("c1", [], { endedAt: NOW + 9_000, employees }));
    const { ended } = await panel.until(({ cards }) => cards?.length === 0);
    expect(ended).toEqual([{ callId: "c1", legId: "c1-201", how: "missed", by: null }]);
  });

  test("all devices and all tabs of a person are one", async () => {
    const [one, two] = [await stage.signIn(1), await stage.signIn(1)];
    stage.live.change("main", call("c1", [card("c1", "211")]));
    for (const { panel } of [one, two]) {
      expect((await panel.until(({ cards }) => cards?.length === 1)).cards?.[0]?.legId).toBe("c1-211");
    }
  });

  test("lamps and devices are told when they change, and only then", async () => {
    const { panel } = await stage.signIn(1);
    stage.live.listeners.tell({ kind: "lamps", account: "main" });
    stage.live.devices.set("201", { state: "offline", since: NOW });
    stage.live.devices.set("211", { state: "offline", since: NOW });
    stage.live.listeners.tell({ kind: "devices", account: "main" });
    const change = await panel.until(() => true);
    expect(change.seq).toBe(2);
    expect(change.lamps?.phone).toEqual({ state: "down", since: NOW, reason: "offline" });
    expect(change.colleagues).toBeUndefined();
  });
});

describe("steps", () => {
  test("every message that changes the view has the next number", async () => {
    const { panel, snapshot } = await stage.signIn(1);
    const seqs = [snapshot.seq];
    for (const id of ["c1", "c2", "c3"]) {
      stage.live.change("main", call(id, [card(id, "201")]));
      seqs.push((await panel.until(({ cards }) => cards !== undefined)).seq);
    }
    await panel.ask({ type: "get-snapshot" });
    const again = await panel.next("snapshot");
    expect(seqs[0]).toBe(1);
    expect(again.cards).toHaveLength(3);
    expect(again.seq).toBeGreaterThan(seqs.at(-1) ?? 0);
    stage.live.change("main", call("c4", [card("c4", "201")]));
    expect((await panel.next("change")).seq).toBe(again.seq + 1);
  });

  test("many changes of colleagues at once are one message", async () => {
    const { panel } = await stage.signIn(1);
    stage.live.change("main", call("c1", [card("c1", "202")]));
    stage.live.change("main", call("c1", [card("c1", "202", { state: "talking" })]));
    stage.live.change("main", call("c2", [card("c2", "203")]));
    const change = await panel.next("change");
    expect(change.colleagues?.map(({ extension, presence }) => [extension, presence])).toEqual([
      ["202", "talking"],
      ["203", "ringing"],
    ]);
    await panel.ask({ type: "get-snapshot" });
    expect((await panel.next("snapshot")).seq).toBe(change.seq + 1);
  });

  test("many panels are told of colleagues in portions, and what changes meanwhile is told to all of them after", async () => {
    await using crowd = await HubStage.open({ mostOfOne: 40 });
    const panels = await Promise.all(
      Array.from({ length: 80 }, async (_, n) => (await crowd.signIn(1 + (n % 2))).panel),
    );
    crowd.live.change("main", call("c1", [card("c1", "203")]));
    const first = await Promise.race(panels.map((panel) => panel.next("change")));
    expect(first.colleagues).toMatchObject([{ extension: "203", presence: "ringing" }]);
    crowd.live.change("main", call("c1", [card("c1", "203", { state: "talking" })]));
    const last = async (panel: (typeof panels)[number]) => {
      for (;;) {
        const [row] = (await panel.next("change")).colleagues ?? [];
        if (row?.presence === "talking") return row.extension;
      }
    };
    expect(await Promise.all(panels.map(last))).toEqual(panels.map(() => "203"));
  });

  test("what fails while colleagues are told is in the log, and the next change is told", async () => {
    const { panel } = await stage.signIn(1);
    const { live } = stage;
    const seats = live.queueSeats.bind(live);
    live.queueSeats = () => {
      throw new Error("no seats");
    };
    live.change("main", call("c1", [card("c1", "202")]));
    await expect.poll(() => stage.logged.join()).toContain("colleagues' states not told");
    live.queueSeats = seats;
    live.change("main", call("c1", [card("c1", "202", { state: "talking" })]));
    expect((await panel.next("change")).colleagues).toMatchObject([{ extension: "202", presence: "talking" }]);
  });

  test("a card waits for its client's name only so long, and is corrected", async () => {
    const { panel } = await stage.signIn(1);
    const answer = Promise.withResolvers<readonly Client[]>();
    stage.lookUp = () => answer.promise;
    stage.live.change("main", call("c1", [card("c1", "201")]));
    expect((await panel.until(({ cards }) => cards !== undefined)).cards?.[0]?.clients).toEqual([]);
    answer.resolve([client]);
    expect((await panel.until(({ cards }) => cards !== undefined)).cards?.[0]?.clients).toHaveLength(1);
  });

  test("a store that fails costs the name, not the card", async () => {
    const { panel } = await stage.signIn(1);
    stage.lookUp = () => Promise.reject(new Error("disk"));
    stage.live.change("main", call("c1", [card("c1", "201")]));
    expect((await panel.until(({ cards }) => cards !== undefined)).cards).toHaveLength(1);
    expect(stage.logged.join()).toContain("client not looked up");
  });

  test("a changed client is shown anew", async () => {
    const { panel } = await stage.signIn(1);
    stage.live.change("main", call("c1", [card("c1", "201")]));
    await panel.until(({ cards }) => cards !== undefined);
    stage.known.set("main/79161234567", [{ ...client, name: "Мария Иванова" }]);
    stage.hub.clientsChanged("main");
    const { cards } = await panel.until((change) => change.cards !== undefined);
    expect(cards?.[0]?.clients[0]?.name).toBe("Мария Иванова");
  });

  test("a panel that reads slowly is spared the steps and given the result", async () => {
    await using stage = await HubStage.open({ slowBytes: 20_000 });
    const { panel } = await stage.signIn(1);
    panel.socket.pause();
    let calls = 0;
    while ((await stage.metrics.panelSlowed.get()).values[0]?.value !== 1) {
      calls++;
      stage.live.change("main", call(`c${calls}`, [card(`c${calls}`, "201")]));
    }
    stage.live.change("main", call("last", [card("last", "201")]));
    panel.socket.resume();
    const snapshot = await panel.next("snapshot");
    expect(snapshot.cards).toHaveLength(calls + 1);
    stage.live.change("main", call("more", [card("more", "201")]));
    const change = await panel.until(({ cards }) => cards !== undefined);
    expect(change.seq).toBeGreaterThan(snapshot.seq);
    expect(change.cards).toHaveLength(calls + 2);
  });
});

test("at the end panels are told to come back later, and nobody new is taken in", async () => {
  const { panel } = await stage.signIn(1);
  stage.hub.closeAll();
  expect(await panel.closed).toBe(1001);
  const late = stage.panel();
  const [error] = await once(late.socket, "error");
  expect(String(error)).toContain("503");
});
