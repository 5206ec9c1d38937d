// From the journal to a receiver of flesh and blood: signed, in order, nothing lost, whatever the receiver does.
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from "node:net";
import { Webhook as Verifier } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CallEvent } from "../calls/call-event.ts";
import type { JournalEntry } from "../calls/journal.ts";
import type { LegEvent } from "../calls/leg-event.ts";
import { LiveCalls } from "../calls/live-calls.ts";
import { accountWith, employeeAt } from "../directory/account.testing.ts";
import { SqlCallJournal } from "../store/call-journal.ts";
import type { Database } from "../store/database.ts";
import { openSqlite } from "../store/sqlite.ts";
import { SqlWebhooks } from "../store/webhooks.ts";
import { Courier } from "./courier.ts";
import { Follower } from "./follower.ts";
import type { Message } from "./message.ts";
import { Receiver } from "./receiver.ts";
import { MESSAGE_TYPES, type Webhook } from "./webhook.ts";
import type { WebhookStore } from "./webhook-store.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const account = accountWith({ employees: [employeeAt("201", { name: "Анна", userId: 1 })] });

let stack: AsyncDisposableStack;
let database: Database;
let calls: LiveCalls;
/** Added to the real time. */
let later: number;
let outcomes: string[];
let dropped: number;
let troubles: unknown[];

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  database = await openSqlite(":memory:");
  stack.defer(() => database.destroy());
  calls = new LiveCalls("office");
  later = 0;
  outcomes = [];
  dropped = 0;
  troubles = [];
});
afterEach(() => stack.disposeAsync());

const clock = { now: () => Date.now() + later };

/** An HTTP server, or anything that takes connections. */
async function listen(server: Server, port = 0): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined); // whoever hung up is gone
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  stack.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/calls`;
}

interface Got {
  readonly message: Message;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A receiver: `answer` decides, in the order in which messages come; what is said 200 to is taken. */
class TestReceiver {
  readonly taken: Got[] = [];
  readonly all: Got[] = [];
  answer: (got: Got, response: ServerResponse) => void = (_, response) => void response.end();

  readonly listener: RequestListener = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const got: Got = { message: JSON.parse(body) as Message, headers: request.headers, body };
    this.all.push(got);
    response.on("finish", () => {
      if (response.statusCode === 200) this.taken.push(got);
    });
    this.answer(got, response);
  };

  get types(): string[] {
    return this.taken.map(({ message }) => message.type);
  }

  /** Each once: a message may come again under its id. */
  typesOf(client: string): string[] {
    const own = this.taken.filter(({ message }) => message.call.client === client);
    return [...new Map(own.map(({ message }) => [message.id, message.type])).values()];
  }
}

interface Told extends AsyncDisposable {
  readonly webhook: Webhook;
  readonly follower: Follower;
  readonly courier: Courier;
}

/** The service's half for one receiver; begun again, it is the one after a restart. */
async function begin(
  changes: Partial<Webhook> & Pick<Webhook, "url">,
  store: WebhookStore = new SqlWebhooks(database),
): Promise<Told> {
  const webhook: Webhook = { id: "erp", secret: SECRET, events: MESSAGE_TYPES, keepHours: 72, ...changes };
  const onDropped = (count: number) => {
    dropped += count;
  };
  const courier = new Courier({
    account: "main",
    webhook,
    store,
    receiver: new Receiver(webhook, { answerMs: 400 }),
    clock,
    random: () => 0,
    onOutcome: (outcome, { type }, reason) =>
      outcomes.push(reason === null ? `${outcome} ${type}` : `${outcome} ${type}: ${reason}`),
    onDropped,
    onWaiting: () => undefined,
    onTrouble: (error) => troubles.push(error),
  });
  const follower = new Follower({
    account,
    webhook,
    store,
    clock,
    recordingUrlOf: (callId) => `https://pbx.example.org/recordings/${callId}`,
    onAdded: () => courier.wake(),
    onDropped,
    onTrouble: (error) => troubles.push(error),
  });
  await follower.start();
  courier.start();
  const end = async () => {
    await follower.stop();
    await courier.stop();
  };
  stack.defer(end);
  return { webhook, follower, courier, [Symbol.asyncDispose]: end };
}

