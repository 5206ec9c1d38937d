// What a program does with an employee's key: it sees what his panel would show and nothing else, and commands as he would.
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { crmEndpoints } from "../assembly/crm/admin.ts";
import type { PhoneCommand, PhoneOutcome } from "../control/command.ts";
import type { Employee } from "../directory/directory.ts";
import { createLog } from "../lib/log.ts";
import { createMetrics } from "../lib/metrics.ts";
import type { Route, RouteAnswer } from "../lib/route.ts";
import { call, card, client, FakeLive, NOW, panelAccount } from "../panel/company.testing.ts";
import { PanelHub } from "../panel/hub.ts";
import type { CommandOrder } from "../panel/ports.ts";
import { PanelSessions } from "../panel/sessions.ts";
import { SqlApiCommands } from "../store/api-commands.ts";
import type { Database } from "../store/database.ts";
import { openSqlite } from "../store/sqlite.ts";
import { messageSchema } from "../webhooks/message.ts";
import { MESSAGE_TYPES } from "../webhooks/webhook.ts";
import { type ApiKey, makeApiKey } from "./api-key.ts";
import { callEndpoints } from "./call-endpoints.ts";
import { CommandBook } from "./command-book.ts";
import type { Endpoint } from "./endpoint.ts";
import { API_ROOT, apiRoutes } from "./routes.ts";

const PER_MINUTE = 240; // and 60 at once

const main = panelAccount("main");
const second = panelAccount("second");
const [anna, boris] = main.account.employees as readonly [Employee, Employee, Employee];
const chief: Employee = { ...boris, name: "Шеф", manager: true, extensions: ["209"] };
const keys = {
  anna: makeApiKey(),
  boris: makeApiKey(),
  chief: makeApiKey(),
  stranger: makeApiKey(),
  administrator: makeApiKey(),
};
type Who = keyof typeof keys;
const employeeKey = (who: Who, account: string, employee: Employee): ApiKey => ({
  name: employee.name,
  hash: keys[who].hash,
  caller: { kind: "employee", account, employee },
});
const KEYS: readonly ApiKey[] = [
  employeeKey("anna", "main", anna),
  employeeKey("boris", "main", boris),
  employeeKey("chief", "main", chief),
  employeeKey("stranger", "second", { ...anna, manager: true }),
  { name: "Ольга", hash: keys.administrator.hash, caller: { kind: "administrator" } },
];

interface Answer extends Omit<RouteAnswer, "body"> {
  // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects of it
  readonly json: any;
}

let stack: AsyncDisposableStack;
let database: Database;
let live: FakeLive;
let hub: PanelHub;
let book: CommandBook;
let orders: { order: CommandOrder; tell: (outcome: PhoneOutcome) => void }[];
let ended: string[];
let endpoints: Endpoint[];
let routes: Route[];
let now: number;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  database = await openSqlite(":memory:");
  stack.defer(() => database.destroy());
  now = NOW;
  start();
});
afterEach(() => stack.disposeAsync());

/** The service; called again, it is the one after a restart. */
function start(): void {
  const clock = { now: () => now };
  const log = createLog({ level: "error", format: "text" }, { write() {} });
  live = new FakeLive();
  orders = [];
  ended = [];
  hub = stack.use(
    new PanelHub({
      accounts: [main, second],
      sessions: new PanelSessions(clock),
      live,
      directory: { findByPhone: async (account) => (account === "main" ? [client] : []) },
      history: { lastOf: async () => [] },
      commands: { run: () => undefined },
      contacts: { createContact: async () => client },
      chosen: { choose: async () => undefined },
      words: {
        find: async () => undefined,
        nameOf: async () => undefined,
        saidOf: async () => ({ text: null, entity: null }),
        say: async () => undefined,
      },
      publicUrl: "https://pbx.example.org",
      clock,
      log,
      metrics: createMetrics(),
    }),
  );
  book = new CommandBook({
    store: new SqlApiCommands(database),
    commands: {
      run: (order, tell) => void orders.push({ order, tell }),
      callOf: ({ id }) => `call of ${id}`,
    },
    clock,
    log,
    onEnd: ({ kind }, { state }) => ended.push(`${kind} ${state}`),
  });
  endpoints = [
    ...crmEndpoints({ crms: [], clock }),
    ...callEndpoints({ accounts: [main, second], panels: hub, book, calls: (account) => live.calls(account) }),
  ];
  routes = apiRoutes({
    endpoints,
    messages: { types: MESSAGE_TYPES, schema: messageSchema },
    keys: KEYS,
    perMinute: PER_MINUTE,
    publicUrl: "https://pbx.example.org",
    version: "1.2.3",
    clock,
    log,
  });
}

