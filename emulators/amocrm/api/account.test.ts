// The account's smaller parts: who works in it, in which roles, and where its leads come from.
import { expect, test } from "vitest";
import { PEOPLE, PIPELINES } from "../small-company.ts";
import { standForEach } from "../test-kit/each-anew.ts";
import { CLIENT_ID } from "../test-kit/stand.ts";

const each = standForEach();
const { api } = each;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

test("the account tells what is asked for, and of its users the same", async () => {
  const { json } = await api("GET", "/account?with=amojo_id,drive_url,is_api_filter_enabled,nonsense");
  expect(json).toMatchObject({ uuid: expect.stringMatching(UUID), amojo_id: expect.stringMatching(UUID) });
  expect(json).toMatchObject({
    drive_url: each.stand.url,
    is_api_filter_enabled: false,
    customers_mode: "unavailable",
  });
  const plain = await api("GET", "/account");
  expect(plain.json).not.toHaveProperty("amojo_id");
  const user = await api("GET", "/users/504141?with=uuid,amojo_id,user_rank,role,group");
  expect(user.json).toMatchObject({ uuid: expect.stringMatching(UUID), user_rank: null, _embedded: { roles: [] } });
});

test("users are added, ten at once, and have the role they are given", async () => {
  const rights = { leads: { view: "A", edit: "M", add: "A", delete: "D", export: "D" } };
  const [role] = (await api("POST", "/roles", [{ name: "Менеджер", rights }])).json._embedded.roles;
  const person = { name: "Новый", email: "new@okna.example", lang: "ru", rights: { role_id: role.id } };
  const added = await api("POST", "/users", [person]);
  expect(added.status).toBe(201);
  const [{ id }] = added.json._embedded.users;
  const user = (await api("GET", `/users/${id}?with=role`)).json;
  expect(user).toMatchObject({ name: "Новый", rights: { role_id: role.id, is_admin: false } });
  expect(user._embedded.roles).toMatchObject([{ id: role.id, name: "Менеджер" }]);
  expect((await api("GET", `/roles/${role.id}?with=users`)).json._embedded.users).toEqual([{ id }]);
  expect((await api("PATCH", `/roles/${role.id}`, { name: "Старший" })).json).toMatchObject({
    name: "Старший",
    rights,
  });
  expect((await api("POST", "/users", [person])).status).toBe(400);
  const many = Array.from({ length: 11 }, (_, at) => ({ ...person, email: `${at}@okna.example` }));
  expect((await api("POST", "/users", many)).status).toBe(422);
  expect((await api("DELETE", `/roles/${role.id}`)).status).toBe(204);
  expect((await api("GET", "/roles")).status).toBe(204);
});

test("a lead tells the source that its integration names", async () => {
  const source = { name: "АТС", external_id: "pbx-1", pipeline_id: PIPELINES.service };
  const [{ id }] = (await api("POST", "/sources", [source])).json._embedded.sources;
  expect((await api("GET", "/sources?filter[external_id][]=pbx-1")).json._embedded.sources).toMatchObject([
    { id, ...source, default: false, services: [] },
  ]);
  const lead = { name: "С АТС", _embedded: { source: { external_id: "pbx-1", type: "widget" } } };
  const [{ id: leadId }] = (await api("POST", "/leads", [lead])).json._embedded.leads;
  const shown = await api("GET", `/leads/${leadId}?with=source,source_id,catalog_elements,is_price_modified_by_robot`);
  expect(shown.json).toMatchObject({ source_id: id, is_price_modified_by_robot: false });
  expect(shown.json._embedded).toMatchObject({ source: { id, name: "АТС" }, catalog_elements: [] });
  expect((await api("PATCH", `/sources/${id}`, { name: "Новая АТС" })).json.name).toBe("Новая АТС");
  each.stand.controls.registerIntegration({ client_id: "another", redirect_uri: "http://127.0.0.1:9/" });
  const other = { authorization: `Bearer ${each.stand.controls.issueLongLivedToken("another")}` };
  expect((await api("GET", `/sources/${id}`, undefined, other)).status).toBe(404);
  const several = await api("PATCH", "/sources", [{ id, default: true }]);
  expect(several.json._embedded.sources).toMatchObject([{ id, name: "Новая АТС", default: true }]);
  expect((await api("PATCH", "/sources", [{ id: 1 }])).status).toBe(400);
  const [{ id: second }] = (await api("POST", "/sources", [{ ...source, external_id: "2" }])).json._embedded.sources;
  expect((await api("DELETE", "/sources", [{ id: second }])).status).toBe(204);
  expect((await api("DELETE", `/sources/${id}`)).status).toBe(204);
  expect((await api("GET", "/sources")).status).toBe(204);
});

test("the history tells its kinds, and names whom a line is about when asked to", async () => {
  const { json } = await api("GET", "/events/types?language_code=en");
  expect(json._embedded.events_types).toContainEqual(expect.objectContaining({ lang: "Incoming call" }));
  const keys = json._embedded.events_types.map(({ key }: { key: string }) => key);
  expect(keys).toContain("incoming_call");
  expect(json._embedded.events_types[0]).toEqual({ key: keys[0], type: expect.any(Number), lang: expect.any(String) });
  const about = `filter[entity]=contact&filter[entity_id][]=${PEOPLE.anna.contact}`;
  const [line] = (await api("GET", `/events?with=contact_name&${about}`)).json._embedded.events;
  expect(line._embedded.entity).toMatchObject({ id: PEOPLE.anna.contact, name: "Анна Кравцова" });
  const [bare] = (await api("GET", `/events?${about}`)).json._embedded.events;
  expect(bare._embedded.entity).not.toHaveProperty("name");
  const task = { text: "Позвонить", complete_till: 1, entity_type: "leads", entity_id: PEOPLE.anna.lead };
  const [{ id }] = (await api("POST", "/tasks", [task])).json._embedded.tasks;
  await api("PATCH", `/tasks/${id}`, { is_completed: true, result: { text: "Готово" } });
  const lines = (await api("GET", `/events?filter[entity]=task&filter[entity_id][]=${id}`)).json._embedded.events;
  const types = lines.map(({ type }: { type: string }) => type).toSorted();
  expect(types).toEqual(["task_added", "task_completed", "task_result_added"]);
  for (const type of types) expect(keys).toContain(type);
});

test("a cashier's message has one of its statuses, and an empty result comes back as it went", async () => {
  const say = (status: string) =>
    api("POST", `/leads/${PEOPLE.anna.lead}/notes`, [{ note_type: "message_cashier", params: { status, text: "Т" } }]);
  expect((await say("shown")).status).toBe(200);
  expect((await say("seen")).status).toBe(400);
  const [{ id }] = (await api("POST", "/tasks", [{ text: "Т", complete_till: 1 }])).json._embedded.tasks;
  expect((await api("PATCH", `/tasks/${id}`, { result: [], text: "Т2" })).status).toBe(200);
  expect((await api("GET", `/tasks/${id}`)).json).toMatchObject({ text: "Т2", result: [] });
});

test("a plain user sees neither users nor roles", async () => {
  const plain = { authorization: `Bearer ${each.stand.controls.issueLongLivedToken(CLIENT_ID, 1, 504142)}` };
  for (const path of ["/users", "/roles", "/roles/1"])
    expect((await api("GET", path, undefined, plain)).status).toBe(403);
});
