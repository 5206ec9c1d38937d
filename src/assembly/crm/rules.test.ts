// What the rules want is in amoCRM afterwards, once, whatever was lost on the way.
import { describe, expect, test } from "vitest";
import { PEOPLE, PIPELINES } from "../../../emulators/amocrm/small-company.ts";
import { policyOf, rule } from "../../rules/company.testing.ts";
import { USUAL_LOG } from "../../rules/default-rules.ts";
import { setUp } from "./crm.testing.ts";
import {
  end,
  endedCall,
  missed,
  NOWHERE,
  noDoubles,
  notesOf,
  record,
  STRANGER,
  settled,
  until,
  type World,
} from "./world.testing.ts";

const LOST = { kind: "reset", performed: true, times: 1, method: "POST" } as const;

type Stand = World["stand"];
const tasksOf = (stand: Stand) => [...stand.controls.account.tasks.values()];
const contactsOf = (stand: Stand) => [...stand.controls.account.contacts.values()];

const leadOfStranger = policyOf(
  rule(
    {},
    {
      log: USUAL_LOG,
      contact: { name: "Звонил {phone}", responsible: ["round-robin"] },
      lead: { name: "Сделка {phone}", pipelineId: PIPELINES.service, statusId: null, responsible: ["round-robin"] },
      tags: ["звонок"],
      responsible: ["round-robin"],
    },
    [504142, 504143],
  ),
);

describe("contact, lead, tags and note of a stranger", () => {
  test("are made, each on the other, and the next call finds them", async () => {
    const { crm, database, stand } = await setUp({ policy: leadOfStranger });
    const [first, second] = [endedCall(STRANGER), endedCall(STRANGER)];
    await end(crm, database, first);
    await settled(crm);
    await end(crm, database, second);
    await settled(crm);
    const leads = [...stand.controls.account.leads.values()].filter(({ name }) => name === "Сделка +7 916 999-00-00");
    expect(leads).toMatchObject([{ pipeline_id: PIPELINES.service }]);
    const [lead] = leads;
    const notes = notesOf(stand, "leads", lead?.id ?? 0);
    expect(notes.map(({ params }) => params["uniq"])).toEqual([first.id, second.id]);
    expect(contactsOf(stand).filter(({ name }) => name === "Звонил +7 916 999-00-00")).toHaveLength(1);
    // The first call was the first one's turn, throughout; the second call made the second one responsible.
    expect(lead?.responsible_user_id).toBe(504143);
    expect(JSON.stringify([...(lead?.tags ?? [])])).toContain("звонок");
    expect(stand.controls.invariants()).toMatchObject({ ...noDoubles, duplicateContacts: [] });
  });

  test.each(["/api/v4/contacts", "/api/v4/leads"])("are not doubled when the answer of %s is lost", async (path) => {
    const { crm, database, stand } = await setUp({ policy: leadOfStranger });
    stand.controls.addFault({ ...LOST, path });
    await end(crm, database, endedCall(STRANGER));
    await settled(crm);
    expect(contactsOf(stand).filter(({ name }) => name.startsWith("Звонил"))).toHaveLength(1);
    expect([...stand.controls.account.leads.values()].filter(({ name }) => name.startsWith("Сделка"))).toHaveLength(1);
    expect(await crm.outbox.summary()).toMatchObject({ quarantined: 0 });
  });

  test("take the open lead that the index has not seen", async () => {
    const policy = policyOf(rule({}, { ...leadOfStranger.rules[0]?.do, contact: null, responsible: [] }));
    const { crm, database, stand } = await setUp({ settings: { webhookUrl: NOWHERE }, policy });
    const lead = stand.controls.createEntity("leads", {
      name: "Новая",
      _embedded: { contacts: [{ id: PEOPLE.elena.contact }] },
    });
    const call = endedCall(PEOPLE.elena.phone);
    await end(crm, database, call);
    await settled(crm);
    expect(notesOf(stand, "leads", lead.id)).toMatchObject([{ params: { uniq: call.id } }]);
  });

  test("go to whatever card has the number, when the contact could not be made", async () => {
    const { crm, database, stand } = await setUp({ policy: leadOfStranger });
    stand.controls.addFault({ kind: "403-json", times: 1, method: "POST", path: "/api/v4/contacts" });
    const call = endedCall(STRANGER);
    await end(crm, database, call);
    await settled(crm);
    const reasons = (await crm.outbox.list(["quarantined"], 9)).map(({ reason }) => reason?.split(":")[0]);
    expect(new Set(reasons)).toEqual(new Set(["crm/forbidden", "crm/card-not-made"]));
    const contact = stand.controls.createEntity("contacts", {
      name: "Вручную",
      custom_fields_values: [{ field_code: "PHONE", values: [{ value: STRANGER }] }],
    });
    for (const { id } of (await crm.outbox.list(["quarantined"], 9)).toReversed()) {
      await crm.outbox.resend(id);
      await settled(crm);
    }
    expect(contactsOf(stand).filter(({ name }) => name.startsWith("Звонил"))).toEqual([]);
    const [lead] = [...stand.controls.account.leads.values()].filter(({ name }) => name.startsWith("Сделка"));
    expect(notesOf(stand, "leads", lead?.id ?? 0)).toMatchObject([{ params: { uniq: call.id } }]);
    expect(contact.name).toBe("Вручную");
  });
});