async function ask(
  who: Who | null,
  method: Route["method"],
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const url = new URL(API_ROOT + path, "http://service");
  const sent: Record<string, string> =
    who === null ? headers : { ...headers, authorization: `Bearer ${keys[who].key}` };
  for (const route of routes) {
    const match = new RegExp(`^${route.path.replace(/:(\w+)/g, "(?<$1>[^/]+)")}$`).exec(url.pathname);
    if (!match || route.method !== method) continue;
    const answer = await route.handle({
      params: match.groups ?? {},
      query: url.searchParams,
      header: (name) => sent[name],
      body: body === undefined ? "" : JSON.stringify(body),
      ip: "127.0.0.1",
    });
    return { ...answer, json: JSON.parse(String(answer.body)) };
  }
  throw new Error(`no route ${method} ${path}`);
}

const dial: PhoneCommand = { kind: "dial", number: "+79161234567" };
const command = (who: Who, id: string, asked: unknown = dial, query = "") =>
  ask(who, "POST", `/commands${query}`, { id, command: asked });

test("the description is valid OpenAPI 3.1 and names every operation", async () => {
  const { json } = await ask(null, "GET", "/openapi.json");
  const validator = new Validator();
  expect(await validator.validate(structuredClone(json))).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
  const described = Object.values<object>(json.paths).flatMap((operations) =>
    Object.values(operations).map(({ operationId }) => operationId),
  );
  expect(described.toSorted()).toEqual(endpoints.map(({ id }) => id).toSorted());
  const { post } = json.paths["/commands"];
  expect(post.parameters.map(({ name }: { name: string }) => name)).toEqual(["wait", "idempotency-key"]);
  expect(post.responses.default.description).toMatch(/`id-used`[\s\S]*`too-many-requests`/);
});

describe("a key", () => {
  test("that is nobody's opens nothing", async () => {
    for (const { method, path } of endpoints) {
      const answer = await ask(null, method, path.replaceAll(/\{\w+\}/g, "main"), {});
      expect(answer).toMatchObject({ status: 401, json: { error: "key-wanted" } });
    }
  });

  test("opens what its holder may do, and no more", async () => {
    const refused = { status: 403, json: { error: "not-for-this-key" } };
    expect(await command("administrator", "1")).toMatchObject(refused);
    expect(await ask("administrator", "GET", "/calls")).toMatchObject(refused);
    expect(await ask("chief", "GET", "/accounts")).toMatchObject(refused);
    expect(orders).toEqual([]);
    expect((await ask("anna", "GET", "/me")).json).toEqual({
      account: "main",
      name: "Анна",
      department: "Продажи",
      extensions: ["201", "211"],
      manager: false,
    });
  });

  test("is slowed down by itself when it asks too often", async () => {
    const statuses = await Promise.all(Array.from({ length: 61 }, () => ask("anna", "GET", "/me")));
    expect(statuses.map(({ status }) => status)).toEqual([...Array(60).fill(200), 429]);
    expect(statuses[60]).toMatchObject({ headers: { "retry-after": "1" }, json: { error: "too-many-requests" } });
    expect((await ask("boris", "GET", "/me")).status).toBe(200);
    now += 1_000;
    const after = await Promise.all(Array.from({ length: 5 }, () => ask("anna", "GET", "/me")));
    expect(after.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429]);
  });
});

