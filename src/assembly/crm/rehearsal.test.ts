// A rehearsal says what really happens when the same calls are run, and writes nothing.
import { expect, test } from "vitest";
import type { AmocrmEmulator } from "../../../emulators/amocrm/server.ts";
import { PEOPLE } from "../../../emulators/amocrm/small-company.ts";
import type { Call } from "../../calls/call.ts";
import { policyOf, rule } from "../../rules/company.testing.ts";
import { defaultPolicy, USUAL_LOG } from "../../rules/default-rules.ts";
import type { Policy } from "../../rules/rule.ts";
import { setUp } from "./crm.testing.ts";
import { end, endedCall, missed, record, settled } from "./world.testing.ts";

/** Of each set of rules. */
const CALLS = 160;

const PHONES = [
  PEOPLE.anna.phone,
  PEOPLE.pavel.phone,
  "+7 900 765-43-22",
  PEOPLE.elena.phone,
  PEOPLE.company.phone,
  ...Array.from({ length: 5 }, (_, n) => `8916999000${n}`),
  "112",
  null,
];

/** Always the same calls for a seed: people, strangers, hidden numbers, both directions, all ends. */
function someCalls(howMany: number, seed: number, phones: readonly (string | null)[] = PHONES): Call[] {
  let state = seed;
  const draw = <T>(list: readonly T[]): T => {
    state = (state * 48_271) % 2_147_483_647;
    return list[state % list.length] as T; // the remainder lies within
  };
  return Array.from({ length: howMany }, () => {
    const direction = draw(["inbound", "inbound", "outbound"] as const);
    const ended = draw([missed, { talkSeconds: 3 }, {}, {}, { ...missed, disposition: "busy" } as const]);
    const extension = draw(["201", "210"]);
    const { talkSeconds = 40 } = ended;
    const share = { extension, ringSeconds: 3, talkSeconds, result: talkSeconds > 0 ? "answered" : "missed" } as const;
    return endedCall(draw(phones), {
      direction,
      ...ended,
      employees: [share],
      ...(direction === "outbound" && { did: null }),
    });
  });
}

const everything: Policy = policyOf(
  rule({ direction: "outbound", client: "unknown", results: ["not-answered"] }),
  rule(
    {},
    {
      log: USUAL_LOG,
      contact: { name: "{phone}", responsible: ["client", "round-robin"] },
      lead: { name: "Звонок {phone}", pipelineId: null, statusId: null, responsible: ["round-robin"] },
      task: { text: "{client}", dueMinutes: 5, typeId: 1, responsible: ["client"], closesItself: true },
    },
    [504142, 504143],
  ),
);

/** What the practice CRM holds; an unsorted call brings a lead, a contact and a note of its own. */
function countOf({ controls }: AmocrmEmulator) {
  const { notes, unsorted, contacts, leads, tasks } = controls.account;
  return {
    notes: [...notes.values()].filter(({ note_type }) => note_type.startsWith("call_")).length - unsorted.size,
    unsorted: unsorted.size,
    contacts: contacts.size - unsorted.size,
    leads: leads.size - unsorted.size,
    tasks: tasks.size,
    tasksClosed: [...tasks.values()].filter(({ is_completed }) => is_completed).length,
  };
}

test.each<[string, Policy, number]>([
  ["the usual rules", defaultPolicy("ru"), 7],
  ["rules that make everything", everything, 11],
])("%s", async (_, policy, seed) => {
  const calls = someCalls(CALLS, seed);
  const rehearsing = await setUp({ policy });
  await rehearsing.crm.stop();
  await record(rehearsing.database, ...calls);
  rehearsing.stand.controls.clearRequests();
  const { sums, calls: rehearsed } = await rehearsing.crm.rehearse(0);
  expect(rehearsing.stand.controls.requests()).toEqual([]);
  expect(await rehearsing.crm.outbox.list(["waiting", "done", "skipped"], 1)).toEqual([]);
  expect(rehearsed.map(({ callId }) => callId)).toEqual(calls.map(({ id }) => id));

  const { crm, database, stand } = await setUp({ policy });
  const before = countOf(stand);
  for (const call of calls) {
    await end(crm, database, call);
    await settled(crm);
  }
  const after = countOf(stand);
  const { notes, unsorted, contacts, leads, tasks, tasksClosed } = sums;
  expect({ notes, unsorted, contacts, leads, tasks, tasksClosed }).toEqual({
    notes: after.notes - before.notes,
    unsorted: after.unsorted,
    contacts: after.contacts - before.contacts,
    leads: after.leads - before.leads,
    tasks: after.tasks,
    tasksClosed: after.tasksClosed,
  });
  expect(sums.calls).toBe(CALLS);
  expect(sums.tasksClosed).toBeGreaterThan(0);
  // Not only the sums: of each call the same, in the same order, by the same rule.
  const items = (await crm.outbox.list(["done", "skipped"], 10 * CALLS)).toReversed();
  const byCall = Map.groupBy(items, ({ callId }) => callId);
  expect(rehearsed.map(({ callId, rule: name, skipped, does }) => ({ callId, name, skipped, does }))).toEqual(
    calls.map(({ id }) => {
      const made = byCall.get(id) ?? [];
      return {
        callId: id,
        name: made[0]?.rule ?? null,
        skipped: made.find(({ state }) => state === "skipped")?.reason ?? null,
        does: made.flatMap(({ intent }) => intent?.kind ?? []),
      };
    }),
  );
  const skipped = await crm.outbox.list(["skipped"], CALLS);
  expect(Map.groupBy(skipped, ({ reason }) => reason).size).toBe(Object.keys(sums.skipped).length);
  expect(Object.values(sums.skipped).reduce((one, other) => one + other, 0)).toBe(skipped.length);
});

test("ten thousand calls take less than two seconds", async () => {
  const { crm, database } = await setUp();
  await crm.stop();
  const strangers = Array.from({ length: 3_000 }, (_, n) => `8916${String(n).padStart(7, "0")}`);
  await record(database, ...someCalls(10_000, 3, [...PHONES, ...strangers]));
  const before = process.threadCpuUsage();
  const { sums } = await crm.rehearse(0);
  // The thread's own time: what else runs on the machine does not make us slower.
  const { user, system } = process.threadCpuUsage(before);
  expect(sums.calls).toBe(10_000);
  expect((user + system) / 1e6).toBeLessThan(2);
});
