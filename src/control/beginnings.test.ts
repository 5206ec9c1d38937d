/** Whose command reaches which leg, and what is refused before the PBX is asked. */
import { expect, test } from "vitest";
import { callWith, cardWith } from "../calls/testing/call.ts";
import { employeeAt } from "../directory/account.testing.ts";
import type { PhoneCommand } from "./command.ts";
import {
  ALL,
  anna,
  type DeskStage,
  dial,
  hangUp,
  LEG_COMMANDS,
  leg,
  refused,
  sent,
  setStageForEachTest,
  talkingCall,
} from "./testing/desk-stage.ts";

let stage: DeskStage;
setStageForEachTest((fresh) => {
  stage = fresh;
});

test("an employee without a phone cannot dial", async () => {
  expect(await stage.ask(employeeAt("201", { extensions: [] }), "a", dial())).toEqual([refused("no-extension")]);
  expect(stage.phones.asked).toEqual([]);
});

test("a manager may end a colleague's leg", async () => {
  stage.live = [callWith({ cards: [cardWith()] })];
  expect(await stage.ask(employeeAt("209", { manager: true }), "a", hangUp())).toEqual([sent]);
});

test.each([
  ["a colleague's leg", hangUp("2.2"), "not-your-leg"],
  ["the client's leg", hangUp("9.9"), "not-your-leg"],
  ["a forged leg", hangUp("1.1\r\nAction: Logoff"), "not-your-leg"],
  ["the own leg under a forged call", hangUp("1.1", "call-of-another-account"), "no-such-call"],
])("%s is out of reach", async (_, command, reason) => {
  stage.live = [callWith({ cards: [cardWith(), cardWith({ legId: "2.2", extension: "202" })] })];
  expect(await stage.ask(anna, "a", command)).toEqual([refused(reason)]);
  expect(stage.phones.asked).toEqual([]);
});

test.each(LEG_COMMANDS.map((command) => [command.kind, command] as const))(
  "%s reaches neither a colleague's leg nor the client's nor a forged one",
  async (_, command) => {
    stage.live = [talkingCall({ cards: [leg(), leg({ legId: "2.2", extension: "202", peerLegId: "1.1" })] })];
    for (const legId of ["2.2", "9.9", "", "1.1\r\nAction: Logoff", "1.1&2.2"]) {
      expect(await stage.ask(anna, crypto.randomUUID(), { ...command, legId } as PhoneCommand)).toEqual([
        refused("not-your-leg"),
      ]);
    }
    expect(await stage.ask(anna, "x", { ...command, callId: "call-of-another-account" } as PhoneCommand)).toEqual([
      refused("no-such-call"),
    ]);
    expect(stage.phones.asked).toEqual([]);
  },
);

test("what the PBX cannot do is refused before it is asked", async () => {
  stage.live = [talkingCall()];
  stage.abilities = {
    ...ALL,
    handOver: false,
    consult: false,
    park: false,
    sendDigits: false,
    hold: false,
    fetch: false,
  };
  for (const command of LEG_COMMANDS.filter(({ kind }) =>
    ["blind-transfer", "attended-transfer", "park", "send-digits", "hold", "resume"].includes(kind),
  )) {
    expect(await stage.ask(anna, crypto.randomUUID(), command)).toEqual([refused("not-supported")]);
  }
  expect(stage.phones.asked).toEqual([]);
});

test("what the moment does not allow is refused before it is asked", async () => {
  stage.live = [talkingCall({ cards: [leg({ state: "calling", pickedUp: false })] })];
  for (const command of LEG_COMMANDS.filter(({ kind }) => kind !== "hang-up")) {
    expect(await stage.ask(anna, crypto.randomUUID(), command)).toEqual([refused("wrong-moment")]);
  }
  expect(stage.phones.asked).toEqual([]);
});

test("nothing is taken back to a phone that cannot ring: the client would be lost", async () => {
  const pending = { kind: "blind", by: "201", to: "202", result: "pending", at: 1, settledAt: null } as const;
  stage.live = [callWith({ transfers: [{ ...pending, transfereeLegId: "9.9" }] })];
  stage.devices.set("201", "offline");
  expect(await stage.ask(anna, "a", { kind: "take-back", callId: "call-1" })).toEqual([refused("own-phone-offline")]);
  expect(stage.phones.asked).toEqual([]);
});

test("another own device may ring for a dial; a colleague's may not", async () => {
  const both = { ...anna, extensions: ["201", "215"] };
  expect(await stage.ask(both, "a", { kind: "dial", number: "79001234567", from: "202" })).toEqual([
    refused("not-your-leg"),
  ]);
  await stage.ask(both, "b", { kind: "dial", number: "79001234567", from: "215" });
  expect(stage.phones.asked).toMatchObject([{ ask: "dial", extension: "215" }]);
});

test("a client is shown a line of the company, and no other number", async () => {
  const shown = (line: string): PhoneCommand => ({ kind: "dial", number: "79001234567", line });
  expect(await stage.ask(anna, "a", shown("88005553535"))).toEqual([refused("no-such-line")]);
  expect(stage.phones.asked).toEqual([]);
  await stage.ask(anna, "b", shown("74950003344"));
  expect(stage.phones.asked).toMatchObject([{ ask: "dial", line: "74950003344" }]);
});
