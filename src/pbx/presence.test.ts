/** What a real Asterisk tells of people's phones and of their places in queues, as it changes and to who comes later. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Lab, startLab } from "../../test/lab/lab.ts";
import type { Phone } from "../../test/lab/phone.ts";
import { when } from "../../test/lab/wait.ts";
import { Office } from "../../test/live/office.ts";
import { describeNeeding } from "../../test/needs.ts";
import type { DeviceState, QueueSeat } from "../calls/presence.ts";

const WITHIN_MS = 30_000;

describeNeeding("asterisk", "the state of phones", () => {
  const stack = new AsyncDisposableStack();
  let lab: Lab;
  let office: Office;
  let phone: Phone;

  beforeAll(async () => {
    lab = stack.use(await startLab());
    phone = await lab.phone("203").start();
    office = stack.use(await Office.open({ ami: lab.ami }));
  }, WITHIN_MS);
  afterAll(() => stack.disposeAsync());

  /** Those who watch already and those who come now are told the same. */
  async function expectState(state: DeviceState): Promise<void> {
    const { watcher } = office;
    const isIt = () => watcher.deviceStateOf("203") === state || undefined;
    await when(watcher.onDeviceState, isIt, { what: `203 is ${state}`, ms: WITHIN_MS });
    await using late = await Office.open({ ami: lab.ami });
    expect(late.watcher.deviceStateOf("203")).toBe(state);
  }

  async function expectSeats(extension: string, seats: readonly QueueSeat[]): Promise<void> {
    const { watcher } = office;
    const isIt = () => JSON.stringify(watcher.queueSeatsOf(extension)) === JSON.stringify(seats) || undefined;
    await when(watcher.onQueueSeats, isIt, { what: `${extension} sits in ${JSON.stringify(seats)}`, ms: WITHIN_MS });
    await using late = await Office.open({ ami: lab.ami });
    expect(late.watcher.queueSeatsOf(extension)).toEqual(seats);
  }

  const set = (variable: string, value: string) =>
    office.session.action({ Action: "Setvar", Variable: variable, Value: value });

  test("free, not registered any more, and again", async () => {
    await expectState("free");
    await phone.unregister();
    await expectState("offline");
    await phone.register();
    await expectState("free");
  });

  test("busy from the first ring to the end of the talk", async () => {
    const caller = await lab.phone("204").start();
    const theirs = caller.dial("203");
    const mine = await phone.waitCall();
    await expectState("busy");
    mine.answer();
    await theirs.waitState("talking");
    await expectState("busy");
    theirs.hangup();
    await expectState("free");
  });

  test.each([
    ["a device", "DEVICE_STATE(Custom:DND203)", "BUSY", "NOT_INUSE"],
    ["a presence", "PRESENCE_STATE(CustomPresence:203)", "dnd", "available"],
  ])("do not disturb, as %s of its own", async (_, variable, on, off) => {
    await set(variable, on);
    await expectState("dnd");
    await set(variable, off);
    await expectState("free");
  });

  test("a place in a queue: a break with its reason, and its end", async () => {
    const member = { Interface: "Local/203@internal/n", Queue: "main" };
    await expectSeats("203", [{ queue: "main", isPaused: false, reason: null }]);
    await office.session.action({ Action: "QueuePause", ...member, Paused: "true", Reason: "lunch" });
    await expectSeats("203", [{ queue: "main", isPaused: true, reason: "lunch" }]);
    await office.session.action({ Action: "QueuePause", ...member, Paused: "false" });
    await expectSeats("203", [{ queue: "main", isPaused: false, reason: null }]);
  });

  test("who logs in to a queue sits there until he logs out", async () => {
    const guest = { Interface: "PJSIP/204", Queue: "main" };
    await expectSeats("204", []);
    await office.session.action({ Action: "QueueAdd", ...guest });
    await expectSeats("204", [{ queue: "main", isPaused: false, reason: null }]);
    await office.session.action({ Action: "QueueRemove", ...guest });
    await expectSeats("204", []);
  });
});
