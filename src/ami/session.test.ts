import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../lib/clock.ts";
import type { AmiPacket } from "./packet.ts";
import { AmiSession, type AmiSessionOptions, type AmiState } from "./session.ts";
import { TEST_CERTIFICATE, TEST_FINGERPRINT, TEST_KEY } from "./testing/certificate.ts";
import { RawManager } from "./testing/raw-manager.ts";

const SECRET = "s3cret-of-the-pbx";

let manager: RawManager;
let sessions: AmiSession[] = [];

beforeEach(async () => {
  manager = await RawManager.listen();
});

afterEach(async () => {
  for (const session of sessions) await session[Symbol.asyncDispose]();
  sessions = [];
  await manager[Symbol.asyncDispose]();
});

function open(options: Partial<AmiSessionOptions> = {}) {
  const session = new AmiSession({
    host: "127.0.0.1",
    port: options.port ?? manager.port,
    username: "kommutator",
    secret: SECRET,
    eventMask: "call,user",
    kinds: new Set(["Hangup"]),
    clock: systemClock,
    ...options,
  });
  sessions.push(session);
  const states: AmiState[] = [];
  const packets: AmiPacket[] = [];
  session.onState((state) => states.push(state));
  session.onPacket((packet) => packets.push(packet));
  session.start();
  return { session, states, packets };
}

/** Resolves with the session's next state of this name. */
function untilState(session: AmiSession, name: AmiState["state"]): Promise<AmiState> {
  return new Promise((resolve) => {
    const listening = session.onState((state) => {
      if (state.state !== name) return;
      listening[Symbol.dispose]();
      resolve(state);
    });
  });
}

function untilPacket(session: AmiSession): Promise<AmiPacket> {
  return new Promise((resolve) => {
    const listening = session.onPacket((packet) => {
      listening[Symbol.dispose]();
      resolve(packet);
    });
  });
}

test("logs in with events off and then asks for the classes it needs, before anybody hears that it is up", async () => {
  const { states } = open();
  const link = await manager.nextLink();
  for (const byte of "Asterisk Call Manager/11.0.0\r\n") link.send(byte);
  const login = await link.nextAction("Login");
  expect(login.lines.slice(1, 4)).toEqual(["Username: kommutator", `Secret: ${SECRET}`, "Events: off"]);
  expect(states.map(({ state }) => state)).toEqual(["connecting"]);
  link.send(`Response: Success\r\nActionID: ${login.id}\r\nMessage: Authentication accepted\r\n\r\n`);
  expect((await link.nextAction("Events")).lines[1]).toBe("EventMask: call,user");
  expect(states.at(-1)).toEqual({ state: "up", missedSince: null, greeting: "Asterisk Call Manager/11.0.0" });
});

test("only subscribed events are delivered, and the rest is counted", async () => {
  const { session, packets } = open();
  const link = await manager.nextLogin();
  const delivered = untilPacket(session);
  const name = Buffer.from("Event: VarSet\r\nValue: 1\r\n\r\nEvent: Hangup\r\nCallerIDName: Пётр\r\n\r\n");
  for (const byte of name) link.send(Uint8Array.of(byte));
  expect((await delivered).get("CallerIDName")).toBe("Пётр");
  expect(packets).toHaveLength(1);
  expect(session.counters).toMatchObject({ deliveredEvents: 1, skippedEvents: 1, connections: 1 });
});

test("fifty actions at once are each answered by their own response, in whatever order", async () => {
  const { session } = open();
  const up = untilState(session, "up");
  const link = await manager.nextLogin();
  await up;
  const answers = Array.from({ length: 50 }, (_, i) => session.action({ Action: "Getvar", Variable: `V${i}` }));
  const actions = await Promise.all(answers.map(() => link.nextAction("Getvar")));
  for (const { id, lines } of actions.reverse()) {
    link.send(`Response: Success\r\nActionID: ${id}\r\nValue: ${lines[1]?.slice("Variable: ".length)}\r\n\r\n`);
  }
  expect((await Promise.all(answers)).map((answer) => answer.get("Value"))).toEqual(answers.map((_, i) => `V${i}`));
});

test("a list is gathered by its ActionID while other events go their way", async () => {
  const { session, packets } = open();
  const up = untilState(session, "up");
  const link = await manager.nextLogin();
  await up;
  const list = session.list({ Action: "CoreShowChannels" });
  const { id } = await link.nextAction("CoreShowChannels");
  link.send(`Response: Success\r\nActionID: ${id}\r\nEventList: start\r\n\r\n`);
  link.send(`Event: CoreShowChannel\r\nActionID: ${id}\r\nUniqueid: 1.1\r\n\r\n`);
  link.send("Event: Hangup\r\nUniqueid: 9.9\r\n\r\nEvent: CoreShowChannel\r\nActionID: other\r\nUniqueid: 7.7\r\n\r\n");
  link.send(`Event: CoreShowChannel\r\nActionID: ${id}\r\nUniqueid: 1.2\r\n\r\n`);
  link.send(`Event: CoreShowChannelsComplete\r\nActionID: ${id}\r\nEventList: Complete\r\nListItems: 2\r\n\r\n`);
  expect((await list).map((event) => event.get("Uniqueid"))).toEqual(["1.1", "1.2"]);
  expect(packets.map((event) => event.get("Uniqueid"))).toEqual(["9.9"]);
});

