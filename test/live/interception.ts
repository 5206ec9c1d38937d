/**
 * Interception by the responsible, as people live it: his phone rings beside the others for his own client, and whoever
 * is first has him. On a real Asterisk by both ways, and on the PBX emulator.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { accountWith } from "../../src/directory/account.testing.ts";
import type { Employee } from "../../src/directory/directory.ts";
import type { InterceptionPolicy } from "../../src/interception/decide-interception.ts";
import { Interceptor } from "../../src/interception/interceptor.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { PhoneRecipe } from "../../src/pbx/recipes.ts";
import type { TestCall, TestPbx, TestPhone } from "../stage/pbx.ts";
import { employeeAt, Office } from "./office.ts";

const CLIENT = "79001234567";
const TO_201_THEN_202 = "74950003344";
const TO_QUEUE = "74950003345";

export interface InterceptionOptions {
  /** A route whose first step rings for some seconds: long enough to answer on a busy machine. */
  readonly startPbx: () => Promise<TestPbx>;
  readonly recipe: PhoneRecipe;
}

const employees: readonly Employee[] = ["201", "202", "203", "204"].map((extension) => employeeAt(extension));
const account = accountWith({ employees });

/** Lets an interceptor work in the office for a client whose responsible is the employee at `extension`. */
export function intercept(
  office: Office,
  recipe: PhoneRecipe,
  extension: string,
  policy: Partial<InterceptionPolicy> = {},
): Interceptor {
  const interceptor = new Interceptor({
    pbx: "lab",
    account,
    policy: { mode: "ring", lines: [], optedOut: [], deputies: {}, ...policy },
    clients: { findByPhone: async () => [clientOf(Number(extension))] },
    desk: office.desk,
    journal: { keep: async (record) => void office.records.set(record.id, record) },
    calls: () => office.tracker.live(),
    deviceOf: (each) => office.watcher.deviceStateOf(each),
    isWorkingTime: () => true,
    absenceOf: () => undefined,
    needsRingingLeg: recipe.fetch === "pick-up",
    clock: systemClock,
  });
  office.tracker.onHeard.add((calls) => {
    for (const call of calls) interceptor.onChange(call);
  });
  office.watcher.onDeviceState.add(() => interceptor.onPhones());
  interceptor.onTrouble.add((error) => {
    throw error;
  });
  return interceptor;
}

function clientOf(responsibleUserId: number) {
  const client = { kind: "contact", id: 1, name: "Мария", companyId: null, companyName: null } as const;
  return { ...client, responsibleUserId, openLeads: [] };
}

