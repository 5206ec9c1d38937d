import { expect, test } from "vitest";
import { standForEach } from "../test-kit/each-anew.ts";

const each = standForEach();
const { api, as } = each;

test("success is hal+json, a refusal problem+json, both carry a request id", async () => {
  const account = await api("GET", "/account?with=task_types,version,datetime_settings");
  expect([account.status, account.headers.get("content-type")]).toEqual([200, "application/hal+json"]);
  expect(account.headers.get("x-request-id")).toBeTruthy();
  expect(account.json).toMatchObject({
    id: 12345678,
    subdomain: "okna-severa",
    current_user_id: 504141,
    version: 16,
  });
  expect(account.json._embedded.datetime_settings.date_formant).toBe("d.m.Y");
  const wrong = await api("GET", "/nope");
  expect([wrong.status, wrong.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
  expect(wrong.json.detail).toBe(`Cannot GET ${each.stand.url}/api/v4/nope`);
});

test("an empty list, an unknown id and a page behind the end are 204 without a body", async () => {
  for (const path of ["/tasks", "/leads/1", "/contacts/1", "/leads?page=9", "/leads/unsorted"]) {
    const { status, text } = await api("GET", path);
    expect([path, status, text]).toEqual([path, 204, ""]);
  }
});

test("a full last page still has a next link, and it leads to an empty page", async () => {
  const { json } = await api("GET", "/leads?limit=2&page=2");
  expect(Object.keys(json._links).sort()).toEqual(["first", "next", "prev", "self"]);
  expect(
    (await each.stand.raw(json._links.next.href.replace(each.stand.url, ""), { headers: as(504141) })).status,
  ).toBe(204);
  expect(json._total_items).toBeUndefined();
});

test("methods that a path does not know are 405", async () => {
  expect((await api("GET", "/calls")).status).toBe(405);
  expect((await api("POST", "/leads/unsorted", [])).status).toBe(405);
});

test("at most 250 entities in one request, and never none", async () => {
  const many = await api(
    "POST",
    "/contacts",
    Array.from({ length: 251 }, () => ({})),
  );
  expect([many.status, many.json.detail]).toEqual([422, "Limit 250 per page"]);
  expect((await api("POST", "/contacts", [])).json.detail).toBe("Request data can not be empty");
  expect(
    (
      await api(
        "POST",
        "/leads/complex",
        Array.from({ length: 51 }, () => ({})),
      )
    ).status,
  ).toBe(422);
});

test("one bad element refuses the whole batch and is named by its request_id", async () => {
  const { status, json } = await api("POST", "/contacts", [
    { name: "Ok" },
    {
      name: "Bad",
      request_id: "b",
      custom_fields_values: [{ field_id: 1, values: [{ value: "x" }] }],
      responsible_user_id: 1,
    },
  ]);
  expect(status).toBe(400);
  expect(json["validation-errors"]).toHaveLength(1);
  expect(json["validation-errors"][0]).toMatchObject({
    request_id: "b",
    errors: [{ code: "NotSupportedChoice" }, { path: "custom_fields_values.0.field_id" }],
  });
  expect((await api("GET", "/contacts?query=Ok")).status).toBe(204);
});

test("request_id is echoed, the index when there is none", async () => {
  const { json } = await api("POST", "/contacts", [{ request_id: "mine" }, {}]);
  expect(json._embedded.contacts.map((one: { request_id: string }) => one.request_id)).toEqual(["mine", "1"]);
});

test("no token, a foreign token, an unknown host and an unpaid account are refused", async () => {
  expect((await each.stand.raw("/api/v4/account")).status).toBe(401);
  expect((await api("GET", "/account", undefined, { authorization: "Bearer x" })).status).toBe(401);
  each.stand.controls.setOptions({ is_paid: false });
  expect((await api("GET", "/leads")).json).toMatchObject({ title: "Payment Required", status: 402 });
});
