// What amoCRM holds after the calls is what a careful person would have entered.
import { describe, expect, test } from "vitest";
import { acceptUnsorted, declineUnsorted } from "../../../emulators/amocrm/crm/unsorted.ts";
import { PEOPLE, PIPELINES } from "../../../emulators/amocrm/small-company.ts";
import type { Call } from "../../calls/call.ts";
import { policyOf, rule } from "../../rules/company.testing.ts";
import type { CrmTarget } from "../../rules/intent.ts";
import { describeOnEachStore } from "../../store/stores.testing.ts";
import { setUpOn } from "./crm.testing.ts";
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
  unsortedOf,
  until,
} from "./world.testing.ts";

const withoutPhone = (key: string, value: unknown) => (key === "phone" ? undefined : value);

describeOnEachStore("calls in the CRM", (stores) => {
  const setUp = setUpOn(stores);

  describe("a call of a known client", () => {
    test("becomes one counted note of the only open lead, with its recording", async () => {
      const { crm, database, stand } = await setUp();
      const call = endedCall("79001234567");
      await end(crm, database, call);
      const notes = notesOf(stand, "leads", PEOPLE.anna.lead);
      expect(notes.at(-1)).toMatchObject({
        note_type: "call_in",
        created_by: 504141,
        responsible_user_id: 504141,
        created_at: Math.floor(call.startedAt / 1000),
        params: {
          uniq: call.id,
          duration: 40,
          source: "Kommutator",
          phone: "+79001234567",
          call_status: 4,
          call_responsible: 504141,
          link: `https://pbx.example.org/recordings/${call.id}`,
        },
      });
      expect(String(notes.at(-1)?.params["call_result"])).toMatch(/^dst: 201 \| .+ \| did: 3345$/);
      expect(stand.controls.invariants()).toMatchObject(noDoubles);
    });

    test.each([
      ["with two open leads goes to the contact", PEOPLE.pavel.phone, "contacts", PEOPLE.pavel.contact],
      ["with a lost lead goes to the contact", PEOPLE.ivan.phone, "contacts", PEOPLE.ivan.contact],
      ["with the company's number goes to its only open lead", PEOPLE.company.phone, "leads", PEOPLE.anna.lead],
    ] as const)("%s", async (_, phone, type, id) => {
      const { crm, database, stand } = await setUp();
      const call = endedCall(phone, { ...missed, direction: "outbound", did: null });
      await end(crm, database, call);
      expect(notesOf(stand, type, id).at(-1)).toMatchObject({
        note_type: "call_out",
        params: { uniq: call.id, call_status: 6, call_result: expect.stringMatching(/^src: 201/) },
      });
    });

    test("of a company without leads goes to the company", async () => {
      const { crm, database, stand } = await setUp();
      const { id } = stand.controls.createEntity("companies", {
        name: "Ромашка",
        custom_fields_values: [{ field_code: "PHONE", values: [{ value: "8 (495) 999-88-77 доб. 5; 89161110000" }] }],
      });
      await until(async () => (await crm.directory.findByPhone("main", "89161110000")).length === 1);
      const call = endedCall("+74959998877");
      await end(crm, database, call);
      expect(notesOf(stand, "companies", id)).toMatchObject([{ params: { uniq: call.id } }]);
    });

    test("whom an extension of nobody answered is told by name", async () => {
      const { crm, database, stand } = await setUp();
      const employees = [{ extension: "210", result: "answered" as const, ringSeconds: 1, talkSeconds: 2 }];
      await end(crm, database, endedCall(PEOPLE.elena.phone, { employees }));
      expect(notesOf(stand, "contacts", PEOPLE.elena.contact).at(-1)?.params).toMatchObject({
        call_responsible: "Склад",
      });
    });

    test("is written without author when the user has left", async () => {
      const { crm, database, stand } = await setUp();
      const user = stand.controls.account.users.get(504141);
      if (user) stand.controls.account.users.set(504141, { ...user, is_active: false });
      const call = endedCall("79001234567");
      await end(crm, database, call);
      expect(notesOf(stand, "leads", PEOPLE.anna.lead).at(-1)?.params["uniq"]).toBe(call.id);
    });

    test("whose card was merged into another goes there", async () => {
      const { crm, database, stand } = await setUp({ settings: { webhookUrl: NOWHERE } });
      stand.controls.mergeEntities("contacts", PEOPLE.ivan.contact, PEOPLE.elena.contact);
      stand.controls.account.contacts.delete(PEOPLE.elena.contact);
      const call = endedCall(PEOPLE.elena.phone);
      await end(crm, database, call);
      expect(notesOf(stand, "contacts", PEOPLE.ivan.contact).at(-1)?.params["uniq"]).toBe(call.id);
      expect(await crm.directory.findByPhone("main", PEOPLE.elena.phone)).toMatchObject([{ id: PEOPLE.ivan.contact }]);
    });

    test("whose lead was closed, or card deleted, while we were down, goes where he is now", async () => {
      const { crm, database, stand, start, makeCrm, clock } = await setUp({ settings: { webhookUrl: NOWHERE } });
      await crm.stop();
      await clock.advance(60_000);
      const other = stand.controls.createEntity("contacts", {
        name: "Елена, новая карточка",
        custom_fields_values: [{ field_code: "PHONE", values: [{ value: PEOPLE.elena.phone }] }],
      });
      stand.controls.deleteEntity("contacts", PEOPLE.elena.contact);
      stand.controls.deleteEntity("leads", PEOPLE.anna.lead);
      const again = await start(makeCrm());
      await until(() => again.amocrm.filler.state.ready);
      const [ofElena, ofAnna] = [endedCall(PEOPLE.elena.phone), endedCall(PEOPLE.anna.phone)];
      await end(again, database, ofElena, ofAnna);
      expect(notesOf(stand, "contacts", other.id)).toMatchObject([{ params: { uniq: ofElena.id } }]);
      expect(notesOf(stand, "contacts", PEOPLE.anna.contact).at(-1)?.params["uniq"]).toBe(ofAnna.id);
      expect(stand.controls.invariants()).toMatchObject(noDoubles);
    });

    test("whose card and number are gone is put aside with the reason", async () => {
      const { crm, database, stand } = await setUp({ settings: { webhookUrl: NOWHERE } });
      stand.controls.account.contacts.delete(PEOPLE.elena.contact);
      await end(crm, database, endedCall(PEOPLE.elena.phone));
      expect((await crm.outbox.list(["quarantined"], 1))[0]?.reason).toMatch(/^crm\/entity-gone/);
      await end(crm, database, endedCall(PEOPLE.elena.phone));
      expect(unsortedOf(stand)).toHaveLength(1);
    });
  });

  describe("an inbound call of a stranger", () => {
    test("becomes one unsorted lead in the line's pipeline, with a contact; his next call a note of that lead", async () => {
      const { crm, database, stand } = await setUp();
      const [first, second] = [endedCall(STRANGER, missed), endedCall(STRANGER)];
      await end(crm, database, first);
      await end(crm, database, second);
      const unsorted = unsortedOf(stand);
      expect(unsorted).toMatchObject([
        { pipeline_id: PIPELINES.service, metadata: { phone: "+79169990000", uniq: first.id, duration: 0 } },
      ]);
      expect(unsorted[0]?.contact_ids).toHaveLength(1);
      const leadId = unsorted[0]?.lead_id ?? 0;
      expect(stand.controls.entity("leads", leadId).name).toBe("Пропущенный звонок +7 916 999-00-00");
      expect(notesOf(stand, "leads", leadId).map(({ params }) => params["uniq"])).toEqual([first.id, second.id]);
    });

    test("once declined, he is a stranger again", async () => {
      const { crm, database, stand } = await setUp();
      await end(crm, database, endedCall(STRANGER));
      const [first] = unsortedOf(stand);
      if (first) declineUnsorted(stand.controls.account, first, 504141);
      await end(crm, database, endedCall(STRANGER));
      expect(unsortedOf(stand)).toHaveLength(2);
    });

    test.each(["accepted", "accepted and merged", "declined"])("is %s while his next call waits", async (decision) => {
      const { crm, database, stand, clock } = await setUp({ settings: { silenceMs: () => 50 } });
      await end(crm, database, endedCall(STRANGER));
      const [first] = unsortedOf(stand);
      if (first === undefined) throw new Error("a stranger is unsorted");
      stand.controls.addFault({ kind: "reset", times: Number.POSITIVE_INFINITY });
      const next = endedCall(STRANGER);
      await record(database, next);
      crm.callsChanged();
      await until(async () => (await crm.outbox.summary()).waiting === 1);
      if (decision === "declined") declineUnsorted(stand.controls.account, first, 504141);
      else acceptUnsorted(stand.controls.account, first, 504141, undefined);
      const [contact = 0] = first.contact_ids;
      if (decision === "accepted and merged") stand.controls.mergeEntities("contacts", PEOPLE.ivan.contact, contact);
      await clock.advance(120_000);
      stand.controls.clearFaults();
      await settled(crm);
      const [, second] = unsortedOf(stand);
      const lead = decision === "declined" ? second?.lead_id : first.lead_id;
      expect(notesOf(stand, "leads", lead ?? 0).at(-1)?.params["uniq"]).toBe(next.id);
      expect(unsortedOf(stand)).toHaveLength(decision === "declined" ? 2 : 1);
      expect(stand.controls.invariants()).toMatchObject({ doubledCalls: [], doubledUnsorted: [] });
      expect(await crm.outbox.list(["quarantined", "discarded"], 9)).toEqual([]);
    });

    test("once his lead was accepted and lost, and his card removed, he is a new stranger", async () => {
      const { crm, database, stand } = await setUp({ settings: { webhookUrl: NOWHERE } });
      await end(crm, database, endedCall(STRANGER));
      const [first] = unsortedOf(stand);
      if (first === undefined) throw new Error("a stranger is unsorted");
      acceptUnsorted(stand.controls.account, first, 504141, undefined);
      await end(crm, database, endedCall(STRANGER));
      expect(unsortedOf(stand), "accepted, he is known by his lead").toHaveLength(1);
      for (const id of first.contact_ids) stand.controls.deleteEntity("contacts", id);
      Object.assign(stand.controls.entity("leads", first.lead_id), { status_id: 143 });
      await end(crm, database, endedCall(STRANGER));
      expect(unsortedOf(stand)).toHaveLength(2);
    });

    test("once accepted, he is a client, known by a webhook", async () => {
      const { crm, database, stand } = await setUp();
      await end(crm, database, endedCall(STRANGER));
      const [first] = unsortedOf(stand);
      if (first) acceptUnsorted(stand.controls.account, first, 504141, undefined);
      await until(async () => (await crm.directory.findByPhone("main", STRANGER))[0]?.openLeads.length === 1);
      const call = endedCall(STRANGER);
      await end(crm, database, call);
      expect(unsortedOf(stand)).toHaveLength(1);
      expect(notesOf(stand, "leads", first?.lead_id ?? 0).at(-1)?.params["call_result"]).toMatch(/^dst: 201 \| /);
    });

    test("who has a card that the index has not seen is no stranger", async () => {
      const { crm, database, stand } = await setUp({ settings: { webhookUrl: NOWHERE } });
      const { id } = stand.controls.createEntity("contacts", {
        name: "Новая",
        custom_fields_values: [{ field_code: "PHONE", values: [{ value: "8 916 999 00 00" }] }],
      });
      const call = endedCall(STRANGER);
      await end(crm, database, call);
      expect(unsortedOf(stand)).toEqual([]);
      expect(notesOf(stand, "contacts", id)).toMatchObject([{ params: { uniq: call.id } }]);
    });

    test("two calls at once make one lead", async () => {
      const { crm, database, stand } = await setUp();
      await end(crm, database, endedCall(STRANGER), endedCall(STRANGER), endedCall(STRANGER));
      expect(unsortedOf(stand)).toHaveLength(1);
      expect(stand.controls.invariants()).toMatchObject({ doubledCalls: [], doubledUnsorted: [] });
    });
  });

  describe("a contact that a person wants opened", () => {
    test("is created once however often one clicks, and known at once", async () => {
      const { crm, stand } = await setUp();
      const [one, two] = await Promise.all([crm.createContact(STRANGER, 504141), crm.createContact(STRANGER, 504141)]);
      expect(two).toEqual(one);
      expect(stand.controls.entity("contacts", one.id)).toMatchObject({
        name: "+7 916 999-00-00",
        responsible_user_id: 504141,
      });
      expect(await crm.directory.findByPhone("main", "+7 916 999-00-00")).toMatchObject([{ id: one.id }]);
      expect(stand.controls.invariants().duplicateContacts).toEqual([]);
    });

    test("is not created when the CRM has one that the index has not seen", async () => {
      const { crm, stand } = await setUp({ settings: { webhookUrl: NOWHERE } });
      const there = stand.controls.createEntity("contacts", {
        name: "Новая",
        custom_fields_values: [{ field_code: "PHONE", values: [{ value: "8 916 999 00 00" }] }],
      });
      expect(await crm.createContact(STRANGER, null)).toMatchObject({ id: there.id, name: "Новая" });
    });

    test("is the contact of his unsorted lead", async () => {
      const { crm, stand, database } = await setUp();
      await end(crm, database, endedCall(STRANGER));
      expect((await crm.createContact(STRANGER, null)).id).toBe(unsortedOf(stand)[0]?.contact_ids[0]);
    });

    test("is not doubled when the answer is lost", async () => {
      const { crm, stand } = await setUp();
      stand.controls.addFault({ kind: "reset", performed: true, times: 1, method: "POST", path: "/api/v4/contacts" });
      await crm.createContact(STRANGER, null);
      expect(stand.controls.invariants().duplicateContacts).toEqual([]);
    });
  });

  test.each<[string, CrmTarget, RegExp]>([
    ["is no more", { type: "contacts", id: PEOPLE.elena.contact }, /^crm\/entity-gone/],
    ["was not made", { madeBy: "nothing", phone: "" }, /^crm\/card-not-made/],
  ])("an intent of an early version, without a number, says that its card %s", async (_, entity, reason) => {
    const { crm, stand } = await setUp({ settings: { webhookUrl: NOWHERE } });
    stand.controls.account.contacts.delete(PEOPLE.elena.contact);
    // As it comes out of a store that was written before intents carried the client's number.
    const early = JSON.parse(JSON.stringify({ kind: "tag-card", uniq: "early", entity, tags: ["VIP"] }, withoutPhone));
    await crm.outbox.submit(PEOPLE.elena.phone, null, early);
    await settled(crm);
    expect((await crm.outbox.list(["quarantined"], 9)).map((item) => item.reason)).toEqual([
      expect.stringMatching(reason),
    ]);
  });

  describe("a recording that became ready later is linked", () => {
    test.each([
      ["in the note of a lead", "79001234567"],
      ["in the note of an unsorted lead", STRANGER],
    ])("%s", async (_, phone) => {
      const { crm, stand, database } = await setUp();
      const call = endedCall(phone);
      await end(crm, database, call);
      await crm.linkRecording(call, "https://pbx.example.org/ready.mp3");
      await settled(crm);
      const leadId = phone === STRANGER ? (unsortedOf(stand)[0]?.lead_id ?? 0) : PEOPLE.anna.lead;
      const note = notesOf(stand, "leads", leadId).at(-1);
      expect(note?.params).toMatchObject({ uniq: call.id, duration: 40, link: "https://pbx.example.org/ready.mp3" });
    });

    test("in each note of a call that stands on several cards", async () => {
      const log = { to: "everywhere", per: "call" } as const;
      const { crm, stand, database } = await setUp({ policy: policyOf(rule({}, { log })) });
      const call = endedCall("79001234567");
      await end(crm, database, call);
      await crm.linkRecording(call, "https://pbx.example.org/ready.mp3");
      await settled(crm);
      const notes = [
        notesOf(stand, "leads", PEOPLE.anna.lead).at(-1),
        notesOf(stand, "contacts", PEOPLE.anna.contact).at(-1),
        notesOf(stand, "companies", PEOPLE.company.company).at(-1),
      ];
      expect(notes.map((note) => note?.params["link"])).toEqual(Array(3).fill("https://pbx.example.org/ready.mp3"));
      // Three notes, one call in the statistics.
      expect(notes.map((note) => note?.created_by)).toEqual([504141, 0, 0]);
    });

    test("on the card that took the notes of a merged one", async () => {
      const { crm, stand, database } = await setUp();
      const call = endedCall(PEOPLE.elena.phone);
      await end(crm, database, call);
      stand.controls.mergeEntities("contacts", PEOPLE.ivan.contact, PEOPLE.elena.contact);
      stand.controls.account.contacts.delete(PEOPLE.elena.contact);
      await crm.linkRecording(call, "https://pbx.example.org/ready.mp3");
      await settled(crm);
      const note = notesOf(stand, "contacts", PEOPLE.ivan.contact).find(({ params }) => params["uniq"] === call.id);
      expect(note?.params["link"]).toBe("https://pbx.example.org/ready.mp3");
    });

    describe("where the call is written later still:", () => {
      const READY = "https://pbx.example.org/ready.mp3";
      const withSound = async () => {
        const sound = { isReady: false };
        const world = await setUp({ recordingUrlOf: async () => (sound.isReady ? READY : null) });
        const bring = async (call: Call) => {
          sound.isReady = true;
          await world.crm.linkRecording(call, READY);
          await settled(world.crm);
        };
        const linksOf = ({ id }: Call) =>
          notesOf(world.stand, "leads", PEOPLE.anna.lead).flatMap(({ params }) =>
            params["uniq"] === id ? [params["link"]] : [],
          );
        return { ...world, sound, bring, linksOf };
      };

      test("in a note that was put aside, and is sent again by hand", async () => {
        const { crm, stand, database, bring, linksOf } = await withSound();
        stand.controls.addFault({ kind: "403-json", times: 1, method: "POST", path: "/api/v4/leads/notes" });
        const call = endedCall(PEOPLE.anna.phone);
        await end(crm, database, call);
        const [aside] = await crm.outbox.list(["quarantined"], 1);
        await bring(call);
        expect(await crm.outbox.list(["discarded"], 9)).toMatchObject([{ intent: { kind: "link-recording" } }]);
        await crm.outbox.resend(aside?.id ?? 0);
        await settled(crm);
        expect(linksOf(call)).toEqual([READY]);
      });

      test("in one that amoCRM had all the same", async () => {
        const { crm, stand, database, bring, linksOf } = await withSound();
        stand.controls.addFault({
          kind: "500",
          performed: true,
          times: 1,
          method: "POST",
          path: "/api/v4/leads/notes",
        });
        stand.controls.addFault({
          kind: "403-json",
          times: 1,
          method: "GET",
          path: `/api/v4/leads/${PEOPLE.anna.lead}/notes`,
        });
        const call = endedCall(PEOPLE.anna.phone);
        await end(crm, database, call);
        const [aside] = await crm.outbox.list(["quarantined"], 1);
        await bring(call);
        expect(linksOf(call)).toEqual([undefined]);
        await crm.outbox.resend(aside?.id ?? 0);
        await settled(crm);
        expect(linksOf(call)).toEqual([READY]);
      });

      test("in a backlog", async () => {
        const { crm, stand, database, start, makeCrm, sound, linksOf } = await withSound();
        stand.controls.addFault({ kind: "reset", times: Number.POSITIVE_INFINITY });
        const calls = Array.from({ length: 12 }, () => endedCall(PEOPLE.anna.phone));
        await record(database, ...calls);
        crm.callsChanged();
        await until(async () => (await crm.outbox.summary()).waiting === calls.length);
        await crm.stop(); // nothing is under way
        sound.isReady = true;
        stand.controls.clearFaults();
        await settled(await start(makeCrm()));
        expect(calls.map(linksOf)).toEqual(calls.map(() => [READY]));
      });
    });

    test("nowhere, when nothing was written of the call", async () => {
      const { crm, database } = await setUp();
      const call = endedCall(STRANGER, { ...missed, direction: "outbound" });
      await end(crm, database, call);
      await crm.linkRecording(call, "https://pbx.example.org/ready.mp3");
      await until(async () => (await crm.outbox.list(["discarded"], 1)).length === 1);
      expect((await crm.outbox.list(["skipped"], 1))[0]?.reason).toBe("by-rule");
    });
  });
});
