import { expect, test } from "vitest";
import { PEOPLE, PIPELINES } from "../small-company.ts";
import { idsOf, phoneField, standForEach } from "../test-kit/each-anew.ts";

const each = standForEach();
const { api } = each;

test("a contact is created, changed and read; a multitext field is replaced whole", async () => {
  const [id = 0] = idsOf(
    await api("POST", "/contacts", [
      { first_name: "Олег", last_name: "Жданов", custom_fields_values: phoneField("8 999 111 22 33") },
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
  each.stand.controls.setOptions({ index_delay_ms: 5000 });
  await api("POST", "/contacts", [{ name: "Свежий", custom_fields_values: phoneField("+79995550000") }]);
  const search = async () => (await api("GET", "/contacts?query=79995550000")).status;
  expect(await search()).toBe(204);
  await each.stand.clock.advance(5000);
  expect(await search()).toBe(200);
});

test("a filter is ignored until it is paid for", async () => {
  const path = `/leads?filter[id][]=${PEOPLE.anna.lead}`;
  expect(idsOf(await api("GET", path), "leads")).toHaveLength(4);
  each.stand.controls.setOptions({ is_api_filter_enabled: true });
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
  expect((await links()).map((one: { to_entity_id: number }) => one.to_entity_id)).not.toContain(PEOPLE.elena.contact);
});
