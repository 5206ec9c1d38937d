// What an employee says of a call is in its notes, and the call is on the card that he says, whenever he says it.
import { describe, expect, test } from "vitest";
import { PEOPLE } from "../../../emulators/amocrm/small-company.ts";
import type { Call } from "../../calls/call.ts";
import { callId } from "../../calls/call-id.ts";
import { SqlCallJournal } from "../../store/call-journal.ts";
import type { Database } from "../../store/database.ts";
import { setUp } from "./crm.testing.ts";
import { end, endedCall, missed, notesOf, STRANGER, settled, unsortedOf } from "./world.testing.ts";

const text = (words: string) => ({ text: words, entity: null });
const to = (type: "leads" | "contacts" | "companies", id: number) => ({ text: null, entity: { type, id } });

/** The call goes on: it is in the journal, and nobody is told yet. */
const begin = (database: Database, call: Call) =>
  new SqlCallJournal(database, () => "main").append([
    {
      event: { type: "call-began", callId: call.id, at: call.startedAt, pbx: "main", linkedid: "1", partial: false },
      call: { ...call, endedAt: null, disposition: null },
    },
  ]);

describe("the employee's words", () => {
  test("said after the call stand first in its note, the last ones instead of the ones before", async () => {
    const { crm, database, stand } = await setUp();
    const call = endedCall(PEOPLE.anna.phone);
    await end(crm, database, call);
    for (const words of ["Просил счёт", "Просил счёт | на окна"]) {
      expect(await crm.say(call.id, text(words), "Анна")).toBe(true);
      await settled(crm);
    }
    const notes = notesOf(stand, "leads", PEOPLE.anna.lead).filter(({ params }) => params["uniq"] === call.id);
    expect(notes.map(({ params }) => params["call_result"])).toEqual([
      expect.stringMatching(/^✎ Просил счёт \/ на окна \| dst: 201 \| .+ \| did: 3345$/),
    ]);
    expect(notes).toMatchObject([{ created_by: 504141, responsible_user_id: 504141, params: { duration: 40 } }]);
  });

  test("said during the call wait for its end", async () => {
    const { crm, database, stand } = await setUp();
    const call = endedCall(PEOPLE.elena.phone);
    await begin(database, call);
    expect(await crm.say(call.id, text("Замер в среду"), "Анна")).toBe(true);
    await end(crm, database, call);
    await settled(crm);
    const [note] = notesOf(stand, "contacts", PEOPLE.elena.contact);
    expect(note?.params["call_result"]).toBe("✎ Замер в среду | dst: 201 | did: 3345");
  });

  test("stand in the note that amoCRM itself makes of a stranger's call", async () => {
    const { crm, database, stand } = await setUp();
    const call = endedCall(STRANGER);
    await end(crm, database, call);
    await crm.say(call.id, text("Хочет балкон"), "Анна");
    await settled(crm);
    const [note] = notesOf(stand, "leads", unsortedOf(stand)[0]?.lead_id ?? 0);
    expect(note?.params["call_result"]).toBe("✎ Хочет балкон");
  });

  test("survive amoCRM's absence and a lost answer", async () => {
    const { crm, database, stand } = await setUp();
    const call = endedCall(PEOPLE.anna.phone);
    await end(crm, database, call);
    stand.controls.addFault({ kind: "reset", performed: true, times: 1, method: "PATCH", path: "/api/v4/leads" });
    await crm.say(call.id, text("Просил счёт"), "Анна");
    await settled(crm);
    expect(String(notesOf(stand, "leads", PEOPLE.anna.lead).at(-1)?.params["call_result"])).toMatch(
      /^✎ Просил счёт \| dst: 201/,
    );
  });

  test("go along into the call that theirs turned out to be a part of", async () => {
    const { crm, database, stand } = await setUp();
    const whole = endedCall(PEOPLE.elena.phone, { linkedids: ["1751600000.1", "1751600000.7"] });
    const part = endedCall(null, { id: callId("main", "1751600000.7"), direction: "internal" });
    await begin(database, part);
    await crm.say(part.id, text("Спросить мастера"), "Анна");
    await end(crm, database, whole);
    await settled(crm);
    expect(notesOf(stand, "contacts", PEOPLE.elena.contact)[0]?.params["call_result"]).toMatch(/^✎ Спросить мастера/);
  });

  test("about a call that there is not are refused", async () => {
    const { crm } = await setUp();
    expect(await crm.say("nothing", text("?"), "Анна")).toBe(false);
  });
});

