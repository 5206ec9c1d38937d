/**
 * What an employee may choose for his dials: a phone that picks up by itself, another device or his mobile, the line that
 * the client sees. The same story on a real Asterisk with SIP phones and on the PBX emulator.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { PhoneCommand, PhoneOutcome } from "../../src/control/command.ts";
import type { Employee } from "../../src/directory/directory.ts";
import type { PhoneRecipe } from "../../src/pbx/recipes.ts";
import type { TestCall, TestPbx, TestPhone } from "../stage/pbx.ts";
import { employeeAt, Office } from "./office.ts";

const MOBILE = "79165550102";
const LINE = "74950003346";
const USUAL_LINE = "74950003344";
const done: PhoneOutcome = { state: "done" };
const anna: Employee = { ...employeeAt("201"), extensions: ["201", "206"], mobile: MOBILE };

export interface DiallingOptions {
  readonly startPbx: () => Promise<TestPbx>;
  readonly recipe: PhoneRecipe;
}

export function describeDialling({ startPbx, recipe }: DiallingOptions): void {
  let pbx: TestPbx;
  let office: Office;
  let desk: TestPhone;
  let second: TestPhone;
  /** Another one for each test: the same dial within two seconds is the same wish. */
  let clientNumber = "";
  let dialled = 0;

  beforeAll(async () => {
    pbx = await startPbx();
    [desk, second] = await Promise.all([pbx.phone("201"), pbx.phone("206")]);
    const mobiles = new Map([[MOBILE.slice(-10), "201"]]);
    office = await Office.open({ ami: pbx.ami, recipe, ringSeconds: 8, mobiles });
  });

  beforeEach(() => {
    clientNumber = String(79001230000 + dialled++);
  });

  afterEach(async () => {
    desk.obeyAutoAnswer(false);
    await pbx.hangUpAll();
    await office.idle();
  });

  afterAll(async () => {
    await office?.[Symbol.asyncDispose]();
    await pbx?.[Symbol.asyncDispose]();
  });

  const dial = (by: Employee, said: Partial<Extract<PhoneCommand, { kind: "dial" }>> = {}) =>
    office.ask(by, { kind: "dial", number: clientNumber, ...said });

  async function bothHear(one: TestCall, other: TestCall): Promise<void> {
    await Promise.all([one.untilHears(other), other.untilHears(one)]);
  }

  test.each(["call-info", "alert-info"] as const)("a phone that obeys %s picks up by itself", async (autoAnswer) => {
    desk.obeyAutoAnswer(true);
    const asked = dial({ ...anna, autoAnswer });
    const mine = await desk.waitCall();
    await mine.untilTalking();
    const client = await pbx.waitAtClient(clientNumber);
    await client.answer();
    expect(await office.end(asked)).toEqual(done);
    await bothHear(mine, client);
  });

  test("the same phone is let ring when its owner wants it so", async () => {
    desk.obeyAutoAnswer(true);
    const asked = dial({ ...anna, autoAnswer: "off" });
    const mine = await desk.waitCall();
    await office.card("201");
    expect(mine.isRinging).toBe(true);
    await mine.answer();
    await (await pbx.waitAtClient(clientNumber)).answer();
    expect(await office.end(asked)).toEqual(done);
  });

  test("another device of his own", async () => {
    const asked = dial(anna, { from: "206" });
    const mine = await second.waitCall();
    await mine.answer();
    const client = await pbx.waitAtClient(clientNumber);
    await client.answer();
    expect(await office.end(asked)).toEqual(done);
    await bothHear(mine, client);
    expect(desk.lines).toBe(0);
  });

  test("his mobile: it rings first, the call is his and the client's, and he can end it from the panel", async () => {
    const asked = dial(anna, { from: MOBILE });
    const mobile = await pbx.waitAtClient(MOBILE);
    await mobile.answer();
    const client = await pbx.waitAtClient(clientNumber);
    await client.answer();
    expect(await office.end(asked)).toEqual(done);
    const { callId, legId } = await office.card(
      "201",
      ({ state, peer }) => state === "talking" && peer === clientNumber,
    );
    expect(desk.lines).toBe(0);
    expect(await office.end(office.ask(anna, { kind: "hang-up", callId, legId }))).toEqual(done);
    await Promise.all([mobile.untilEnded(), client.untilEnded()]);
    await office.idle();
    const call = [...office.ended.values()].find(({ id }) => id === callId);
    expect(call).toMatchObject({
      direction: "outbound",
      client: clientNumber,
      disposition: "answered",
      employees: [{ extension: "201", result: "answered" }],
    });
  });

  test("his mobile is not answered", async () => {
    const asked = dial(anna, { from: MOBILE });
    const mobile = await pbx.waitAtClient(MOBILE);
    expect(await office.end(asked)).toMatchObject({ state: "refused", reason: "own-phone-no-answer" });
    await mobile.untilEnded();
  });

  test("a colleague's mobile is not his", async () => {
    const asked = dial(employeeAt("202"), { from: MOBILE });
    expect(await office.end(asked)).toEqual({ state: "refused", reason: "not-your-leg" });
  });

  if (recipe.dial.line === null) {
    test("the PBX alone chooses the line", async () => {
      expect(await office.end(dial(anna, { line: LINE }))).toEqual({ state: "refused", reason: "not-supported" });
    });
  } else {
    test.each([
      ["chosen for this dial", { line: LINE }, anna, LINE],
      ["the employee's own", {}, { ...anna, line: LINE }, LINE],
      ["none chosen: the PBX's usual one", {}, anna, USUAL_LINE],
    ] as const)("the line that the client sees: %s", async (_, said, by, seen) => {
      const asked = dial(by, said);
      await (await desk.waitCall()).answer();
      const client = await pbx.waitAtClient(clientNumber);
      expect(client.shownNumber).toBe(seen);
      await client.answer();
      expect(await office.end(asked)).toEqual(done);
    });
  }
}