test.each([
  ["Permission denied", "ami/permission-denied"],
  ["Invalid/unknown command: Fly. Use Action: ListCommands to show available commands.", "ami/unknown-action"],
  ["No such channel", "ami/rejected"],
])("the PBX's refusal %j is %s", async (said, code) => {
  const { session } = open();
  const up = untilState(session, "up");
  const link = await manager.nextLogin();
  await up;
  const answer = session.action({ Action: "Hangup", Channel: "PJSIP/201-1" });
  const { id } = await link.nextAction("Hangup");
  link.send(`Response: Error\r\nActionID: ${id}\r\nMessage: ${said}\r\n\r\n`);
  await expect(answer).rejects.toMatchObject({ code, context: { action: "Hangup", said } });
});

test("an action that the PBX ignores is rejected after its deadline, and its late answer does no harm", async () => {
  const { session } = open();
  const up = untilState(session, "up");
  const link = await manager.nextLogin();
  await up;
  const answer = session.action({ Action: "Originate" }, { deadlineMs: 5 });
  const { id } = await link.nextAction("Originate");
  await expect(answer).rejects.toMatchObject({ code: "ami/no-answer" });
  const delivered = untilPacket(session);
  link.send(`Response: Success\r\nActionID: ${id}\r\n\r\nEvent: Hangup\r\n\r\n`);
  await delivered;
  expect(session.counters.strayResponses).toBe(1);
});

test("when the link drops, what waits is rejected, the loss is told, and the next login says since when", async () => {
  const { session, states } = open();
  const up = untilState(session, "up");
  const link = await manager.nextLogin();
  await up;
  const waiting = [session.action({ Action: "Originate" }), session.list({ Action: "Status" })];
  await link.nextAction("Originate");
  link.socket.destroy();
  for (const answer of waiting) await expect(answer).rejects.toMatchObject({ code: "ami/link-lost" });
  await expect(session.action({ Action: "Ping" })).rejects.toMatchObject({ code: "ami/not-connected" });
  const upAgain = untilState(session, "up");
  await manager.nextLogin();
  expect(await upAgain).toMatchObject({ missedSince: expect.any(Number) });
  expect(states.map(({ state }) => state)).toEqual(["connecting", "up", "down", "up"]);
});

test("a half-open link is found by the ping that nobody answers", async () => {
  let now = 1_000;
  const { session } = open({ timing: { pingEveryMs: 5, pingAnswerMs: 20 }, clock: { now: () => now } });
  const down = untilState(session, "down");
  const link = await manager.nextLogin();
  const { id } = await link.nextAction("Ping");
  link.send(`Response: Success\r\nActionID: ${id}\r\nPing: Pong\r\n\r\n`);
  await link.nextAction("Ping");
  now = 9_000;
  expect(await down).toMatchObject({ error: { code: "ami/half-open" } });
  const upAgain = untilState(session, "up");
  await manager.nextLogin();
  expect(await upAgain).toMatchObject({ missedSince: 1_000 }); // not since we noticed
});

test("a PBX that is busy sending events is not taken for half-open", async () => {
  const { session, states } = open({ timing: { pingEveryMs: 5, pingAnswerMs: 300 } });
  const link = await manager.nextLogin();
  for (let ping = 0; ping < 3; ping++) {
    await link.nextAction("Ping"); // never answered, but events come between
    const delivered = untilPacket(session);
    link.send("Event: Hangup\r\n\r\n");
    await delivered;
  }
  expect(states.map(({ state }) => state)).toEqual(["connecting", "up"]);
});

test("a wrong secret is told in words, without the secret, and not tried again at once", async () => {
  const { session, states } = open();
  const down = untilState(session, "down");
  const link = await manager.nextLink();
  link.send("Asterisk Call Manager/11.0.0\r\n");
  const { id } = await link.nextAction("Login");
  link.send(`Response: Error\r\nActionID: ${id}\r\nMessage: Authentication failed\r\n\r\n`);
  expect(await down).toMatchObject({ error: { code: "ami/authentication-failed", remedy: "settings" } });
  expect(
    JSON.stringify(states, (_, value) => (value instanceof Error ? `${value.stack}${JSON.stringify(value)}` : value)),
  ).not.toContain(SECRET);
});

test("never two logins at a time, however often the PBX drops us", async () => {
  open();
  for (let drop = 0; drop < 4; drop++) {
    const link = await manager.nextLogin();
    const closed = new Promise((resolve) => link.socket.on("close", resolve));
    link.socket.destroy();
    await closed;
  }
  await manager.nextLogin();
  expect(manager.mostLinksAtOnce).toBe(1);
});