describe("a call that an employee puts on another card", () => {
  test("has a note there, counted once, and the old one says so; put back, the old one is right again", async () => {
    const { crm, database, stand } = await setUp();
    const call = endedCall(PEOPLE.anna.phone);
    expect(await crm.saidOf(call)).toEqual({ text: null, entity: null });
    await end(crm, database, call);
    await settled(crm);
    expect(await crm.saidOf(call)).toEqual({ text: null, entity: { type: "leads", id: PEOPLE.anna.lead } });
    await crm.say(call.id, text("Звонил Павел"), "Анна");
    await crm.say(call.id, to("contacts", PEOPLE.pavel.contact), "Анна");
    await settled(crm);
    const earlier = () => notesOf(stand, "leads", PEOPLE.anna.lead).find(({ params }) => params["uniq"] === call.id);
    const there = () => notesOf(stand, "contacts", PEOPLE.pavel.contact);
    expect(earlier()?.params["call_result"]).toMatch(/^✎ Звонок отнесён к другой карточке \| dst: 201/);
    expect(there()).toMatchObject([
      {
        created_by: 0,
        responsible_user_id: 504141,
        params: { call_result: expect.stringMatching(/^✎ Звонил Павел \| dst: 201/), duration: 40 },
      },
    ]);
    await crm.say(call.id, to("leads", PEOPLE.anna.lead), "Анна");
    await settled(crm);
    expect(earlier()?.params["call_result"]).toMatch(/^✎ Звонил Павел \| dst: 201/);
    expect(await crm.saidOf(call)).toEqual({
      text: "Звонил Павел",
      entity: { type: "leads", id: PEOPLE.anna.lead },
    });
    expect(there()).toHaveLength(1);
    expect(there()[0]?.params["call_result"]).toMatch(/^✎ Звонок отнесён к другой карточке/);
    expect(stand.controls.invariants()).toMatchObject({ doubledCalls: [], spreadCalls: [] });
  });

  test("gets its recording there, too", async () => {
    const { crm, database, stand } = await setUp();
    const call = endedCall(PEOPLE.anna.phone);
    await end(crm, database, call);
    await crm.say(call.id, to("contacts", PEOPLE.pavel.contact), "Анна");
    await settled(crm);
    await crm.linkRecording(call, "https://pbx.example.org/ready.mp3");
    await settled(crm);
    expect(notesOf(stand, "contacts", PEOPLE.pavel.contact)[0]?.params["link"]).toBe(
      "https://pbx.example.org/ready.mp3",
    );
  });

  test("of which nothing was written has its own note there", async () => {
    const { crm, database, stand } = await setUp();
    const call = endedCall(STRANGER, { ...missed, direction: "outbound" });
    await end(crm, database, call);
    expect((await crm.outbox.list(["skipped"], 1))[0]?.callId).toBe(call.id);
    await crm.say(call.id, to("contacts", PEOPLE.elena.contact), "Анна");
    await settled(crm);
    expect(notesOf(stand, "contacts", PEOPLE.elena.contact)).toMatchObject([
      { created_by: 504141, responsible_user_id: 504141, params: { uniq: call.id, call_status: 6 } },
    ]);
  });

  test("is there though the old card was removed with its notes; words about it alone are put aside", async () => {
    const { crm, database, stand } = await setUp();
    const call = endedCall(PEOPLE.elena.phone);
    await end(crm, database, call);
    const { account } = stand.controls;
    for (const { id } of account.notesOf("contacts", PEOPLE.elena.contact)) account.notes.delete(id);
    account.contacts.delete(PEOPLE.elena.contact);
    await crm.say(call.id, text("Просил счёт"), "Анна");
    await settled(crm);
    expect(await crm.outbox.list(["quarantined"], 9)).toMatchObject([
      { intent: { kind: "correct-call" }, reason: expect.stringMatching(/^crm\/entity-gone/), attempts: 1 },
    ]);
    await crm.say(call.id, to("contacts", PEOPLE.pavel.contact), "Анна");
    await settled(crm);
    expect(notesOf(stand, "contacts", PEOPLE.pavel.contact)).toMatchObject([
      { created_by: 504141, params: { uniq: call.id, call_result: expect.stringMatching(/^✎ Просил счёт/) } },
    ]);
  });

  test("is there once when the answer is lost", async () => {
    const { crm, database, stand } = await setUp();
    const call = endedCall(PEOPLE.anna.phone);
    await end(crm, database, call);
    stand.controls.addFault({
      kind: "reset",
      performed: true,
      times: 1,
      method: "POST",
      path: "/api/v4/contacts/notes",
    });
    await crm.say(call.id, to("contacts", PEOPLE.pavel.contact), "Анна");
    await settled(crm);
    expect(notesOf(stand, "contacts", PEOPLE.pavel.contact)).toHaveLength(1);
  });

  test("may be put on what amoCRM has only", async () => {
    const { crm } = await setUp();
    expect(await crm.nameOf({ type: "contacts", id: PEOPLE.pavel.contact })).toContain("Павел");
    expect(await crm.nameOf({ type: "leads", id: PEOPLE.ivan.lead })).toBeUndefined();
    expect(await crm.nameOf({ type: "companies", id: 1 })).toBeUndefined();
  });
});