describe("whose card is merged into another one while they wait", () => {
  const all = policyOf(
    rule(
      {},
      {
        log: USUAL_LOG,
        tags: ["звонок"],
        task: { text: "Перезвонить", dueMinutes: 0, typeId: 1, responsible: [], closesItself: true },
        responsible: ["504142"],
      },
    ),
  );
  test.each([
    ["is told by a webhook", "kept in the bin"],
    ["is found out", "gone"],
  ])("a call's note, tag, task and responsible user come to that one, which %s", async (_, state) => {
    const isTold = state === "kept in the bin";
    const { crm, database, stand, clock } = await setUp({
      policy: all,
      settings: { silenceMs: () => 50, ...(!isTold && { webhookUrl: NOWHERE }) },
    });
    const [kept, absorbed] = [PEOPLE.ivan.contact, PEOPLE.elena.contact];
    stand.controls.addFault({ kind: "reset", times: Number.POSITIVE_INFINITY });
    const call = endedCall(PEOPLE.elena.phone, missed);
    await record(database, call);
    crm.callsChanged();
    await until(async () => (await crm.outbox.summary()).waiting === 4);
    stand.controls.mergeEntities("contacts", kept, absorbed);
    if (isTold) await until(() => crm.amocrm.filler.isHinted("contacts", absorbed));
    else stand.controls.account.contacts.delete(absorbed);
    await clock.advance(120_000);
    stand.controls.clearFaults();
    await settled(crm);
    expect(await crm.outbox.list(["quarantined", "discarded"], 9)).toEqual([]);
    expect(notesOf(stand, "contacts", kept).at(-1)?.params["uniq"]).toBe(call.id);
    expect(tasksOf(stand)).toMatchObject([{ entity_type: "contacts", entity_id: kept }]);
    const card = stand.controls.account.contacts.get(kept);
    expect(card?.responsible_user_id).toBe(504142);
    expect(JSON.stringify([...(card?.tags ?? [])])).toContain("звонок");
  });
});

