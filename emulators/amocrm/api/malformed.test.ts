// Nothing that anybody sends makes the stand fail: it is carried out or refused, and what is kept can still be read.
import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PEOPLE, PIPELINES } from "../small-company.ts";
import { CLIENT_ID, REDIRECT, SECRET, startTestStand, type TestStand } from "../test-kit/stand.ts";

let stand: TestStand;
beforeAll(async () => {
  stand = await startTestStand();
});
afterAll(() => stand[Symbol.asyncDispose]());

const { anna, company } = PEOPLE;
const PHONE = [{ field_code: "PHONE", field_id: null, values: [{ value: "+79990000000", enum_code: "WORK" }] }];
const CALL = { uniq: "u", duration: 1, source: "s", phone: "1", link: "", call_status: 4, call_responsible: 1 };
const UNSORTED = {
  source_uid: "u",
  source_name: "n",
  metadata: { phone: "1", called_at: 1, duration: 1, link: "", service_code: "s", uniq: "u" },
  _embedded: { leads: [{ name: "l" }], contacts: [{ custom_fields_values: PHONE }], companies: [{ name: "k" }] },
};
const EMBEDDED = {
  tags: [{ name: "q", id: null }],
  contacts: [{ id: anna.contact, is_main: true }],
  companies: [{ id: company.company }],
};
/** Right as they stand; one place of each is spoilt at a time. */
const REQUESTS: readonly (readonly [string, string, unknown])[] = [
  ["POST", "/api/v4/contacts", [{ name: "n", custom_fields_values: PHONE, tags_to_add: [{ name: "t" }] }]],
  ["PATCH", `/api/v4/leads/${anna.lead}`, { price: 1, pipeline_id: PIPELINES.sales, _embedded: EMBEDDED }],
  ["POST", "/api/v4/leads/complex", [{ name: "n", _embedded: { ...UNSORTED._embedded, tags: [{ name: "x" }] } }]],
  ["POST", "/api/v4/leads/notes", [{ entity_id: anna.lead, note_type: "call_in", params: CALL }]],
  ["PATCH", "/api/v4/leads/notes", [{ id: 1, note_type: "call_in", params: CALL }]],
  [
    "POST",
    "/api/v4/tasks",
    [{ text: "t", complete_till: 1, entity_id: anna.lead, entity_type: "leads", result: { text: "x" } }],
  ],
  ["POST", "/api/v4/calls", [{ ...CALL, direction: "inbound", phone: anna.phone }]],
  ["POST", "/api/v4/leads/unsorted/sip", [UNSORTED]],
  [
    "POST",
    `/api/v4/leads/${anna.lead}/link`,
    [{ to_entity_id: anna.contact, to_entity_type: "contacts", metadata: { is_main: true } }],
  ],
  ["POST", "/api/v4/webhooks", { destination: "https://e.example/x", settings: ["add_lead"], sort: 1 }],
  ["POST", "/api/v2/events", { add: [{ type: "phone_call", phone_number: "1", users: [504141] }] }],
  [
    "POST",
    "/oauth2/access_token",
    {
      client_id: CLIENT_ID,
      client_secret: SECRET,
      grant_type: "refresh_token",
      refresh_token: "x",
      redirect_uri: REDIRECT,
    },
  ],
];
const JUNK: readonly unknown[] = [null, -1, 1.5, "x", [], {}, [null], [[]], true, { toString: 2 }, [{ id: {} }]];

/** The same with one place after the other spoilt by each kind of junk, or missing. */
function* spoilt(value: unknown): Generator<unknown> {
  yield* JUNK;
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    for (const other of spoilt(part)) {
      yield Array.isArray(value) ? value.with(Number(key), other) : { ...value, [key]: other };
    }
    if (!Array.isArray(value)) yield Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  }
}

const LISTS =
  "leads?with=contacts contacts?with=leads companies leads/notes tasks events leads/unsorted webhooks leads/tags".split(
    " ",
  );

