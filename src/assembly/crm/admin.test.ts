// What an administrator sees and does, by its own description: every operation is there, and answers as it says.

import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { PEOPLE } from "../../../emulators/amocrm/small-company.ts";
import { type ApiKey, makeApiKey } from "../../api/api-key.ts";
import type { Endpoint } from "../../api/endpoint.ts";
import { API_ROOT, apiRoutes } from "../../api/routes.ts";
import { createLog } from "../../lib/log.ts";
import type { Route } from "../../lib/route.ts";
import { crmEndpoints } from "./admin.ts";
import { setUp } from "./crm.testing.ts";
import { end, endedCall, missed, notesOf, STRANGER, settled } from "./world.testing.ts";

const { key, hash } = makeApiKey();
const KEYS: ApiKey[] = [
  { name: "Другой", hash: makeApiKey().hash, caller: { kind: "administrator" } },
  { name: "Ольга", hash, caller: { kind: "administrator" } },
];

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects of it
  readonly json: any;
}
interface Asked {
  readonly body?: unknown;
  readonly authorization?: string | null;
}

async function setUpApi() {
  const world = await setUp();
  const logged: string[] = [];
  const log = createLog({ level: "info", format: "json" }, { write: (line) => void logged.push(String(line)) });
  const endpoints = crmEndpoints({ crms: [world.crm], clock: world.clock });
  const routes = apiRoutes({
    endpoints,
    messages: { types: [], schema: z.object({}) },
    keys: KEYS,
    perMinute: 60_000,
    publicUrl: "https://pbx.example.org",
    version: "1.2.3",
    clock: world.clock,
    log,
  });
  const ask = async (method: Route["method"], path: string, asked: Asked = {}): Promise<Answer> => {
    const url = new URL(API_ROOT + path, "http://service");
    for (const route of routes) {
      const match = new RegExp(`^${route.path.replace(/:(\w+)/g, "(?<$1>[^/]+)")}$`).exec(url.pathname);
      if (!match || route.method !== method) continue;
      const { authorization = `Bearer ${key}` } = asked;
      const { status, body } = await route.handle({
        params: match.groups ?? {},
        query: url.searchParams,
        header: (name) => (name === "authorization" ? (authorization ?? undefined) : undefined),
        body: asked.body === undefined ? "" : typeof asked.body === "string" ? asked.body : JSON.stringify(asked.body),
        ip: "127.0.0.1",
      });
      return { status, json: JSON.parse(String(body)) };
    }
    throw new Error(`no route ${method} ${path}`);
  };
  return { ...world, ask, endpoints, logged, routes };
}