/** A store that the process can reach so many times; then it is dead, with the last thing done or not done. */
function dyingAfter(uses: number, isDone: boolean): { store: WebhookStore; died: Promise<void> } {
  const { promise: died, resolve } = Promise.withResolvers<void>();
  let left = uses;
  const store = new Proxy(new SqlWebhooks(database), {
    get(target, name: keyof WebhookStore) {
      return async (...given: never[]) => {
        const isLast = left-- <= 0;
        const use = target[name] as (...these: never[]) => Promise<unknown>;
        const result = !isLast || (left === -1 && isDone) ? await use.apply(target, given) : undefined;
        if (!isLast) return result;
        resolve();
        throw new Error("the process is dead");
      };
    },
  });
  return { store, died };
}

async function receive(): Promise<{ receiver: TestReceiver; url: string }> {
  const receiver = new TestReceiver();
  return { receiver, url: await listen(createServer(receiver.listener)) };
}

const journal = () => new SqlCallJournal(database, () => "main");

/** What the PBX half concludes of these, on disk, and everybody is told. */
async function hear(told: readonly Told[], ...events: LegEvent[]): Promise<CallEvent[]> {
  const entries: JournalEntry[] = events.flatMap((event) => calls.hear(event));
  await journal().append(entries);
  for (const { follower } of told) follower.wake();
  return entries.map(({ event }) => event);
}

let nextLeg = 0;
/** A client who calls and is answered by 201, and hangs up. */
function talk(client: string, at = clock.now(), file: string | null = null): { begin: LegEvent[]; end: LegEvent[] } {
  const [trunk, phone] = [`leg-${++nextLeg}`, `leg-${++nextLeg}`];
  const outside = { kind: "outside", number: client } as const;
  return {
    begin: [
      {
        type: "leg-began",
        leg: trunk,
        at,
        linkedid: trunk,
        party: outside,
        origin: { kind: "dialling", dialled: "74950003344", did: "74950003344" },
        found: false,
      },
      {
        type: "leg-began",
        leg: phone,
        at: at + 1,
        linkedid: trunk,
        party: { kind: "employee", extension: "201" },
        origin: { kind: "reached" },
        found: false,
      },
      { type: "leg-called", leg: phone, at: at + 2, by: trunk, shows: client },
      { type: "leg-rings", leg: phone, at: at + 2 },
      { type: "leg-answered", leg: phone, at: at + 3 },
      ...(file === null ? [] : [{ type: "leg-recorded", leg: trunk, at: at + 3, file } as const]),
      { type: "leg-connected", leg: trunk, at: at + 4, with: [phone], room: null },
      { type: "leg-connected", leg: phone, at: at + 4, with: [trunk], room: null },
    ],
    end: [
      { type: "leg-ended", leg: trunk, at: at + 5, cause: 16, byItself: true },
      { type: "leg-ended", leg: phone, at: at + 5, cause: 16, byItself: false },
    ],
  };
}
const whole = ({ begin: first, end }: ReturnType<typeof talk>) => [...first, ...end];

const ALL = ["call-began", "call-ringing", "call-answered", "call-ended"];

