/** A PBX that answers and does nothing, answers late, or is lost between the command and its effect: what is told stays true. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Card } from "../../src/calls/call.ts";
import type { PhoneCommand, PhoneOutcome } from "../../src/control/command.ts";
import { type EmulatedPbx, startEmulatedPbx } from "../stage/emulated-pbx.ts";
import type { TestCall, TestPhone } from "../stage/pbx.ts";
import { employeeAt, Office } from "./office.ts";

const CLIENT = "79001234567";
const anna = employeeAt("201");
const done: PhoneOutcome = { state: "done" };
const timedOut: PhoneOutcome = { state: "timed-out" };
const WELL_BEHAVED = { pretend: [], answerLateMs: 0, dropAfterNextAction: false };

describe("commands on a PBX that misbehaves", () => {
  let pbx: EmulatedPbx;
  let office: Office;
  let own: TestPhone;
  let colleague: TestPhone;

  beforeAll(async () => {
    pbx = await startEmulatedPbx({ pace: 0.05 });
    [own, colleague] = await Promise.all([pbx.phone("201"), pbx.phone("202")]);
    office = await Office.open({ ami: pbx.ami, ringSeconds: 5 });
  });

  afterEach(async () => {
    pbx.emulator.misbehave(WELL_BEHAVED);
    await pbx.hangUpAll();
    await office.idle();
  });

  afterAll(async () => {
    await office[Symbol.asyncDispose]();
    await pbx[Symbol.asyncDispose]();
  });

  const transfer = (kind: "blind-transfer" | "attended-transfer", { callId, legId }: Card): PhoneCommand => ({
    kind,
    callId,
    legId,
    to: "202",
  });

  async function talking(): Promise<{ client: TestCall; mine: TestCall; card: Card }> {
    const client = await pbx.clientCalls({ from: CLIENT, did: "74950003344" });
    const mine = await own.waitCall();
    await mine.answer();
    await mine.untilHears(client);
    return { client, mine, card: await office.card("201", ({ state }) => state === "talking") };
  }

  test("Success and nothing done: a blind transfer times out, and the talk is shown to go on", async () => {
    const { client, mine, card } = await talking();
    pbx.emulator.misbehave({ pretend: ["BlindTransfer"] });
    expect(await office.end(office.ask(anna, transfer("blind-transfer", card)))).toEqual(timedOut);
    await mine.untilHears(client);
    await office.card("201", ({ state, legId }) => state === "talking" && legId === card.legId);
  });

  test("Success and nothing done: an Atxfer is typed instead", async () => {
    const { card } = await talking();
    pbx.emulator.misbehave({ pretend: ["Atxfer"] });
    const asked = office.ask(anna, transfer("attended-transfer", card));
    const theirs = await colleague.waitCall();
    await theirs.answer();
    expect(await office.end(asked)).toEqual(done);
  });

  test("Success and nothing done: a consultation that cannot be cancelled is ended at the colleague's side", async () => {
    const { client, mine, card } = await talking();
    const asked = office.ask(anna, transfer("attended-transfer", card));
    const theirs = await colleague.waitCall();
    await theirs.answer();
    expect(await office.end(asked)).toEqual(done);
    pbx.emulator.misbehave({ pretend: ["CancelAtxfer"] });
    const { callId, legId } = await office.card("201", ({ state }) => state === "consult-talking");
    expect(await office.end(office.ask(anna, { kind: "cancel-transfer", callId, legId }))).toEqual(done);
    await theirs.untilEnded();
    await mine.untilHears(client);
  });

  test("Success and nothing done: a hang-up times out", async () => {
    const { card } = await talking();
    pbx.emulator.misbehave({ pretend: ["Hangup"] });
    const { callId, legId } = card;
    expect(await office.end(office.ask(anna, { kind: "hang-up", callId, legId }))).toEqual(timedOut);
  });

  test("an answer that comes after our patience: what happened counts", async () => {
    const { client, mine, card } = await talking();
    pbx.emulator.misbehave({ answerLateMs: 2_500 }); // the office waits for two seconds
    const { callId, legId } = card;
    expect(await office.end(office.ask(anna, { kind: "hang-up", callId, legId }))).toEqual(done);
    await Promise.all([mine.untilEnded(), client.untilEnded()]);
  });

  test("the link drops between the command and its effect: the leg is seen to be gone when the link is back", async () => {
    const { client, mine, card } = await talking();
    pbx.emulator.misbehave({ dropAfterNextAction: true });
    const { callId, legId } = card;
    const asked = office.ask(anna, { kind: "hang-up", callId, legId });
    await Promise.all([mine.untilEnded(), client.untilEnded()]);
    expect(await office.end(asked)).toEqual(done);
  });

  test("the link drops with the look-up of a transfer: nothing is handed over, and the talk is shown to go on", async () => {
    const { client, mine, card } = await talking();
    pbx.emulator.misbehave({ dropAfterNextAction: true });
    expect(await office.end(office.ask(anna, transfer("blind-transfer", card)))).toEqual(timedOut);
    await mine.untilHears(client);
    await office.card("201", ({ state, legId }) => state === "talking" && legId === card.legId);
  });

  test("the link drops with a dial: the phone rings, and the call is followed when the link is back", async () => {
    pbx.emulator.misbehave({ dropAfterNextAction: true });
    const asked = office.ask(anna, { kind: "dial", number: CLIENT });
    const mine = await own.waitCall();
    await office.card("201");
    await mine.answer();
    const client = await pbx.waitAtClient(CLIENT);
    await client.answer();
    expect(await office.end(asked)).toEqual(done);
    await mine.untilHears(client);
  });
});