export function describeInterception({ startPbx, recipe }: InterceptionOptions): void {
  let pbx: TestPbx;
  let office: Office;
  let interceptor: Interceptor;
  let phones: TestPhone[];

  beforeAll(async () => {
    pbx = await startPbx();
    phones = await Promise.all(["201", "202", "203", "204"].map((extension) => pbx.phone(extension)));
  });

  beforeEach(async () => {
    office = await Office.open({ ami: pbx.ami, recipe, ringSeconds: 8 });
    interceptor = intercept(office, recipe, "204");
  });

  afterEach(async () => {
    await pbx.hangUpAll();
    await office.idle();
    interceptor[Symbol.dispose]();
    await office[Symbol.asyncDispose]();
    await expect.poll(() => pbx.channels(), { timeout: 10_000 }).toBe(0);
  });

  afterAll(() => pbx?.[Symbol.asyncDispose]());

  const ringsAt = async (extension: string) => {
    const phone = phones.find((each) => each.extension === extension);
    if (phone === undefined) throw new Error(`no phone ${extension}`);
    return phone.waitCall();
  };

  async function bothHear(one: TestCall, other: TestCall): Promise<void> {
    await Promise.all([one.untilHears(other), other.untilHears(one)]);
  }

  const ending = (kind: string) => [...office.records.values()].find((record) => record.kind === kind)?.outcome;

  test("the responsible answers first: he has his client, and the other phone stops", async () => {
    const client = await pbx.clientCalls({ from: CLIENT, did: TO_201_THEN_202 });
    const theirs = await ringsAt("201");
    const his = await ringsAt("204");
    expect(his.shownNumber).toBe(CLIENT);
    await his.answer();
    await bothHear(client, his);
    await theirs.untilEnded();
    await office.card("204", ({ state }) => state === "talking");
    await expect.poll(() => ending("interception")).toEqual({ state: "done" });
    await client.hangUp();
    await office.idle();
    const call = [...office.ended.values()].find(({ mergedInto }) => mergedInto === null);
    expect(call?.employees).toMatchObject([
      { extension: "201", result: "answered-elsewhere" },
      { extension: "204", result: "answered" },
    ]);
    expect(call?.transfers).toMatchObject([{ kind: "interception", by: "204", result: "completed" }]);
  });

  test("another answers first: the responsible's phone stops, and he is told who talks", async () => {
    const client = await pbx.clientCalls({ from: CLIENT, did: TO_201_THEN_202 });
    const theirs = await ringsAt("201");
    const his = await ringsAt("204");
    await theirs.answer();
    await his.untilEnded();
    await bothHear(client, theirs);
    await expect.poll(() => ending("interception")).toEqual({ state: "refused", reason: "answered-elsewhere" });
    const responsible = employees[3];
    expect(responsible && interceptor.offersTo(responsible)).toMatchObject([{ takenBy: "201" }]);
  });

  test("the client gives up: the responsible's phone stops", async () => {
    const client = await pbx.clientCalls({ from: CLIENT, did: TO_201_THEN_202 });
    await ringsAt("201");
    const his = await ringsAt("204");
    await client.hangUp();
    await his.untilEnded();
    await expect.poll(() => ending("interception")).toEqual({ state: "refused", reason: "client-left" });
  });

  test("the client is parked while phones ring, from elsewhere: the responsible's phone stops", async () => {
    const client = await pbx.clientCalls({ from: CLIENT, did: TO_201_THEN_202 });
    await ringsAt("201");
    const his = await ringsAt("204");
    const { clientLegId } = await office.call((call) => call.cards.some(({ extension }) => extension === "204"));
    await office.phoneControl.ask({ ask: "park", legId: clientLegId ?? "" });
    await his.untilEnded();
    await office.call(({ parked }) => parked !== null);
    await expect.poll(() => ending("interception")).toEqual({ state: "refused", reason: "client-parked" });
    await client.hangUp();
  });

  test("the route goes on to the next phone: the responsible can still take the client", async () => {
    const client = await pbx.clientCalls({ from: CLIENT, did: TO_201_THEN_202 });
    const first = await ringsAt("201");
    let his = await ringsAt("204");
    await first.untilEnded();
    const second = await ringsAt("202");
    // the one phone that he was rung beside is silent: he is rung anew beside the next
    if (recipe.fetch === "pick-up") his = await ringsAt("204");
    await his.answer();
    await bothHear(client, his);
    await second.untilEnded();
  });

  test("a client who waits in a queue", async () => {
    const client = await pbx.clientCalls({ from: CLIENT, did: TO_QUEUE });
    await ringsAt("201");
    const his = await ringsAt("204");
    await his.answer();
    await bothHear(client, his);
  });

  test("the responsible is rung anyway: nobody else is", async () => {
    interceptor[Symbol.dispose]();
    interceptor = intercept(office, recipe, "201");
    const client = await pbx.clientCalls({ from: CLIENT, did: TO_201_THEN_202 });
    const his = await ringsAt("201");
    await his.answer();
    await bothHear(client, his);
    const decisions = [...office.records.values()].filter(({ kind }) => kind === "decide-interception");
    expect(decisions.flatMap(({ seen }) => seen.map(({ state }) => state))).toContain(
      "passed-over responsible rings-already",
    );
  });
}
