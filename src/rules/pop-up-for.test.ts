// Who sees amoCRM's own pop-up while it rings.
import { expect, test } from "vitest";
import type { Call, Card } from "../calls/call.ts";
import { account, call, contact, policyOf } from "./company.testing.ts";
import { popUpFor } from "./pop-up-for.ts";
import type { PopUpRule, RingingConditions } from "./rule.ts";

const card = (extension: string) => ({ extension, state: "ringing" }) as Card; // the rest is not looked at
const ringing: Partial<Call> = {
  endedAt: null,
  disposition: null,
  employees: [],
  cards: [card("201"), card("205"), card("210")],
};
const any: RingingConditions = { client: null, dids: [], queues: [], extensions: [], hours: null, openLead: null };
const show = (popUps: readonly PopUpRule[], changes: Partial<Call> = {}, clients = [contact(7)]) =>
  popUpFor(call({ ...ringing, ...changes }), { account, clients, policy: { ...policyOf(), popUps } });

test.each([
  ["called", [504141, 504142]],
  ["responsible", [504142]],
  ["everyone", null],
] as const)("%s", (who, userIds) => {
  expect(show([{ when: any, show: who }])).toEqual({
    kind: "pop-up",
    uniq: "call-1/pop-up",
    phone: "+79161234567",
    userIds,
    ringsSince: 1_751_600_000_000,
  });
});

test.each<[what: string, popUps: readonly PopUpRule[], changes?: Partial<Call>, clients?: []]>([
  ["nothing is set", []],
  [
    "the rule says so",
    [
      { when: { ...any, client: "known" }, show: "nobody" },
      { when: any, show: "everyone" },
    ],
  ],
  ["the line is another one", [{ when: { ...any, dids: ["1"] }, show: "everyone" }]],
  ["nobody is responsible", [{ when: any, show: "responsible" }], {}, []],
  ["it is called from here", [{ when: any, show: "everyone" }], { direction: "outbound" }],
  ["the number is hidden", [{ when: any, show: "everyone" }], { client: "anonymous" }],
  ["it has ended", [{ when: any, show: "everyone" }], { endedAt: 1 }],
])("nobody, when %s", (_, popUps, changes, clients) => {
  expect(show(popUps, changes, clients)).toBeNull();
});