describe("a receiver who takes everything", () => {
  test("is told of a call in its order, signed as other people's verifier wants it", async () => {
    const { receiver, url } = await receive();
    const told = await begin({ url });
    await hear([told], ...whole(talk("79161234567")));
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
    const { receiver, url } = await receive();
    const told = await begin({ url, events: ["call-ended"] });
    await hear([told], ...whole(talk("79161234567")), ...whole(talk("79160000002")));
    await expect.poll(() => receiver.types).toEqual(["call-ended", "call-ended"]);
  });

  test("is told of the recording when it is ready, and where it is heard", async () => {
    const { receiver, url } = await receive();
    const told = await begin({ url });
    const [began] = await hear([told], ...whole(talk("79161234567", clock.now(), "a.wav")));
    await expect.poll(() => receiver.types).toEqual(ALL);
    const callId = began?.callId ?? "";
    const recording = { call_id: callId, account: "main", pbx: "office", since: 0, heard_at: 0, cached_bytes: 0 };
    await database
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
    const { receiver, url } = await receive();
    const { begin: first, end } = talk("79161234567");
    const before = await begin({ url });
    await hear([before], ...first);
    await expect.poll(() => receiver.types).toEqual(ALL.slice(0, 3));
    await before[Symbol.asyncDispose]();
    await hear([], ...end); // concluded, and nobody was there to follow
    await begin({ url });
    await expect.poll(() => receiver.types).toEqual(ALL);
  });

  test.each([
    ["before", false],
    ["after", true],
  ])("when the service dies %s any use of its store", async (_, isDone) => {
    const { receiver, url } = await receive();
    let client = 79_160_001_000;
    let wasReached = true;
    // The first use enrols the webhook.
    for (let uses = 1; wasReached; uses++) {
      const number = String(client++);
      const { store, died } = dyingAfter(uses, isDone);
      const told = await begin({ url }, store);
      await hear([told], ...whole(talk(number)));
      const all = expect.poll(() => receiver.typesOf(`+${number}`)).toEqual(ALL);
      wasReached = await Promise.race([died.then(() => true), all.then(() => false)]);
      await told[Symbol.asyncDispose]();
      const after = await begin({ url });
      await all;
      await expect.poll(async () => (await after.courier.state()).waiting).toBe(0);
      await after[Symbol.asyncDispose]();
    }
    expect(client).toBeGreaterThan(79_160_001_010);
  });

  test("when the service dies before it could keep that a message was taken: it is sent again under its id", async () => {
    const { receiver, url } = await receive();
    const told = await begin({ url });
    const { promise: reached, resolve } = Promise.withResolvers<void>();
    receiver.answer = () => resolve(); // it has it, and the answer never comes
    await hear([told], ...whole(talk("79161234567")));
    await reached;
    await told[Symbol.asyncDispose]();
    receiver.answer = (_, response) => void response.end();
    later += 60_000;
    await begin({ url });
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
    const { receiver, url } = await receive();
    receiver.answer = (_got, response) => misbehave(response);
    const told = await begin({ url });
    await hear([told], ...whole(talk("79161234567")), ...whole(talk("79160000002")));
    await expect.poll(async () => (await told.courier.state()).reason).not.toBeNull();
    expect(await told.courier.state()).toMatchObject({ waiting: 8, setAside: 0, nextTryAt: expect.any(Number) });
    expect(receiver.taken).toEqual([]);
    receiver.answer = (_got, response) => void response.end();
    later += 3_600_000; // whatever it waited for is over
    told.courier.wake();
    await expect.poll(() => receiver.typesOf("+79161234567")).toEqual(ALL);
    await expect.poll(() => receiver.typesOf("+79160000002")).toEqual(ALL);
    await expect.poll(() => told.courier.state()).toMatchObject({ waiting: 0, reason: null });
    expect(outcomes.some((outcome) => outcome.startsWith("failed"))).toBe(true);
  });

  test("when the receiver speaks no HTTP", async () => {
    const garbage = createNetServer((socket) => socket.end("SSH-2.0-OpenSSH_9.7\r\n"));
    const told = await begin({ url: await listen(garbage) });
    await hear([told], ...whole(talk("79161234567")));
    await expect.poll(async () => (await told.courier.state()).reason).not.toBeNull();
    expect((await told.courier.state()).waiting).toBe(4);
  });

  test("when nobody listens there, until somebody does", async () => {
    const probe = createServer();
    const url = await listen(probe);
    probe.close();
    await once(probe, "close");
    const told = await begin({ url });
    await hear([told], ...whole(talk("79161234567")));
    await expect.poll(async () => (await told.courier.state()).reason).toMatch(/nothing listens there/);
    const receiver = new TestReceiver();
    await listen(createServer(receiver.listener), Number(new URL(url).port));
    later += 3_600_000;
    told.courier.wake();
    await expect.poll(() => receiver.types).toEqual(ALL);
  });
});

