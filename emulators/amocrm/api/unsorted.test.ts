// What comes into Unsorted by other ways than a stranger's call: a form, a lead given in full, a client who is known.
import { expect, test } from "vitest";
import { PEOPLE, PIPELINES } from "../small-company.ts";
import { standForEach } from "../test-kit/each-anew.ts";

const each = standForEach();
const { api } = each;
const CALL = { phone: "79990000001", called_at: 1, duration: 0, link: "", service_code: "pbx", uniq: "u1" };
const FORM = { form_id: 7, form_name: "Заявка", form_page: "https://okna.example/", form_sent_at: 1, referer: "" };
const UNSORTED_STATUS = 32392156;

test("a form waits beside the calls, without a note of a call, and is counted by itself", async () => {
  const sip = { source_uid: "pbx", source_name: "PBX", metadata: CALL };
  const form = { source_uid: "site", source_name: "Сайт", metadata: FORM, _embedded: { leads: [{ name: "С сайта" }] } };
  expect((await api("POST", "/leads/unsorted/sip", [sip])).status).toBe(200);
  const { json } = await api("POST", "/leads/unsorted/forms", [form]);
  const [{ uid, _embedded }] = json._embedded.unsorted;
  expect((await api("GET", `/leads/unsorted/${uid}`)).json).toMatchObject({ category: "forms", metadata: FORM });
  expect((await api("GET", `/leads/${_embedded.leads[0].id}/notes`)).status).toBe(204);
  const listed = await api("GET", "/leads/unsorted?filter[category][]=forms");
  expect(listed.json._embedded.unsorted).toMatchObject([{ uid }]);
  const summary = await api("GET", "/leads/unsorted/summary");
  expect(summary.json).toMatchObject({ total: 2, categories: { sip: { total: 1 }, forms: { total: 1 } } });
  expect((await api("GET", `/leads/unsorted/summary?filter[uid]=${uid}`)).json.total).toBe(1);
});

test("a client who is known is linked as he is, and stays when the lead is declined", async () => {
  const before = (await api("GET", `/contacts/${PEOPLE.elena.contact}`)).json;
  const item = {
    source_uid: "pbx",
    source_name: "PBX",
    metadata: { ...CALL, uniq: "u2" },
    _embedded: { leads: [{ name: "Звонок", _embedded: { tags: [{ name: "АТС" }] } }], contacts: [{ id: before.id }] },
  };
  const [{ uid, _embedded }] = (await api("POST", "/leads/unsorted/sip", [item])).json._embedded.unsorted;
  expect(_embedded.contacts).toMatchObject([{ id: before.id }]);
  expect((await api("GET", `/leads/${_embedded.leads[0].id}`)).json._embedded.tags).toMatchObject([{ name: "АТС" }]);
  expect((await api("DELETE", `/leads/unsorted/${uid}/decline`)).status).toBe(200);
  const after = (await api("GET", `/contacts/${before.id}`)).json;
  expect(after).toMatchObject({ name: before.name, custom_fields_values: before.custom_fields_values });
});

test("a lead given in full with where it came from goes into Unsorted, whatever its stage", async () => {
  const lead = {
    name: "Заявка",
    pipeline_id: PIPELINES.sales,
    status_id: 32392159,
    request_id: "full",
    _embedded: {
      metadata: { ...CALL, uniq: "u3", category: "sip" },
      contacts: [
        { name: "Аноним", custom_fields_values: [{ field_code: "PHONE", values: [{ value: "+79990000003" }] }] },
      ],
    },
  };
  const { status, json } = await api("POST", "/leads/complex", [lead]);
  expect([status, json]).toEqual([
    200,
    [
      {
        id: expect.any(Number),
        contact_id: expect.any(Number),
        company_id: null,
        request_id: ["full"],
        merged: false,
      },
    ],
  ]);
  expect((await api("GET", `/leads/${json[0].id}`)).json.status_id).toBe(UNSORTED_STATUS);
  expect((await api("GET", "/contacts?query=79990000003")).status).toBe(204);
  const unknown = { ...lead, _embedded: { metadata: { category: "mail" } } };
  expect((await api("POST", "/leads/complex", [unknown])).json["validation-errors"]).toMatchObject([
    { request_id: "full", errors: [{ path: "_embedded.metadata.category" }] },
  ]);
});
