import { describe, expect, test } from "vitest";
import type { Call } from "../calls/call.ts";
import type { Client } from "../clients/client.ts";
import { account, call, contact, context, lead, pipelines, policyOf, rule, share } from "./company.testing.ts";
import { defaultPolicy, USUAL_LOG } from "./default-rules.ts";
import type { CrmIntent } from "./intent.ts";
import { intentsFor, type RuleContext, type SkipReason } from "./intents-for.ts";
import type { Policy, RuleActions } from "./rule.ts";

const only = (of: Call, within: RuleContext) => intentsFor(of, within).intents[0];

describe("a call of a known client goes", () => {
  test("to the only open lead, with the extended line", () => {
    expect(only(call(), context({ clients: [contact(7, lead(70))] }))).toEqual({
      kind: "log-call",
      uniq: "call-1",
      entity: { type: "leads", id: 70 },
      userId: 504142,
      calledName: null,
      result: "dst: 205 | Продажи | did: 3345",
      isCopy: false,
      call: {
        id: "call-1",
        direction: "inbound",
        disposition: "answered",
        did: "3345",
        startedAt: 1_751_600_000_000,
        talkSeconds: 40,
        phone: "+79161234567",
        recordingUrl: "https://pbx.example.org/recordings/x",
      },
    });
  });

  test("to the only open lead also when it is shared by a contact and a company", () => {
    const company: Client = { ...contact(9, lead(70)), kind: "company" };
    expect(only(call(), context({ clients: [contact(7, lead(70)), company] }))).toMatchObject({
      entity: { type: "leads", id: 70 },
    });
  });

  test.each([
    ["with several open leads to the contact", [contact(7, lead(70), lead(71))], { type: "contacts", id: 7 }],
    [
      "with leads of two contacts to the better contact",
      [contact(7, lead(70)), contact(8, lead(80))],
      { type: "contacts", id: 7 },
    ],
    ["without open leads to the contact", [contact(7)], { type: "contacts", id: 7 }],
    ["without contact to the company", [{ ...contact(9), kind: "company" as const }], { type: "companies", id: 9 }],
  ])("%s", (_, clients, entity) => {
    expect(only(call(), context({ clients }))).toMatchObject({ entity, result: "dst: 205 | did: 3345" });
  });

  test("outbound, with the extension that dialled", () => {
    const outbound = call({
      direction: "outbound",
      did: null,
      disposition: "missed",
      employees: [share("201", "missed")],
    });
    expect(only(outbound, context())).toMatchObject({ kind: "log-call", userId: 504141, result: "src: 201" });
  });
});

describe("a call is the work of", () => {
  test.each([
    ["the last who answered", [share("201", "transferred-away"), share("205", "answered")], 504142, null],
    ["the first who rang, when nobody answered", [share("201", "missed"), share("205", "missed")], 504141, null],
    ["nobody in the CRM, told by name", [share("210", "answered")], null, "Склад"],
    ["an extension nobody described", [share("299", "answered")], null, "299"],
    ["the client's responsible user, when it rang nobody", [], 504142, null],
  ])("%s", (_, employees, userId, calledName) => {
    expect(only(call({ employees }), context())).toMatchObject({ userId, calledName });
  });
});

describe("an inbound call of a stranger goes to unsorted", () => {
  test.each(["answered", "missed", "busy", "cancelled"] as const)("%s", (disposition) => {
    expect(only(call({ disposition }), context({ clients: [] }))).toMatchObject({
      kind: "add-unsorted",
      uniq: "call-1",
      pipelineId: 20,
      call: { phone: "+79161234567", disposition },
    });
  });

  test.each([
    ["the line's pipeline", "3345", account, pipelines, 20],
    ["the main one, when the line's takes no unsorted leads", "3346", account, pipelines, 10],
    ["the account's default, when the line has none", "9999", { ...account, defaultPipelineId: 20 }, pipelines, 20],
    ["the main one, when nothing is set", null, account, pipelines, 10],
    ["the line's pipeline, before the CRM told its pipelines", "3346", account, [], 30],
    ["the CRM's own choice, when nothing is known", null, account, [], null],
  ])("into %s", (_, did, within, known, pipelineId) => {
    expect(only(call({ did }), context({ clients: [], account: within, pipelines: known }))).toMatchObject({
      pipelineId,
    });
  });
});

