/** A small company and its calls, for the tests of the rules. */
import type { Call, EmployeeShare } from "../calls/call.ts";
import { callWith } from "../calls/testing/call.ts";
import type { Client, OpenLead } from "../clients/client.ts";
import { accountWith, employeeAt } from "../directory/account.testing.ts";
import { defaultPolicy } from "./default-rules.ts";
import type { RuleContext } from "./intents-for.ts";
import { ANY_CALL, NO_ACTIONS, type Policy, type Rule, type RuleActions, type RuleConditions } from "./rule.ts";

export const account = accountWith({
  employees: [
    employeeAt("201", { name: "Анна Петрова", userId: 504141 }),
    employeeAt("205", { name: "Борис Смирнов", userId: 504142 }),
    employeeAt("210", { name: "Склад", userId: null }),
  ],
  lines: [
    { did: "3345", label: "Реклама", pipelineId: 20 },
    { did: "3346", label: null, pipelineId: 30 },
  ],
});

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

export const call = (changes: Partial<Call> = {}): Call =>
  callWith({
    pbx: "main",
    linkedids: ["1751600000.42"],
    direction: "inbound",
    client: "89161234567",
    did: "3345",
    startedAt: 1_751_600_000_000,
    answeredAt: 1_751_600_003_000,
    endedAt: 1_751_600_043_000,
    disposition: "answered",
    ringSeconds: 3,
    talkSeconds: 40,
    endedBy: "client",
    employees: [share("205", "answered")],
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
