// Loose types, unknown fields and nulls are amoCRM's way; one bad entity must not hide the others.
import { expect, test } from "vitest";
import { readClient, readEach, readEmbedded, readLead, readUnsorted } from "./answers.ts";
import { CrmError } from "./crm-error.ts";

const contact = {
  id: "3",
  name: null,
  responsible_user_id: 504141,
  updated_at: 1590943929,
  created_at: 1582117331,
  unknown: { field: true },
  custom_fields_values: [
    {
      field_id: 1,
      field_code: "PHONE",
      values: [{ value: "89161234567, 8 495 123-45-67", enum: 1 }, { value: 79990001122 }],
    },
    { field_id: 2, field_code: "EMAIL", values: [{ value: "89167654321@example.org" }] },
    { field_id: 3, field_code: null, values: [{ value: true }] },
  ],
  _embedded: { companies: [{ id: 9 }], leads: [] },
};

test("a contact gives its phones as keys, whatever the types", () => {
  const { client } = readClient("contact", "RU")(contact);
  expect(client).toMatchObject({ kind: "contact", id: 3, name: "", companyId: 9, responsibleUserId: 504141 });
  expect(client?.phones.map(({ e164 }) => e164)).toEqual(["+79161234567", "+74951234567", "+79990001122"]);
});

test.each(["is_deleted", "is_unsorted"])("a contact with %s is not kept", (flag) => {
  expect(readClient("contact", "RU")({ ...contact, [flag]: true })).toMatchObject({ client: null });
});

test("a lead that is won, lost or deleted is not kept", () => {
  const lead = {
    id: 1,
    name: "Окна",
    price: 10.6,
    status_id: 1,
    pipeline_id: 2,
    responsible_user_id: null,
    updated_at: 5,
  };
  expect(readLead(lead)).toMatchObject({ lead: { id: 1, price: 11, clients: [] } });
  for (const change of [{ status_id: 142 }, { status_id: "143" }, { is_deleted: true }]) {
    expect(readLead({ ...lead, ...change })).toMatchObject({ id: 1, lead: null });
  }
});

test("a card is read although what is told beside it is empty in PHP's way", () => {
  const bare = { id: 3, updated_at: 5, is_deleted: 0, is_unsorted: "0", custom_fields_values: [], _embedded: [] };
  expect(readClient("contact", "RU")(bare)).toMatchObject({ client: { id: 3, companyId: null, phones: [] } });
  const emptied = { ...bare, is_unsorted: false, custom_fields_values: [{ field_code: "PHONE", values: null }] };
  expect(readClient("company", "RU")(emptied)).toMatchObject({ client: { phones: [] } });
  expect(readClient("contact", "RU")({ ...bare, is_deleted: "1" })).toMatchObject({ client: null });
  const lead = { id: 1, price: "480000.50", status_id: "7", pipeline_id: "2", updated_at: "5", _embedded: [] };
  expect(readLead(lead)).toMatchObject({ lead: { price: 480_001, statusId: 7, clients: [] } });
});

test("unsorted metadata comes in loose types", () => {
  const metadata = { from: "7999", phone: 79991234567, called_at: "1583156916", duration: "0", link: null };
  expect(readUnsorted({ uid: "a", metadata })).toEqual({
    uid: "a",
    leadId: null,
    contactId: null,
    uniq: null,
    phone: "79991234567",
    calledAt: 1583156916,
  });
});

test("an unreadable entity is told and left out", () => {
  const told: CrmError[] = [];
  const read = readEach([{ id: "x" }, contact, null], readClient("contact", "RU"), (error) => told.push(error));
  expect(read).toHaveLength(1);
  expect(told.map(({ code }) => code)).toEqual(["crm/unreadable", "crm/unreadable"]);
});

test("no body is an empty list; a list in another shape is refused", () => {
  expect(readEmbedded(undefined, "contacts")).toEqual({ entities: [], hasNext: false });
  expect(readEmbedded({ _embedded: { contacts: [1] }, _links: { next: { href: "x" } } }, "contacts")).toEqual({
    entities: [1],
    hasNext: true,
  });
  expect(() => readEmbedded({ contacts: [] }, "contacts")).toThrow(CrmError);
});
