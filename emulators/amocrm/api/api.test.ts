import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { PEOPLE, PIPELINES, smallCompany } from "../small-company.ts";
import { type Answer, CLIENT_ID, REDIRECT, SECRET, startTestStand, type TestStand } from "../test-kit/stand.ts";

let stand: TestStand;
let token = "";
beforeAll(async () => {
  stand = await startTestStand();
});
beforeEach(async () => {
  await stand.controls.reset(smallCompany());
  stand.controls.setOptions({ is_api_filter_enabled: false, is_paid: true, index_delay_ms: 0 });
  stand.controls.registerIntegration({ client_id: CLIENT_ID, client_secret: SECRET, redirect_uri: REDIRECT });
  token = stand.controls.issueLongLivedToken(CLIENT_ID);
});
afterAll(() => stand[Symbol.asyncDispose]());

const api = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  stand.api(method, `/api/v4${path}`, body, { authorization: `Bearer ${token}`, ...headers });
const as = (user: number) => ({ authorization: `Bearer ${stand.controls.issueLongLivedToken(CLIENT_ID, 1, user)}` });
const phone = (value: string) => [{ field_code: "PHONE", values: [{ value, enum_code: "WORK" }] }];
const idsOf = ({ json }: Answer, name: string): number[] => json._embedded[name].map(({ id }: { id: number }) => id);