describe("what is seen", () => {
  beforeEach(() => {
    live.change("main", call("one", [card("one", "201", { state: "talking" })]));
    live.change("main", call("two", [card("two", "203")], { client: "79995550000", did: null }));
    live.change("second", call("three", [card("three", "201", { state: "talking" })]));
  });

  test("is the employee's own calls, as his panel shows them", async () => {
    const { json } = await ask("anna", "GET", "/calls");
    expect(json.cards).toMatchObject([
      { callId: "one", state: "talking", e164: "+79161234567", clients: [{ name: "Мария Петрова" }] },
    ]);
    expect((await ask("boris", "GET", "/calls")).json).toEqual({ cards: [], offers: [], handedOver: [], parked: [] });
  });

  test("of colleagues is a state, and of what rings there what their panels tell", async () => {
    const { colleagues } = (await ask("anna", "GET", "/colleagues")).json;
    expect(colleagues).toMatchObject([
      { extension: "202", presence: "free", rings: null },
      { extension: "203", presence: "ringing", rings: { callId: "two" } },
    ]);
    const elsewhere = { ...boris, department: "Склад" };
    expect((await hub.look("main", elsewhere))?.colleagues.map(({ rings }) => rings)).toEqual([null, null]);
  });

  test("of all calls is for managers of the account and for administrators", async () => {
    for (const who of ["chief", "administrator"] as const) {
      const { calls } = (await ask(who, "GET", "/accounts/main/calls")).json;
      expect(calls).toMatchObject([
        { callId: "one", legs: [{ legId: "one-201", name: "Анна" }] },
        { callId: "two", client: "79995550000" },
      ]);
    }
    for (const who of ["anna", "stranger"] as const) {
      const answer = await ask(who, "GET", "/accounts/main/calls");
      expect(answer).toMatchObject({ status: 404, json: { error: "no-such-account" } });
    }
    expect(await ask("administrator", "GET", "/accounts/none/calls")).toMatchObject({ status: 404 });
  });

  test("never holds anything that the description does not name", async () => {
    for (const path of ["/calls", "/colleagues"]) {
      const { json } = await ask("anna", "GET", path);
      const described = endpoints.find((each) => each.path === path)?.answer;
      expect(described?.parse(json)).toEqual(json);
    }
  });

  test("and done is nothing while the integration is switched off in the CRM", async () => {
    hub.setConnected("main", false);
    const refused = { status: 403, json: { error: "account-disconnected" } };
    expect(await ask("anna", "GET", "/calls")).toMatchObject(refused);
    expect(await ask("anna", "GET", "/colleagues")).toMatchObject(refused);
    expect(await command("anna", "1")).toMatchObject(refused);
    expect(orders).toEqual([]);
    hub.setConnected("main", true);
    expect((await command("anna", "1")).status).toBe(200);
  });
});

