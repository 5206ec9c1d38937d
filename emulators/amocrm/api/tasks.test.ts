import { expect, test } from "vitest";
import { PEOPLE } from "../small-company.ts";
import { idsOf, standForEach } from "../test-kit/each-anew.ts";

const each = standForEach();
const { api } = each;

test("a task needs text and deadline; an empty result is a list, a filled one an object", async () => {
  expect((await api("POST", "/tasks", [{ text: "x" }])).status).toBe(400);
  const body = {
    text: "Перезвонить",
    complete_till: 1_900_000_000,
    entity_id: PEOPLE.anna.lead,
    entity_type: "leads",
  };
  const [id = 0] = idsOf(await api("POST", "/tasks", [body]), "tasks");
  expect((await api("GET", `/tasks/${id}`)).json).toMatchObject({
    result: [],
    is_completed: false,
    responsible_user_id: 504141,
    task_type_id: 1,
  });
  expect((await api("GET", `/leads/${PEOPLE.anna.lead}`)).json.closest_task_at).toBe(1_900_000_000);
  await api("PATCH", `/tasks/${id}`, { is_completed: true, result: { text: "ok" } });
  expect((await api("GET", "/tasks?filter[is_completed]=1")).json._embedded.tasks).toMatchObject([
    { id, result: { text: "ok" } },
  ]);
  expect((await api("GET", `/leads/${PEOPLE.anna.lead}`)).json.closest_task_at).toBeNull();
});
