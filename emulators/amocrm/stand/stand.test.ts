import { request } from "node:http";
import { request as requestTls } from "node:https";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startAmocrm } from "../server.ts";
import { PEOPLE, smallCompany } from "../small-company.ts";
import { CLIENT_ID, startTestStand, type TestStand } from "../test-kit/stand.ts";
import { FAULT_KINDS } from "./faults.ts";

let stand: TestStand;
/** Stands still unless a test moves it: then "within a second" is exact. */
let now = 1_790_000_000_000;
beforeAll(async () => {
  stand = await startTestStand(() => now);
});
beforeEach(() => {
  now += 10_000;
  stand.controls.clearFaults();
  stand.controls.clearRequests();
  stand.controls.resetLimits();
  stand.controls.setOptions({ perIntegration: 0, perAccount: 0, lockOutAfter: 0, body: "json" });
});
afterAll(() => stand[Symbol.asyncDispose]());

const ask = () => stand.api("GET", "/api/v4/account");
const control = (method: string, path: string, body?: unknown) =>
  stand.raw(`/_stand${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

test("the eighth request of an integration within a second is 429; a second later it may ask again", async () => {
  stand.controls.setOptions({ perIntegration: 7 });
  const statuses = [];
  for (let i = 0; i < 8; i++) statuses.push((await ask()).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 429]);
  now += 1000;
  expect((await ask()).status).toBe(200);
  expect(stand.controls.busiestSecond(CLIENT_ID)).toBe(8);
});

test("all integrations of an account together have fifty", async () => {
  stand.controls.setOptions({ perIntegration: 30, perAccount: 50 });
  stand.controls.registerIntegration({ client_id: "other", redirect_uri: "http://127.0.0.1:9/" });
  const other = { authorization: `Bearer ${stand.controls.issueLongLivedToken("other")}` };
  const statuses = [];
  for (let i = 0; i < 26; i++) {
    statuses.push((await ask()).status, (await stand.api("GET", "/api/v4/account", undefined, other)).status);
  }
  expect(statuses.indexOf(429)).toBe(50);
});

test("who goes on asking is locked out with a bare 403 until the stand opens again", async () => {
  stand.controls.setOptions({ perIntegration: 1, lockOutAfter: 3, body: "html" });
  const answers = [];
  for (let i = 0; i < 5; i++) answers.push(await ask());
  expect(answers.map(({ status }) => status)).toEqual([200, 429, 429, 429, 403]);
  expect(answers[1]?.text).toContain("<center>nginx</center>");
  now += 60_000;
  expect((await ask()).status).toBe(403);
  stand.controls.resetLimits();
  expect((await ask()).status).toBe(200);
});

test.each(FAULT_KINDS.filter((kind) => kind !== "reset"))(
  "fault %s spoils exactly the planned requests",
  async (kind) => {
    stand.controls.addFault({ kind, times: 1, path: "/api/v4/account", ms: 5 });
    expect((await stand.api("GET", "/api/v4/leads")).status).toBe(200);
    const { status, body } = await fetchText("/api/v4/account");
    const number = Number(/^\d+|(?<=-)\d+$/.exec(kind)?.[0] ?? 200);
    expect(status).toBe(number);
    if (kind === "loose") expect(JSON.parse(body)).toMatchObject({ id: "12345678", is_helpbot_enabled: "" });
    if (kind === "malformed") expect(() => JSON.parse(body)).toThrow();
    if (kind.includes("html") || ["502", "503", "504"].includes(kind)) expect(body).toContain("<");
    expect((await ask()).status).toBe(200);
    expect(stand.controls.requests({ path: "/api/v4/account" })[0]).toMatchObject({ fault: kind, status: number });
  },
);

const fetchText = async (path: string) => {
  const response = await fetch(stand.url + path, { headers: { authorization: `Bearer ${stand.token}` } });
  return { status: response.status, body: await response.text() };
};

test("a reset comes before the write, or after it was done", async () => {
  const add = () =>
    stand.api("POST", `/api/v4/leads/${PEOPLE.anna.lead}/notes`, [{ note_type: "common", params: { text: "x" } }]);
  const count = () => stand.controls.account.notesOf("leads", PEOPLE.anna.lead).length;
  const before = count();
  stand.controls.addFault({ kind: "reset", times: 1, method: "POST" });
  await expect(add()).rejects.toThrow();
  expect(count()).toBe(before);
  stand.controls.addFault({ kind: "reset", times: 1, method: "POST", performed: true });
  await expect(add()).rejects.toThrow();
  expect(count()).toBe(before + 1);
  expect(stand.controls.requests({ method: "POST" }).map(({ status }) => status)).toEqual([0, 0]);
});

test("controls answer over HTTP too, and say what is wrong with an order", async () => {
  expect((await control("GET", "")).json.map(({ path }: { path: string }) => path)).toContain("/_stand/faults");
  expect((await control("POST", "/faults", { kind: "429-json", times: 2 })).status).toBe(204);
  expect((await control("GET", "/faults")).json).toMatchObject([{ kind: "429-json", times: 2 }]);
  expect((await control("DELETE", "/faults")).status).toBe(204);
  expect((await control("POST", "/faults", { kind: "fire" })).json.error).toContain('unknown kind of fault "fire"');
  expect((await control("POST", "/integrations/nobody/code")).json.error).toContain("no integration nobody");
  const time = (await control("POST", "/clock", { advance_ms: 5000 })).json.now;
  expect(time).toBe(now + 5000);
  await ask();
  expect((await control("GET", "/requests?path=/api/v4/account")).json).toMatchObject([
    { method: "GET", path: "/api/v4/account", status: 200, integration: CLIENT_ID, user: 504141 },
  ]);
});

test("invariants name duplicate contacts, doubled and uncounted calls", async () => {
  expect(stand.controls.invariants()).toMatchObject({ duplicateContacts: [], doubledCalls: [], uncountedCalls: [] });
  const twin = stand.controls.createEntity("contacts", {
    name: "Анна",
    custom_fields_values: [{ field_code: "PHONE", values: [{ value: "89001234567" }] }],
  });
  const params = { uniq: "i1", duration: 1, source: "s", phone: "1" };
  for (let i = 0; i < 2; i++) {
    await stand.api("POST", `/api/v4/contacts/${twin.id}/notes`, [{ note_type: "call_in", params }]);
  }
  const report = stand.controls.invariants();
  expect(report.duplicateContacts).toEqual([{ number: "9001234567", ids: [PEOPLE.anna.contact, twin.id] }]);
  expect(report.doubledCalls).toMatchObject([{ uniq: "i1", entity_id: twin.id }]);
  expect(report.uncountedCalls).toHaveLength(2);
  stand.controls.mergeEntities("contacts", PEOPLE.anna.contact, twin.id);
  expect(stand.controls.invariants().duplicateContacts).toEqual([]);
  expect((await stand.api("GET", `/api/v4/contacts/${twin.id}`)).status).toBe(204);
  expect((await stand.api("GET", "/api/v4/events?filter[type][]=entity_merged")).json._embedded.events).toHaveLength(1);
});

test("half of a list is written before the answer is 504; a fault for big lists spares the others", async () => {
  const contacts = (names: readonly string[]) =>
    stand.api(
      "POST",
      "/api/v4/contacts",
      names.map((name) => ({ name })),
    );
  const namesLike = (start: string) =>
    [...stand.controls.account.contacts.values()].map(({ name }) => name).filter((name) => name.startsWith(start));
  stand.controls.addFault({ kind: "504-partial", times: 1, method: "POST", path: "/api/v4/contacts", moreThan: 2 });
  expect((await contacts(["Ровно 1", "Ровно 2"])).status).toBe(200);
  expect((await contacts(["Половина 1", "Половина 2", "Половина 3"])).status).toBe(504);
  expect(namesLike("Ровно")).toHaveLength(2);
  expect(namesLike("Половина")).toEqual(["Половина 1", "Половина 2"]);
});

test("a renamed account answers at its new host only, and its shard tells where it is", async () => {
  await using own = await startAmocrm({ port: 0, seed: smallCompany(), alsoAt: ["127.0.0.2"] });
  own.controls.registerIntegration({ client_id: CLIENT_ID, client_secret: "s", redirect_uri: "http://127.0.0.1:9/" });
  const body = { client_id: CLIENT_ID, client_secret: "s", redirect_uri: "http://127.0.0.1:9/" };
  const exchanged = await fetch(`${own.url}/oauth2/access_token`, {
    method: "POST",
    body: JSON.stringify({ ...body, grant_type: "authorization_code", code: own.controls.issueCode(CLIENT_ID) }),
  });
  const { access_token, refresh_token } = (await exchanged.json()) as Record<string, string>;
  own.controls.rename("renamed", "127.0.0.2");
  const newHost = own.host.replace("127.0.0.1", "127.0.0.2");
  const account = async (host: string) => {
    const headers = { authorization: `Bearer ${access_token}` };
    return (await fetch(`http://${host}/api/v4/account`, { headers })).status;
  };
  expect([await account(own.host), await account(newHost)]).toEqual([401, 200]);
  const where = await fetch(`${own.url}/oauth2/account/current/subdomain`, {
    headers: { "x-refresh-token": refresh_token ?? "" },
  });
  expect(await where.json()).toMatchObject({ subdomain: "renamed", domain: newHost });
});

