// Loose types, unknown fields and nulls are amoCRM's way; one bad entity must not hide the others.
import { expect, test } from "vitest";
import {
  readClient,
  readEach,
  readEmbedded,
  readLead,
  readLinkedLeads,
  readNote,
  readPipeline,
  readTask,
  readUnsorted,
  readUser,
} from "./answers.ts";
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

test("a part of a card that cannot be read does not hide the card", () => {
  const [phone, email] = contact.custom_fields_values;
  const odd = {
    ...contact,
    name: 2024,
    is_deleted: "N",
    custom_fields_values: [
      null,
      "x",
      { field_code: 7, values: [{ value: "1" }] },
      email,
      { ...phone, values: [null, { value: null }, { value: "+7 916 123-45-67" }] },
    ],
    _embedded: { companies: [null, { id: "nine" }, { id: "9" }] },
  };
  expect(readClient("contact", "RU")(odd)).toMatchObject({
    client: { name: "2024", companyId: 9, phones: [{ e164: "+79161234567" }] },
  });
  const lead = {
    id: 1,
    price: "",
    status_id: 1,
    pipeline_id: 2,
    updated_at: 5,
    _embedded: { contacts: null, companies: {} },
  };
  expect(readLead(lead)).toMatchObject({ lead: { name: "", price: null, clients: [] } });
});

test("a list from which PHP took something out is an object with numbers", () => {
  const gaps = {
    ...contact,
    custom_fields_values: { 1: contact.custom_fields_values[0] },
    _embedded: { companies: { 2: { id: 9 } } },
  };
  const { client } = readClient("contact", "RU")(gaps);
  expect([client?.companyId, client?.phones.length]).toEqual([9, 3]);
  expect(readEmbedded({ _embedded: { contacts: { 3: 1, 5: 2 } } }, "contacts").entities).toEqual([1, 2]);
  expect(readLinkedLeads({ _embedded: { leads: { 1: { id: 4 } } } })).toEqual([4]);
});

test("a pipeline without stages, a user without rights, a note without params, a task of nobody", () => {
  const bare = { id: "5", name: null, is_archive: null };
  for (const _embedded of [null, [], {}, { statuses: null }, undefined]) {
    expect(readPipeline({ ...bare, _embedded })).toEqual({
      id: 5,
      name: "",
      isMain: false,
      isUnsortedOn: false,
      statuses: [],
    });
  }
  expect(
    readPipeline({ ...bare, is_main: "1", _embedded: { statuses: [null, { id: "142", name: "Да" }] } }),
  ).toMatchObject({
    isMain: true,
    statuses: [{ id: 142, name: "Да" }],
  });
  for (const rights of [null, [], {}, { is_active: null }, { is_active: 1 }, { is_active: "Y" }, undefined]) {
    expect(readUser({ id: "7", name: "А", rights })).toEqual({ id: 7, name: "А", isActive: true });
  }
  for (const is_active of [false, 0, "0", "N", ""])
    expect(readUser({ id: 7, rights: { is_active } }).isActive).toBe(false);
  for (const params of [null, [], undefined]) {
    expect(readNote({ id: 1, entity_id: "2", note_type: "common", params }).params).toEqual({});
  }
  const task = { id: 1, complete_till: "5", entity_id: "", is_completed: "0", text: null };
  expect(readTask(task)).toEqual({ id: 1, text: "", completeTill: 5, entityId: null, isCompleted: false });
});

test("nothing beside an unsorted lead, in whatever way it is written", () => {
  const nothing = { uid: "a", leadId: null, contactId: null, uniq: null, phone: "", calledAt: null };
  for (const empty of [null, [], {}, undefined]) {
    expect(readUnsorted({ uid: "a", metadata: empty, _embedded: empty })).toEqual(nothing);
    expect(readLinkedLeads({ _embedded: empty })).toEqual([]);
  }
  const loose = { uniq: 17, phone: null, called_at: "" };
  expect(readUnsorted({ uid: "a", metadata: loose, _embedded: { leads: [{ id: "4" }], contacts: [] } })).toEqual({
    ...nothing,
    uniq: "17",
    leadId: 4,
  });
});

test("an empty list may come as an answer with nothing in it", () => {
  const empty = { entities: [], hasNext: false };
  for (const json of [
    [],
    {},
    { _embedded: null },
    { _embedded: [] },
    { _embedded: {}, _links: [] },
    { _embedded: { leads: null }, _links: null },
  ]) {
    expect([json, readEmbedded(json, "leads")]).toEqual([json, empty]);
  }
  for (const next of [null, [], false, { href: null }, { href: "" }]) {
    expect(readEmbedded({ _embedded: { leads: [1] }, _links: { next } }, "leads")).toEqual({
      entities: [1],
      hasNext: false,
    });
  }
  for (const json of ["", 7, null, { leads: [] }, { _embedded: { contacts: [] } }, { _embedded: { leads: "x" } }]) {
    expect(() => readEmbedded(json, "leads"), JSON.stringify(json)).toThrow(CrmError);
  }
});
