// From the journal to a receiver of flesh and blood: signed, in order, nothing lost, whatever the receiver does.
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { createServer as createNetServer } from "node:net";
import { Webhook as Verifier } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ALL, DeliveryStage, SECRET, TestReceiver, whole } from "./testing/delivery-stage.ts";

const FOUR_DAYS_MS = 96 * 3_600_000;

let stage: DeliveryStage;
beforeEach(async () => {
  stage = await DeliveryStage.open();
});
afterEach(() => stage[Symbol.asyncDispose]());

describe("a receiver who takes everything", () => {
  test("is told of a call in its order, signed as other people's verifier wants it", async () => {
    const { receiver, url } = await stage.receive();
    const told = await stage.begin({ url });
    await stage.hear([told], ...whole(stage.talk("79161234567")));
    await expect.poll(() => receiver.types).toEqual(ALL);
    const verifier = new Verifier(SECRET);
    for (const { body, headers, message } of receiver.taken) {
      expect(verifier.verify(body, headers as Record<string, string>)).toEqual(message);
      expect(headers["webhook-id"]).toBe(message.id);
      expect(() => verifier.verify(body.replace("main", "mine"), headers as Record<string, string>)).toThrow();
    }
    expect(receiver.taken[1]?.message).toMatchObject({
      version: 1,
      account: "main",
      call: { direction: "inbound", client: "+79161234567", line: { did: "74950003344" } },
      employee: { extension: "201", name: "Анна", userId: 1 },
    });
    expect(await told.courier.state()).toMatchObject({ waiting: 0, setAside: 0, reason: null, nextTryAt: null });
  });

  test("is told of what he wants only", async () => {
    const { receiver, url } = await stage.receive();
    const told = await stage.begin({ url, events: ["call-ended"] });
    await stage.hear([told], ...whole(stage.talk("79161234567")), ...whole(stage.talk("79160000002")));
    await expect.poll(() => receiver.types).toEqual(["call-ended", "call-ended"]);
  });

  test("is told of the recording when it is ready, and where it is heard", async () => {
    const { receiver, url } = await stage.receive();
    const told = await stage.begin({ url });
    const [began] = await stage.hear([told], ...whole(stage.talk("79161234567", stage.clock.now(), "a.wav")));
    await expect.poll(() => receiver.types).toEqual(ALL);
    const callId = began?.callId ?? "";
    const recording = { call_id: callId, account: "main", pbx: "office", since: 0, heard_at: 0, cached_bytes: 0 };
    await stage.database
      .insertInto("recording")
      .values({ ...recording, state: "ready", body: "{}" })
      .execute();
    told.follower.wake();
    await expect.poll(() => receiver.types).toEqual([...ALL, "recording-ready"]);
    expect(receiver.taken.at(-1)?.message).toMatchObject({
      call: { id: callId },
      recording: { url: `https://pbx.example.org/recordings/${callId}` },
    });
  });
});

