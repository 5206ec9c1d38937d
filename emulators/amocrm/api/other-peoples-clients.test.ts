// Requests as clients in other languages write them, and what each of them reads in the answer. They cannot be run here;
// what they say on the wire can.
import { describe, expect, test } from "vitest";
import { PEOPLE, PIPELINES } from "../small-company.ts";
import { standForEach } from "../test-kit/each-anew.ts";

const each = standForEach();
const { api, ask } = each;
const { anna, elena } = PEOPLE;

describe("the PHP library of the CRM's makers", () => {
  test("answers of a batch are told apart by request_id, when it is changed, too", async () => {
    const change = { name: "Другая", request_id: "0" };
    const leads = await api("PATCH", "/leads", [{ id: anna.lead, ...change }]);
    expect(leads.json._embedded.leads).toMatchObject([{ id: anna.lead, request_id: "0" }]);
    const [task] = (await api("POST", "/tasks", [{ text: "т", complete_till: 2_000_000_000, request_id: 1 }])).json
      ._embedded.tasks;
    const done = await api("PATCH", "/tasks", [{ id: task.id, is_completed: true, request_id: 1 }]);
    expect(done.json._embedded.tasks).toMatchObject([{ id: task.id, request_id: "1" }]);
  });

  test("a field is named by id and by code, and the one that is not meant is null", async () => {
    const defined = await api("POST", "/leads/custom_fields", [{ name: "Наше", type: "text", code: null }]);
    const [{ id: field_id }] = defined.json._embedded.custom_fields;
    const values = [{ value: "да" }];
    await api("PATCH", `/leads/${anna.lead}`, { custom_fields_values: [{ field_id, field_code: null, values }] });
    const { custom_fields_values: written } = (await api("GET", `/leads/${anna.lead}`)).json;
    expect(written).toMatchObject([{ field_id, values }]);
    const phone = [{ field_id: null, field_code: "PHONE", values: [{ value: "+79990001122" }] }];
    await api("PATCH", `/contacts/${elena.contact}`, { custom_fields_values: phone });
    const contact = (await api("GET", `/contacts/${elena.contact}`)).json;
    expect(contact.custom_fields_values).toMatchObject([{ field_code: "PHONE", values: [{ value: "+79990001122" }] }]);
    const unknown = await api("POST", "/leads", [
      { custom_fields_values: [{ field_id: 1, field_code: null, values }] },
    ]);
    expect(unknown.json["validation-errors"][0].errors[0].path).toBe("custom_fields_values.0.field_id");
  });

  test("an empty object comes as an empty list", async () => {
    expect((await api("POST", "/leads", [{ name: "Л", _embedded: [] }])).status).toBe(200);
    const link = { to_entity_id: elena.contact, to_entity_type: "contacts", metadata: [] };
    expect((await api("POST", `/leads/${anna.lead}/link`, [link])).status).toBe(200);
    const metadata = { phone: "1", called_at: 1, duration: 1, link: "", service_code: "s", uniq: "u" };
    const came = await api("POST", "/leads/unsorted/sip", [{ source_uid: "u", source_name: "n", metadata }]);
    const [{ uid }] = came.json._embedded.unsorted;
    const accepted = await api("POST", `/leads/unsorted/${uid}/accept`, []);
    expect(accepted.json._embedded.leads).toHaveLength(1);
  });

  test("filters come with numbers in their brackets, or as lists with commas", async () => {
    await api("PATCH", `/leads/${anna.lead}`, { status_id: 142 });
    const moved = "/events?filter%5Btype%5D=lead_status_changed%2Clead_added&filter%5Bentity%5D=lead";
    expect((await api("GET", `${moved}&filter%5Bentity_id%5D=${anna.lead}`)).json._embedded.events).toHaveLength(2);
    const to = (id: number) =>
      api(
        "GET",
        `${moved}&filter[value_after][leads_statuses][0][pipeline_id]=${PIPELINES.sales}&filter[value_after][leads_statuses][0][status_id]=${id}`,
      );
    expect((await to(142)).json._embedded.events).toMatchObject([
      { entity_id: anna.lead, type: "lead_status_changed" },
    ]);
    expect((await to(143)).status).toBe(204);
  });

  test("reasons of a loss and groups of fields are read", async () => {
    const { loss_reasons } = (await api("GET", "/leads/loss_reasons")).json._embedded;
    const [{ id, name }] = loss_reasons;
    expect((await api("GET", `/leads/loss_reasons/${id}`)).json).toMatchObject({ id, name, sort: 10_000 });
    await api("PATCH", `/leads/${anna.lead}`, { status_id: 143, loss_reason_id: id });
    const lost = (await api("GET", `/leads/${anna.lead}?with=loss_reason`)).json;
    expect(lost).toMatchObject({ loss_reason_id: id, _embedded: { loss_reason: [{ id, name }] } });
    const added = (await api("POST", "/leads/loss_reasons", [{ name: "Иное", sort: 5, request_id: "0" }])).json;
    const [own] = added._embedded.loss_reasons;
    expect(own).toMatchObject({ name: "Иное", request_id: "0" });
    expect((await api("DELETE", `/leads/loss_reasons/${own.id}`)).status).toBe(204);
    expect((await api("GET", `/leads/loss_reasons/${own.id}`)).status).toBe(404);
    const groups = (await api("GET", "/contacts/custom_fields/groups")).json._embedded.custom_field_groups;
    expect(groups).toMatchObject([{ id: "default", is_predefined: true, entity_type: "contacts", fields: null }]);
  });

  test("whose token it is", async () => {
    expect((await ask("GET", "/v3/user")).json).toMatchObject({
      id: 504141,
      email: expect.stringContaining("@"),
    });
  });
});

