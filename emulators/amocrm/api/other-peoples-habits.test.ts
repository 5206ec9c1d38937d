// What other people's clients send that is neither right nor wrong by the book: the stand takes it as the CRM does, and
// stays up whatever comes.
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { PEOPLE } from "../small-company.ts";
import { standForEach } from "../test-kit/each-anew.ts";

const each = standForEach();
const { api } = each;

test("an address that is none is refused, and the stand goes on", async () => {
  const socket = connect(Number(new URL(each.stand.url).port), "127.0.0.1");
  await once(socket, "connect");
  socket.write("GET //[ HTTP/1.1\r\nhost: stand\r\nconnection: close\r\n\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1.1 400 /);
  expect((await api("GET", "/account")).status).toBe(200);
});

test("a list may have names, as to PHP it may, but one object is none", async () => {
  const call = { direction: "inbound", duration: 3, source: "PBX", phone: PEOPLE.anna.phone, uniq: "named" };
  const { status, json } = await api("POST", "/calls", { add: call });
  expect([status, json._embedded.calls]).toMatchObject([200, [{ entity_id: PEOPLE.anna.lead, request_id: "0" }]]);
  expect((await api("POST", "/calls", call)).status).toBe(400);
  expect((await api("POST", "/contacts", {})).status).toBe(400);
});

test("a null in the key of a choice that is not meant is no choice", async () => {
  const written = [
    { field_code: "PHONE", values: [{ value: "+79990000011", enum_id: null, enum_code: "MOB" }] },
    { field_code: "EMAIL", values: [{ value: "a@example.org", enum_id: null, enum_code: null }] },
  ];
  const { json } = await api("POST", "/contacts", [{ name: "Н", custom_fields_values: written, request_id: null }]);
  const [{ id, request_id }] = json._embedded.contacts;
  expect(request_id).toBe("0");
  const fields = (await api("GET", `/contacts/${id}`)).json.custom_fields_values;
  expect(fields).toMatchObject([{ values: [{ enum_code: "MOB" }] }, { values: [{ enum_code: "WORK" }] }]);
});

test("a plain lead is linked to who is there, and nobody is made for it", async () => {
  const link = { contacts: [{ id: String(PEOPLE.elena.contact), is_main: true }] };
  const { json } = await api("POST", "/leads", [{ name: "Л", _embedded: link }]);
  const lead = await api("GET", `/leads/${json._embedded.leads[0].id}?with=contacts`);
  expect(lead.json._embedded.contacts).toMatchObject([{ id: PEOPLE.elena.contact, is_main: true }]);
  const inFull = await api("POST", "/leads", [{ name: "Л", _embedded: { contacts: [{ name: "Новый" }] } }]);
  expect(inFull.json["validation-errors"][0].errors[0].path).toBe("_embedded.contacts.0.id");
});
