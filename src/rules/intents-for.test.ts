import { describe, expect, test } from "vitest";
import type { Call, EmployeeShare } from "../calls/call.ts";
import type { Client, OpenLead } from "../clients/client.ts";
import type { Account } from "../directory/directory.ts";
import { intentsFor, type RuleContext } from "./intents-for.ts";

const account: Account = {
  id: "main",
  country: "RU",
  timeZone: "Europe/Moscow",
  language: "ru",
  defaultPipelineId: null,
  employees: [
    { name: "Анна Петрова", department: null, userId: 504141, extensions: ["201"], manager: false },
    { name: "Борис Смирнов", department: null, userId: 504142, extensions: ["205"], manager: false },
    { name: "Склад", department: null, userId: null, extensions: ["210"], manager: false },
  ],
  lines: [
    { did: "3345", label: "Реклама", pipelineId: 20 },
    { did: "3346", label: null, pipelineId: 30 },
  ],
};

const pipelines = [
  { id: 10, name: "Общая", isMain: true, isUnsortedOn: true, statuses: [] },
  { id: 20, name: "Продажи", isMain: false, isUnsortedOn: true, statuses: [] },
  { id: 30, name: "Сервис", isMain: false, isUnsortedOn: false, statuses: [] },
];

const lead = (id: number): OpenLead => ({
  id,
  name: `Сделка ${id}`,
  price: null,
  pipelineId: 20,
  pipelineName: "Продажи",
  statusId: 1,
  statusName: "Новая",
  responsibleUserId: 504141,
});

const contact = (id: number, ...openLeads: OpenLead[]): Client => ({
  kind: "contact",
  id,
  name: "Иван",
  companyName: null,
  responsibleUserId: 504142,
  openLeads,
});

const share = (extension: string, result: EmployeeShare["result"]): EmployeeShare => ({
  extension,
  result,
  ringSeconds: 3,
  talkSeconds: result === "answered" ? 40 : 0,
});

const call = (changes: Partial<Call> = {}): Call => ({
  id: "call-1",
  pbx: "main",
  linkedids: ["1751600000.42"],
  direction: "inbound",
  client: "89161234567",
  did: "3345",
  queue: null,
  startedAt: 1_751_600_000_000,
  answeredAt: 1_751_600_003_000,
  endedAt: 1_751_600_043_000,
  disposition: "answered",
  ringSeconds: 3,
  talkSeconds: 40,
  endedBy: "client",
  employees: [share("205", "answered")],
  transfers: [],
  recordings: [],
  cards: [],
  mergedInto: null,
  partial: false,
  doubts: [],
  ...changes,
});

const context = (changes: Partial<RuleContext> = {}): RuleContext => ({
  account,
  clients: [contact(7)],
  pipelines,
  recordingUrl: "https://pbx.example.org/recordings/x",
  ...changes,
});

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

describe("the CRM is told nothing, with the reason, of", () => {
  test.each([
    ["a call that lives", { endedAt: null }, "not-ended"],
    ["a call that goes on in another", { mergedInto: "call-0" }, "merged"],
    ["an internal call", { direction: "internal", client: null }, "internal"],
    ["a caller who hides", { client: null }, "hidden-number"],
    ["a caller who hides, in the provider's words", { client: "Anonymous" }, "hidden-number"],
    ["a short number", { client: "112", direction: "outbound" }, "short-number"],
    ["an answered outbound call to a stranger", { direction: "outbound" }, "outbound-to-unknown"],
    [
      "an unanswered outbound call to a stranger",
      { direction: "outbound", disposition: "missed" },
      "outbound-to-unknown",
    ],
  ] as const)("%s", (_, changes, reason) => {
    expect(intentsFor(call(changes), context({ clients: [] }))).toEqual({ intents: [], skipped: reason });
  });
});