describe("the task about a missed call of a client", () => {
  test("stands on his lead, at the right person, and is added once when the answer is lost", async () => {
    const { crm, database, stand } = await setUp();
    stand.controls.addFault({ ...LOST, path: "/api/v4/tasks" });
    await end(crm, database, endedCall(PEOPLE.anna.phone, missed));
    await settled(crm);
    expect(tasksOf(stand)).toMatchObject([
      {
        entity_type: "leads",
        entity_id: PEOPLE.anna.lead,
        responsible_user_id: 504141,
        task_type_id: 1,
        text: "Перезвонить: Анна Кравцова, +7 900 123-45-67",
        is_completed: false,
      },
    ]);
  });

  test.each([
    ["we call him back", { direction: "outbound" }, PEOPLE.anna.phone],
    ["he calls again", { direction: "inbound" }, PEOPLE.anna.phone],
    ["he calls from his other number", { direction: "inbound" }, "+7 900 765-43-22"],
  ] as const)("is closed when %s", async (_, changes, phone) => {
    const { crm, database, stand } = await setUp();
    const client = phone === PEOPLE.anna.phone ? PEOPLE.anna.phone : PEOPLE.pavel.phone;
    await end(crm, database, endedCall(client, missed), endedCall(client, missed));
    await end(crm, database, endedCall(phone, { ...changes, talkSeconds: 4 }));
    await settled(crm);
    expect(tasksOf(stand).map(({ is_completed }) => is_completed)).toEqual([false]);
    await end(crm, database, endedCall(phone, changes));
    await settled(crm);
    expect(tasksOf(stand).map(({ is_completed }) => is_completed)).toEqual([true]);
    expect(tasksOf(stand)[0]?.result).toMatchObject({ text: expect.stringMatching(/^Разговор .+: Анна, 0:40$/) });
  });

  test("is one for the client, however often he calls, and tells the last time", async () => {
    const { crm, database, stand } = await setUp();
    const calls = [endedCall(PEOPLE.pavel.phone, missed), endedCall("+7 900 765-43-22", missed)];
    for (const call of [...calls, endedCall(PEOPLE.pavel.phone, missed)]) {
      await end(crm, database, call);
      await settled(crm);
    }
    expect(tasksOf(stand)).toMatchObject([
      {
        is_completed: false,
        text: expect.stringMatching(/^Перезвонить: Павел Лукин, .+ \(ещё звонок [\d.]+ [\d:]+\)$/),
      },
    ]);
    expect(tasksOf(stand)[0]?.text.match(/ещё звонок/g)).toHaveLength(1);
  });

  test("is one also for calls from two numbers that waited together, the later of which goes first", async () => {
    const { crm, database, stand, clock } = await setUp({ settings: { silenceMs: () => 50 } });
    stand.controls.addFault({ kind: "reset", times: Number.POSITIVE_INFINITY });
    const [first, second] = [PEOPLE.pavel.phone, "+7 900 765-43-22"].map((phone) => endedCall(phone, missed));
    if (first === undefined || second === undefined) throw new Error("there are two");
    await record(database, first, second);
    crm.callsChanged();
    await until(async () => (await crm.outbox.summary()).waiting === 4);
    await clock.advance(120_000);
    stand.controls.clearFaults();
    await settled(crm);
    expect(tasksOf(stand)).toHaveLength(1);
    expect(tasksOf(stand)[0]?.text).toMatch(/ещё звонок/);
  });

  test("is closed by a conversation on another number of his, though it was still to be added", async () => {
    const { crm, database, stand, clock } = await setUp({ settings: { silenceMs: () => 50 } });
    const tasks = { method: "POST", path: "/api/v4/tasks" } as const;
    stand.controls.addFault({ ...tasks, kind: "500", performed: false, times: Number.POSITIVE_INFINITY });
    await end(crm, database, endedCall(PEOPLE.pavel.phone, missed));
    await end(crm, database, endedCall("+7 900 765-43-22"));
    await until(async () => (await crm.outbox.summary()).waiting === 2);
    stand.controls.clearFaults();
    await clock.advance(120_000);
    crm.outbox.wake();
    await settled(crm);
    expect(tasksOf(stand).map(({ is_completed }) => is_completed)).toEqual([true]);
  });

  test("is a new one when a person has done the last", async () => {
    const { crm, database, stand } = await setUp();
    await end(crm, database, endedCall(PEOPLE.anna.phone, missed));
    await settled(crm);
    const [task] = tasksOf(stand);
    if (task) task.is_completed = true;
    await end(crm, database, endedCall(PEOPLE.anna.phone, missed));
    await settled(crm);
    expect(tasksOf(stand).map(({ is_completed }) => is_completed)).toEqual([true, false]);
  });

  test("is left alone when a person has done it", async () => {
    const { crm, database, stand } = await setUp();
    await end(crm, database, endedCall(PEOPLE.anna.phone, missed));
    await settled(crm);
    const [task] = tasksOf(stand);
    if (task) Object.assign(task, { is_completed: true, result: "Сам" });
    await end(crm, database, endedCall(PEOPLE.anna.phone));
    await settled(crm);
    expect(tasksOf(stand)).toMatchObject([{ is_completed: true, result: "Сам" }]);
  });

  test("goes to whoever gave us access, when the responsible user has left", async () => {
    const { crm, database, stand } = await setUp();
    const user = stand.controls.account.users.get(504141);
    if (user) stand.controls.account.users.set(504141, { ...user, is_active: false });
    await end(crm, database, endedCall(PEOPLE.anna.phone, missed));
    await settled(crm);
    expect(tasksOf(stand)).toHaveLength(1);
  });
});

describe("amoCRM's own pop-up", () => {
  const any = { client: null, dids: [], queues: [], extensions: [], hours: null, openLead: null };
  const policy = { ...policyOf(), popUps: [{ when: any, show: "everyone" }] } as const;
  const living = (startedAt: number) => endedCall(PEOPLE.anna.phone, { endedAt: null, disposition: null, startedAt });

  test("is shown once, while it rings", async () => {
    const { crm, stand, clock } = await setUp({ policy });
    const call = living(clock.now());
    crm.callChanged(call);
    crm.callChanged(call);
    await until(() => stand.controls.popUps().length > 0);
    crm.callChanged(call);
    crm.callChanged({ ...call, endedAt: clock.now() });
    await settled(crm);
    expect(stand.controls.popUps()).toMatchObject([{ phone_number: "+79001234567", users: null }]);
  });

  test("is not shown when it is too late", async () => {
    const { crm, stand, clock } = await setUp({ policy });
    crm.callChanged(living(clock.now() - 60_000));
    await until(async () => (await crm.outbox.list(["discarded"], 1)).length === 1);
    expect(stand.controls.popUps()).toEqual([]);
  });
});