test("a PBX that is not there is told once and found as soon as it is back", async () => {
  const { port } = manager;
  await manager[Symbol.asyncDispose]();
  const { session, states } = open({ port });
  expect(await untilState(session, "down")).toMatchObject({ error: { code: "ami/unreachable" } });
  manager = await RawManager.listen(undefined, port);
  const up = untilState(session, "up");
  await manager.nextLogin();
  await up;
  expect(states.map(({ state }) => state)).toEqual(["connecting", "down", "up"]);
});

test.each([
  ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n", "ami/not-an-ami"],
  ["a flood without a line's end", "x".repeat(1_000), "ami/not-an-ami"],
  ["silence", "", "ami/no-answer"],
])("%s behind the port is told as %s", async (_, greeting, code) => {
  const { session } = open({ timing: { loginMs: 30 } });
  const down = untilState(session, "down");
  (await manager.nextLink()).send(greeting);
  expect(await down).toMatchObject({ error: { code } });
});

test("a PBX that closes before its greeting is a lost link", async () => {
  const { session } = open();
  const down = untilState(session, "down");
  (await manager.nextLink()).socket.end();
  expect(await down).toMatchObject({ error: { code: "ami/link-lost" } });
});

test("a user who may not have the events is told so", async () => {
  const { session } = open();
  const down = untilState(session, "down");
  const link = await manager.nextLink();
  link.send("Asterisk Call Manager/11.0.0\r\n");
  link.send(`Response: Success\r\nActionID: ${(await link.nextAction("Login")).id}\r\n\r\n`);
  const { id } = await link.nextAction("Events");
  link.send(`Response: Error\r\nActionID: ${id}\r\nMessage: Permission denied\r\n\r\n`);
  expect(await down).toMatchObject({ error: { code: "ami/permission-denied" } });
});

test("an unreadable packet is told and counted, and the stream goes on", async () => {
  const { session } = open();
  const link = await manager.nextLogin();
  const refusals: string[] = [];
  session.onRefused((error) => refusals.push(error.code));
  const delivered = untilPacket(session);
  link.send(`nonsense\r\n\r\nEvent: Hangup\r\nX: ${"x".repeat(70_000)}\r\n\r\nEvent: Hangup\r\nUniqueid: 1.1\r\n\r\n`);
  expect((await delivered).get("Uniqueid")).toBe("1.1");
  expect(refusals).toEqual(["ami/unreadable-packet", "ami/line-too-long"]);
  expect(session.counters.refusedPackets).toBe(2);
});

test("a reader who cannot keep up makes the PBX wait", async () => {
  const { session, packets } = open();
  const link = await manager.nextLogin();
  const first = untilPacket(session);
  link.send("Event: Hangup\r\nUniqueid: 0\r\n\r\n");
  await first;
  const pause = session.pause();
  const read = packets.length;
  const event = `Event: Hangup\r\nFill: ${"x".repeat(60_000)}\r\n\r\n`;
  while (link.socket.write(event)); // until the sockets between are full and the writer must wait
  expect(packets).toHaveLength(read);
  const drained = new Promise((resolve) => link.socket.once("drain", resolve));
  pause[Symbol.dispose]();
  await drained;
  expect(packets.length).toBeGreaterThan(read);
});

test("disposing says goodbye and answers whoever still waits", async () => {
  const { session } = open();
  const up = untilState(session, "up");
  const link = await manager.nextLogin();
  await up;
  const waiting = session.action({ Action: "Originate" });
  await link.nextAction("Originate");
  const disposed = session[Symbol.asyncDispose]();
  await expect(waiting).rejects.toMatchObject({ code: "ami/closed" });
  await link.nextAction("Logoff");
  await disposed;
  await expect(session.action({ Action: "Ping" })).rejects.toMatchObject({ code: "ami/closed" });
});

test("TLS: a certificate is trusted by its fingerprint, or by its authority and name, and else refused", async () => {
  await using secure = await RawManager.listen({ key: TEST_KEY, cert: TEST_CERTIFICATE });
  const trusted = open({ port: secure.port, tls: { fingerprint256: TEST_FINGERPRINT } });
  const up = untilState(trusted.session, "up");
  await secure.nextLogin();
  await up;
  for (const tls of [{}, { fingerprint256: TEST_FINGERPRINT.replace(/^../, "00") }]) {
    const { session } = open({ port: secure.port, tls });
    expect(await untilState(session, "down")).toMatchObject({ error: { code: "ami/certificate-refused" } });
  }
  const named = open({ host: "localhost", port: secure.port, tls: { ca: TEST_CERTIFICATE } });
  // the authority is accepted; the name in the certificate, pbx.test, is not this host's
  expect(await untilState(named.session, "down")).toMatchObject({
    error: { code: "ami/certificate-refused", context: { reason: "ERR_TLS_CERT_ALTNAME_INVALID" } },
  });
});

test("TLS to a plain port is told as such", async () => {
  const { session } = open({ tls: {}, timing: { connectMs: 2_000 } });
  const down = untilState(session, "down");
  (await manager.nextLink()).send("Asterisk Call Manager/11.0.0\r\n");
  expect(await down).toMatchObject({ error: { code: "ami/not-an-ami" } });
});
