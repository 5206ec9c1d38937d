/** A small company and its calls, for the tests of the rules. */
import type { Call, EmployeeShare } from "../calls/call.ts";
import type { Client, OpenLead } from "../clients/client.ts";
import type { Account } from "../directory/directory.ts";
import { defaultPolicy } from "./default-rules.ts";
import type { RuleContext } from "./intents-for.ts";
import { ANY_CALL, NO_ACTIONS, type Policy, type Rule, type RuleActions, type RuleConditions } from "./rule.ts";

export const account: Account = {
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

export const pipelines = [
  { id: 10, name: "Общая", isMain: true, isUnsortedOn: true, statuses: [] },
  { id: 20, name: "Продажи", isMain: false, isUnsortedOn: true, statuses: [] },
  { id: 30, name: "Сервис", isMain: false, isUnsortedOn: false, statuses: [] },
];

export const lead = (id: number): OpenLead => ({
  id,
  name: `Сделка ${id}`,
  price: null,
  pipelineId: 20,
  pipelineName: "Продажи",
  statusId: 1,
  statusName: "Новая",
  responsibleUserId: 504141,
});

export const contact = (id: number, ...openLeads: OpenLead[]): Client => ({
  kind: "contact",
  id,
  name: "Иван",
  companyId: null,
  companyName: null,
  responsibleUserId: 504142,
  openLeads,
});

export const share = (extension: string, result: EmployeeShare["result"]): EmployeeShare => ({
  extension,
  result,
  ringSeconds: 3,
  talkSeconds: result === "answered" ? 40 : 0,
});

export const call = (changes: Partial<Call> = {}): Call => ({
  id: "call-1",
  pbx: "main",
  linkedids: ["1751600000.42"],
  direction: "inbound",
  client: "89161234567",
  did: "3345",
  clientLegId: null,
  parked: null,
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

export const context = (changes: Partial<RuleContext> = {}): RuleContext => ({
  account,
  policy: defaultPolicy("ru"),
  clients: [contact(7)],
  pipelines,
  recordingUrl: "https://pbx.example.org/recordings/x",
  openTasks: [],
  turns: new Map(),
  ...changes,
});

/** The usual policy with these rules only. */
export const policyOf = (...rules: Rule[]): Policy => ({ ...defaultPolicy("ru"), rules });

export const rule = (
  when: Partial<RuleConditions>,
  actions: Partial<RuleActions> = {},
  roundRobin: readonly number[] = [],
): Rule => ({ name: "the rule", when: { ...ANY_CALL, ...when }, do: { ...NO_ACTIONS, ...actions }, roundRobin });