describe("other PHP and Go clients, and the connector of MikoPBX", () => {
  test("a note is read, changed and pinned by its own id alone", async () => {
    const note = { entity_id: anna.lead, note_type: "common", params: { text: "раз" } };
    const [{ id }] = (await api("POST", "/leads/notes", [note])).json._embedded.notes;
    const path = `/leads/notes/${id}`;
    expect((await api("PATCH", path, { id, note_type: "common", params: { text: "два" } })).json).toMatchObject({ id });
    expect((await api("POST", `${path}/pin`)).status).toBe(204);
    expect((await api("GET", `${path}?with=is_pinned`)).json).toMatchObject({
      is_pinned: true,
      params: { text: "два" },
    });
    expect((await api("DELETE", `${path}/pin`)).status).toBe(204);
    expect(
      (await api("GET", "/leads/notes?with=is_pinned&filter[note_type][]=common")).json._embedded.notes,
    ).toContainEqual(expect.objectContaining({ id, is_pinned: false }));
    expect((await api("GET", path)).json).not.toHaveProperty("is_pinned");
    expect((await api("PATCH", "/contacts/notes/1", { params: {} })).status).toBe(404);
  });

  test("structures without values in them come along", async () => {
    const lead = {
      name: "Л",
      metadata: {},
      _links: { self: {} },
      _embedded: { contacts: [{ first_name: "Я" }], metadata: {} },
    };
    const [made] = (await api("POST", "/leads/complex", [lead])).json;
    expect((await api("GET", `/leads/${made.id}`)).json.status_id).toBe(32392159);
  });

  test("a stranger's call comes as a list with names, without a recording and with an empty list for an object", async () => {
    const metadata = {
      phone: 79998888856,
      from: "АТС",
      called_at: 1,
      duration: 54,
      link: null,
      service_code: "s",
      uniq: "u",
    };
    const _embedded = { leads: [{ name: "Л", _embedded: [] }], contacts: [{ name: "К" }], companies: [{ name: "О" }] };
    const add = { source_uid: "u", source_name: "n", metadata, _embedded };
    const [{ uid }] = (await api("POST", "/leads/unsorted/sip", { add })).json._embedded.unsorted;
    expect((await api("GET", `/leads/unsorted/${uid}`)).json.metadata).toMatchObject({
      phone: 79998888856,
      link: null,
    });
  });

  test("the account of version 2, and a contact by number from the private version", async () => {
    expect((await ask("GET", "/api/v2/account")).json).toMatchObject({
      subdomain: "okna-severa",
      current_user: 504141,
      timezone_offset: "+03:00",
    });
    const { users } = (await ask("GET", "/api/v2/account?with=users,pipelines")).json._embedded;
    expect(users["504141"]).toMatchObject({ id: 504141, is_admin: true, is_active: true });
    const find = (query: string) => ask("GET", `/private/api/v2/json/contacts/list?${query}`);
    const { response } = (await find("query=79001234567")).json;
    expect(response.contacts).toMatchObject([
      { id: anna.contact, type: "contact", linked_leads_id: [anna.lead], company_name: "ООО «Северный ветер»" },
    ]);
    const companies = (await find("type=all&query=4957770011")).json.response.contacts;
    expect(companies).toMatchObject([{ id: PEOPLE.company.company, type: "company" }]);
    expect((await find(`id=${elena.contact}`)).json.response.contacts).toMatchObject([{ id: elena.contact }]);
    expect((await find("query=79990000000")).status).toBe(204);
    expect((await each.stand.raw("/private/api/v2/json/contacts/list?query=1")).status).toBe(401);
  });
});

