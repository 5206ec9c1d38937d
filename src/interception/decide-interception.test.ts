/** Who is rung for a client, and why nobody is: one line a rule. */
import { expect, test } from "vitest";
import type { Call } from "../calls/call.ts";
import type { DeviceState } from "../calls/presence.ts";
import { callWith, cardWith } from "../calls/testing/call.ts";
import { accountWith, employeeAt } from "../directory/account.testing.ts";
import { decideInterception, type InterceptionPolicy, type InterceptionSituation } from "./decide-interception.ts";

const account = accountWith({
  employees: [
    employeeAt("201", { department: "sales" }),
    employeeAt("202", { department: "sales" }),
    employeeAt("203", { department: "service" }),
    employeeAt("204", { department: "sales" }),
    employeeAt("205", { department: "service" }),
  ],
});
const policy: InterceptionPolicy = { mode: "ring", lines: [], optedOut: [], deputies: {} };

/** A client of 202 who rings at 201. */
const calling = (said: Partial<Call> = {}): Call =>
  callWith({
    direction: "inbound",
    did: "3344",
    clientLegId: "9.9",
    cards: [cardWith({ state: "ringing", direction: "inbound", peerLegId: "9.9", pickedUp: false })],
    ...said,
  });

function decide(said: Partial<InterceptionSituation> & { readonly devices?: Record<string, DeviceState> } = {}) {
  const { devices = {}, ...situation } = said;
  return decideInterception({
    call: calling(),
    account,
    policy,
    responsibleUserId: 202,
    lastTalker: null,
    isWorkingTime: true,
    absenceOf: () => undefined,
    deviceOf: (extension) => devices[extension] ?? "free",
    isOnCall: () => false,
    ...situation,
  });
}

const ring = (place: string, extension: string) => ({
  decision: "ring",
  candidate: { place, employee: { extensions: [extension] } },
});
const none = (why: string) => ({ decision: "none", why });

test("the responsible employee is rung while the call rings elsewhere", () => {
  expect(decide()).toMatchObject({ ...ring("responsible", "202"), passedOver: [] });
});

test("a client who waits in a queue, with nobody rung yet, is offered", () => {
  expect(decide({ call: calling({ queue: "main", cards: [] }) })).toMatchObject(ring("responsible", "202"));
});

test.each<[string, Partial<InterceptionSituation>, string]>([
  ["it is switched off", { policy: { ...policy, mode: "off" } }, "off"],
  ["the card alone is wanted", { policy: { ...policy, mode: "offer" } }, "off"],
  ["a colleague calls", { call: calling({ direction: "internal", client: null }) }, "not-a-client"],
  ["the number is hidden", { call: calling({ client: null }) }, "not-a-client"],
  ["another line was dialled", { policy: { ...policy, lines: ["3345"] } }, "line-excluded"],
  ["the office is closed", { isWorkingTime: false }, "out-of-hours"],
  ["nobody is responsible", { responsibleUserId: null }, "no-responsible"],
  ["the responsible user has no extension here", { responsibleUserId: 999 }, "no-responsible"],
  ["a menu still speaks", { call: calling({ cards: [] }) }, "not-offered"],
  ["it is answered", { call: calling({ answeredAt: 5 }) }, "not-offered"],
  ["the client has gone", { call: calling({ clientLegId: null }) }, "not-offered"],
])("nobody is rung when %s", (_, situation, why) => {
  expect(decide(situation)).toMatchObject({ ...none(why), passedOver: [] });
});

test.each<[DeviceState, string]>([
  ["busy", "busy"],
  ["dnd", "dnd"],
  ["offline", "offline"],
  ["unknown", "unknown"],
])("a responsible whose phone is %s is passed over for his department, with the reason", (state, why) => {
  const decision = decide({ devices: { "202": state, "201": "busy" } });
  expect(decision).toMatchObject(ring("group", "204"));
  expect(decision.passedOver.map((each) => [each.place, each.why])).toEqual([
    ["responsible", why],
    ["group", "rings-already"],
  ]);
});

test("a responsible with a call of his own is not rung on a second line", () => {
  expect(decide({ isOnCall: (extension) => extension === "202" }).passedOver[0]).toMatchObject({ why: "on-a-call" });
});

test("the chain: deputy, then whoever talked to the client last, then the department", () => {
  const absent = { "202": "offline" as const };
  const deputies = { "202": "203" };
  const withDeputy = { policy: { ...policy, deputies }, lastTalker: "205", devices: absent };
  expect(decide(withDeputy)).toMatchObject(ring("deputy", "203"));
  expect(decide({ ...withDeputy, devices: { ...absent, "203": "busy" } })).toMatchObject(ring("last-talker", "205"));
  expect(decide({ devices: absent })).toMatchObject(ring("group", "204"));
  expect(decide({ devices: { ...absent, "204": "offline" } })).toMatchObject(none("nobody-free"));
});

test("on the list of absences: the deputy whom it names, though the phone is free; who is away stands in for nobody", () => {
  const away = (absences: Record<number, number | null>) => (userId: number) =>
    userId in absences ? { deputyId: absences[userId] ?? null } : undefined;
  const policyWithUsual = { ...policy, deputies: { "202": "204" } };
  const decision = decide({ policy: policyWithUsual, absenceOf: away({ 202: 203 }) });
  expect(decision).toMatchObject(ring("deputy", "203"));
  expect(decision.passedOver).toMatchObject([{ place: "responsible", why: "away" }]);
  expect(decide({ policy: policyWithUsual, absenceOf: away({ 202: null }) })).toMatchObject(ring("deputy", "204"));
  expect(decide({ absenceOf: away({ 202: 203, 203: null }), lastTalker: "205" })).toMatchObject(
    ring("last-talker", "205"),
  );
});

test("he who rings anyway, or does not want it, is not replaced by others", () => {
  expect(decide({ responsibleUserId: 201 })).toMatchObject(none("nobody-free"));
  expect(decide({ policy: { ...policy, optedOut: ["202"] } })).toMatchObject(none("nobody-free"));
});
