import { expect, test } from "vitest";
import { PEOPLE } from "../small-company.ts";
import { standForEach } from "../test-kit/each-anew.ts";

const each = standForEach();
const { api } = each;

test("a tag is one for all entities of its kind, by its name or its id", async () => {
  const made = await api("POST", "/leads/tags", [{ name: "VIP", color: "EBEBEB", request_id: "t" }, { name: "АТС" }]);
  const [vip, pbx] = made.json._embedded.tags;
  expect(made.json._embedded.tags).toEqual([
    { id: vip.id, name: "VIP", color: "EBEBEB", request_id: "t" },
    { id: pbx.id, name: "АТС", color: null, request_id: "1" },
  ]);
  const [one, two] = PEOPLE.pavel.leads;
  await api("PATCH", `/leads/${one}`, { tags_to_add: [{ name: "VIP" }] });
  await api("PATCH", `/leads/${two}`, { _embedded: { tags: [{ id: vip.id, name: null }] } });
  for (const lead of [one, two]) {
    expect((await api("GET", `/leads/${lead}`)).json._embedded.tags).toEqual([
      { id: vip.id, name: "VIP", color: "EBEBEB" },
    ]);
  }
  await api("PATCH", `/leads/${one}`, { tags_to_delete: [{ id: vip.id }] });
  expect((await api("GET", `/leads/${one}`)).json._embedded.tags).toEqual([]);
});

test("tags are listed and found; other kinds have others, without colours", async () => {
  const { json } = await api("POST", "/contacts/tags", [{ name: "VIP" }]);
  const [{ id }] = json._embedded.tags;
  expect((await api("GET", "/contacts/tags")).json._embedded.tags).toEqual([{ id, name: "VIP" }]);
  expect((await api("GET", `/contacts/tags?filter[id][]=${id}`)).json._embedded.tags).toHaveLength(1);
  expect((await api("GET", "/contacts/tags?filter[name]=VIP&query=vi")).json._embedded.tags).toHaveLength(1);
  expect((await api("GET", "/contacts/tags?query=нет")).status).toBe(204);
  expect((await api("GET", "/companies/tags")).status).toBe(204);
  expect((await api("POST", "/contacts/tags", [{}])).status).toBe(400);
});
