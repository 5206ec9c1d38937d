/** Over real sockets: what a panel asks for reaches who does it, and what became of it comes back. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Call } from "../calls/call.ts";
import { call, card, client, NOW } from "./company.testing.ts";
import { HubStage, type Panel } from "./hub.testing.ts";
import type { PanelCommand } from "./protocol.ts";

let stage: HubStage;

beforeEach(async () => {
  stage = await HubStage.open();
});
afterEach(() => stage[Symbol.asyncDispose]());

describe("commands", () => {
  const dial = { kind: "dial", number: "+79161234567" } as const;

  test("a command is handed on with who asks, and its outcomes go back under its id", async () => {
    const { panel } = await stage.signIn(1);
    await panel.ask({ type: "command", id: "k1", command: dial });
    await expect.poll(() => stage.orders.length).toBe(1);
    expect(stage.orders[0]?.order).toMatchObject({
      account: "main",
      id: "k1",
      command: dial,
      employee: { name: "Анна" },
    });
    stage.orders[0]?.tell({ state: "sent" });
    stage.orders[0]?.tell({ state: "refused", reason: "client-busy" });
    expect(await panel.next("outcome")).toMatchObject({ id: "k1", outcome: { state: "sent" } });
    expect(await panel.next("outcome")).toMatchObject({ outcome: { state: "refused", reason: "client-busy" } });
  });

  test("what somebody says of his own call, living or ended, is kept; of others' nothing", async () => {
    const { panel } = await stage.signIn(1);
    const say = async (command: PanelCommand, by = panel) => {
      await by.ask({ type: "command", id: "k3", command });
      return (await by.next("outcome")).outcome;
    };
    const ended = { ...call("c1", []), endedAt: NOW, employees: [{ extension: "201", result: "answered" } as const] };
    stage.spoken.set("c1", ended as unknown as Call); // the rest is not looked at
    stage.spoken.set("c2", call("c2", [card("c2", "202")]));
    expect(await say({ kind: "note-call", callId: "c1", text: "Просил счёт" })).toEqual({ state: "done" });
    expect(await say({ kind: "move-call", callId: "c1", path: "/leads/detail/70" })).toEqual({ state: "done" });
    for (const path of ["/leads/detail/71", "/contacts/detail/70", "/leads/detail/70/../1", "https://x.example/"]) {
      expect(await say({ kind: "move-call", callId: "c1", path })).toMatchObject({ reason: "no-such-client" });
    }
    for (const callId of ["c2", "c3"]) {
      expect(await say({ kind: "note-call", callId, text: "?" })).toMatchObject({ reason: "no-such-call" });
    }
    expect(stage.words).toEqual([
      ["main", "c1", { text: "Просил счёт", entity: null }, "Анна"],
      ["main", "c1", { text: null, entity: { type: "leads", id: 70 } }, "Анна"],
    ]);
  });

  test("who may say something of a call is told what was said, and on which cards it may be put", async () => {
    const { panel } = await stage.signIn(1);
    stage.spoken.set("c1", call("c1", [card("c1", "201")]));
    stage.spoken.set("c2", call("c2", [card("c2", "202")]));
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
    stage.said.set("c1", { text: "Просил счёт", entity: { type: "contacts", id: 77 } });
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
    stage.live.change("main", call("c1", [card("c1", "201")]));
    const { panel } = await stage.signIn(1);
    expect(await openClient(panel, "c1")).toEqual({ state: "done" });
    expect((await panel.next("open")).path).toBe("/contacts/detail/77");
  });

  test("a click makes a contact of an unknown caller, one for two clicks, and shows it everywhere", async () => {
    stage.known.clear();
    const made: string[] = [];
    const saved = Promise.withResolvers<void>();
    stage.create = async (phone) => {
      made.push(phone);
      await saved.promise;
      stage.known.set("main/79161234567", [{ ...client, id: 99 }]);
      return { ...client, id: 99 };
    };
    stage.live.change("main", call("c1", [card("c1", "201"), card("c1", "202")]));
    const [anna, boris] = [await stage.signIn(1), await stage.signIn(2)];
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
    stage.live.change("main", call("c1", [card(...own)]));
    const { panel } = await stage.signIn(1);
    expect(await openClient(panel, "c1")).toEqual({ state: "refused", reason });
  });

  test("of several clients with one number the chosen one stands first, for everybody", async () => {
    stage.known.set("main/79161234567", [client, { ...client, kind: "company", id: 88 }]);
    stage.live.change("main", call("c1", [card("c1", "201"), card("c1", "202")]));
    const [anna, boris] = [await stage.signIn(1), await stage.signIn(2)];
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
    stage.known.clear();
    stage.create = () => Promise.reject(new Error("502"));
    stage.live.change("main", call("c1", [card("c1", "201")]));
    const { panel } = await stage.signIn(1);
    expect(await openClient(panel, "c1")).toEqual({ state: "refused", reason: "crm-unavailable" });
    expect(panel.socket.readyState).toBe(WebSocket.OPEN);
  });
});
