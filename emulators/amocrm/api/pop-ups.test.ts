import { expect, test } from "vitest";
import { PEOPLE } from "../small-company.ts";
import { standForEach } from "../test-kit/each-anew.ts";

const each = standForEach();
const { ask, as } = each;

const ring = (body: object) => ask("POST", "/api/v2/events/", body);

test("a ringing call is shown to the named users and names the lead of a known number", async () => {
  const { json } = await ring({ add: [{ type: "phone_call", phone_number: "+79001234567", users: [504142] }] });
  expect(json._embedded.items).toEqual([
    { element_id: PEOPLE.anna.lead, element_type: 2, uid: expect.any(String), phone_number: "+79001234567" },
  ]);
  expect(each.stand.controls.popUps()).toMatchObject([
    { users: [504142], element: { type: "leads", name: "Окна, 12 шт." } },
  ]);
  const unknown = await ring({ add: [{ type: "phone_call", phone_number: "+79990000000" }] });
  expect(unknown.json._embedded.items[0]).toMatchObject({ element_id: null, element_type: null });
  expect((await ring({ add: [{ type: "call" }] })).status).toBe(400);
});

test("the form that pages send is understood", async () => {
  const answer = await each.stand.raw("/api/v2/events", {
    method: "POST",
    headers: as(504141),
    body: new URLSearchParams({
      "add[0][type]": "phone_call",
      "add[0][phone_number]": "89001234567",
      "add[0][users][]": "504141",
    }),
  });
  expect(answer.json._embedded.items[0].element_id).toBe(PEOPLE.anna.lead);
  expect(each.stand.controls.popUps()[0]?.users).toEqual([504141]);
});
