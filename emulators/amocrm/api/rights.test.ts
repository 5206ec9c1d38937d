// A role's rights hold for its users, whoever asks in their name: all, the own group's, the own, none.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { PEOPLE } from "../small-company.ts";
import { startTestStand, type TestStand } from "../test-kit/stand.ts";

let stand: TestStand;
let roleId = 0;
/** Responsible for Anna and her lead. */
let own = 0;
let colleague = 0;
beforeAll(async () => {
  stand = await startTestStand();
  [{ id: roleId }] = (await api("POST", "/roles", [{ name: "Р", rights: {} }])).json._embedded.roles;
  const person = (email: string, group_id: number) => ({ name: email, email, rights: { role_id: roleId, group_id } });
  const added = await api("POST", "/users", [person("a@okna.example", 5), person("b@okna.example", 5)]);
  [own, colleague] = added.json._embedded.users.map(({ id }: { id: number }) => id);
});
beforeEach(() => api("PATCH", `/contacts/${PEOPLE.anna.contact}`, { responsible_user_id: own }));
afterAll(() => stand[Symbol.asyncDispose]());

const api = (method: string, path: string, body?: unknown, user?: number) =>
  stand.api(method, `/api/v4${path}`, body, user === undefined ? {} : { "x-context-user-id": String(user) });
const allow = (rights: object) => api("PATCH", `/roles/${roleId}`, { rights });
const { contact } = PEOPLE.anna;

test.each([
  ["A", 200, 200],
  ["G", 200, 200],
  ["M", 200, 403],
  ["D", 403, 403],
])("with %s a user edits and sees his own: %i, his colleague's: %i", async (right, mine, his) => {
  await allow({ contacts: { edit: right, view: right } });
  for (const [user, status] of [
    [own, mine],
    [colleague, his],
  ] as const) {
    expect((await api("PATCH", `/contacts/${contact}`, { name: "Анна" }, user)).status).toBe(status);
    expect((await api("PATCH", "/contacts", [{ id: contact, name: "Анна" }], user)).status).toBe(status);
    expect((await api("GET", `/contacts/${contact}`, undefined, user)).status).toBe(status);
    const list = await api("GET", "/contacts?query=Анна", undefined, user);
    expect(list.status).toBe(status === 200 ? 200 : 204);
  }
});

test("other groups are strangers to a group's rights", async () => {
  await allow({ contacts: { edit: "G" } });
  expect((await api("PATCH", `/contacts/${PEOPLE.ivan.contact}`, { name: "Иван" }, own)).status).toBe(403);
});

test("adding may be forbidden, and tasks be one's own; the users' list tells it", async () => {
  await allow({ leads: { add: "D" }, tasks: { edit: "M" } });
  expect((await api("POST", "/leads", [{}], own)).status).toBe(403);
  expect((await api("POST", "/leads/complex", [{}], own)).status).toBe(403);
  expect((await api("POST", "/contacts", [{}], own)).status).toBe(200);
  const task = { text: "Т", complete_till: 1, responsible_user_id: own };
  const [{ id }] = (await api("POST", "/tasks", [task])).json._embedded.tasks;
  expect((await api("PATCH", `/tasks/${id}`, { text: "Т2" }, colleague)).status).toBe(403);
  expect((await api("PATCH", "/tasks", [{ id, text: "Т2" }], colleague)).status).toBe(403);
  expect((await api("PATCH", `/tasks/${id}`, { text: "Т2" }, own)).status).toBe(200);
  expect((await api("GET", `/users/${own}`)).json.rights).toMatchObject({
    leads: { view: "A", edit: "A", add: "D", delete: "D", export: "D" },
    tasks: { edit: "M", delete: "A" },
  });
});