const SILENT = {
  "not-ended": [["a call that lives", { endedAt: null }, defaultPolicy("ru")]],
  merged: [["a call that goes on in another", { mergedInto: "call-0" }, defaultPolicy("ru")]],
  internal: [["an internal call", { direction: "internal", client: null }, defaultPolicy("ru")]],
  "no-rule": [
    ["a caller who hides", { client: null }, defaultPolicy("ru")],
    ["a caller who hides, in the provider's words", { client: "Anonymous" }, defaultPolicy("ru")],
  ],
  "short-number": [["a short number", { client: "112", direction: "outbound" }, defaultPolicy("ru")]],
  "by-rule": [
    ["a stranger who was not reached", { direction: "outbound", disposition: "missed" }, defaultPolicy("ru")],
  ],
  "no-card": [["a stranger, where a note alone is wanted", {}, policyOf(rule({}, { log: USUAL_LOG }))]],
} satisfies Readonly<Record<SkipReason, readonly (readonly [what: string, changes: Partial<Call>, policy: Policy])[]>>;

describe.each(Object.entries(SILENT))("the CRM is told nothing, for it is %s, of", (reason, rows) => {
  test.each<readonly [string, Partial<Call>, Policy]>(rows)("%s", (_, changes, policy) => {
    expect(intentsFor(call(changes), context({ clients: [], policy }))).toMatchObject({ intents: [], skipped: reason });
  });
});

const nobody = { responsible: [] } as const;
const ACTIONS = {
  log: [{ log: USUAL_LOG }, [contact(7)], ["log-call"]],
  unsorted: [{ unsorted: { name: "{phone}", pipelineId: null } }, [], ["add-unsorted"]],
  contact: [{ log: USUAL_LOG, contact: { name: "{phone}", ...nobody } }, [], ["create-contact", "log-call"]],
  lead: [{ lead: { name: "{phone}", pipelineId: null, statusId: null, ...nobody } }, [contact(7)], ["create-lead"]],
  task: [
    { task: { text: "{phone}", dueMinutes: 0, typeId: 1, closesItself: true, ...nobody } },
    [contact(7)],
    ["add-task"],
  ],
  tags: [{ tags: ["звонок"] }, [contact(7)], ["tag-card"]],
  fields: [{ fields: [{ of: "contact", fieldId: 1, value: "{did}" }] }, [contact(7)], ["set-fields"]],
  responsible: [{ responsible: ["last-answered"] }, [contact(7)], ["set-responsible"]],
} satisfies Readonly<
  Record<
    keyof RuleActions,
    readonly [actions: Partial<RuleActions>, clients: readonly Client[], kinds: readonly CrmIntent["kind"][]]
  >
>;

test.each(Object.entries(ACTIONS))("the action %s by itself", (_, [actions, clients, kinds]) => {
  const { intents } = intentsFor(call(), context({ clients, policy: policyOf(rule({}, actions)) }));
  expect(intents.map(({ kind }) => kind)).toEqual(kinds);
});