describe("a command", () => {
  test("is the employee's own, whatever the program says", async () => {
    expect(await command("anna", "1")).toMatchObject({
      status: 200,
      json: { id: "1", kind: "dial", callId: "call of 1", state: "asked" },
    });
    expect(orders[0]?.order).toMatchObject({ account: "main", id: "1", employee: { name: "Анна" }, command: dial });
  });

  test.each<PhoneCommand>([
    { kind: "hang-up", callId: "c", legId: "l" },
    { kind: "blind-transfer", callId: "c", legId: "l", to: "202", note: "спешит" },
    { kind: "attended-transfer", callId: "c", legId: "l", to: "202" },
    { kind: "complete-transfer", callId: "c", legId: "l" },
    { kind: "cancel-transfer", callId: "c", legId: "l" },
    { kind: "swap", callId: "c", legId: "l" },
    { kind: "take", callId: "c" },
    { kind: "take-back", callId: "c" },
    { kind: "pick-up", callId: "c", extension: "202" },
    { kind: "park", callId: "c", legId: "l" },
    { kind: "retrieve", callId: "c" },
    { kind: "hold", callId: "c", legId: "l" },
    { kind: "resume", callId: "c", legId: "l" },
    { kind: "send-digits", callId: "c", legId: "l", digits: "1#" },
    { kind: "hand-over-note", callId: "c", legId: "l", text: "" },
  ])("reaches the desk as it was asked: $kind", async (asked) => {
    expect((await command("anna", "1", asked)).status).toBe(200);
    expect(orders.map(({ order }) => order.command)).toEqual([asked]);
  });

  test.each([
    [{ kind: "open-client", callId: "c" }],
    [{ kind: "hang-up", callId: "c" }],
    [{ kind: "dial", number: "" }],
    [{ kind: "explode" }],
    ["dial"],
  ])("that is none is refused with its mistake: %j", async (asked) => {
    expect(await command("anna", "1", asked)).toMatchObject({
      status: 400,
      json: { error: "not-acceptable", message: expect.stringMatching(/^body\.command/) },
    });
    expect(orders).toEqual([]);
  });

  test("has an id, in the body or in the header", async () => {
    const refused = { status: 400, json: { error: "id-wanted" } };
    expect(await ask("anna", "POST", "/commands", { command: dial })).toMatchObject(refused);
    const post = (header: string, body: object) =>
      ask("anna", "POST", "/commands", body, { "idempotency-key": header });
    expect(await post("a", { id: "b", command: dial })).toMatchObject(refused);
    expect(await post("a", { command: dial })).toMatchObject({ status: 200, json: { id: "a" } });
    expect(await post("b", { id: "b", command: dial })).toMatchObject({ status: 200, json: { id: "b" } });
  });

  test("asked again is not done again, in whatever state it is", async () => {
    const both = await Promise.all([command("anna", "1"), command("anna", "1")]);
    expect(both.map(({ json }) => json.state)).toEqual(["asked", "asked"]);
    orders[0]?.tell({ state: "sent" });
    expect((await command("anna", "1")).json).toMatchObject({ state: "sent", endedAt: null });
    now += 5_000;
    orders[0]?.tell({ state: "done" });
    expect((await command("anna", "1")).json).toMatchObject({ state: "done", askedAt: NOW, endedAt: NOW + 5_000 });
    expect(orders).toHaveLength(1);
    expect(ended).toEqual(["dial done"]);
  });

  test("is asked for by its id, which is each employee's own", async () => {
    await command("anna", "1");
    orders[0]?.tell({ state: "done" });
    expect((await ask("anna", "GET", "/commands/1")).json).toMatchObject({ kind: "dial", state: "done" });
    expect(await ask("boris", "GET", "/commands/1")).toMatchObject({ status: 404, json: { error: "no-such-command" } });
    await command("boris", "1");
    expect(orders).toHaveLength(2);
  });

  test("is not another one's: its id is taken", async () => {
    await command("anna", "1");
    const answer = await command("anna", "1", { kind: "dial", number: "202" });
    expect(answer).toMatchObject({ status: 409, json: { error: "id-used" } });
    expect(orders).toHaveLength(1);
  });

  test("is waited for, so that nobody has to ask again and again", async () => {
    const waiting = command("anna", "1", dial, "?wait=50");
    await expect.poll(() => orders.length).toBe(1);
    orders[0]?.tell({ state: "sent" });
    const another = ask("anna", "GET", "/commands/1?wait=50");
    orders[0]?.tell({ state: "refused", reason: "client-busy" });
    for (const { json } of await Promise.all([waiting, another])) {
      expect(json).toMatchObject({ state: "refused", reason: "client-busy", message: "The number is busy." });
    }
    expect(await ask("anna", "GET", "/commands/1?wait=51")).toMatchObject({ status: 400 });
  });

  test("that does not end is answered with what is known, when the time is up or the service stops", async () => {
    expect((await command("anna", "1", dial, "?wait=0.01")).json).toMatchObject({ state: "asked", endedAt: null });
    const waiting = ask("anna", "GET", "/commands/1?wait=50");
    book[Symbol.dispose]();
    expect((await waiting).json.state).toBe("asked");
  });

  test("of a number that a colleague talks to tells who, and asks first", async () => {
    await command("anna", "1");
    const collision = { state: "talks", extension: "202", at: NOW, talkSeconds: 0 } as const;
    orders[0]?.tell({ state: "warned", collision });
    const { json } = await ask("anna", "GET", "/commands/1");
    expect(json).toMatchObject({ state: "warned", collision: { ...collision, colleague: "Борис" } });
    expect(json.message).toMatch(/despite: true/);
  });

  test("is remembered over a restart, and never done a second time", async () => {
    await command("anna", "done");
    await command("anna", "cut off", { kind: "take", callId: "c" });
    orders[0]?.tell({ state: "done" });
    orders[1]?.tell({ state: "sent" });
    const kept = async (id: string) =>
      (await new SqlApiCommands(database).find({ account: "main", extension: "201", id }))?.outcome;
    await expect.poll(() => kept("done")).toEqual({ state: "done" });
    await expect.poll(() => kept("cut off")).toEqual({ state: "sent" });
    start();
    expect((await command("anna", "done")).json).toMatchObject({ state: "done", endedAt: NOW });
    expect((await ask("anna", "GET", "/commands/done")).json.state).toBe("done");
    const again = await command("anna", "cut off", { kind: "take", callId: "c" }, "?wait=50");
    expect(again.json).toMatchObject({ state: "interrupted", message: expect.stringMatching(/look at the calls/i) });
    expect(await command("anna", "cut off")).toMatchObject({ status: 409 });
    expect(orders).toEqual([]);
    now += 8 * 86_400_000; // a week later the id is free
    expect((await command("anna", "done")).json.state).toBe("asked");
  });

  test("that cannot be kept is not begun", async () => {
    await database.destroy();
    await expect(command("anna", "1")).rejects.toThrow();
    expect(orders).toEqual([]);
    database = await openSqlite(":memory:");
    start();
    expect((await command("anna", "1")).status).toBe(200);
  });
});