describe("bodies", () => {
  test.each(REQUESTS)("%s %s with anything in the place of anything", async (method, path, body) => {
    for (const wrong of spoilt(body)) {
      const { status, text: said } = await stand.api(method, path, wrong);
      expect(status, `${JSON.stringify(wrong)} → ${said}`).toBeLessThan(500);
    }
    for (const list of LISTS) expect([list, (await stand.api("GET", `/api/v4/${list}`)).status]).not.toContain(500);
  });

  test("what is no JSON, no list, or squeezed is refused with a problem", async () => {
    const headers = { authorization: `Bearer ${stand.token}`, "content-type": "application/json" };
    const squeezed = new Uint8Array(gzipSync('[{"name":"x"}]'));
    for (const body of ['[{"name":', "null", "7", '"x"', "name=1&x=2", squeezed]) {
      const answer = await stand.raw("/api/v4/contacts", { method: "POST", headers, body });
      expect([answer.status, answer.json.title]).toEqual([400, "Bad Request"]);
    }
    const twentyOne = new Uint8Array(21 * 1024 * 1024);
    // The answer may come while the client is still writing, which then sees its connection cut.
    const refused = await stand.raw("/api/v4/contacts", { method: "POST", headers, body: twentyOne }).then(
      ({ status }) => status === 413,
      (error: unknown) => error instanceof TypeError,
    );
    expect(refused).toBe(true);
    expect(stand.controls.requests({ status: 413 })).toHaveLength(1);
  });

  test("an unknown id refuses the batch; the same request_id twice is echoed twice", async () => {
    const change = await stand.api("PATCH", "/api/v4/leads", [
      { id: anna.lead, name: "Нет" },
      { id: 1, name: "Нет" },
    ]);
    expect(change.json["validation-errors"]).toMatchObject([{ request_id: "1", errors: [{ path: "id" }] }]);
    expect(stand.controls.entity("leads", anna.lead).name).not.toBe("Нет");
    const twins = await stand.api("POST", "/api/v4/contacts", [{ request_id: "z" }, { request_id: "z" }]);
    expect(twins.json._embedded.contacts).toMatchObject([{ request_id: "z" }, { request_id: "z" }]);
  });
});

describe("queries", () => {
  test("pages and limits that are none", async () => {
    const pageOf = async (query: string) => (await stand.api("GET", `/api/v4/contacts?limit=1&${query}`)).json._page;
    for (const query of ["page=0", "page=-1", "page=abc", "page=1.5", "page[]=2"]) expect(await pageOf(query)).toBe(1);
    expect((await stand.api("GET", "/api/v4/contacts?page=99999999999999999999")).status).toBe(204);
    expect((await stand.api("GET", "/api/v4/contacts?limit=251")).json).toMatchObject({
      status: 422,
      detail: "Limit 250 per page",
    });
    expect((await stand.api("GET", "/api/v4/contacts?limit=0")).json._links.self.href).toContain("limit=50");
  });

  test.each(LISTS.map((list) => list.split("?")[0]))("filters of %s that are none", async (list) => {
    stand.controls.setOptions({ is_api_filter_enabled: true });
    for (const query of "filter=x filter[]=1 filter[id]= filter[id][][a]=1 filter[updated_at]=x filter[updated_at][from][]=1 filter[statuses]=1 filter[statuses][0]=1 filter[__proto__][x]=1 filter[value_after][leads_statuses]=1 order=1 order[id][]=x with[]=1 =&&== query=%F0%9F%92%A9 %E0%A4%A".split(
      " ",
    ))
      expect([query, (await stand.api("GET", `/api/v4/${list}?${query}`)).status]).not.toContain(500);
  });
});

describe("on the wire", () => {
  const raw = async (head: string) => {
    const socket = connect(Number(new URL(stand.url).port), "127.0.0.1");
    await once(socket, "connect");
    socket.write(`${head}\r\nauthorization: Bearer ${stand.token}\r\n\r\n`);
    return await text(socket);
  };

  test("HTTP/1.0 is answered and hung up on; without a host nobody is meant", async () => {
    const host = new URL(stand.url).host;
    expect(await raw(`GET /api/v4/account HTTP/1.0\r\nhost: ${host}`)).toMatch(/^HTTP\/1.1 200 .*okna-severa/s);
    expect(await raw("GET /api/v4/account HTTP/1.0")).toMatch(/^HTTP\/1.1 401 /);
  });

  test("a body in chunks, after one another over one connection, and waiting to be asked for", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (const expectation of [{}, { expect: "100-continue" }]) {
      const sent = request(`${stand.url}/api/v4/contacts`, {
        method: "POST",
        agent,
        headers: { authorization: `Bearer ${stand.token}`, "content-type": "application/json", ...expectation },
      });
      sent.write('[{"name":');
      sent.end('"По частям"}]');
      const [answer] = await once(sent, "response");
      ports.add(sent.socket?.localPort);
      expect(JSON.parse(await text(answer))._embedded.contacts).toHaveLength(1);
    }
    expect(ports.size).toBe(1);
    agent.destroy();
  });

  test("HEAD and OPTIONS are methods that the API does not know", async () => {
    for (const method of ["HEAD", "OPTIONS", "PUT"]) {
      const { status, text: body } = await stand.raw("/api/v4/leads", {
        method,
        headers: { authorization: `Bearer ${stand.token}` },
      });
      expect([method, status, body === ""]).toEqual([method, 405, method === "HEAD"]);
    }
  });
});
