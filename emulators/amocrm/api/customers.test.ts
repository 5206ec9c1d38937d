import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { PEOPLE } from "../small-company.ts";
import { startTestStand, type TestStand } from "../test-kit/stand.ts";

let stand: TestStand;
beforeAll(async () => {
  stand = await startTestStand();
});
beforeEach(() => stand.controls.setOptions({ customers_mode: "segments" }));
afterAll(() => stand[Symbol.asyncDispose]());

const api = (method: string, path: string, body?: unknown) => stand.api(method, `/api/v4${path}`, body);
const call = async (phone: string) => {
  const item = { direction: "inbound", duration: 1, source: "PBX", phone, uniq: phone };
  const { json } = await api("POST", "/calls", [item]);
  const [{ entity_type, entity_id }] = json._embedded.calls;
  return [entity_type, entity_id];
};
const addCustomer = async (name: string): Promise<number> =>
  (await api("POST", "/customers", [{ name, next_date: 1_800_000_000 }])).json._embedded.customers[0].id;
const link = (contact: number, customer: number) =>
  api("POST", `/contacts/${contact}/link`, [{ to_entity_id: customer, to_entity_type: "customers" }]);

test("an account without customers says so, and not that there is no such address", async () => {
  for (const [customers_mode, status] of [
    ["disabled", 426],
    ["unavailable", 425],
  ] as const) {
    stand.controls.setOptions({ customers_mode });
    expect((await api("GET", "/account")).json.customers_mode).toBe(customers_mode);
    for (const path of ["/customers", "/customers/1", "/customers/notes"]) {
      const { json } = await api("GET", path);
      expect([path, json.status]).toEqual([path, status]);
    }
  }
});

test("a customer is kept as other entities are: changed, tagged, linked, noted, given a task", async () => {
  expect((await api("GET", "/customers")).status).toBe(204);
  const id = await addCustomer("Постоянный");
  await api("PATCH", `/customers/${id}`, { next_price: 5000, tags_to_add: [{ name: "опт" }] });
  expect((await link(PEOPLE.ivan.contact, id)).status).toBe(200);
  const shown = (await api("GET", `/customers/${id}?with=contacts`)).json;
  expect(shown).toMatchObject({ name: "Постоянный", next_price: 5000, next_date: 1_800_000_000 });
  expect(shown._embedded).toMatchObject({ tags: [{ name: "опт" }], contacts: [{ id: PEOPLE.ivan.contact }] });
  const contact = (await api("GET", `/contacts/${PEOPLE.ivan.contact}?with=customers`)).json;
  expect(contact._embedded.customers).toMatchObject([{ id }]);
  const note = { note_type: "common", params: { text: "Т" } };
  expect((await api("POST", `/customers/${id}/notes`, [note])).status).toBe(200);
  const task = { text: "Т", complete_till: 1, entity_type: "customers", entity_id: id };
  expect((await api("POST", "/tasks", [task])).status).toBe(200);
  expect((await api("GET", `/customers/${id}`)).json.closest_task_at).toBe(1);
});

test("a call goes to the only customer of a client without an active lead; with both, to his card", async () => {
  const { elena, anna } = PEOPLE;
  const only = await addCustomer("Елена");
  await link(elena.contact, only);
  expect(await call("79162223344")).toEqual(["customer", only]);
  const ring = { add: [{ type: "phone_call", phone_number: "79162223344" }] };
  const { json } = await stand.api("POST", "/api/v2/events/", ring);
  expect(json._embedded.items[0]).toMatchObject({ element_id: only, element_type: 12 });
  await link(elena.contact, await addCustomer("Елена ещё раз"));
  expect(await call("79162223344")).toEqual(["contact", elena.contact]);
  expect(await call("79001234567")).toEqual(["lead", anna.lead]);
  await link(anna.contact, await addCustomer("Анна"));
  expect(await call("79001234567")).toEqual(["contact", anna.contact]);
  stand.controls.setOptions({ customers_mode: "disabled" });
  expect(await call("79001234567")).toEqual(["lead", anna.lead]);
});
