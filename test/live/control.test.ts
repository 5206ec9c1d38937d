/** Commands on a real Asterisk with real SIP phones: what the desk tells is what the phones lived. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { PhoneCommand } from "../../src/control/command.ts";
import { type PhoneRecipe, RECIPES } from "../../src/pbx/recipes.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import type { Phone } from "../lab/phone.ts";
import type { Provider } from "../lab/provider.ts";
import { describeNeeding } from "../needs.ts";
import { employeeAt, Office } from "./office.ts";

const CLIENT = "79001234567";
const WITHIN_MS = 20_000;

const employee = employeeAt("201");
const absent = employeeAt("203");

describeNeeding("asterisk", "commands on a real PBX", () => {
  let lab: Lab;
  let provider: Provider;
  let phone: Phone;
  let office: Office;

  beforeAll(async () => {
    lab = await startLab();
    [provider, phone] = await Promise.all([lab.provider().start(), lab.phone("201").start()]);
  });

  afterEach(async () => {
    phone.policy = "ring";
    provider.plan.clear();
    await office.idle();
    await office[Symbol.asyncDispose]();
    await expect.poll(() => lab.asterisk.console("core show channels concise"), { timeout: WITHIN_MS }).toBe("");
  });

  afterAll(() => lab?.[Symbol.asyncDispose]());

  const openOffice = async (recipe: PhoneRecipe) => {
    office = await Office.open({ ami: lab.ami, recipe });
  };

  const run = (command: PhoneCommand, by = employee) => office.ask(by, command);
  const end = (id: string) => office.end(id);
  const dial = (): PhoneCommand => ({ kind: "dial", number: CLIENT });

  async function hangUp(): Promise<PhoneCommand> {
    const { callId, legId } = await office.card("201");
    return { kind: "hang-up", callId, legId };
  }

  const recipes = {
    mikopbx: RECIPES.mikopbx,
    asterisk: { ...RECIPES.asterisk, dial: { ...RECIPES.asterisk.dial, context: "all_peers" } },
  };

  for (const [name, recipe] of Object.entries(recipes)) {
    const begin = () => openOffice(recipe);

    test(`${name}: the own phone shows the client, the client rings after its answer, hang-up ends both`, async () => {
      await begin();
      const dialled = run(dial());
      const own = await phone.waitCall();
      expect(own.remoteNumber).toBe(CLIENT);
      expect(provider.calls.some(({ state }) => state !== "ended")).toBe(false);
      own.answer();
      const client = await provider.waitCall();
      expect(office.outcomesOf(dialled)).toEqual([{ state: "sent" }]);
      client.answer();
      expect(await end(dialled)).toEqual({ state: "done" });
      await Promise.all([own.untilHears(provider.tone), client.untilHears(phone.tone)]);
      expect(await end(run(await hangUp()))).toEqual({ state: "done" });
      await Promise.all([own.waitEnd(), client.waitEnd()]);
    });

    test(`${name}: nobody picks up the own phone`, async () => {
      await begin();
      expect(await end(run(dial()))).toEqual({ state: "refused", reason: "own-phone-no-answer" });
    });

    test(`${name}: the own phone is declined`, async () => {
      await begin();
      phone.policy = { rejectAfterMs: 200, code: 486 };
      expect(await end(run(dial()))).toEqual({ state: "refused", reason: "own-phone-rejected" });
    });

    test(`${name}: no own phone is registered`, async () => {
      await begin();
      expect(await end(run(dial(), absent))).toEqual({ state: "refused", reason: "own-phone-offline" });
    });

    test(`${name}: the client is busy`, async () => {
      await begin();
      phone.policy = { answerAfterMs: 100 };
      provider.plan.set(CLIENT, { rejectAfterMs: 200, code: 486 });
      expect(await end(run(dial()))).toEqual({ state: "refused", reason: "client-busy" });
    });

    test.each([
      [404, "no-such-number"],
      [480, "client-no-answer"],
      [503, "no-route"],
    ])(`${name}: the provider answers %i: %s`, async (code, reason) => {
      await begin();
      phone.policy = { answerAfterMs: 100 };
      provider.plan.set(CLIENT, { rejectAfterMs: 200, code });
      expect(await end(run(dial()))).toEqual({ state: "refused", reason });
    });

    test(`${name}: the PBX has no way to the number`, async () => {
      await begin();
      phone.policy = { answerAfterMs: 100 };
      expect(await end(run({ kind: "dial", number: "12345" }))).toEqual({ state: "refused", reason: "no-route" });
    });

    test(`${name}: cancelled in the panel while the own phone rings`, async () => {
      await begin();
      const dialled = run(dial());
      const own = await phone.waitCall();
      const hungUp = run(await hangUp());
      expect(await end(dialled)).toEqual({ state: "refused", reason: "cancelled" });
      expect(await end(hungUp)).toEqual({ state: "done" });
      await own.waitEnd();
    });

    test(`${name}: cancelled in the panel while the client rings`, async () => {
      await begin();
      phone.policy = { answerAfterMs: 100 };
      const dialled = run(dial());
      const client = await provider.waitCall();
      const hungUp = run(await hangUp());
      expect(await end(dialled)).toEqual({ state: "refused", reason: "cancelled" });
      expect(await end(hungUp)).toEqual({ state: "done" });
      await client.waitEnd();
    });
  }

  test("a ringing client's call is declined by its own leg only", async () => {
    await openOffice(RECIPES.mikopbx);
    const client = provider.call({ from: CLIENT, did: "74950003346" }); // rings 201, 203 and 204 at once
    const own = await phone.waitCall();
    const decline = await hangUp();
    expect(await end(run(decline, absent))).toEqual({ state: "refused", reason: "not-your-leg" });
    expect(await end(run(decline))).toEqual({ state: "done" });
    await own.waitEnd();
    client.hangup();
  });
});