describe("the description", () => {
  let routes: readonly Route[] = [];
  let endpoints: readonly Endpoint[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: it is read as whoever reads it would
  let document: any;
  beforeAll(async () => {
    const api = await setUpApi();
    ({ routes, endpoints } = api);
    document = (await api.ask("GET", "/openapi.json", { authorization: null })).json;
  });

  test("is OpenAPI 3.1, for everybody to read", () => {
    expect(document).toMatchObject({
      openapi: "3.1.0",
      info: { version: "1.2.3" },
      servers: [{ url: "https://pbx.example.org/api/v1" }],
    });
  });

  test("names every route and none that is not there", () => {
    const described = Object.entries<object>(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = routes
      .map(({ method, path }) => `${method} ${path.slice(API_ROOT.length).replace(/:(\w+)/g, "{$1}")}`)
      .filter((route) => route !== "GET /openapi.json");
    expect(described.toSorted()).toEqual(served.toSorted());
    const ids = endpoints.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("says what each takes and gives", () => {
    const { post } = document.paths["/accounts/{account}/rehearsal"];
    expect(post.parameters).toMatchObject([{ name: "account", in: "path", required: true }]);
    expect(post.requestBody.content["application/json"].schema.properties.days).toMatchObject({ default: 7 });
    const { get } = document.paths["/accounts/{account}/outbox"];
    expect(get.parameters.map(({ name }: { name: string }) => name)).toEqual(["account", "state", "limit"]);
    expect(get.responses["200"].content["application/json"].schema.properties.items.type).toBe("array");
  });
});

test("every operation refuses whoever has no key", async () => {
  const { ask, endpoints } = await setUpApi();
  for (const authorization of [null, "Bearer", "Bearer wrong", `Basic ${key}`, `Bearer ${hash}`]) {
    for (const { method, path } of endpoints) {
      expect(await ask(method, path, { authorization })).toMatchObject({ status: 401, json: { error: "key-wanted" } });
    }
  }
});

test("an account tells its connection, its index and what waits, as the description says", async () => {
  const { ask, endpoints } = await setUpApi();
  const { status, json } = await ask("GET", "/accounts");
  expect(status).toBe(200);
  expect(endpoints.find(({ id }) => id === "listAccounts")?.answer.safeParse(json).error).toBeUndefined();
  expect(json.accounts).toMatchObject([
    {
      id: "main",
      connection: { state: "connected", reason: null },
      index: { ready: true, loaded: { contacts: 4 } },
      outbox: { waiting: 0 },
    },
  ]);
  expect((await ask("GET", "/accounts/main")).json).toMatchObject({ id: "main" });
  expect(await ask("GET", "/accounts/nobody")).toMatchObject({ status: 404, json: { error: "no-such-account" } });
});

test("an account tells amoCRM's users and pipelines with the numbers that the settings want", async () => {
  const { ask, endpoints } = await setUpApi();
  const { json } = await ask("GET", "/accounts/main/directory");
  expect(endpoints.find(({ id }) => id === "readCrmDirectory")?.answer.safeParse(json).error).toBeUndefined();
  expect(json.users).toContainEqual({ id: 504141, name: "Мария Верхнеудинская", isActive: true, employee: "Анна" });
  expect(json.users).toContainEqual({ id: 504146, name: "Пётр Уволен", isActive: false, employee: null });
  expect(json.pipelines[0]).toMatchObject({ name: "Продажи", isMain: true });
  expect(json.pipelines[0].statuses).toContainEqual({ id: 142, name: "Успешно реализовано" });
});

test("a call is corrected: its words, or its card; not with nothing, nor on what there is not", async () => {
  const { ask, crm, database, stand } = await setUpApi();
  const call = endedCall(PEOPLE.elena.phone);
  await end(crm, database, call);
  const correct = (body: unknown, id = call.id) => ask("POST", `/accounts/main/calls/${id}/correction`, { body });
  expect(await correct({})).toMatchObject({ status: 400, json: { error: "not-acceptable" } });
  expect(await correct({ text: "?" }, "none")).toMatchObject({ status: 404, json: { error: "no-such-call" } });
  const lost = { type: "leads", id: PEOPLE.ivan.lead };
  expect(await correct({ card: lost })).toMatchObject({ status: 409, json: { error: "no-such-card" } });
  const card = { type: "leads", id: PEOPLE.anna.lead };
  expect(await correct({ text: "Звонила за Анну", card })).toMatchObject({ status: 200 });
  await settled(crm);
  expect(notesOf(stand, "leads", PEOPLE.anna.lead).at(-1)?.params["call_result"]).toMatch(/^✎ Звонила за Анну \|/);
});

test("the outbox shows what became of each call and why, by which rule", async () => {
  const { ask, crm, database } = await setUpApi();
  await end(crm, database, endedCall(STRANGER, missed), endedCall("112", { direction: "outbound" }));
  const all = (await ask("GET", "/accounts/main/outbox")).json.items;
  expect(all).toMatchObject([
    { state: "skipped", reason: "short-number", kind: null },
    { state: "done", kind: "add-unsorted", rule: "Пропущенный от неизвестного", outcome: { kind: "unsorted" } },
  ]);
  expect((await ask("GET", "/accounts/main/outbox?state=skipped&limit=5")).json.items).toHaveLength(1);
  expect(await ask("GET", "/accounts/main/outbox?state=lost&limit=0")).toMatchObject({
    status: 400,
    json: { error: "not-acceptable", message: expect.stringMatching(/query\.state.*query\.limit/) },
  });
});

test("what was put aside is sent again, or discarded with the name of who did it", async () => {
  const { ask, crm, database, stand, logged } = await setUpApi();
  stand.controls.addFault({ kind: "403-json", times: 2, method: "POST", path: "/api/v4/leads/unsorted/sip" });
  await end(crm, database, endedCall(STRANGER), endedCall("89169990001"));
  const [one, other] = (await ask("GET", "/accounts/main/outbox?state=quarantined")).json.items;
  expect(await ask("POST", `/accounts/main/outbox/${one.id}/resend`)).toMatchObject({ status: 200 });
  expect(await ask("POST", `/accounts/main/outbox/${other.id}/discard`)).toMatchObject({ status: 400 });
  const body = { reason: "спам" };
  expect(await ask("POST", `/accounts/main/outbox/${other.id}/discard`, { body })).toMatchObject({ status: 200 });
  expect(await ask("POST", `/accounts/main/outbox/${other.id}/discard`, { body })).toMatchObject({ status: 409 });
  expect(await ask("POST", "/accounts/main/outbox/1e3/resend")).toMatchObject({ status: 409 });
  expect((await crm.outbox.list(["discarded"], 1))[0]?.reason).toBe("Ольга: спам");
  expect(logged.join("")).toMatch(/"by":"Ольга".*resendItem/);
});

describe("rules", () => {
  test("in force are shown in their order", async () => {
    const { ask, endpoints } = await setUpApi();
    const { json } = await ask("GET", "/accounts/main/rules");
    expect(endpoints.find(({ id }) => id === "readRules")?.answer.safeParse(json).error).toBeUndefined();
    expect(json.rules[1]).toMatchObject({ name: "Пропущенный от клиента", do: { task: { typeId: 1 } } });
  });

  test("are rehearsed, the account's own and others", async () => {
    const { ask, crm, database, clock } = await setUpApi();
    const now = { startedAt: clock.now() - 60_000, endedAt: clock.now() - 1_000 };
    await end(crm, database, endedCall(STRANGER, now), endedCall("79001234567", { ...now, ...missed }));
    const { json } = await ask("POST", "/accounts/main/rehearsal", { body: {} });
    // He has his unsorted lead and his task already: the calls really came.
    expect(json.sums).toMatchObject({ calls: 2, notes: 2, unsorted: 0, tasks: 0, doublesAvoided: 2 });
    expect(json.calls[0]).toMatchObject({ does: ["add-unsorted"], doublesAvoided: 1 });
    const rules = [{ name: "Ничего" }];
    const other = await ask("POST", "/accounts/main/rehearsal", { body: { days: 1, rules } });
    expect(other.json.sums).toMatchObject({ calls: 2, notes: 0, skipped: { "by-rule": 2 }, byRule: { Ничего: 2 } });
  });

  test.each([
    ["{", /want JSON/],
    [{ days: 1000 }, /body\.days/],
    [{ rules: [{ name: "N", when: { result: ["x"] } }] }, /body\.rules\.0\.when/],
    [{ rules: [{ name: "N", do: { unsorted: { name: "x" } } }] }, /body\.rules\.0\.do\.unsorted: want when\.direction/],
  ])("that are none are refused: %j", async (body, message) => {
    const { ask } = await setUpApi();
    expect(await ask("POST", "/accounts/main/rehearsal", { body })).toMatchObject({
      status: 400,
      json: { error: "not-acceptable", message: expect.stringMatching(message) },
    });
  });
});

test("a template is shown as it would be filled", async () => {
  const { ask } = await setUpApi();
  const { json } = await ask("POST", "/template-preview", { body: { template: "{client}, {hone}" } });
  expect(json).toMatchObject({
    text: "Анна Кравцова, {hone}",
    unknown: ["hone"],
    variables: { phone: "номер клиента" },
  });
});
