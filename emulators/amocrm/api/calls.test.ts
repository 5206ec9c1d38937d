import { expect, test } from "vitest";
import { PEOPLE } from "../small-company.ts";
import { phoneField, standForEach } from "../test-kit/each-anew.ts";

const each = standForEach();
const { api } = each;

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
  const company = each.stand.controls.createEntity("companies", {
    name: "Без сделок",
    custom_fields_values: phoneField("+74957770022"),
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
  expect(each.stand.controls.invariants().doubledCalls).toMatchObject([{ uniq: "u", entity_id: PEOPLE.anna.lead }]);
});
