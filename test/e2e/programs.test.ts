/**
 * Another program beside the running service and the PBX emulator: it dials and hands over with an employee's key, learns
 * how each command ended, and is told of every call in order, whatever happens to it or to the service.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Webhook as Verifier } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFailed, test } from "vitest";
import { makeApiKey } from "../../src/api/api-key.ts";
import type { Message } from "../../src/webhooks/message.ts";
import { type EmulatedPbx, startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { Stage } from "../stage/stage.ts";

const SALES = "74950003344"; // rings 201, then 202
const ANNA = "79001234567";
const SECRET = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
const keys = { maria: makeApiKey(), pavel: makeApiKey(), administrator: makeApiKey() };

/** Takes messages while `status` is 200. */
class TestReceiver {
  readonly server: Server;
  readonly taken: Message[] = [];
  refused = 0;
  status = 200;

  constructor() {
    const verifier = new Verifier(SECRET);
    this.server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      if (this.status === 200)
        this.taken.push(verifier.verify(body, request.headers as Record<string, string>) as Message);
      else this.refused++;
      response.writeHead(this.status).end();
    });
  }

  async listen(): Promise<string> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/calls`;
  }

  /** What was told of a call, the last one if none is named; each message once: at least once is what is promised. */
  story(callId = this.taken.at(-1)?.call.id): string[] {
    const own = this.taken.filter(({ call }) => call.id === callId);
    return [...new Map(own.map((message) => [message.id, message])).values()].map(({ type, employee }) =>
      employee === null ? type : `${type} ${employee.extension}`,
    );
  }

  /** Calls whose end was told. */
  ended(): ReadonlySet<string> {
    return new Set(this.taken.filter(({ type }) => type === "call-ended").map(({ call }) => call.id));
  }
}

const erp = new TestReceiver();
const unlucky = new TestReceiver();
let pbx: EmulatedPbx;
let stage: Stage;

beforeAll(async () => {
  pbx = await startEmulatedPbx({ pace: 0.05 });
  await Promise.all([pbx.phone("201"), pbx.phone("202")]);
  const webhook = (id: string, url: string) => ({ id, url, secret: SECRET });
  stage = await Stage.start(pbx, {
    http: { adminKeys: [{ name: "Ольга", hash: keys.administrator.hash }] },
    account: {
      employees: [
        { name: "Мария", userId: 504141, extensions: ["201"], keyHashes: [keys.maria.hash] },
        { name: "Павел", userId: 504142, extensions: ["202"], keyHashes: [keys.pavel.hash] },
      ],
      webhooks: [webhook("erp", await erp.listen()), webhook("unlucky", await unlucky.listen())],
    },
  });
});
beforeEach(() => {
  onTestFailed(() => void process.stdout.write(stage.service.output));
  erp.taken.length = 0;
});
afterEach(() => pbx.hangUpAll());
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
  for (const { server } of [erp, unlucky]) {
    server.closeAllConnections();
    server.close();
  }
});

// biome-ignore lint/suspicious/noExplicitAny: each test says what it expects of it
async function ask(who: keyof typeof keys, method: "GET" | "POST", path: string, body?: object): Promise<any> {
  const response = await fetch(`${stage.serviceUrl}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${keys[who].key}` },
    ...(body && { body: JSON.stringify(body) }),
  });
  return response.json();
}
const end = (who: keyof typeof keys, id: string) => ask(who, "GET", `/commands/${id}?wait=20`);
const ownCard = async (who: keyof typeof keys, state: string) => {
  await expect.poll(async () => (await ask(who, "GET", "/calls")).cards[0]?.state).toBe(state);
  return (await ask(who, "GET", "/calls")).cards[0];
};

/** A client who talks to Maria. */
async function talk() {
  const client = await pbx.clientCalls({ from: ANNA, did: SALES });
  const phone = await (await pbx.phone("201")).waitCall();
  await phone.answer();
  await client.untilTalking();
  return { client, card: await ownCard("maria", "talking") };
}

test("the description that the service gives is valid OpenAPI 3.1", async () => {
  const description = await ask("maria", "GET", "/openapi.json");
  expect(Object.keys(description.webhooks)).toContain("call-ended");
  expect(await new Validator().validate(description)).toEqual({ valid: true });
});

test("dials and ends a call, learns how each command ended, and is told of the call in order", async () => {
  const asked = await ask("maria", "POST", "/commands", { id: "dial-1", command: { kind: "dial", number: ANNA } });
  expect(asked).toMatchObject({ id: "dial-1", kind: "dial", endedAt: null });
  const phone = await (await pbx.phone("201")).waitCall();
  await phone.answer();
  const client = await pbx.waitAtClient(ANNA);
  const dialled = end("maria", "dial-1");
  await client.answer();
  expect(await dialled).toMatchObject({ state: "done", reason: null });

  const { callId, legId, clients } = await ownCard("maria", "talking");
  expect(callId).toBe(asked.callId);
  expect(clients).toMatchObject([{ name: expect.any(String), path: expect.stringMatching(/^\/contacts\//) }]);
  const hungUp = { id: "hang-up-1", command: { kind: "hang-up", callId, legId } };
  expect(await ask("maria", "POST", "/commands?wait=20", hungUp)).toMatchObject({ state: "done" });
  await client.untilEnded();
  await expect
    .poll(() => erp.story(), { timeout: 20_000 })
    .toEqual(["call-began", "call-answered 201", "call-ended", "recording-ready"]);
  expect(erp.taken.at(-1)).toMatchObject({
    account: "main",
    call: { id: callId, direction: "outbound", client: `+${ANNA}`, disposition: "answered" },
  });
  const { recording } = erp.taken.at(-1) ?? {};
  expect((await fetch(recording?.url ?? "")).headers.get("content-type")).toBe("audio/mpeg");
  // Asked again, nothing is dialled: the answer is what became of it.
  expect(
    await ask("maria", "POST", "/commands", { id: "dial-1", command: { kind: "dial", number: ANNA } }),
  ).toMatchObject({
    state: "done",
  });
  expect(await pbx.channels()).toBe(0);
});

test("hands a client over; the others' calls are nobody else's", async () => {
  const { card } = await talk();
  const { callId, legId } = card;
  expect((await ask("pavel", "GET", "/calls")).cards).toEqual([]);
  const stolen = { id: "stolen", command: { kind: "hang-up", callId, legId } };
  expect(await ask("pavel", "POST", "/commands?wait=20", stolen)).toMatchObject({
    state: "refused",
    reason: "not-your-leg",
  });
  expect(await ask("maria", "GET", "/commands/stolen")).toMatchObject({ error: "no-such-command" });
  expect((await ask("maria", "GET", "/colleagues")).colleagues).toMatchObject([{ extension: "202", presence: "free" }]);
  const { calls } = await ask("administrator", "GET", "/accounts/main/calls");
  expect(calls).toMatchObject([{ callId, legs: [{ legId, extension: "201", name: "Мария" }] }]);

  await ask("maria", "POST", "/commands", {
    id: "over",
    command: { kind: "blind-transfer", callId, legId, to: "202" },
  });
  const colleague = await (await pbx.phone("202")).waitCall();
  await colleague.answer();
  expect(await end("maria", "over")).toMatchObject({ state: "done" });
  await colleague.hangUp();
  await expect
    .poll(() => erp.story(), { timeout: 20_000 })
    .toEqual([
      "call-began",
      "call-ringing 201",
      "call-answered 201",
      "call-ringing 202",
      "call-transferred 202",
      "call-ended",
      "recording-ready",
    ]);
});

test("what is no number reaches no dialplan, whatever stands in it", async () => {
  for (const [id, number] of ["1\r\nAction: Originate", "202&203", "202|203", "202,203"].entries()) {
    const asked = { id: `forged-${id}`, command: { kind: "dial", number } };
    expect(await ask("maria", "POST", "/commands?wait=20", asked)).toMatchObject({
      state: "refused",
      reason: "invalid-number",
    });
  }
  expect(await pbx.channels()).toBe(0);
});

test("a message that the receiver refuses is set aside, and sent again or discarded by hand", async () => {
  unlucky.status = 422;
  const { client } = await talk();
  await client.hangUp();
  const path = "/accounts/main/webhooks/unlucky/deliveries";
  const setAside = async () => (await ask("administrator", "GET", `${path}?state=set-aside`)).deliveries;
  const types = async () => (await setAside()).map(({ type }: { type: string }) => type);
  const ALL = ["call-began", "call-ringing", "call-answered", "call-ended", "recording-ready"];
  await expect.poll(types, { timeout: 20_000 }).toEqual(ALL);
  unlucky.status = 200;
  const [began, ...others] = await setAside();
  expect(began).toMatchObject({ attempts: 1, reason: "the receiver answered 422", message: { type: "call-began" } });
  expect(await ask("administrator", "POST", `${path}/${began.seq}/resend`)).toEqual({});
  await expect.poll(() => unlucky.taken.at(-1)?.id).toBe(began.messageId);
  const [ringing, ...rest] = others;
  expect(await ask("administrator", "POST", `${path}/${ringing.seq}/discard`)).toEqual({});
  const again = await ask("administrator", "POST", "/accounts/main/webhooks/unlucky/resend");
  expect(again).toEqual({ resent: rest.length });
  await expect.poll(() => unlucky.taken.at(-1)?.type).toBe("recording-ready");
  expect(await ask("administrator", "POST", `${path}/${began.seq}/discard`)).toMatchObject({
    error: "no-such-delivery",
  });
  expect(await ask("maria", "GET", path)).toMatchObject({ error: "not-for-this-key" });
  expect(await ask("administrator", "GET", "/accounts/main/webhooks/none/deliveries")).toMatchObject({
    error: "no-such-webhook",
  });
  expect(await setAside()).toEqual([]);
});

test("nothing is lost when the receiver fails and the service is killed; both are seen from outside", async () => {
  unlucky.status = 500;
  unlucky.taken.length = 0;
  const refused = unlucky.refused;
  const { client } = await talk();
  await client.hangUp();
  await expect.poll(() => unlucky.refused).toBeGreaterThan(refused);
  await expect.poll(() => erp.story().includes("call-ended")).toBe(true);
  const [well, late] = (await ask("administrator", "GET", "/accounts/main/webhooks")).webhooks;
  expect(well).toMatchObject({ id: "erp", setAside: 0, reason: null });
  expect(late).toMatchObject({ id: "unlucky", reason: "the receiver answered 500", nextTryAt: expect.any(Number) });
  expect(late.waiting).toBeGreaterThanOrEqual(4);
  const ready = await fetch(`${stage.serviceUrl}/readyz`);
  expect([ready.status, await ready.json()]).toMatchObject([
    200,
    { state: "ready", late: [{ name: "webhook main/unlucky", reason: "the receiver answered 500" }] },
  ]);
  const figures = async () => (await fetch(`${stage.serviceUrl}/metrics`)).text();
  // What waits is counted every ten seconds.
  await expect
    .poll(figures, { timeout: 20_000 })
    .toMatch(/kommutator_webhooks_waiting\{account="main",webhook="unlucky"\} [4-9]/);
  expect(await figures()).toMatch(/kommutator_webhook_deliveries_total\{[^}]*webhook="erp",outcome="taken"\} \d/);

  const living = await talk(); // and in the middle of this one the service dies
  await ask("maria", "POST", "/commands", { id: "before the end", command: { kind: "take", callId: "none" } });
  await stage.service.kill();
  await living.client.hangUp();
  unlucky.status = 200;
  await stage.restartService();
  for (const receiver of [erp, unlucky]) {
    await expect.poll(() => receiver.ended().size, { timeout: 20_000 }).toBe(2);
    for (const callId of receiver.ended()) {
      expect(receiver.story(callId).slice(0, 4)).toEqual([
        "call-began",
        "call-ringing 201",
        "call-answered 201",
        "call-ended",
      ]);
    }
  }
  expect(await end("maria", "dial-1")).toMatchObject({ state: "done" });
  expect(await end("maria", "before the end")).toMatchObject({ state: "refused", reason: "no-such-call" });
  expect(stage.service.output).not.toContain(ANNA);
});