describe("conventions", () => {
  test("success is hal+json, a refusal problem+json, both carry a request id", async () => {
    const account = await api("GET", "/account?with=task_types,version,datetime_settings");
    expect([account.status, account.headers.get("content-type")]).toEqual([200, "application/hal+json"]);
    expect(account.headers.get("x-request-id")).toBeTruthy();
    expect(account.json).toMatchObject({
      id: 12345678,
      subdomain: "okna-severa",
      current_user_id: 504141,
      version: 16,
    });
    expect(account.json._embedded.datetime_settings.date_formant).toBe("d.m.Y");
    const wrong = await api("GET", "/nope");
    expect([wrong.status, wrong.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
    expect(wrong.json.detail).toBe(`Cannot GET ${stand.url}/api/v4/nope`);
  });

  test("an empty list, an unknown id and a page behind the end are 204 without a body", async () => {
    for (const path of ["/tasks", "/leads/1", "/contacts/1", "/leads?page=9", "/leads/unsorted"]) {
      const { status, text } = await api("GET", path);
      expect([path, status, text]).toEqual([path, 204, ""]);
    }
  });

  test("a full last page still has a next link, and it leads to an empty page", async () => {
    const { json } = await api("GET", "/leads?limit=2&page=2");
    expect(Object.keys(json._links).sort()).toEqual(["first", "next", "prev", "self"]);
    expect(
      (await stand.raw(json._links.next.href.replace(stand.url, ""), { headers: { authorization: `Bearer ${token}` } }))
        .status,
    ).toBe(204);
    expect(json._total_items).toBeUndefined();
  });

  test("methods that a path does not know are 405", async () => {
    expect((await api("GET", "/calls")).status).toBe(405);
    expect((await api("POST", "/leads/unsorted", [])).status).toBe(405);
  });

  test("at most 250 entities in one request, and never none", async () => {
    const many = await api(
      "POST",
      "/contacts",
      Array.from({ length: 251 }, () => ({})),
    );
    expect([many.status, many.json.detail]).toEqual([422, "Limit 250 per page"]);
    expect((await api("POST", "/contacts", [])).json.detail).toBe("Request data can not be empty");
    expect(
      (
        await api(
          "POST",
          "/leads/complex",
          Array.from({ length: 51 }, () => ({})),
        )
      ).status,
    ).toBe(422);
  });

  test("one bad element refuses the whole batch and is named by its request_id", async () => {
    const { status, json } = await api("POST", "/contacts", [
      { name: "Ok" },
      {
        name: "Bad",
        request_id: "b",
        custom_fields_values: [{ field_id: 1, values: [{ value: "x" }] }],
        responsible_user_id: 1,
      },
    ]);
    expect(status).toBe(400);
    expect(json["validation-errors"]).toHaveLength(1);
    expect(json["validation-errors"][0]).toMatchObject({
      request_id: "b",
      errors: [{ code: "NotSupportedChoice" }, { path: "custom_fields_values.0.field_id" }],
    });
    expect((await api("GET", "/contacts?query=Ok")).status).toBe(204);
  });

  test("request_id is echoed, the index when there is none", async () => {
    const { json } = await api("POST", "/contacts", [{ request_id: "mine" }, {}]);
    expect(json._embedded.contacts.map((one: { request_id: string }) => one.request_id)).toEqual(["mine", "1"]);
  });

  test("no token, a foreign token, an unknown host and an unpaid account are refused", async () => {
    expect((await stand.raw("/api/v4/account")).status).toBe(401);
    expect((await api("GET", "/account", undefined, { authorization: "Bearer x" })).status).toBe(401);
    stand.controls.setOptions({ is_paid: false });
    expect((await api("GET", "/leads")).json).toMatchObject({ title: "Payment Required", status: 402 });
  });
});

describe("users and pipelines", () => {
  test("users are for admins only, and never for external integrations", async () => {
    const { json } = await api("GET", "/users?with=group,role");
    expect(json).toMatchObject({ _total_items: 7, _page_count: 1 });
    const byId = new Map(json._embedded.users.map((user: { id: number }) => [user.id, user]));
    expect(byId.get(504141)).toMatchObject({ rights: { is_admin: true, group_id: null, leads: { view: "A" } } });
    expect(byId.get(504146)).toMatchObject({ rights: { is_active: false } });
    expect(byId.get(504147)).toMatchObject({ rights: { is_free: true } });
    expect((await api("GET", "/users", undefined, as(504142))).status).toBe(403);
    stand.controls.registerIntegration({ client_id: "ext", redirect_uri: REDIRECT, kind: "external" });
    const external = { authorization: `Bearer ${stand.controls.issueLongLivedToken("ext")}` };
    expect((await api("GET", "/users", undefined, external)).status).toBe(403);
  });

  test("X-Context-User-ID acts as another user, but not as a free one and not for a plain user's token", async () => {
    const current = async (user: string, headers = {}) =>
      await api("GET", "/account", undefined, { "x-context-user-id": user, ...headers });
    expect((await current("504142")).json.current_user_id).toBe(504142);
    expect((await current("504147")).status).toBe(401);
    expect((await current("504141", as(504142))).status).toBe(401);
  });

  test("every pipeline has its own unsorted status and the common 142 and 143", async () => {
    const { json } = await api("GET", "/leads/pipelines");
    expect(json._embedded.pipelines.map((one: { name: string }) => one.name)).toEqual(["Продажи", "Сервис"]);
    for (const { _embedded, id } of json._embedded.pipelines) {
      expect(_embedded.statuses[0]).toMatchObject({ type: 1, is_editable: false, pipeline_id: id });
      expect(_embedded.statuses.slice(-2).map((one: { id: number }) => one.id)).toEqual([142, 143]);
    }
    expect((await api("GET", "/leads/pipelines/1")).json).toMatchObject({ status: 404, detail: "Pipeline not found" });
    expect((await api("GET", `/leads/pipelines/${PIPELINES.sales}/statuses/142`)).json.name).toBe(
      "Успешно реализовано",
    );
  });

  test("the phone field is found by its code; its enums have ids of the account", async () => {
    const { json } = await api("GET", "/contacts/custom_fields");
    const field = json._embedded.custom_fields.find((one: { code: string }) => one.code === "PHONE");
    expect(field).toMatchObject({ type: "multitext", is_predefined: true });
    expect(field.enums.map((one: { value: string }) => one.value)).toEqual([
      "WORK",
      "WORKDD",
      "MOB",
      "FAX",
      "HOME",
      "OTHER",
    ]);
  });
});

describe("contacts, companies, leads", () => {
  test("a contact is created, changed and read; a multitext field is replaced whole", async () => {
    const [id = 0] = idsOf(
      await api("POST", "/contacts", [
        { first_name: "Олег", last_name: "Жданов", custom_fields_values: phone("8 999 111 22 33") },
      ]),
      "contacts",
    );
    const read = async () => (await api("GET", `/contacts/${id}?with=leads`)).json;
    expect(await read()).toMatchObject({
      name: "Олег Жданов",
      responsible_user_id: 504141,
      is_unsorted: false,
      custom_fields_values: [
        { field_code: "PHONE", field_type: "multitext", values: [{ value: "8 999 111 22 33", enum_code: "WORK" }] },
      ],
      _embedded: { tags: [], leads: [] },
    });
    await api("PATCH", `/contacts/${id}`, {
      custom_fields_values: [{ field_code: "PHONE", values: [{ value: "+7 1" }] }],
      tags_to_add: [{ name: "vip" }],
    });
    const after = await read();
    expect(after.custom_fields_values[0].values).toEqual([
      { value: "+7 1", enum_id: expect.any(Number), enum_code: "WORK" },
    ]);
    expect(after._embedded.tags).toMatchObject([{ name: "vip" }]);
  });

  test("query finds a phone by its last ten digits in any spelling, and names by words", async () => {
    for (const query of ["79001234567", "8 (900) 123-45-67", "9001234567", "1234567", "кравц"]) {
      expect([query, idsOf(await api("GET", `/contacts?query=${encodeURIComponent(query)}`), "contacts")]).toEqual([
        query,
        [PEOPLE.anna.contact],
      ]);
    }
    expect((await api("GET", "/contacts?query=567")).status).toBe(204);
  });

  test("what is new cannot be found until the index has it", async () => {
    stand.controls.setOptions({ index_delay_ms: 5000 });
    await api("POST", "/contacts", [{ name: "Свежий", custom_fields_values: phone("+79995550000") }]);
    const search = async () => (await api("GET", "/contacts?query=79995550000")).status;
    expect(await search()).toBe(204);
    await stand.clock.advance(5000);
    expect(await search()).toBe(200);
  });

  test("a filter is ignored until it is paid for", async () => {
    const path = `/leads?filter[id][]=${PEOPLE.anna.lead}`;
    expect(idsOf(await api("GET", path), "leads")).toHaveLength(4);
    stand.controls.setOptions({ is_api_filter_enabled: true });
    expect(idsOf(await api("GET", path), "leads")).toEqual([PEOPLE.anna.lead]);
    const closed = `/leads?filter[statuses][0][pipeline_id]=${PIPELINES.sales}&filter[statuses][0][status_id]=143`;
    expect(idsOf(await api("GET", closed), "leads")).toEqual([PEOPLE.ivan.lead]);
    expect((await api("GET", "/account?with=is_api_filter_enabled")).json.is_api_filter_enabled).toBe(true);
  });

  test("an empty lead goes to the first stage of the main pipeline; winning it closes it", async () => {
    const [id = 0] = idsOf(await api("POST", "/leads", [{}]), "leads");
    expect((await api("GET", `/leads/${id}`)).json).toMatchObject({
      pipeline_id: PIPELINES.sales,
      status_id: 32392159,
      closed_at: null,
    });
    await api("PATCH", "/leads", [{ id, status_id: 142 }]);
    expect((await api("GET", `/leads/${id}`)).json).toMatchObject({ status_id: 142, closed_at: expect.any(Number) });
    const changes = await api("GET", "/events?filter[type][]=lead_status_changed");
    expect(changes.json._embedded.events[0]).toMatchObject({
      entity_type: "lead",
      entity_id: id,
      value_after: [{ lead_status: { id: 142 } }],
    });
  });

  test("complex gives lead, contact and company at once, linked", async () => {
    const { json } = await api("POST", "/leads/complex", [
      {
        name: "Заявка",
        request_id: "a1",
        _embedded: { contacts: [{ first_name: "Яна" }], companies: [{ name: "ООО Яна" }] },
      },
    ]);
    expect(json).toEqual([
      {
        id: expect.any(Number),
        contact_id: expect.any(Number),
        company_id: expect.any(Number),
        request_id: ["a1"],
        merged: false,
      },
    ]);
    const [{ id, contact_id, company_id }] = json;
    const lead = (await api("GET", `/leads/${id}?with=contacts`)).json;
    expect(lead._embedded.contacts).toMatchObject([{ id: contact_id, is_main: true }]);
    expect(lead._embedded.companies).toMatchObject([{ id: company_id }]);
  });

  test("links are made and cut from the lead's side; is_main comes back as main_contact", async () => {
    const body = [{ to_entity_id: PEOPLE.elena.contact, to_entity_type: "contacts", metadata: { is_main: true } }];
    const { json } = await api("POST", `/leads/${PEOPLE.anna.lead}/link`, body);
    expect(json._embedded.links).toMatchObject([
      { entity_type: "leads", to_entity_id: PEOPLE.elena.contact, metadata: { main_contact: true } },
    ]);
    const links = async () => (await api("GET", `/leads/${PEOPLE.anna.lead}/links`)).json._embedded.links;
    expect(await links()).toContainEqual(
      expect.objectContaining({ to_entity_id: PEOPLE.anna.contact, metadata: { main_contact: false } }),
    );
    expect((await api("POST", `/leads/${PEOPLE.anna.lead}/unlink`, body)).status).toBe(204);
    expect((await links()).map((one: { to_entity_id: number }) => one.to_entity_id)).not.toContain(
      PEOPLE.elena.contact,
    );
  });
});

describe("notes and tasks", () => {
  const callNote = (more: object = {}) => ({
    note_type: "call_in",
    created_by: 504142,
    responsible_user_id: 504142,
    created_at: 1_751_600_000,
    params: {
      uniq: "u1",
      duration: 73,
      source: "MikoPBX",
      phone: "+79001234567",
      call_responsible: 504142,
      call_status: 4,
      ...more,
    },
  });

  test("a call note keeps its params; its link is added later", async () => {
    const [id] = idsOf(
      await api("POST", "/contacts/notes", [{ ...callNote(), entity_id: PEOPLE.anna.contact }]),
      "notes",
    );
    const { json } = await api("PATCH", `/contacts/${PEOPLE.anna.contact}/notes/${id}`, {
      note_type: "call_in",
      params: { link: "https://x.example/1.mp3" },
    });
    expect(json).toMatchObject({ id, entity_id: PEOPLE.anna.contact });
    const note = (await api("GET", `/contacts/${PEOPLE.anna.contact}/notes/${id}`)).json;
    expect(note).toMatchObject({
      created_by: 504142,
      created_at: 1_751_600_000,
      params: { uniq: "u1", duration: 73, link: "https://x.example/1.mp3" },
    });
    const found = await api(
      "GET",
      `/contacts/notes?filter[note_type][]=call_in&filter[entity_id][]=${PEOPLE.anna.contact}`,
    );
    expect(idsOf(found, "notes")).toEqual([id]);
    expect((await api("GET", "/contacts/notes?filter[note_type][]=call_out")).status).toBe(204);
    const { json: events } = await api("GET", "/events?filter[type][]=incoming_call");
    expect(events._embedded.events[0]).toMatchObject({
      entity_id: PEOPLE.anna.contact,
      value_after: [{ note: { id } }],
    });
  });

  test("null in a call's params and a note without its text are refused", async () => {
    const refused = await api("POST", `/contacts/${PEOPLE.anna.contact}/notes`, [callNote({ link: null })]);
    expect(refused.json["validation-errors"][0].errors).toMatchObject([{ code: "NotNullable", path: "params.link" }]);
    const empty = await api("POST", `/leads/${PEOPLE.anna.lead}/notes`, [{ note_type: "common", params: {} }]);
    expect(empty.json["validation-errors"][0].errors).toMatchObject([{ code: "FieldMissing", path: "params.text" }]);
    expect((await api("POST", "/leads/notes", [{ ...callNote(), entity_id: 1 }])).status).toBe(400);
  });

  test("a task needs text and deadline; an empty result is a list, a filled one an object", async () => {
    expect((await api("POST", "/tasks", [{ text: "x" }])).status).toBe(400);
    const body = {
      text: "Перезвонить",
      complete_till: 1_900_000_000,
      entity_id: PEOPLE.anna.lead,
      entity_type: "leads",
    };
    const [id = 0] = idsOf(await api("POST", "/tasks", [body]), "tasks");
    expect((await api("GET", `/tasks/${id}`)).json).toMatchObject({
      result: [],
      is_completed: false,
      responsible_user_id: 504141,
      task_type_id: 1,
    });
    expect((await api("GET", `/leads/${PEOPLE.anna.lead}`)).json.closest_task_at).toBe(1_900_000_000);
    await api("PATCH", `/tasks/${id}`, { is_completed: true, result: { text: "ok" } });
    expect((await api("GET", "/tasks?filter[is_completed]=1")).json._embedded.tasks).toMatchObject([
      { id, result: { text: "ok" } },
    ]);
    expect((await api("GET", `/leads/${PEOPLE.anna.lead}`)).json.closest_task_at).toBeNull();
  });
});

describe("calls", () => {
  const call = (number: string, more: object = {}) => ({
    direction: "inbound",
    duration: 5,
    source: "MikoPBX",
    phone: number,
    uniq: "u",
    ...more,
  });
  const place = async (number: string) => {
    const { json } = await api("POST", "/calls", [call(number)]);
    return json._embedded.calls
      .map((one: { entity_type: string; entity_id: number }) => `${one.entity_type} ${one.entity_id}`)
      .join();
  };

  test("one active lead takes the call, several or none leave it to the card", async () => {
    expect(await place("+79001234567")).toBe(`lead ${PEOPLE.anna.lead}`);
    expect(await place("89007654321")).toBe(`contact ${PEOPLE.pavel.contact}`);
    expect(await place("9005550101")).toBe(`contact ${PEOPLE.ivan.contact}`);
    expect(await place("74957770011")).toBe(`lead ${PEOPLE.anna.lead}`); // the company's one active lead
    const company = stand.controls.createEntity("companies", {
      name: "Без сделок",
      custom_fields_values: phone("+74957770022"),
    });
    expect(await place("74957770022")).toBe(`company ${company.id}`);
  });

  test("an unknown number is 400 with error 263, and nothing is created", async () => {
    const { status, json } = await api("POST", "/calls", [call("+79990000000", { request_id: "42" })]);
    expect(status).toBe(400);
    expect(json).toEqual({
      _total_items: 0,
      errors: [{ title: "Entity not found", status: 263, request_id: "42" }],
      _embedded: { calls: [] },
    });
  });

  test("in a mixed batch the known are written and the unknown are named", async () => {
    const { status, json } = await api("POST", "/calls", [call("+79001234567"), call("+79990000000")]);
    expect([status, json._total_items, json.errors[0].request_id]).toEqual([200, 1, "1"]);
  });

  test("the author is who was called; created_by counts only without him; the same uniq is written twice", async () => {
    const author = async (more: object) => {
      const { json } = await api("POST", "/calls", [call("+79001234567", more)]);
      const [{ id }] = json._embedded.calls;
      return (await api("GET", `/leads/notes/${id}`)).json.created_by;
    };
    expect(await author({ call_responsible: 504143, created_by: 504142 })).toBe(504143);
    expect(await author({ created_by: 504142 })).toBe(504142);
    expect(await author({ call_responsible: "Секретарь" })).toBe(0);
    expect(stand.controls.invariants().doubledCalls).toMatchObject([{ uniq: "u", entity_id: PEOPLE.anna.lead }]);
  });
});

describe("unsorted", () => {
  const item = (more: object = {}) => ({
    request_id: "42",
    source_uid: "mikopbx-1",
    source_name: "MikoPBX",
    pipeline_id: PIPELINES.service,
    metadata: {
      phone: "79990000000",
      from: "79990000000",
      called_at: 1_751_600_000,
      duration: 54,
      link: "",
      service_code: "mikopbx",
      uniq: "q1",
      is_call_event_needed: true,
    },
    _embedded: {
      leads: [{ name: "Звонок" }],
      contacts: [{ name: "+79990000000", custom_fields_values: phone("+79990000000") }],
    },
    ...more,
  });
  const add = async () => (await api("POST", "/leads/unsorted/sip", [item()])).json._embedded.unsorted[0];

  test("ids are real at once, the contact is hidden until somebody accepts", async () => {
    const { uid, request_id, _embedded } = await add();
    const [{ id: contact }] = _embedded.contacts;
    const [{ id: lead }] = _embedded.leads;
    expect(request_id).toBe("42");
    expect((await api("GET", "/contacts?query=79990000000")).status).toBe(204);
    expect((await api("GET", `/contacts/${contact}`)).json.is_unsorted).toBe(true);
    expect((await api("GET", `/leads/${lead}`)).json).toMatchObject({
      pipeline_id: PIPELINES.service,
      status_id: 32402156,
    });
    expect((await api("GET", `/leads/${lead}/notes`)).json._embedded.notes).toMatchObject([
      { note_type: "call_in", params: { uniq: "q1" } },
    ]);
    const shown = (await api("GET", `/leads/unsorted/${uid}`)).json.metadata;
    expect(shown).toMatchObject({ phone: 79990000000, duration: "54", link: null });
    expect(shown.is_call_event_needed).toBeUndefined();
    const accepted = await api("POST", `/leads/unsorted/${uid}/accept`, { user_id: 504143 });
    expect(accepted.json).toMatchObject({ uid, category: "sip" });
    expect((await api("GET", `/leads/${lead}`)).json).toMatchObject({
      status_id: 32402159,
      responsible_user_id: 504143,
    });
    expect(idsOf(await api("GET", "/contacts?query=79990000000"), "contacts")).toEqual([contact]);
    expect((await api("POST", `/leads/unsorted/${uid}/accept`)).status).toBe(404);
  });

  test("declining sends all of it to the trash and is counted", async () => {
    const { uid, _embedded } = await add();
    expect((await api("DELETE", `/leads/unsorted/${uid}/decline`)).status).toBe(200);
    expect((await api("GET", `/leads/${_embedded.leads[0].id}`)).status).toBe(204);
    expect((await api("GET", "/leads/unsorted/summary")).json).toMatchObject({
      total: 1,
      accepted: 0,
      declined: 1,
      categories: { sip: { total: 1 } },
    });
  });

  test("the same data twice, missing metadata and a stage of another pipeline are refused", async () => {
    const { uid } = await add();
    expect((await api("POST", "/leads/unsorted/sip", [item()])).json.detail).toBe("Duplicate unsorted");
    expect((await api("POST", "/leads/unsorted/sip", [item({ metadata: {} })])).status).toBe(400);
    expect((await api("POST", `/leads/unsorted/${uid}/accept`, { status_id: 32392159 })).status).toBe(400);
    expect((await api("POST", `/leads/unsorted/${uid}/link`, { link: {} })).status).toBe(400);
  });
});

describe("pop-ups and widgets", () => {
  const ring = (body: object) => stand.api("POST", "/api/v2/events/", body, { authorization: `Bearer ${token}` });

  test("a ringing call is shown to the named users and names the lead of a known number", async () => {
    const { json } = await ring({ add: [{ type: "phone_call", phone_number: "+79001234567", users: [504142] }] });
    expect(json._embedded.items).toEqual([
      { element_id: PEOPLE.anna.lead, element_type: 2, uid: expect.any(String), phone_number: "+79001234567" },
    ]);
    expect(stand.controls.popUps()).toMatchObject([
      { users: [504142], element: { type: "leads", name: "Окна, 12 шт." } },
    ]);
    const unknown = await ring({ add: [{ type: "phone_call", phone_number: "+79990000000" }] });
    expect(unknown.json._embedded.items[0]).toMatchObject({ element_id: null, element_type: null });
    expect((await ring({ add: [{ type: "call" }] })).status).toBe(400);
  });

  test("the form that pages send is understood", async () => {
    const answer = await stand.raw("/api/v2/events", {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: new URLSearchParams({
        "add[0][type]": "phone_call",
        "add[0][phone_number]": "89001234567",
        "add[0][users][]": "504141",
      }),
    });
    expect(answer.json._embedded.items[0].element_id).toBe(PEOPLE.anna.lead);
    expect(stand.controls.popUps()[0]?.users).toEqual([504141]);
  });
});
