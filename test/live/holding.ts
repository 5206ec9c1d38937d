/**
 * Hold and resume from the panel: the phone is asked, and either obeys or does not. The same story on a real Asterisk
 * with SIP phones and on the PBX emulator.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Card } from "../../src/calls/call.ts";
import type { PhoneOutcome } from "../../src/control/command.ts";
import type { TestCall, TestPbx, TestPhone } from "../stage/pbx.ts";
import { employeeAt, Office } from "./office.ts";

const anna = employeeAt("201");
const done: PhoneOutcome = { state: "done" };
const ignored: PhoneOutcome = { state: "refused", reason: "phone-ignores-it" };

/** @param startPbx with an account that may write `system` */
export function describeHolding(startPbx: () => Promise<TestPbx>): void {
  let pbx: TestPbx;
  let office: Office;
  let annas: TestPhone;

  beforeAll(async () => {
    pbx = await startPbx();
    annas = await pbx.phone("201");
  });

  beforeEach(async () => {
    office = await Office.open({ ami: pbx.ami });
  });

  afterEach(async () => {
    await pbx.hangUpAll();
    await office.idle();
    await office[Symbol.asyncDispose]();
  });

  afterAll(() => pbx?.[Symbol.asyncDispose]());

  async function talking(): Promise<{ client: TestCall; mine: TestCall; card: Card }> {
    const client = await pbx.clientCalls({ from: "79001234567", did: "74950003344" });
    const mine = await annas.waitCall();
    await mine.answer();
    await Promise.all([mine.untilHears(client), client.untilHears(mine)]);
    return { client, mine, card: await office.card("201", ({ state }) => state === "talking") };
  }

  const ask = (kind: "hold" | "resume", { callId, legId }: Card) =>
    office.end(office.ask(anna, { kind, callId, legId }));

  test("a phone that obeys: the client waits with music, and is back", async () => {
    annas.obeyCallControl(true);
    const { client, mine, card } = await talking();
    expect(await ask("resume", card)).toEqual({ state: "refused", reason: "wrong-moment" });
    expect(await ask("hold", card)).toEqual(done);
    await client.untilHearsNot(mine);
    const held = await office.card("201", ({ state }) => state === "hold");
    expect(await ask("resume", held)).toEqual(done);
    await Promise.all([mine.untilHears(client), client.untilHears(mine)]);
    await office.card("201", ({ state }) => state === "talking");
    for (const kind of ["hold", "resume"] as const) {
      const kept = { by: { name: "201", userId: 201 }, extension: "201", callId: card.callId, outcome: done };
      expect(office.recordOf(kind)).toMatchObject({ ...kept, endedAt: expect.any(Number) });
    }
  });

  test("a phone that does not obey: that is told, the talk goes on, and soon nobody asks it any more", async () => {
    annas.obeyCallControl(false);
    const { client, mine, card } = await talking();
    expect(await ask("hold", card)).toEqual(ignored);
    await Promise.all([mine.untilHears(client), client.untilHears(mine)]);
    expect(office.desk.obeys("201")).toBe(true);
    expect(await ask("hold", card)).toEqual(ignored);
    expect(office.desk.obeys("201")).toBe(false);
    expect(await ask("hold", card)).toEqual(ignored);
    expect(office.recordOf("hold")?.seen).toEqual([]); // the phone was not asked a third time
  });

  test("held on the phone itself: resumed from the panel", async () => {
    annas.obeyCallControl(true);
    const { client, mine, card } = await talking();
    await mine.hold();
    const held = await office.card("201", ({ state }) => state === "hold");
    expect(held.legId).toBe(card.legId);
    expect(await ask("resume", held)).toEqual(done);
    await client.untilHears(mine);
  });
}