describe("nothing is lost, and each call keeps its order,", () => {
  test("when the service dies in the middle of a call", async () => {
    const { receiver, url } = await stage.receive();
    const { begin: first, end } = stage.talk("79161234567");
    const before = await stage.begin({ url });
    await stage.hear([before], ...first);
    await expect.poll(() => receiver.types).toEqual(ALL.slice(0, 3));
    await before[Symbol.asyncDispose]();
    await stage.hear([], ...end); // concluded, and nobody was there to follow
    await stage.begin({ url });
    await expect.poll(() => receiver.types).toEqual(ALL);
  });

  test.each([
    ["before", false],
    ["after", true],
  ])("when the service dies %s any use of its store", async (_, isDone) => {
    const { receiver, url } = await stage.receive();
    let client = 79_160_001_000;
    let wasReached = true;
    // The first use enrols the webhook.
    for (let uses = 1; wasReached; uses++) {
      const number = String(client++);
      const { store, died } = stage.storeDyingAfter(uses, isDone);
      const told = await stage.begin({ url }, store);
      await stage.hear([told], ...whole(stage.talk(number)));
      const all = expect.poll(() => receiver.typesOf(`+${number}`)).toEqual(ALL);
      wasReached = await Promise.race([died.then(() => true), all.then(() => false)]);
      await told[Symbol.asyncDispose]();
      const after = await stage.begin({ url });
      await all;
      await expect.poll(async () => (await after.courier.state()).waiting).toBe(0);
      await after[Symbol.asyncDispose]();
    }
    expect(client).toBeGreaterThan(79_160_001_010);
  });

  test("when the service dies before it could keep that a message was taken: it is sent again under its id", async () => {
    const { receiver, url } = await stage.receive();
    const told = await stage.begin({ url });
    const { promise: reached, resolve } = Promise.withResolvers<void>();
    receiver.answer = () => resolve(); // it has it, and the answer never comes
    await stage.hear([told], ...whole(stage.talk("79161234567")));
    await reached;
    await told[Symbol.asyncDispose]();
    receiver.answer = (_, response) => void response.end();
    stage.later += 60_000;
    await stage.begin({ url });
    await expect.poll(() => receiver.types).toEqual(ALL);
    const first = receiver.all.filter(({ message }) => message.type === "call-began");
    expect(first.length).toBeGreaterThan(1);
    expect(new Set(first.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ["answers 500", (response) => void response.writeHead(500).end("<html>")],
    ["answers 408", (response) => void response.writeHead(408).end()],
    ["answers 429", (response) => void response.writeHead(429, { "retry-after": "0" }).end()],
    ["redirects", (response) => void response.writeHead(307, { location: "/elsewhere" }).end()],
    ["hangs up", (response) => void response.destroy()],
    ["never answers", () => undefined],
    ["says 500 and never ends", (response) => drip(response)],
  ])("when the receiver %s for a while", async (_, misbehave) => {
    const { receiver, url } = await stage.receive();
    receiver.answer = (_got, response) => misbehave(response);
    const told = await stage.begin({ url });
    await stage.hear([told], ...whole(stage.talk("79161234567")), ...whole(stage.talk("79160000002")));
    await expect.poll(async () => (await told.courier.state()).reason).not.toBeNull();
    expect(await told.courier.state()).toMatchObject({ waiting: 8, setAside: 0, nextTryAt: expect.any(Number) });
    expect(receiver.taken).toEqual([]);
    receiver.answer = (_got, response) => void response.end();
    stage.later += 3_600_000; // whatever it waited for is over
    told.courier.wake();
    await expect.poll(() => receiver.typesOf("+79161234567")).toEqual(ALL);
    await expect.poll(() => receiver.typesOf("+79160000002")).toEqual(ALL);
    await expect.poll(() => told.courier.state()).toMatchObject({ waiting: 0, reason: null });
    expect(stage.outcomes.some((outcome) => outcome.startsWith("failed"))).toBe(true);
  });

  test("when the machine's clock is set back by a day while a receiver is waited for", async () => {
    const { receiver, url } = await stage.receive();
    receiver.answer = (_got, response) => void response.writeHead(503, { "retry-after": "3600" }).end();
    const told = await stage.begin({ url });
    await stage.hear([told], ...whole(stage.talk("79161234567")));
    await expect.poll(async () => (await told.courier.state()).reason).not.toBeNull();
    receiver.answer = (_got, response) => void response.end();
    stage.later -= 86_400_000;
    told.courier.wake();
    await expect.poll(() => receiver.typesOf("+79161234567")).toEqual(ALL);
  });

  test("when the machine's clock is set ahead by four days while a receiver is waited for", async () => {
    const { receiver, url } = await stage.receive();
    receiver.answer = (_got, response) => void response.writeHead(503).end();
    const told = await stage.begin({ url });
    await stage.hear([told], ...whole(stage.talk("79161234567")));
    await expect.poll(async () => (await told.courier.state()).reason).not.toBeNull();
    stage.later += FOUR_DAYS_MS;
    stage.lostMs = FOUR_DAYS_MS;
    const before = receiver.all.length;
    told.courier.wake();
    await expect.poll(() => receiver.all.length).toBeGreaterThan(before); // and it has failed again
    receiver.answer = (_got, response) => void response.end();
    stage.later += 3_600_000;
    told.courier.wake();
    await expect.poll(() => receiver.typesOf("+79161234567")).toEqual(ALL);
    expect(stage.dropped).toBe(0);
  });

  test("when the service was away for longer than messages are kept, and the receiver is well by then", async () => {
    const { receiver, url } = await stage.receive();
    receiver.answer = (_got, response) => void response.writeHead(503).end();
    const before = await stage.begin({ url });
    await stage.hear([before], ...whole(stage.talk("79161234567")));
    await expect.poll(async () => (await before.courier.state()).reason).not.toBeNull();
    await before[Symbol.asyncDispose]();
    receiver.answer = (_got, response) => void response.end();
    stage.later += FOUR_DAYS_MS;
    await stage.begin({ url });
    await expect.poll(() => receiver.typesOf("+79161234567")).toEqual(ALL);
    expect(stage.dropped).toBe(0);
  });

  test("when the receiver speaks no HTTP", async () => {
    const garbage = createNetServer((socket) => socket.end("SSH-2.0-OpenSSH_9.7\r\n"));
    const told = await stage.begin({ url: await stage.listen(garbage) });
    await stage.hear([told], ...whole(stage.talk("79161234567")));
    await expect.poll(async () => (await told.courier.state()).reason).not.toBeNull();
    expect((await told.courier.state()).waiting).toBe(4);
  });

  test("when nobody listens there, until somebody does", async () => {
    const probe = createServer();
    const url = await stage.listen(probe);
    probe.close();
    await once(probe, "close");
    const told = await stage.begin({ url });
    await stage.hear([told], ...whole(stage.talk("79161234567")));
    await expect.poll(async () => (await told.courier.state()).reason).toMatch(/nothing listens there/);
    const receiver = new TestReceiver();
    await stage.listen(createServer(receiver.listener), Number(new URL(url).port));
    stage.later += 3_600_000;
    told.courier.wake();
    await expect.poll(() => receiver.types).toEqual(ALL);
  });
});

test("a store that fails loses nothing, and the receiver is not flooded meanwhile", async () => {
  const { receiver, url } = await stage.receive();
  const told = await stage.begin({ url });
  await stage.database.schema.alterTable("webhook_delivery").renameTo("elsewhere").execute();
  await stage.hear([told], ...whole(stage.talk("79161234567")));
  await expect.poll(() => stage.troubles.length).toBeGreaterThan(0);
  expect(receiver.all).toEqual([]);
  await stage.database.schema.alterTable("elsewhere").renameTo("webhook_delivery").execute();
  await told[Symbol.asyncDispose]();
  await stage.begin({ url });
  await expect.poll(() => receiver.types).toEqual(ALL);
});

/** An answer that never ends. */
function drip(response: ServerResponse): void {
  response.writeHead(500);
  const timer = setInterval(() => response.write("."), 20);
  response.on("close", () => clearInterval(timer));
}