test("accounts are told apart by the Host header, and no token of one opens the other", async () => {
  const [first] = smallCompany().accounts;
  if (!first) throw new Error("the small company has an account");
  const second = {
    ...first,
    identity: { ...first.identity, id: 87654321, subdomain: "second", host: "second.example" },
  };
  await using two = await startAmocrm({ port: 0, seed: { accounts: [first, second] } });
  two.controls.registerIntegration({ client_id: CLIENT_ID, redirect_uri: "http://127.0.0.1:9/" });
  const issue = async (host: string): Promise<string> =>
    String((await ask("POST", host, `/_stand/integrations/${CLIENT_ID}/long-lived-token`)).json["access_token"]);
  const ask = (method: string, host: string, path: string, token = "") =>
    new Promise<{ status: number | undefined; json: Record<string, string> }>((resolve, reject) => {
      const headers = { host, authorization: `Bearer ${token}` };
      request(new URL(path, two.url), { method, headers }, (answer) => {
        json(answer).then(
          (body) => resolve({ status: answer.statusCode, json: body as Record<string, string> }),
          reject,
        );
      })
        .on("error", reject)
        .end();
    });
  const account = (host: string, token: string) => ask("GET", host, "/api/v4/account", token);
  const [token, otherToken] = [await issue(two.host), await issue("second.example")];
  expect((await account(two.host, token)).json).toMatchObject({ id: 12345678 });
  expect((await account("second.example", otherToken)).json).toMatchObject({ id: 87654321, subdomain: "second" });
  expect((await account("second.example", token)).status).toBe(401);
  expect((await account("unknown.example", token)).status).toBe(401);
});

test("over HTTPS the stand answers whoever trusts its certificate", async () => {
  await using stand = await startAmocrm({ port: 0, seed: smallCompany(), https: true });
  expect(stand.url).toBe(`https://${stand.host}`);
  const status = (ca: string | undefined) =>
    new Promise<number | undefined>((resolve, reject) => {
      requestTls(`${stand.url}/api/v4/account`, { ...(ca ? { ca } : {}), agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on("error", reject)
        .end();
    });
  expect(await status(stand.certificate ?? undefined)).toBe(401);
  await expect(status(undefined)).rejects.toThrow(/self-signed/);
});