describe("the usual rules make of", () => {
  const kinds = (of: Call, within: RuleContext) => intentsFor(of, within).intents.map(({ kind }) => kind);
  const missed = { disposition: "missed", talkSeconds: 0, employees: [share("205", "missed")] } as const;
  test.each([
    ["a missed stranger an unsorted lead", { ...missed }, [], ["add-unsorted"]],
    ["a missed client a note and a task", { ...missed }, [contact(7)], ["log-call", "add-task"]],
    ["an answered stranger an unsorted lead", {}, [], ["add-unsorted"]],
    ["an answered client a note", {}, [contact(7)], ["log-call"]],
    ["a client who was reached a note", { direction: "outbound" }, [contact(7)], ["log-call"]],
    [
      "a client who was not reached a note and no task",
      { ...missed, direction: "outbound" },
      [contact(7)],
      ["log-call"],
    ],
    ["a stranger who was reached a contact with a note", { direction: "outbound" }, [], ["create-contact", "log-call"]],
    ["a stranger who was not reached nothing", { ...missed, direction: "outbound" }, [], []],
  ] as const)("%s", (_, changes, clients, expected) => {
    expect(kinds(call(changes), context({ clients }))).toEqual(expected);
  });

  test("a missed client's task the responsible user's, due in an hour of work", () => {
    // Friday, 2025-07-04, 17:40 in Moscow: twenty minutes are left of the day, and forty stand on Monday.
    const endedAt = Date.UTC(2025, 6, 4, 14, 40);
    const [, task] = intentsFor(call({ ...missed, endedAt }), context()).intents;
    expect(task).toEqual({
      kind: "add-task",
      phone: "+79161234567",
      uniq: "call-1/task",
      entity: { type: "contacts", id: 7 },
      text: "Перезвонить: Иван, +7 916 123-45-67",
      typeId: 1,
      dueAt: Date.UTC(2025, 6, 7, 6, 40),
      userId: 504142,
      closesItself: true,
      standing: null,
    });
  });

  test("of his second missed call a word in the task that stands open", () => {
    const [, task] = intentsFor(call(missed), context({ openTasks: ["call-0/task"] })).intents;
    expect(task).toMatchObject({
      kind: "add-task",
      standing: {
        tasks: ["call-0/task"],
        text: expect.stringMatching(/^Перезвонить: Иван, .+ \(ещё звонок 04\.07\.2025 06:33\)$/),
      },
    });
  });
});

describe("a conversation closes the client's tasks", () => {
  const openTasks = ["call-0/task"];
  const closes = (changes: Partial<Call>) =>
    intentsFor(call(changes), context({ openTasks })).intents.filter(({ kind }) => kind === "close-tasks");
  test.each(["inbound", "outbound"] as const)("%s, by anybody", (direction) => {
    expect(closes({ direction })).toMatchObject([{ uniq: "call-1/close-tasks", tasks: openTasks }]);
  });
  test("but no call of some seconds, and none that was missed", () => {
    expect(closes({ talkSeconds: 9 })).toEqual([]);
    expect(closes({ disposition: "missed", talkSeconds: 0 })).toEqual([]);
  });
  test("also where no rule fits the call", () => {
    const within = context({ openTasks, policy: policyOf(rule({ dids: ["9999"] }, { log: USUAL_LOG })) });
    expect(intentsFor(call(), within)).toMatchObject({ rule: null, intents: [{ kind: "close-tasks" }] });
    expect(intentsFor(call({ talkSeconds: 1 }), within)).toMatchObject({ skipped: "no-rule" });
  });
  test("of a stranger, too, whom we called back", () => {
    const { intents } = intentsFor(call({ direction: "outbound" }), context({ clients: [], openTasks }));
    expect(intents.map(({ kind }) => kind)).toEqual(["create-contact", "log-call", "close-tasks"]);
  });
});

describe("a rule's note goes", () => {
  const company: Client = { ...contact(9), kind: "company" };
  const notes = (to: "lead-or-card" | "card" | "everywhere", clients: readonly Client[]) =>
    intentsFor(call(), context({ clients, policy: policyOf(rule({}, { log: { to, per: "call" } })) })).intents.map(
      (intent) => intent.kind === "log-call" && { ...intent.entity, uniq: intent.uniq, isCopy: intent.isCopy },
    );
  test("everywhere: to lead, contact and its company, counted once", () => {
    expect(notes("everywhere", [{ ...contact(7, lead(70)), companyId: 8 }, company])).toEqual([
      { type: "leads", id: 70, uniq: "call-1", isCopy: false },
      { type: "contacts", id: 7, uniq: "call-1/copy-1", isCopy: true },
      { type: "companies", id: 8, uniq: "call-1/copy-2", isCopy: true },
    ]);
  });
  test("to the card, also where there is an open lead", () => {
    expect(notes("card", [contact(7, lead(70))])).toMatchObject([{ type: "contacts", id: 7 }]);
  });
  test("to each who talked", () => {
    const policy = policyOf(rule({}, { log: { to: "lead-or-card", per: "leg" } }));
    const employees = [{ ...share("201", "transferred-away"), talkSeconds: 15 }, share("205", "answered")];
    expect(intentsFor(call({ employees, talkSeconds: 55 }), context({ policy })).intents).toMatchObject([
      { uniq: "call-1/leg-201", userId: 504141, call: { talkSeconds: 15 } },
      { uniq: "call-1/leg-205", userId: 504142, call: { talkSeconds: 40 } },
    ]);
    expect(intentsFor(call({ employees: [share("201", "missed")] }), context({ policy })).intents).toHaveLength(1);
  });
  test("nowhere without a card", () => {
    const policy = policyOf(rule({}, { log: USUAL_LOG }));
    expect(intentsFor(call(), context({ clients: [], policy }))).toMatchObject({
      skipped: "no-card",
      rule: "the rule",
    });
  });
});

