import { expect, test } from "vitest";
import { PEOPLE } from "../small-company.ts";
import { standForEach } from "../test-kit/each-anew.ts";

const each = standForEach();
const { api } = each;
const phones = (...values: string[]) => [{ field_code: "PHONE", values: values.map((value) => ({ value })) }];
const add = async (...numbers: string[]) => {
  const contacts = [{ name: "Анна ещё раз", custom_fields_values: phones(...numbers) }];
  return (await api("POST", "/leads/complex", [{ name: "Л", _embedded: { contacts } }])).json[0];
};

test("who has the number is taken instead of a second contact, and gets the other numbers, where that is switched on", async () => {
  const { contact } = PEOPLE.anna;
  const second = await add(PEOPLE.anna.phone);
  expect(second.merged).toBe(false);
  expect(second.contact_id).not.toBe(contact);
  each.stand.controls.setOptions({ duplicate_control: true });
  const { id, contact_id, merged } = await add("8 900 123-45-67", "+79998887766");
  expect([contact_id, merged]).toEqual([contact, true]);
  expect((await api("GET", `/leads/${id}?with=contacts`)).json._embedded.contacts).toMatchObject([{ id: contact }]);
  const shown = (await api("GET", `/contacts/${contact}`)).json;
  expect(shown.name).toBe("Анна Кравцова");
  const [field] = shown.custom_fields_values;
  const values = field.values.map(({ value }: { value: string }) => value);
  expect(values).toEqual([PEOPLE.anna.phone, "+79998887766"]);
});

test("more than three with the number are left as they are", async () => {
  const number = "+79995554433";
  for (let nth = 0; nth < 4; nth++) await api("POST", "/contacts", [{ custom_fields_values: phones(number) }]);
  expect(await add(number)).toMatchObject({ merged: false });
});
