// Each condition by itself: what it lets through, and what it does not.
import { describe, expect, test } from "vitest";
import type { Call } from "../calls/call.ts";
import type { Client } from "../clients/client.ts";
import { CALL_RESULTS, type CallResult } from "./call-result.ts";
import { account, call, contact, lead, rule, share } from "./company.testing.ts";
import { USUAL_HOURS } from "./default-rules.ts";
import { fits } from "./fits.ts";
import type { RuleConditions } from "./rule.ts";

interface Case {
  readonly call?: Partial<Call>;
  readonly clients?: readonly Client[];
}
const elsewhere: Client = contact(9, { ...lead(2), pipelineId: 40, statusId: 9 });
const isFor = (when: Partial<RuleConditions>, { call: changes = {}, clients = [contact(7)] }: Case) =>
  fits(call(changes), rule(when).when, { account, clients, workingHours: USUAL_HOURS });

const missed = { disposition: "missed", talkSeconds: 0, employees: [share("205", "missed")] } as const;
/** Friday, 2025-07-04, 12:00 and 20:00 in Moscow. */
const [noon, evening] = [Date.UTC(2025, 6, 4, 9), Date.UTC(2025, 6, 4, 17)];

type Row = readonly [what: string, when: Partial<RuleConditions>, yes: Case, no: Case];

const CONDITIONS = {
  direction: [
    ["outbound", { direction: "outbound" }, { call: { direction: "outbound" } }, {}],
    ["inbound", { direction: "inbound" }, {}, { call: { direction: "outbound" } }],
  ],
  results: [["one of several is enough", { results: ["busy", "answered"] }, {}, { call: missed }]],
  client: [
    ["known", { client: "known" }, {}, { clients: [] }],
    ["unknown", { client: "unknown" }, { clients: [] }, {}],
  ],
  anonymous: [
    ["yes", { anonymous: true }, { call: { client: "anonymous" } }, {}],
    ["not asked", {}, {}, { call: { client: null } }],
  ],
  dids: [["one of several", { dids: ["3346", "3345"] }, {}, { call: { did: "3347" } }]],
  queues: [["by name", { queues: ["sales"] }, { call: { queue: "sales" } }, { call: { queue: null } }]],
  extensions: [
    ["who talked", { extensions: ["205"] }, {}, { call: { employees: [share("201", "answered")] } }],
    ["who missed", { extensions: ["205"] }, { call: missed }, { call: { employees: [] } }],
  ],
  hours: [
    ["working", { hours: "working" }, { call: { startedAt: noon } }, { call: { startedAt: evening } }],
    ["outside", { hours: "outside" }, { call: { startedAt: evening } }, { call: { startedAt: noon } }],
  ],
  openLead: [
    ["yes", { openLead: "yes" }, { clients: [contact(7), contact(8, lead(1))] }, {}],
    ["no", { openLead: "no" }, {}, { clients: [contact(8, lead(1))] }],
  ],
  pipelineIds: [
    ["has a lead there", { pipelineIds: [20] }, { clients: [contact(8, lead(1))] }, {}],
    ["has one elsewhere", { pipelineIds: [20, 30] }, { clients: [contact(8, lead(1))] }, { clients: [elsewhere] }],
  ],
  statusIds: [
    ["has a lead there", { statusIds: [1] }, { clients: [contact(8, lead(1))] }, {}],
    ["has one elsewhere", { statusIds: [1] }, { clients: [contact(8, lead(1))] }, { clients: [elsewhere] }],
  ],
  talkSeconds: [
    ["at least", { talkSeconds: { atLeast: 40, atMost: null } }, {}, { call: { talkSeconds: 39 } }],
    ["at most", { talkSeconds: { atLeast: null, atMost: 40 } }, {}, { call: { talkSeconds: 41 } }],
  ],
  numbers: [["in any spelling", { numbers: ["+7 (916) 123-45-67"] }, {}, { call: { client: "89161234568" } }]],
} satisfies Readonly<Record<keyof RuleConditions, readonly Row[]>>;

describe.each(Object.entries<readonly Row[]>(CONDITIONS))("%s", (_, rows) => {
  test.each(rows)("%s", (__, when, yes, no) => {
    expect(isFor(when, yes)).toBe(true);
    expect(isFor(when, no)).toBe(false);
  });
});

test("all that is asked must hold", () => {
  const when = { direction: "inbound", client: "known", dids: ["3345"] } as const;
  expect(isFor(when, {})).toBe(true);
  expect(isFor(when, { call: { did: null } })).toBe(false);
  expect(isFor(when, { call: { direction: "outbound" } })).toBe(false);
  expect(isFor(when, { clients: [] })).toBe(false);
});

const RESULTS = {
  answered: [[{}, missed]],
  missed: [[missed, {}]],
  busy: [[{ ...missed, disposition: "busy" }, missed]],
  failed: [[{ ...missed, direction: "outbound", disposition: "failed" }, missed]],
  cancelled: [[{ ...missed, direction: "outbound", disposition: "cancelled" }, missed]],
  "not-answered": [
    [{ ...missed, disposition: "busy" }, {}],
    [{ ...missed, direction: "outbound" }, { direction: "outbound" }],
  ],
  "abandoned-in-queue": [
    [
      { ...missed, queue: "sales", endedBy: "client" },
      { ...missed, queue: "sales", endedBy: "pbx" },
    ],
  ],
  "out-of-hours": [
    [
      { ...missed, startedAt: evening },
      { ...missed, startedAt: noon },
    ],
    [{ ...missed, startedAt: evening }, { startedAt: evening }],
  ],
  voicemail: [
    [{ ...missed, voicemail: true }, missed],
    [{ ...missed, voicemail: true }, { voicemail: true }],
  ],
  "menu-only": [
    [{ ...missed, employees: [] }, missed],
    [
      { ...missed, employees: [] },
      { ...missed, employees: [], queue: "sales" },
    ],
    [
      { ...missed, employees: [] },
      { ...missed, employees: [], voicemail: true },
    ],
  ],
} satisfies Readonly<Record<CallResult, readonly (readonly [yes: Partial<Call>, no: Partial<Call>])[]>>;

describe("results", () => {
  test.each(CALL_RESULTS.flatMap((result) => RESULTS[result].map(([yes, no]) => [result, yes, no] as const)))(
    "%s",
    (result, yes, no) => {
      expect(isFor({ results: [result] }, { call: yes })).toBe(true);
      expect(isFor({ results: [result] }, { call: no })).toBe(false);
    },
  );
});