describe("nodes of automation services", () => {
  test("who is linked first is the main contact, and the answer says so; linked again he stays it", async () => {
    const [{ id }] = (await api("POST", "/leads", [{ name: "Л" }])).json._embedded.leads;
    const link = async (contact: number, metadata?: object) => {
      const body = [{ to_entity_id: contact, to_entity_type: "contacts", ...(metadata && { metadata }) }];
      const [made] = (await api("POST", `/leads/${id}/link`, body)).json._embedded.links;
      return made.metadata.main_contact;
    };
    expect(await link(elena.contact)).toBe(true);
    expect(await link(anna.contact)).toBe(false);
    expect(await link(elena.contact)).toBe(true);
    expect(await link(anna.contact, { is_main: true })).toBe(true);
    const { contacts } = (await api("GET", `/leads/${id}?with=contacts`)).json._embedded;
    const mains = contacts.filter((one: { is_main: boolean }) => one.is_main);
    expect(mains).toMatchObject([{ id: anna.contact }]);
  });

  test("a lead that is linked from its company's side has no other company left", async () => {
    const [{ id }] = (await api("POST", "/companies", [{ name: "Другая" }])).json._embedded.companies;
    await api("POST", `/companies/${id}/link`, [{ to_entity_id: anna.lead, to_entity_type: "leads" }]);
    expect((await api("GET", `/leads/${anna.lead}`)).json._embedded.companies).toMatchObject([{ id }]);
  });

  test("lists that are always empty here answer as empty lists, what is unknown as unknown; both are in the log", async () => {
    each.stand.controls.setOptions({ customers_mode: "segments" });
    for (const path of [
      "catalogs?limit=250&page=1",
      "chats/templates",
      "customers/segments",
      "talks",
      "website_buttons",
    ]) {
      expect([path, (await api("GET", `/${path}`)).status]).toEqual([path, 204]);
    }
    for (const path of [
      "/api/v4/catalogs/1/elements",
      "/api/v2/leads",
      "/private/api/v2/json/leads/set",
      "/v3/nobody",
    ]) {
      const { status, json } = await ask("GET", path);
      expect([path, status, json.detail]).toEqual([path, 404, `Cannot GET ${each.stand.url}${path}`]);
    }
    expect(each.stand.controls.requests({ status: 204 })).toHaveLength(5);
    expect(each.stand.controls.requests({ status: 404 })).toHaveLength(4);
  });

  test("a hook for everything that there is", async () => {
    const settings = "add_talk update_talk delete_talk add_message add_outgoing_message add_lead update_task".split(
      " ",
    );
    const hook = { destination: "https://automation.example/hook", settings };
    expect((await api("POST", "/webhooks", hook)).json).toMatchObject({ settings, disabled: false });
    const kept = await api("GET", `/webhooks?filter%5Bdestination%5D=${encodeURIComponent(hook.destination)}`);
    expect(kept.json._embedded.webhooks).toMatchObject([hook]);
    expect((await api("DELETE", "/webhooks", { destination: hook.destination })).status).toBe(204);
  });
});
