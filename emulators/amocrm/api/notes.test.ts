import { expect, test } from "vitest";
import { PEOPLE } from "../small-company.ts";
import { idsOf, standForEach } from "../test-kit/each-anew.ts";

const each = standForEach();
const { api } = each;

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
