/** Over real sockets: what a broken or hostile peer comes to. */
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { HubStage, ORIGIN } from "./hub.testing.ts";

let stage: HubStage;

beforeEach(async () => {
  stage = await HubStage.open();
});
afterEach(() => stage[Symbol.asyncDispose]());

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
    const [bad, good] = [await stage.signIn(1), await stage.signIn(2)];
    await bad.panel.ask(request);
    expect(await bad.panel.closed).toBe(code);
    await good.panel.ask({ type: "get-snapshot" });
    expect((await good.panel.next("snapshot")).seq).toBeGreaterThan(1);
    expect(stage.orders).toEqual([]);
  });

  test("bytes instead of text", async () => {
    const { panel } = await stage.signIn(1);
    panel.socket.send(Buffer.from('{"type":"get-snapshot"}'));
    expect(await panel.closed).toBe(1008);
  });

  test("a command before signing in", async () => {
    const panel = stage.panel();
    await panel.ask({ type: "command", id: "1", command: { kind: "dial", number: "1" } });
    expect(await panel.closed).toBe(1008);
    expect(stage.orders).toEqual([]);
  });

  test("a flood", async () => {
    const { panel } = await stage.signIn(1);
    for (let count = 0; count < 31; count++) await panel.ask({ type: "get-snapshot" });
    expect(await panel.closed).toBe(1008);
  });

  test("silence instead of a hello, and a peer that is gone", async () => {
    await using stage = await HubStage.open({ helloMs: 20, probeMs: 20 });
    expect(await stage.panel().closed).toBe(1008);
    const gone = new WebSocket(stage.url, { origin: ORIGIN, autoPong: false });
    stage.defer(() => gone.terminate());
    await once(gone, "open");
    gone.send(JSON.stringify({ type: "hello", ticket: stage.sessions.issueTicket({ account: "main", userId: 1 }) }));
    const [code] = await once(gone, "close");
    expect(code).toBe(1006);
    await expect.poll(async () => (await stage.metrics.panels.get()).values[0]?.value).toBe(0);
  });
});
