// A stranger's call in Unsorted, and what becomes of it.
import { expect, test } from "vitest";
import { PIPELINES } from "../small-company.ts";
import { idsOf, phoneField, standForEach } from "../test-kit/each-anew.ts";

const each = standForEach();
const { api } = each;

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
    contacts: [{ name: "+79990000000", custom_fields_values: phoneField("+79990000000") }],
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
