/** An employee with two devices at one number, on a real Asterisk: both ring for one call, and what he commands is about both. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Lab, startLab } from "../lab/lab.ts";
import type { Phone } from "../lab/phone.ts";
import type { Provider } from "../lab/provider.ts";
import { describeNeeding } from "../needs.ts";
import { employeeAt, Office } from "./office.ts";

const CLIENT = "79001234567";
const TO_201 = "74950003344";
const anna = employeeAt("201");

describeNeeding("asterisk", "two devices of one employee", () => {
  const stack = new AsyncDisposableStack();
  let lab: Lab;
  let provider: Provider;
  let devices: readonly [Phone, Phone];
  let colleague: Phone;
  let office: Office;

  beforeAll(async () => {
    lab = stack.use(await startLab());
    provider = stack.use(await lab.provider().start());
    devices = [stack.use(await lab.phone("201").start()), stack.use(await lab.phone("201").start())];
    colleague = stack.use(await lab.phone("202").start());
    office = stack.use(await Office.open({ ami: lab.ami }));
  });

  afterEach(async () => {
    for (const { calls } of [provider, ...devices, colleague]) for (const call of calls) call.hangup();
    await office.idle();
  });

  afterAll(() => stack.disposeAsync());

  /** Both ring, and the panel shows one of them. */
  async function bothRing(legBeganWith: (legId: string) => boolean = () => true) {
    const rung = await Promise.all(devices.map((device) => device.waitCall()));
    const { callId, legId } = await office.card("201", (card) => !card.pickedUp && legBeganWith(card.legId));
    return { rung, leg: { callId, legId } };
  }

  test("declined in the panel, both are silent, and the client goes on to the next", async () => {
    provider.call({ from: CLIENT, did: TO_201 });
    const { rung, leg } = await bothRing();
    expect(await office.end(office.ask(anna, { kind: "hang-up", ...leg }))).toEqual({ state: "done" });
    await Promise.all(rung.map((call) => call.waitEnd()));
    await colleague.waitCall();
  });

  test("an own dial that is given up while both ring", async () => {
    const dialled = office.ask(anna, { kind: "dial", number: CLIENT });
    // at first the panel shows what the PBX was asked for, then a device
    const { rung, leg } = await bothRing((legId) => !legId.startsWith("c2c"));
    expect(await office.end(office.ask(anna, { kind: "hang-up", ...leg }))).toEqual({ state: "done" });
    await Promise.all(rung.map((call) => call.waitEnd()));
    expect(await office.end(dialled)).toEqual({ state: "refused", reason: "cancelled" });
  });

  test("handed over before the answer", async () => {
    provider.call({ from: CLIENT, did: TO_201 });
    const { rung, leg } = await bothRing();
    const handedOver = office.ask(anna, { kind: "blind-transfer", ...leg, to: "202" });
    await Promise.all(rung.map((call) => call.waitEnd()));
    (await colleague.waitCall()).answer();
    expect(await office.end(handedOver)).toEqual({ state: "done" });
  });
});
