/**
 * Handing over a call, each way, as the people with the receivers live it; what goes otherwise stands in `branches.ts`. The same story is told on a
 * real Asterisk, where sound is listened to after each hand-over, and on the PBX emulator.
 */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Card } from "../../src/calls/call.ts";
import type { PhoneCommand, PhoneOutcome } from "../../src/control/command.ts";
import type { TestCall, TestPbx, TestPhone } from "../stage/pbx.ts";
import { employeeAt, Office } from "./office.ts";

const CLIENT = "79001234567";
const TO_201 = "74950003344";
const TO_QUEUE = "74950003345";

const anna = employeeAt("201");
const done: PhoneOutcome = { state: "done" };
const refused = (reason: string) => ({ state: "refused", reason });

export interface TransfersOptions {
  readonly startPbx: () => Promise<TestPbx>;
}

export function describeTransfers({ startPbx }: TransfersOptions): void {
  let pbx: TestPbx;
  let office: Office;
  let own: TestPhone;
  let colleague: TestPhone;

  beforeAll(async () => {
    pbx = await startPbx();
    [own, colleague] = await Promise.all([pbx.phone("201"), pbx.phone("202")]);
    office = await Office.open({ ami: pbx.ami });
  });

  afterEach(async () => {
    await pbx.hangUpAll();
    await office.idle();
    await expect.poll(() => pbx.channels(), { timeout: 10_000 }).toBe(0);
    // A queue rings nobody whose phone is still said to be in use.
    const devices = () => ["201", "202"].map((extension) => office.watcher.deviceStateOf(extension));
    await expect.poll(devices).toEqual(["free", "free"]);
  });

  afterAll(async () => {
    await office?.[Symbol.asyncDispose]();
    await pbx?.[Symbol.asyncDispose]();
  });

  const blind = ({ callId, legId }: Card, to = "202"): PhoneCommand => ({ kind: "blind-transfer", callId, legId, to });
  const attended = ({ callId, legId }: Card, to = "202"): PhoneCommand => ({
    kind: "attended-transfer",
    callId,
    legId,
    to,
  });
  const on = (kind: "complete-transfer" | "cancel-transfer" | "swap" | "hang-up", { callId, legId }: Card) =>
    ({ kind, callId, legId }) as const;

  async function ringing(): Promise<{ client: TestCall; mine: TestCall; card: Card }> {
    const client = await pbx.clientCalls({ from: CLIENT, did: TO_201 });
    const mine = await own.waitCall();
    const card = await office.card("201", ({ state }) => state === "ringing");
    return { client, mine, card };
  }

  async function talking(): Promise<{ client: TestCall; mine: TestCall; card: Card }> {
    const { client, mine } = await ringing();
    await mine.answer();
    await bothHear(client, mine);
    return { client, mine, card: await office.card("201", ({ state }) => state === "talking") };
  }

  async function consulting(): Promise<{ client: TestCall; mine: TestCall; theirs: TestCall; card: Card }> {
    const { client, mine, card } = await talking();
    const asked = office.ask(anna, attended(card));
    const theirs = await colleague.waitCall();
    await theirs.answer();
    expect(await office.end(asked)).toEqual(done);
    await bothHear(mine, theirs);
    return { client, mine, theirs, card: await office.card("201", ({ state }) => state === "consult-talking") };
  }

  async function bothHear(one: TestCall, other: TestCall): Promise<void> {
    await Promise.all([one.untilHears(other), other.untilHears(one)]);
  }

  /** The client and 201 talk as before, in one call with one card. */
  async function isBack(client: TestCall, mine: TestCall): Promise<void> {
    await office.card("201", ({ state, waitingLegId }) => state === "talking" && waitingLegId === null);
    await bothHear(client, mine);
  }

  // ------------------------------------------------------------------------------------------------------------ blind

  test("before the answer: the own phone stops, the colleague's rings, the client talks to him", async () => {
    const { client, mine, card } = await ringing();
    const asked = office.ask(anna, blind(card));
    const theirs = await colleague.waitCall();
    await mine.untilEnded();
    expect(theirs.shownNumber).toBe(CLIENT);
    expect(office.outcomesOf(asked)).toEqual([{ state: "sent" }]);
    await theirs.answer();
    expect(await office.end(asked)).toEqual(done);
    await bothHear(client, theirs);
  });

  test("in the talk: the client goes to the colleague, and the employee is out", async () => {
    const { client, mine, card } = await talking();
    const asked = office.ask(anna, blind(card));
    const theirs = await colleague.waitCall();
    await mine.untilEnded();
    expect(theirs.shownNumber).toBe(CLIENT);
    await theirs.answer();
    expect(await office.end(asked)).toEqual(done);
    await bothHear(client, theirs);
  });

  test("a note is shown on the colleague's display beside the client's number", async () => {
    const { card } = await talking();
    const asked = office.ask(anna, { ...blind(card), note: "Про счёт 118" } as PhoneCommand);
    const theirs = await colleague.waitCall();
    expect([theirs.shownNumber, theirs.shownName]).toEqual([CLIENT, "Про счёт 118"]);
    expect(office.desk.notes.noteOf(card.callId)).toEqual({ to: "202", by: "201", text: "Про счёт 118" });
    await theirs.answer();
    expect(await office.end(asked)).toEqual(done);
  });

  test("a note is shown although the PBX itself stands between the client and the employee, as in a queue", async () => {
    const client = await pbx.clientCalls({ from: CLIENT, did: TO_QUEUE });
    const [mine, besides] = await Promise.all([own.waitCall(), colleague.waitCall()]);
    await mine.answer();
    await besides.untilEnded();
    await bothHear(client, mine);
    const card = await office.card("201", ({ state, peerLegId }) => state === "talking" && peerLegId !== null);
    const asked = office.ask(anna, { ...blind(card), note: "Про счёт 118" } as PhoneCommand);
    const theirs = await colleague.waitCall();
    expect([theirs.shownNumber, theirs.shownName]).toEqual([CLIENT, "Про счёт 118"]);
    await theirs.answer();
    expect(await office.end(asked)).toEqual(done);
    await bothHear(client, theirs);
  });

  test("a note goes into a consultation as well", async () => {
    const { card } = await talking();
    const asked = office.ask(anna, { ...attended(card), note: "Про счёт 118" } as PhoneCommand);
    const theirs = await colleague.waitCall();
    expect(theirs.shownName).toBe("Про счёт 118");
    await theirs.answer();
    expect(await office.end(asked)).toEqual(done);
  });

  test("taken back while the colleague's phone rings", async () => {
    const { client, card } = await talking();
    const asked = office.ask(anna, blind(card));
    const theirs = await colleague.waitCall();
    await office.call(({ transfers }) => transfers.some(({ result }) => result === "pending"));
    const taken = office.ask(anna, { kind: "take-back", callId: card.callId });
    const again = await own.waitCall();
    await theirs.untilEnded();
    expect(await office.end(taken)).toEqual(done);
    expect(await office.end(asked)).toEqual(refused("cancelled"));
    await again.answer();
    await bothHear(client, again);
  });

  test("to a queue, whose member answers", async () => {
    const { client, card } = await talking();
    const asked = office.ask(anna, blind(card, "2210"));
    const theirs = await colleague.waitCall();
    await theirs.answer();
    expect(await office.end(asked)).toEqual(done);
    await bothHear(client, theirs);
  });

  test("a colleague's leg, the client's leg and a leg of another call cannot be handed over", async () => {
    const { card } = await talking();
    for (const legId of [card.peerLegId ?? "", "1.1", "201\r\nAction: Logoff"]) {
      const outcome = await office.end(office.ask(anna, blind({ ...card, legId })));
      expect(outcome).toEqual(refused("not-your-leg"));
    }
    expect(await office.end(office.ask(employeeAt("202"), blind(card)))).toEqual(refused("not-your-leg"));
    expect(await office.end(office.ask(anna, blind({ ...card, callId: "forged" })))).toEqual(refused("no-such-call"));
  });

  test("while one hand-over is asked for, another one and a hang-up are refused", async () => {
    const { mine, client, card } = await talking();
    const first = office.ask(anna, blind(card));
    expect(await office.end(office.ask(anna, attended(card)))).toEqual(refused("already-running"));
    expect(await office.end(office.ask(anna, on("hang-up", card)))).toEqual(refused("already-running"));
    const theirs = await colleague.waitCall();
    await theirs.answer();
    expect(await office.end(first)).toEqual(done);
    await mine.untilEnded();
    await bothHear(client, theirs);
  });

  // --------------------------------------------------------------------------------------------------------- attended

  test("attended: the client waits, the colleague talks to the employee, and then to the client", async () => {
    const { client, mine, theirs, card } = await consulting();
    const completed = office.ask(anna, on("complete-transfer", card));
    await mine.untilEnded();
    expect(await office.end(completed)).toEqual(done);
    await bothHear(client, theirs);
  });

  test("attended: sides are swapped and swapped back", async () => {
    const { client, mine, theirs, card } = await consulting();
    expect(await office.end(office.ask(anna, on("swap", card)))).toEqual(done);
    await theirs.untilHearsNot(mine);
    await bothHear(client, mine);
    const swapped = await office.card("201", ({ peer }) => peer === CLIENT);
    expect(swapped.waitingLegId).toBe(card.peerLegId);
    const back = office.ask(anna, on("swap", swapped), "swapped back");
    expect(await office.end(back)).toEqual(done);
    await client.untilHearsNot(mine);
    await bothHear(mine, theirs);
  });

  test("attended: completed after the sides were swapped", async () => {
    const { client, mine, theirs, card } = await consulting();
    expect(await office.end(office.ask(anna, on("swap", card)))).toEqual(done);
    await theirs.untilHearsNot(mine);
    expect(await office.end(office.ask(anna, on("complete-transfer", card)))).toEqual(done);
    await bothHear(client, theirs);
  });

  test("attended: back to the client while the colleague's phone rings", async () => {
    const { client, mine, card } = await talking();
    const asked = office.ask(anna, attended(card));
    const theirs = await colleague.waitCall();
    const calling = await office.card("201", ({ state }) => state === "consult-calling");
    const cancelled = office.ask(anna, on("cancel-transfer", calling));
    expect(await office.end(cancelled)).toEqual(done);
    expect(await office.end(asked)).toEqual(refused("cancelled"));
    await theirs.untilEnded();
    await isBack(client, mine);
  });

  test("attended: completed while the colleague's phone rings", async () => {
    const { client, mine, card } = await talking();
    const asked = office.ask(anna, attended(card));
    const theirs = await colleague.waitCall();
    const calling = await office.card("201", ({ state }) => state === "consult-calling");
    const completed = office.ask(anna, on("complete-transfer", calling));
    await mine.untilEnded();
    await theirs.answer();
    expect(await office.end(completed)).toEqual(done);
    expect(await office.end(asked)).toEqual(done);
    await bothHear(client, theirs);
  });
}
