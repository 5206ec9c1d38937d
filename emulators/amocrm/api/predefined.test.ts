// What every account has from the start.
import { expect, test } from "vitest";
import { PIPELINES } from "../small-company.ts";
import { standForEach } from "../test-kit/each-anew.ts";

const each = standForEach();
const { api } = each;

test("every pipeline has its own unsorted status and the common 142 and 143", async () => {
  const { json } = await api("GET", "/leads/pipelines");
  expect(json._embedded.pipelines.map((one: { name: string }) => one.name)).toEqual(["Продажи", "Сервис"]);
  for (const { _embedded, id } of json._embedded.pipelines) {
    expect(_embedded.statuses[0]).toMatchObject({ type: 1, is_editable: false, pipeline_id: id });
    expect(_embedded.statuses.slice(-2).map((one: { id: number }) => one.id)).toEqual([142, 143]);
  }
  expect((await api("GET", "/leads/pipelines/1")).json).toMatchObject({ status: 404, detail: "Pipeline not found" });
  expect((await api("GET", `/leads/pipelines/${PIPELINES.sales}/statuses/142`)).json.name).toBe("Успешно реализовано");
});

test("the phone field is found by its code; its enums have ids of the account", async () => {
  const { json } = await api("GET", "/contacts/custom_fields");
  const field = json._embedded.custom_fields.find((one: { code: string }) => one.code === "PHONE");
  expect(field).toMatchObject({ type: "multitext", is_predefined: true });
  expect(field.enums.map((one: { value: string }) => one.value)).toEqual([
    "WORK",
    "WORKDD",
    "MOB",
    "FAX",
    "HOME",
    "OTHER",
  ]);
});
