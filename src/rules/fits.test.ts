// Each condition by itself: what it lets through, and what it does not.
import { describe, expect, test } from "vitest";
import type { Call } from "../calls/call.ts";
import type { Client } from "../clients/client.ts";
import { account, call, contact, lead, rule, share } from "./company.testing.ts";
import { USUAL_HOURS } from "./default-rules.ts";
import { fits } from "./fits.ts";
import type { RuleConditions } from "./rule.ts";

interface Case {
  readonly call?: Partial<Call>;
  readonly clients?: readonly Client[];
}
const isFor = (when: Partial<RuleConditions>, { call: changes = {}, clients = [contact(7)] }: Case) =>
  fits(call(changes), rule(when).when, { account, clients, workingHours: USUAL_HOURS });

const missed = { disposition: "missed", talkSeconds: 0, employees: [share("205", "missed")] } as const;
/** Friday, 2025-07-04, 12:00 and 20:00 in Moscow. */
const [noon, evening] = [Date.UTC(2025, 6, 4, 9), Date.UTC(2025, 6, 4, 17)];

test.each<[what: string, when: Partial<RuleConditions>, yes: Case, no: Case]>([
  ["direction", { direction: "outbound" }, { call: { direction: "outbound" } }, {}],
  ["client known", { client: "known" }, {}, { clients: [] }],
  ["client unknown", { client: "unknown" }, { clients: [] }, {}],
  ["anonymous", { anonymous: true }, { call: { client: "anonymous" } }, {}],
  ["not anonymous", {}, {}, { call: { client: null } }],
  ["line", { dids: ["3346", "3345"] }, {}, { call: { did: "3347" } }],
  ["queue", { queues: ["sales"] }, { call: { queue: "sales" } }, { call: { queue: null } }],
  ["employee who talked", { extensions: ["205"] }, {}, { call: { employees: [share("201", "answered")] } }],
  ["employee who missed", { extensions: ["205"] }, { call: missed }, { call: { employees: [] } }],
  ["working hours", { hours: "working" }, { call: { startedAt: noon } }, { call: { startedAt: evening } }],
  ["outside hours", { hours: "outside" }, { call: { startedAt: evening } }, { call: { startedAt: noon } }],
  ["open lead", { openLead: "yes" }, { clients: [contact(7), contact(8, lead(1))] }, {}],
  ["no open lead", { openLead: "no" }, {}, { clients: [contact(8, lead(1))] }],
  ["lead in pipeline", { pipelineIds: [20] }, { clients: [contact(8, lead(1))] }, {}],
  ["lead in stage", { statusIds: [1] }, { clients: [contact(8, lead(1))] }, {}],
  ["lead in another stage", { statusIds: [1] }, { clients: [contact(8, lead(1))] }, { clients: [contact(8)] }],
  ["talk at least", { talkSeconds: { atLeast: 40, atMost: null } }, {}, { call: { talkSeconds: 39 } }],
  ["talk at most", { talkSeconds: { atLeast: null, atMost: 40 } }, {}, { call: { talkSeconds: 41 } }],
  ["number, in any spelling", { numbers: ["+7 (916) 123-45-67"] }, {}, { call: { client: "89161234568" } }],
  [
    "all of them",
    { direction: "inbound", client: "known", dids: ["3345"] },
    {},
    { call: { direction: "outbound", did: null } },
  ],
])("%s", (_, when, yes, no) => {
  expect(isFor(when, yes)).toBe(true);
  expect(isFor(when, no)).toBe(false);
});

describe("results", () => {
  test.each([
    ["answered", {}, missed],
    ["missed", missed, {}],
    ["busy", { ...missed, disposition: "busy" }, missed],
    ["failed", { ...missed, direction: "outbound", disposition: "failed" }, missed],
    ["cancelled", { ...missed, direction: "outbound", disposition: "cancelled" }, missed],
    ["not-answered", { ...missed, disposition: "busy" }, {}],
    [
      "abandoned-in-queue",
      { ...missed, queue: "sales", endedBy: "client" },
      { ...missed, queue: "sales", endedBy: "pbx" },
    ],
    ["out-of-hours", { ...missed, startedAt: evening }, { ...missed, startedAt: noon }],
    ["out-of-hours", { ...missed, startedAt: evening }, { startedAt: evening }],
    ["menu-only", { ...missed, employees: [] }, missed],
    ["menu-only", { ...missed, employees: [] }, { ...missed, employees: [], queue: "sales" }],
  ] as const)("%s", (result, yes, no) => {
    expect(isFor({ results: [result] }, { call: yes })).toBe(true);
    expect(isFor({ results: [result] }, { call: no })).toBe(false);
  });

  test("one of several is enough", () => {
    expect(isFor({ results: ["busy", "answered"] }, {})).toBe(true);
  });
});
