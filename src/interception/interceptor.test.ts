/** When somebody is rung, let go and rung anew, as the calls and the phones change. */
import { beforeEach, expect, test } from "vitest";
import type { Call } from "../calls/call.ts";
import type { DeviceState } from "../calls/presence.ts";
import { callWith, cardWith } from "../calls/testing/call.ts";
import type { PhoneOutcome } from "../control/command.ts";
import type { CommandRecord } from "../control/command-journal.ts";
import { accountWith, employeeAt } from "../directory/account.testing.ts";
import { Interceptor } from "./interceptor.ts";

const employees = ["201", "202", "204"].map((extension) => employeeAt(extension, { name: extension }));
const account = accountWith({ employees });
const client = { kind: "contact", id: 1, name: "Мария", companyId: null, companyName: null, openLeads: [] } as const;

interface Attempt {
  readonly extension: string;
  isCancelled: boolean;
  end(outcome: PhoneOutcome): void;
}

let calls: Call[];
let attempts: Attempt[];
let device: DeviceState;
let now: number;
/** Who stands in for whom. */
let deputies: Record<string, string>;
let kept: CommandRecord[];
let interceptor: Interceptor;

beforeEach(() => {
  calls = [];
  attempts = [];
  device = "free";
  now = 1_000;
  deputies = {};
  kept = [];
  interceptor = new Interceptor({
    pbx: "office",
    account,
    policy: { mode: "ring", lines: [], optedOut: [], deputies },
    clients: { findByPhone: async () => [{ ...client, responsibleUserId: 204 }] },
    desk: {
      intercept(employee, _, onOutcome) {
        const attempt = { extension: employee.extensions[0] ?? "", isCancelled: false, end: onOutcome };
        attempts.push(attempt);
        return {
          extension: attempt.extension,
          cancel: () => {
            attempt.isCancelled = true;
          },
        };
      },
    },
    journal: { keep: async (record) => void kept.push(record) },
    calls: () => calls,
    deviceOf: (extension) => (extension === "204" ? device : "free"),
    isWorkingTime: () => true,
    absenceOf: () => undefined,
    needsRingingLeg: true,
    clock: { now: () => now },
  });
});

/** A client of 204 who rings at `extension`. */
const ringsAt = (extension: string, legId: string) =>
  callWith({
    id: "call-1",
    direction: "inbound",
    clientLegId: "9.9",
    cards: [cardWith({ extension, legId, state: "ringing", direction: "inbound", peerLegId: "9.9", pickedUp: false })],
  });

async function change(...now: Call[]): Promise<void> {
  calls = now;
  for (const call of now) interceptor.onChange(call);
  await new Promise(setImmediate); // the client is looked up
}

const cancelled: PhoneOutcome = { state: "refused", reason: "cancelled" };

test("the route goes on: he is rung anew as soon as his phone has let go of the first attempt", async () => {
  await change(ringsAt("201", "1.1"));
  expect(attempts).toHaveLength(1);
  await change(ringsAt("202", "1.2"));
  expect(attempts[0]?.isCancelled).toBe(true);
  // the attempt is over for the desk, and its phone is still on the line for a moment
  const own = callWith({ id: "attempt", cards: [cardWith({ callId: "attempt", extension: "204", legId: "icp-1" })] });
  calls = [ringsAt("202", "1.2"), own];
  attempts[0]?.end(cancelled);
  expect(attempts).toHaveLength(1);
  await change(ringsAt("202", "1.2"), callWith({ id: "attempt", endedAt: 5 }));
  expect(attempts).toHaveLength(2);
});

test("he is waited for whose phone is still said to be busy with the first attempt: nobody is rung in his place", async () => {
  deputies["204"] = "202";
  const second = ringsAt("201", "1.2");
  await change(ringsAt("201", "1.1"));
  await change(second);
  device = "busy";
  attempts[0]?.end(cancelled);
  expect(attempts).toHaveLength(1);
  device = "free";
  interceptor.onPhones();
  expect(attempts.map(({ extension }) => extension)).toEqual(["204", "204"]);
});

test("he who is busy with something else is not waited for longer than phones take to let go", async () => {
  deputies["204"] = "202";
  await change(ringsAt("201", "1.1"));
  await change(ringsAt("201", "1.2"));
  device = "busy";
  attempts[0]?.end(cancelled);
  now += 1_000;
  await change(ringsAt("201", "1.2"));
  expect(attempts.map(({ extension }) => extension)).toEqual(["204", "202"]);
});

test("a phone that becomes free while the client still rings is rung; a busy one is noted once", async () => {
  device = "busy";
  await change(ringsAt("201", "1.1"));
  interceptor.onPhones();
  expect(attempts).toHaveLength(0);
  device = "free";
  interceptor.onPhones();
  expect(attempts.map(({ extension }) => extension)).toEqual(["204"]);
  expect(kept.map(({ seen }) => seen.map(({ state }) => state))).toEqual([
    ["passed-over responsible busy", "none nobody-free"],
    ["ring responsible"],
  ]);
});

test("he who had his chance is not rung again", async () => {
  await change(ringsAt("201", "1.1"));
  attempts[0]?.end({ state: "refused", reason: "own-phone-no-answer" });
  interceptor.onPhones();
  await change(ringsAt("202", "1.2"));
  expect(attempts).toHaveLength(1);
});

test("an offer that somebody took stays taken when the talk is over and the call is not; his own talk is no offer to him", async () => {
  const takers = () => {
    const own = account.employees.find(({ name }) => name === "204");
    return own && interceptor.offersTo(own).map(({ takenBy }) => takenBy);
  };
  await change(ringsAt("201", "1.1"));
  expect(takers()).toEqual([null]);
  const share = { result: "answered", ringSeconds: 1, talkSeconds: 2 } as const;
  const afterTalk = (extension: string) =>
    change(callWith({ id: "call-1", clientLegId: "9.9", answeredAt: 2_000, employees: [{ extension, ...share }] }));
  await afterTalk("201");
  expect(takers()).toEqual(["201"]);
  await afterTalk("204");
  expect(takers()).toEqual([]);
});
