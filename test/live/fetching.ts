/**
 * Calls that ring, wait or stand elsewhere and are fetched here: take, pick-up, park and retrieve; and tones. The same
 * story on a real Asterisk, where sound is listened to, and on the PBX emulator.
 */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Call, Card } from "../../src/calls/call.ts";
import type { PhoneCommand, PhoneOutcome } from "../../src/control/command.ts";
import type { PhoneRecipe } from "../../src/pbx/recipes.ts";
import type { TestCall, TestPbx, TestPhone } from "../stage/pbx.ts";
import { employeeAt, Office } from "./office.ts";

const CLIENT = "79001234567";
const TO_201 = "74950003344";
const TO_201_203_204 = "74950003346";

const anna = employeeAt("201");
const boris = employeeAt("202");
const vera = employeeAt("203");
const done: PhoneOutcome = { state: "done" };
const refused = (reason: string) => ({ state: "refused", reason });

export interface FetchingOptions {
  readonly startPbx: () => Promise<TestPbx>;
  readonly recipe: PhoneRecipe;
  /**
   * When two answer for the same client at once, he stays with one of them. The emulator's interception-bridge takes him
   * from the first, and loses him when that one is hung up.
   */
  readonly keepsClientInRaces?: boolean;
}

export function describeFetching({ startPbx, recipe, keepsClientInRaces = true }: FetchingOptions): void {
  let pbx: TestPbx;
  let office: Office;
  let annas: TestPhone;
  let boriss: TestPhone;
  let veras: TestPhone;

  beforeAll(async () => {
    pbx = await startPbx();
    [annas, boriss, veras] = await Promise.all([pbx.phone("201"), pbx.phone("202"), pbx.phone("203")]);
    office = await Office.open({ ami: pbx.ami, recipe });
  });

  afterEach(async () => {
    office.offered.clear();
    await pbx.hangUpAll();
    await office.idle();
    await expect.poll(() => pbx.channels(), { timeout: 10_000 }).toBe(0);
  });

  afterAll(async () => {
    await office?.[Symbol.asyncDispose]();
    await pbx?.[Symbol.asyncDispose]();
  });

  const take = ({ callId }: Card): PhoneCommand => ({ kind: "take", callId });
  const pickUp = ({ callId }: Card, extension = "201"): PhoneCommand => ({ kind: "pick-up", callId, extension });

  async function bothHear(one: TestCall, other: TestCall): Promise<void> {
    await Promise.all([one.untilHears(other), other.untilHears(one)]);
  }

  async function ringsAtAnna(did = TO_201): Promise<{ client: TestCall; annasCall: TestCall; card: Card }> {
    const client = await pbx.clientCalls({ from: CLIENT, did });
    const annasCall = await annas.waitCall();
    const card = await office.card("201", ({ state }) => state === "ringing");
    office.offered.add(card.callId);
    return { client, annasCall, card };
  }

  const hasEnded = (isRight: (call: Call) => boolean) =>
    expect.poll(() => [...office.ended.values()].some(isRight), { timeout: 10_000 }).toBe(true);

  test("taken: the own phone shows the client, and his answer takes the client from where he rang", async () => {
    const { client, annasCall, card } = await ringsAtAnna();
    const taken = office.ask(boris, take(card));
    const boriss1 = await boriss.waitCall();
    expect(boriss1.shownNumber).toBe(CLIENT);
    await office.card(
      "202",
      ({ state, isFetching, callId }) => state === "ringing" && isFetching && callId === card.callId,
    );
    await boriss1.answer();
    expect(await office.end(taken)).toEqual(done);
    await annasCall.untilEnded();
    await bothHear(client, boriss1);
    await client.hangUp();
    await hasEnded(
      ({ id, employees }) => id === card.callId && employees.some((each) => each.result === "answered-elsewhere"),
    );
  });

  test("taken out of a ring group: all its phones stop", async () => {
    const { client, annasCall, card } = await ringsAtAnna(TO_201_203_204);
    const verasCall = await veras.waitCall();
    const taken = office.ask(boris, take(card));
    const boriss1 = await boriss.waitCall();
    await boriss1.answer();
    expect(await office.end(taken)).toEqual(done);
    await Promise.all([annasCall.untilEnded(), verasCall.untilEnded()]);
    await bothHear(client, boriss1);
  });

  test("answered where it rang: the own phone stops at once", async () => {
    const { client, annasCall, card } = await ringsAtAnna();
    const taken = office.ask(boris, take(card));
    const boriss1 = await boriss.waitCall();
    await annasCall.answer();
    await boriss1.untilEnded();
    expect(await office.end(taken)).toEqual(refused("answered-elsewhere"));
    await bothHear(client, annasCall);
  });

  test("the client gives up: the own phone stops at once", async () => {
    const { client, card } = await ringsAtAnna();
    const taken = office.ask(boris, take(card));
    const boriss1 = await boriss.waitCall();
    await client.hangUp();
    await boriss1.untilEnded();
    expect(await office.end(taken)).toEqual(refused("client-left"));
  });

  test("the own phone refuses: the client rings on where he rang", async () => {
    const { client, annasCall, card } = await ringsAtAnna();
    const taken = office.ask(boris, take(card));
    await (await boriss.waitCall()).refuse();
    expect(await office.end(taken)).toEqual(refused("own-phone-rejected"));
    await annasCall.answer();
    await bothHear(client, annasCall);
  });

  test("the own phone is not answered: the client rings on where he rang", async () => {
    const { client, annasCall, card } = await ringsAtAnna();
    const taken = office.ask(boris, take(card));
    await (await boriss.waitCall()).untilEnded();
    expect(await office.end(taken)).toMatchObject({ state: "refused", reason: /^own-phone-(no-answer|rejected)$/ });
    await annasCall.answer();
    await bothHear(client, annasCall);
  });

  test("somebody else's client cannot be taken, nor can a call that is answered", async () => {
    const { annasCall, client, card } = await ringsAtAnna();
    office.offered.clear();
    expect(await office.end(office.ask(boris, take(card)))).toEqual(refused("not-your-client"));
    office.offered.add(card.callId);
    await annasCall.answer();
    await office.card("201", ({ state }) => state === "talking");
    expect(await office.end(office.ask(boris, take(card), "again"))).toEqual(refused("answered-elsewhere"));
    await bothHear(client, annasCall);
  });

  test("a colleague's ringing call is picked up, and shows who calls", async () => {
    const { client, annasCall, card } = await ringsAtAnna();
    const picked = office.ask(vera, pickUp(card));
    const verasCall = await veras.waitCall();
    expect(verasCall.shownNumber).toBe(CLIENT);
    await office.card("203", (_, call) => office.desk.pickedUpFrom(call, "203") === "201");
    await verasCall.answer();
    expect(await office.end(picked)).toEqual(done);
    await annasCall.untilEnded();
    await bothHear(client, verasCall);
  });

  if (keepsClientInRaces)
    test("two pick it up and answer at once: one of them has the client, and nobody else is left", async () => {
      const { client, annasCall, card } = await ringsAtAnna();
      const asked = { "202": office.ask(boris, pickUp(card)), "203": office.ask(vera, pickUp(card)) };
      const [boriss1, veras1] = await Promise.all([boriss.waitCall(), veras.waitCall()]);
      await Promise.all([boriss1.answer(), veras1.answer()]);
      await Promise.all(Object.values(asked).map((id) => office.end(id)));
      const { cards } = await office.call(
        ({ cards: [one, ...others], clientLegId }) =>
          others.length === 0 && one?.state === "talking" && one.peerLegId === clientLegId,
      );
      const isBorisFirst = cards[0]?.extension === "202";
      const [first, second] = isBorisFirst ? [boriss1, veras1] : [veras1, boriss1];
      expect(await office.end(asked[isBorisFirst ? "202" : "203"])).toEqual(done);
      await Promise.all([second.untilEnded(), annasCall.untilEnded()]);
      await bothHear(client, first);
    });

  test("what a colleague's call rings for is picked up as well as a client's", async () => {
    const verasCall = await veras.dial("201");
    const annasCall = await annas.waitCall();
    const card = await office.card("201", ({ state }) => state === "ringing");
    const picked = office.ask(boris, pickUp(card));
    const boriss1 = await boriss.waitCall();
    expect(boriss1.shownNumber).toBe("203");
    await boriss1.answer();
    expect(await office.end(picked)).toEqual(done);
    await annasCall.untilEnded();
    await bothHear(verasCall, boriss1);
  });

  test("parked, and fetched by a colleague", async () => {
    const { client, annasCall } = await ringsAtAnna();
    await annasCall.answer();
    const { callId, legId } = await office.card("201", ({ state }) => state === "talking");
    expect(await office.end(office.ask(anna, { kind: "park", callId, legId }))).toEqual(done);
    await annasCall.untilEnded();
    const { parked } = await office.call((call) => call.parked !== null);
    expect(parked).toMatchObject({ by: "201" });
    const fetched = office.ask(boris, { kind: "retrieve", callId });
    const boriss1 = await boriss.waitCall();
    await boriss1.answer();
    expect(await office.end(fetched)).toEqual(done);
    await bothHear(client, boriss1);
    await office.call((call) => call.parked === null && call.cards.some(({ extension }) => extension === "202"));
  });

  test("a colleague is parked as well as a client, and it is known by whom", async () => {
    const verasCall = await veras.dial("201");
    const annasCall = await annas.waitCall();
    await annasCall.answer();
    await bothHear(verasCall, annasCall);
    const { callId, legId } = await office.card("201", ({ state }) => state === "talking");
    expect(await office.end(office.ask(anna, { kind: "park", callId, legId }))).toEqual(done);
    expect((await office.call((call) => call.parked !== null)).parked).toMatchObject({ by: "201" });
    const fetched = office.ask(boris, { kind: "retrieve", callId });
    const boriss1 = await boriss.waitCall();
    await boriss1.answer();
    expect(await office.end(fetched)).toEqual(done);
    await bothHear(verasCall, boriss1);
    await office.call(({ transfers }) =>
      transfers.some(({ kind, by, to }) => kind === "park" && by === "201" && to === "202"),
    );
  });

  test("tones go to the client", async () => {
    const { client, annasCall } = await ringsAtAnna();
    await annasCall.answer();
    await bothHear(client, annasCall);
    const { callId, legId } = await office.card("201", ({ state }) => state === "talking");
    const sent = office.ask(anna, { kind: "send-digits", callId, legId, digits: "12#" });
    expect(await office.end(sent)).toEqual(done);
    await expect.poll(() => client.digits, { timeout: 5_000 }).toBe("12#");
    const kept = { by: { name: "201", userId: 201 }, extension: "201", callId, outcome: done };
    expect(office.recordOf("send-digits")).toMatchObject({ ...kept, endedAt: expect.any(Number) });
  });
}
