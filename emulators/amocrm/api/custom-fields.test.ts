import { expect, test } from "vitest";
import { PEOPLE } from "../small-company.ts";
import { standForEach } from "../test-kit/each-anew.ts";
import { CLIENT_ID } from "../test-kit/stand.ts";

const each = standForEach();
const { api } = each;

test("fields are added, changed and deleted; those that every account has stay", async () => {
  const choices = [{ value: "Сайт", sort: 1 }, { value: "Звонок" }];
  const added = await api("POST", "/leads/custom_fields", [
    { name: "Откуда", type: "select", enums: choices, request_id: "s" },
    { name: "Срочно", type: "checkbox", sort: 7 },
  ]);
  const [select, checkbox] = added.json._embedded.custom_fields;
  expect(select).toMatchObject({ name: "Откуда", type: "select", entity_type: "leads", request_id: "s" });
  expect(select.enums).toMatchObject([{ value: "Сайт", sort: 1 }, { value: "Звонок" }]);
  expect(checkbox.sort).toBe(7);
  const more = { enums: [...select.enums, { value: "Визитка" }] };
  const changed = (await api("PATCH", `/leads/custom_fields/${select.id}`, more)).json;
  expect(changed.enums.map(({ id }: { id: number }) => id).slice(0, 2)).toEqual(
    select.enums.map(({ id }: { id: number }) => id),
  );
  const renamed = await api("PATCH", "/leads/custom_fields", [{ id: checkbox.id, name: "Очень срочно" }]);
  expect(renamed.json._embedded.custom_fields).toMatchObject([{ name: "Очень срочно", type: "checkbox", sort: 7 }]);
  expect((await api("DELETE", `/leads/custom_fields/${checkbox.id}`)).status).toBe(204);
  expect((await api("GET", `/leads/custom_fields/${checkbox.id}`)).status).toBe(204);
  const phone = (await api("GET", "/contacts/custom_fields")).json._embedded.custom_fields[0];
  expect((await api("DELETE", `/contacts/custom_fields/${phone.id}`)).status).toBe(400);
  expect((await api("POST", "/leads/custom_fields", [{ name: "Без вида" }])).status).toBe(400);
  const plain = { authorization: `Bearer ${each.stand.controls.issueLongLivedToken(CLIENT_ID, 1, 504142)}` };
  expect((await api("POST", "/leads/custom_fields", [{ name: "Н", type: "text" }], plain)).status).toBe(403);
});

test("a list's value is its choice, by id or by its text; other values are of any plain type", async () => {
  const wanted = [
    { name: "Способ", type: "select", code: "WAY", enums: [{ value: "Курьер" }, { value: "Сам" }] },
    { name: "Скидка", type: "numeric", code: "OFF" },
    { name: "Да", type: "checkbox", code: "YES" },
  ];
  const [way] = (await api("POST", "/leads/custom_fields", wanted)).json._embedded.custom_fields;
  const write = (custom_fields_values: unknown[]) =>
    api("PATCH", `/leads/${PEOPLE.anna.lead}`, { custom_fields_values });
  const valuesOf = async () =>
    (await api("GET", `/leads/${PEOPLE.anna.lead}`)).json.custom_fields_values.map(
      ({ field_code, values }: { field_code: string; values: object[] }) => [field_code, values[0]],
    );
  const [courier, self] = way.enums;
  expect((await write([{ field_id: way.id, values: [{ enum_id: self.id }] }])).status).toBe(200);
  expect(await valuesOf()).toEqual([["WAY", { value: "Сам", enum_id: self.id, enum_code: null }]]);
  const all = [
    { field_code: "WAY", values: [{ value: "Курьер" }] },
    { field_code: "OFF", values: [{ value: 12.5 }] },
    { field_code: "YES", values: [{ value: true }] },
  ];
  expect((await write(all)).status).toBe(200);
  expect(await valuesOf()).toEqual([
    ["WAY", { value: "Курьер", enum_id: courier.id, enum_code: null }],
    ["OFF", { value: 12.5 }],
    ["YES", { value: true }],
  ]);
  for (const value of [{}, { value: null }, { value: {} }, { enum_id: 1 }]) {
    expect((await write([{ field_id: way.id, values: [value] }])).status).toBe(400);
  }
});