describe("a receiver who is out of order", () => {
  test("is not asked again and again: one message at a time, later each time", async () => {
    const { receiver, url } = await receive();
    receiver.answer = (_, response) => void response.writeHead(503).end();
    const told = await begin({ url });
    for (let client = 0; client < 20; client++) await hear([told], ...whole(talk(`7916000${1000 + client}`)));
    const pauses: number[] = [];
    for (let round = 0; round < 6; round++) {
      // Before anything else: on a busy machine the pause may end by itself meanwhile.
      const asked = receiver.all.length;
      await expect.poll(async () => ((await told.courier.state()).nextTryAt ?? 0) > clock.now()).toBe(true);
      const pause = ((await told.courier.state()).nextTryAt ?? 0) - clock.now();
      pauses.push(pause);
      later += pause + 1;
      told.courier.wake();
      await expect.poll(() => receiver.all.length).toBeGreaterThan(asked);
    }
    expect(pauses.at(-1)).toBeGreaterThan(8_000);
    expect(receiver.all.length).toBeLessThanOrEqual(4 + 2 * 6);
  });

  test("slows down nobody else", async () => {
    const dead = await receive();
    dead.receiver.answer = () => undefined;
    const well = await receive();
    const slow = await begin({ id: "dead", url: dead.url });
    const fast = await begin({ id: "well", url: well.url });
    for (let client = 0; client < 10; client++) await hear([slow, fast], ...whole(talk(`7916000${1000 + client}`)));
    await expect.poll(() => well.receiver.taken.length).toBe(40);
    expect(dead.receiver.taken).toEqual([]);
  });

  test("keeps no message longer than the settings say, and it is told how many were dropped", async () => {
    const { receiver, url } = await receive();
    receiver.answer = (_, response) => void response.writeHead(500).end();
    const told = await begin({ url, keepHours: 1 });
    await hear([told], ...whole(talk("79161234567")));
    await expect.poll(async () => (await told.courier.state()).waiting).toBe(4);
    later += 3_600_000 + 60_000;
    told.courier.wake();
    await expect.poll(() => dropped).toBe(4);
    // A call that becomes known too late is not told, either.
    await hear([told], ...whole(talk("79160000002", clock.now() - 2 * 3_600_000)));
    await expect.poll(() => dropped).toBe(8);
    expect((await told.courier.state()).waiting).toBe(0);
  });

  test("with one kind of message only gets the others, and that one is set aside with the reason", async () => {
    const { receiver, url } = await receive();
    receiver.answer = ({ message }, response) =>
      void response.writeHead(message.type === "call-ringing" ? 422 : 200).end();
    const told = await begin({ url });
    await hear([told], ...whole(talk("79161234567")));
    await expect.poll(() => receiver.types).toEqual(ALL.filter((type) => type !== "call-ringing"));
    await expect.poll(() => told.courier.state()).toMatchObject({ waiting: 0, setAside: 1, reason: null });
    const [refused] = await told.courier.list(["set-aside"], 10);
    expect(refused).toMatchObject({ type: "call-ringing", reason: "the receiver answered 422" });
    receiver.answer = (_, response) => void response.end();
    expect(await told.courier.resend(refused?.seq ?? 0)).toBe(true);
    await expect.poll(() => receiver.types.at(-1)).toBe("call-ringing");
    expect(await told.courier.discard(refused?.seq ?? 0)).toBe(false);
  });

  test("with one call only is told of the others meanwhile", async () => {
    const { receiver, url } = await receive();
    const poison = "+79161234567";
    receiver.answer = ({ message }, response) =>
      void response.writeHead(message.call.client === poison ? 500 : 200).end();
    const told = await begin({ url });
    await hear([told], ...whole(talk(poison.slice(1))), ...whole(talk("79160000002")));
    await expect
      .poll(
        () => {
          later += 400; // pauses pass, and no message of the bad call is taken
          told.courier.wake();
          return receiver.typesOf("+79160000002");
        },
        { timeout: 20_000 },
      )
      .toEqual(ALL);
    expect(receiver.typesOf(poison)).toEqual([]);
    expect((await told.courier.state()).waiting).toBe(4);
  });
});

test("a store that fails loses nothing, and the receiver is not flooded meanwhile", async () => {
  const { receiver, url } = await receive();
  const told = await begin({ url });
  await database.schema.alterTable("webhook_delivery").renameTo("elsewhere").execute();
  await hear([told], ...whole(talk("79161234567")));
  await expect.poll(() => troubles.length).toBeGreaterThan(0);
  expect(receiver.all).toEqual([]);
  await database.schema.alterTable("elsewhere").renameTo("webhook_delivery").execute();
  await told[Symbol.asyncDispose]();
  await begin({ url });
  await expect.poll(() => receiver.types).toEqual(ALL);
});

/** An answer that never ends. */
function drip(response: ServerResponse): void {
  response.writeHead(500);
  const timer = setInterval(() => response.write("."), 20);
  response.on("close", () => clearInterval(timer));
}