describe("a rule that wants a lead", () => {
  const wanted = { name: "Звонок {date} {time}: {line}", pipelineId: null, statusId: 5, responsible: [] };
  const actions = { log: USUAL_LOG, contact: { name: "{phone}", responsible: [] }, lead: wanted } as const;
  const policy = policyOf(rule({}, { ...actions, tags: ["звонок"] }));
  test("makes contact, lead and note of a stranger, each on what was made before", () => {
    const toBe = (madeBy: string) => ({ madeBy, phone: "+79161234567" });
    expect(intentsFor(call(), context({ clients: [], policy })).intents).toMatchObject([
      { kind: "create-contact", uniq: "call-1/contact", name: "+7 916 123-45-67" },
      {
        kind: "create-lead",
        client: toBe("call-1/contact"),
        name: "Звонок 04.07.2025 06:33: Реклама",
        pipelineId: 20,
        statusId: 5,
      },
      { kind: "log-call", entity: toBe("call-1/lead") },
      { kind: "tag-card", entity: toBe("call-1/lead"), tags: ["звонок"] },
    ]);
  });
  test("makes none of a client who has an open one, or two", () => {
    for (const leads of [[lead(70)], [lead(70), lead(71)]]) {
      const { intents } = intentsFor(call(), context({ clients: [contact(7, ...leads)], policy }));
      expect(intents.map(({ kind }) => kind)).toEqual(["log-call", "tag-card"]);
    }
  });
});

test("a rule sets fields of what there is, and the responsible user", () => {
  const fields = [
    { of: "lead", fieldId: 1, value: "{did}" },
    { of: "contact", fieldId: 2, value: "{employee}" },
    { of: "company", fieldId: 3, value: "{queue}" },
  ] as const;
  const policy = policyOf(rule({}, { fields, responsible: ["last-answered"] }));
  expect(intentsFor(call(), context({ clients: [contact(7, lead(70))], policy })).intents).toMatchObject([
    { kind: "set-fields", entity: { type: "leads", id: 70 }, fields: [{ fieldId: 1, value: "3345" }] },
    { kind: "set-fields", entity: { type: "contacts", id: 7 }, fields: [{ fieldId: 2, value: "Борис Смирнов" }] },
    { kind: "set-responsible", entity: { type: "leads", id: 70 }, userId: 504142 },
  ]);
});

test("of a caller who hides nothing but a task can be made", () => {
  const task = {
    text: "Кто звонил на {line}?",
    dueMinutes: 0,
    typeId: 1,
    responsible: [],
    closesItself: true,
  } as const;
  const policy = policyOf(rule({ anonymous: true }, { task }), rule({}, { log: USUAL_LOG }));
  expect(intentsFor(call({ client: null }), context({ clients: [], policy })).intents).toMatchObject([
    { kind: "add-task", entity: null, text: "Кто звонил на Реклама?", closesItself: false },
  ]);
});

test("the first rule that fits decides", () => {
  const policy = policyOf(rule({ dids: ["9999"] }, { log: USUAL_LOG }), rule({}, {}), rule({}, { log: USUAL_LOG }));
  expect(intentsFor(call(), context({ policy }))).toMatchObject({ skipped: "by-rule" });
});

test("the same call decided twice is decided the same", () => {
  const within = context({ openTasks: ["a"], turns: new Map([["x", 3]]) });
  expect(intentsFor(call(), within)).toEqual(intentsFor(call(), within));
});

test.each(["the rule", "constructor", "__proto__"])('a rule named "%s" begins its turns with the first', (name) => {
  const wanted = rule({}, { responsible: ["round-robin"] }, [504142, 504143]);
  const { intents } = intentsFor(call(), context({ policy: policyOf({ ...wanted, name }) }));
  expect(intents).toMatchObject([{ kind: "set-responsible", userId: 504142 }]);
});
