import { afterEach, beforeEach, expect, test } from "vitest";
import { AmiSession } from "../ami/session.ts";
import { type RawLink, RawManager } from "../ami/testing/raw-manager.ts";
import type { OwnPhoneReport, PhoneRequest } from "../calls/phone-control.ts";
import { systemClock } from "../lib/clock.ts";
import { AmiPhoneControl, PHONE_CONTROL_EVENTS } from "./phone-control.ts";
import { type PhoneRecipe, RECIPES } from "./recipes.ts";

let manager: RawManager;
let session: AmiSession;
let link: RawLink;

beforeEach(async () => {
  manager = await RawManager.listen();
  session = new AmiSession({
    host: "127.0.0.1",
    port: manager.port,
    username: "u",
    secret: "s",
    eventMask: "call,originate",
    kinds: PHONE_CONTROL_EVENTS,
    clock: systemClock,
    timing: { actionMs: 1_000 },
  });
  const up = new Promise<void>((resolve) => session.onState(({ state }) => state === "up" && resolve()));
  session.start();
  link = await manager.nextLogin();
  await up;
});

afterEach(async () => {
  await session[Symbol.asyncDispose]();
  await manager[Symbol.asyncDispose]();
});

function phones(recipe: PhoneRecipe = RECIPES.mikopbx): AmiPhoneControl {
  const channels = new Map([
    ["1.1", "PJSIP/201-0000001a"],
    ["2.2", "PJSIP/trunk-0000001b"],
    ["3.3", "PJSIP/203-0000001f"],
    ["4.4", "PJSIP/204-00000020"],
    ["icp-1", "Local/203@internal-originate-00000001;1"],
  ]);
  const beneath = new Map([["icp-1", ["PJSIP/203-0000001c", "PJSIP/203-WS-0000001d"]]]);
  const beside = new Map([
    ["1.1", ["PJSIP/trunk-0000001b"]],
    ["3.3", ["Local/203@internal-0000001e;2"]],
  ]);
  return new AmiPhoneControl({
    session,
    recipe,
    ringSeconds: 30,
    autoAnswer: null,
    switchboard: {
      channelOf: (legId) => channels.get(legId),
      phonesBehind: (legId) => beneath.get(legId) ?? [],
      otherDevices: (legId) => (legId === "4.4" ? ["PJSIP/204-WS-00000021"] : []),
      bridgedWith: (legId) => beside.get(legId) ?? [],
      isInTalk: (legId) => legId === "3.3",
    },
  });
}

const dial = { ask: "dial" as const, extension: "201", number: "79001234567", legId: "c2c-1" };

async function answer(action: string, response: string): Promise<readonly string[]> {
  const { id, lines } = await link.nextAction(action);
  link.send(`${response}\r\nActionID: ${id}\r\n\r\n`);
  return lines.filter((line) => !line.startsWith("ActionID"));
}

test("MikoPBX is asked as its own dialplan wants it", async () => {
  const dialled = phones().ask(dial);
  expect(await answer("Originate", "Response: Success")).toEqual([
    "Action: Originate",
    "Channel: Local/201@internal-originate",
    "Context: all_peers",
    "Exten: 79001234567",
    "Priority: 1",
    "Timeout: 30000",
    "Async: true",
    "ChannelId: c2c-1",
    "OtherChannelId: c2c-1-other",
    "Variable: pt1c_cid=79001234567",
    "Variable: origCidName=79001234567",
  ]);
  await dialled;
});

test("a plain Asterisk rings the phone itself, in the context that the installation names", async () => {
  const dialled = phones({ ...RECIPES.asterisk, dial: { ...RECIPES.asterisk.dial, context: "office" } }).ask(dial);
  expect(await answer("Originate", "Response: Success")).toEqual([
    "Action: Originate",
    "Channel: PJSIP/201",
    "Context: office",
    "Exten: 79001234567",
    "Priority: 1",
    'CallerID: "79001234567" <79001234567>',
    "Timeout: 30000",
    "Async: true",
    "ChannelId: c2c-1",
  ]);
  await dialled;
});

test.each([
  [
    "a line break and an action",
    { ...dial, number: "1\r\nAction: Command\r\nCommand: core stop now" },
    "invalid-number",
  ],
  ["a second channel", { ...dial, number: "1&PJSIP/203" }, "invalid-number"],
  ["dial options", { ...dial, number: "1,30,g" }, "invalid-number"],
  ["the old separator", { ...dial, number: "1|30" }, "invalid-number"],
  ["an expression", { ...dial, number: "$[1+1]" }, "invalid-number"],
  ["nothing", { ...dial, number: "" }, "invalid-number"],
  ["too many digits", { ...dial, number: "1".repeat(33) }, "invalid-number"],
  ["another context", { ...dial, extension: "201@outgoing" }, "invalid-extension"],
  ["a second phone", { ...dial, extension: "201&PJSIP/202" }, "invalid-extension"],
])("%s in a dial is refused, and nothing arrives at the PBX", async (_, request, code) => {
  await expect(phones().ask(request)).rejects.toMatchObject({ code });
  const ping = session.action({ Action: "Ping" });
  await answer("Ping", "Response: Success"); // the next thing that arrives
  await ping;
});

test("a leg is hung up by its channel, and declined while it rings", async () => {
  const hungUp = phones().ask({ ask: "hang-up", legId: "1.1", declining: false });
  expect(await answer("Hangup", "Response: Success")).toEqual([
    "Action: Hangup",
    "Channel: PJSIP/201-0000001a",
    "Cause: 16",
  ]);
  await hungUp;
  const declined = phones().ask({ ask: "hang-up", legId: "1.1", declining: true });
  expect(await answer("Hangup", "Response: Success")).toContain("Cause: 21");
  await declined;
  await expect(phones().ask({ ask: "hang-up", legId: "9.9", declining: false })).rejects.toMatchObject({
    code: "no-such-leg",
  });
});

test.each([
  ["Permission denied", "permission-denied"],
  ["No such channel", "no-such-leg"],
  ["Extension does not exist.", "no-route"],
  ["Originate failed", "rejected"],
])("the PBX's refusal %j is told as %s", async (said, code) => {
  const asked = phones().ask({ ask: "hang-up", legId: "1.1", declining: false });
  const settled = expect(asked).rejects.toMatchObject({ code });
  await answer("Hangup", `Response: Error\r\nMessage: ${said}`);
  await settled;
});

test("what was sent and not answered may have happened; what was not sent has not", async () => {
  await expect(phones().ask(dial)).rejects.toMatchObject({ code: "unanswered" });
  await link.nextAction("Originate");
  const down = new Promise<void>((resolve) => session.onState(({ state }) => state === "down" && resolve()));
  const waiting = expect(phones().ask(dial)).rejects.toMatchObject({ code: "unanswered" });
  await link.nextAction("Originate");
  link.socket.destroy();
  await waiting;
  await down;
  await expect(phones().ask(dial)).rejects.toMatchObject({ code: "pbx-unreachable" });
});

test("the own phone's answer is told by the leg's id, whatever the channel is called", async () => {
  const reports: OwnPhoneReport[] = [];
  const allTold = new Promise<void>((resolve) => {
    phones().onOwnPhone((report) => {
      reports.push(report);
      if (reports.length === 4) resolve();
    });
  });
  const failure = (id: string, reason: number) =>
    `Event: OriginateResponse\r\nResponse: Failure\r\nChannel: Local/201@internal-originate\r\nReason: ${reason}\r\nUniqueid: ${id}\r\n\r\n`;
  link.send("Event: OriginateResponse\r\nResponse: Success\r\nReason: 4\r\nUniqueid: c2c-1\r\n\r\n");
  for (const [id, reason] of [
    ["c2c-2", 3],
    ["c2c-3", 5],
    ["c2c-4", 0],
  ] as const)
    link.send(failure(id, reason));
  await allTold;
  expect(reports).toEqual([
    { legId: "c2c-1", answer: "answered" },
    { legId: "c2c-2", answer: "no-answer" },
    { legId: "c2c-3", answer: "refused" },
    { legId: "c2c-4", answer: "unreached" },
  ]);
});

const note = 'Про счёт 118: <срочно>, "да" | $EPOCH & $[1+1]';

test("a blind transfer gives the note to the client's channel, as harmless text, and hands him over by the employee's", async () => {
  const asked = phones().ask({ ask: "hand-over", legId: "1.1", peerLegId: "2.2", to: "202", note });
  expect(await answer("Setvar", "Response: Success")).toEqual([
    "Action: Setvar",
    "Channel: PJSIP/trunk-0000001b",
    "Variable: CALLERID(name)",
    "Value: Про счёт 118: срочно да EPOCH 1+1",
  ]);
  expect(await answer("BlindTransfer", "Response: Success")).toEqual([
    "Action: BlindTransfer",
    "Channel: PJSIP/201-0000001a",
    "Context: internal-transfer",
    "Exten: 202",
  ]);
  await asked;
});

test("the note goes to whatever the PBX hands over, too; what has folded meanwhile keeps nobody", async () => {
  const asked = phones().ask({ ask: "hand-over", legId: "3.3", peerLegId: "2.2", to: "202", note });
  expect(await answer("Setvar", "Response: Success")).toContain("Channel: PJSIP/trunk-0000001b");
  const gone = "Response: Error\r\nMessage: No such channel";
  expect(await answer("Setvar", gone)).toContain("Channel: Local/203@internal-0000001e;2");
  expect(await answer("BlindTransfer", "Response: Success")).toContain("Channel: PJSIP/203-0000001f");
  await asked;
});

test("a ringing call is sent on by the caller's channel; one that is brought back is no transfer", async () => {
  const sentOn = phones().ask({ ask: "send-on", legId: "2.2", to: "202", note: null });
  expect(await answer("Redirect", "Response: Success")).toEqual([
    "Action: Redirect",
    "Channel: PJSIP/trunk-0000001b",
    "Context: internal-transfer",
    "Exten: 202",
    "Priority: 1",
  ]);
  await sentOn;
  const brought = phones().ask({ ask: "bring", legId: "2.2", to: "201" });
  expect(await answer("Redirect", "Response: Success")).toContain("Context: internal");
  await brought;
});

test.each<PhoneRequest>([
  { ask: "bring", legId: "3.3", to: "201" },
  { ask: "send-on", legId: "3.3", to: "201", note: null },
])("who was answered meanwhile is torn out of no talk: $ask", async (request) => {
  await expect(phones().ask(request)).rejects.toMatchObject({ code: "answered" });
});

test("MikoPBX is asked to intercept as its own dialplan wants it", async () => {
  const fetch = { ask: "fetch", extension: "203", client: "2.2", ringing: null, shows: "79001234567" } as const;
  const asked = phones().ask({ ...fetch, legId: "icp-2" });
  expect(await answer("Originate", "Response: Success")).toEqual([
    "Action: Originate",
    "Channel: Local/203@internal-originate",
    "Context: interception-bridge",
    "Exten: 79001234567",
    "Priority: 1",
    "CallerID: 203",
    "Timeout: 30000",
    "Async: true",
    "ChannelId: icp-2",
    "OtherChannelId: icp-2-other",
    "Variable: pt1c_cid=79001234567",
    "Variable: ALLOW_MULTY_ANSWER=1",
    "Variable: _INTECEPTION_CNANNEL=PJSIP/trunk-0000001b",
    "Variable: _OLD_LINKEDID=2.2",
    "Variable: __ringlength=30",
  ]);
  await asked;
});

test("a plain Asterisk gives the call to whoever answers by PickupChan, and needs a phone that rings", async () => {
  const fetch = { ask: "fetch", extension: "203", client: "2.2", shows: "79001234567", legId: "icp-2" } as const;
  const asked = phones(RECIPES.asterisk).ask({ ...fetch, ringing: "1.1" });
  expect(await answer("Originate", "Response: Success")).toEqual([
    "Action: Originate",
    "Channel: PJSIP/203",
    "Application: PickupChan",
    "Data: PJSIP/201-0000001a",
    'CallerID: "79001234567" <79001234567>',
    "Timeout: 30000",
    "Async: true",
    "ChannelId: icp-2",
  ]);
  await asked;
  await expect(phones(RECIPES.asterisk).ask({ ...fetch, ringing: null })).rejects.toMatchObject({
    code: "rings-nowhere",
  });
});

test("hanging up what rings at several devices of an employee silences them all", async () => {
  const asked = phones().ask({ ask: "hang-up", legId: "4.4", declining: true });
  for (const device of ["PJSIP/204-00000020", "PJSIP/204-WS-00000021"]) {
    expect(await answer("Hangup", "Response: Success")).toEqual(["Action: Hangup", `Channel: ${device}`, "Cause: 21"]);
  }
  await asked;
});

test("calling off silences each of the employee's devices as answered elsewhere", async () => {
  const asked = phones().ask({ ask: "call-off", legId: "icp-1" });
  for (const device of ["PJSIP/203-0000001c", "PJSIP/203-WS-0000001d"]) {
    expect(await answer("Hangup", "Response: Success")).toEqual(["Action: Hangup", `Channel: ${device}`, "Cause: 26"]);
  }
  await asked;
});

test("a device that has gone by itself leaves none of the others ringing", async () => {
  const asked = expect(phones().ask({ ask: "call-off", legId: "icp-1" })).rejects.toMatchObject({
    code: "no-such-leg",
  });
  await answer("Hangup", "Response: Error\r\nMessage: No such channel");
  expect(await answer("Hangup", "Response: Success")).toContain("Channel: PJSIP/203-WS-0000001d");
  await asked;
});

test("what is called off before its channel is there is hung up as soon as it is", async () => {
  using control = phones();
  await control.ask({ ask: "call-off", legId: "icp-9" });
  link.send("Event: Newchannel\r\nChannel: PJSIP/203-0000002a\r\nUniqueid: icp-9\r\n\r\n");
  expect(await answer("Hangup", "Response: Success")).toEqual([
    "Action: Hangup",
    "Channel: PJSIP/203-0000002a",
    "Cause: 26",
  ]);
});

test("a number to hand over to is looked up where transfers look it up", async () => {
  const known = phones().ask({ ask: "look-up", to: "202" });
  expect(await answer("Getvar", "Response: Success\r\nValue: 1")).toContain(
    "Variable: DIALPLAN_EXISTS(internal-transfer,202,1)",
  );
  await known;
  const unknown = expect(phones().ask({ ask: "look-up", to: "999" })).rejects.toMatchObject({ code: "no-route" });
  await answer("Getvar", "Response: Success\r\nValue: 0");
  await unknown;
});

const BAD_NUMBERS = ["1\r\nAction: Logoff", "202&203", "202,1", "202|1", "202@outgoing", "$[1+1]", ""];

test.each(BAD_NUMBERS)(
  "%j as a target, a display or digits is refused, and nothing arrives at the PBX",
  async (bad) => {
    const requests: readonly PhoneRequest[] = [
      { ask: "look-up", to: bad },
      { ask: "hand-over", legId: "1.1", peerLegId: "2.2", to: bad, note },
      { ask: "send-on", legId: "2.2", to: bad, note },
      { ask: "bring", legId: "2.2", to: bad },
      { ask: "consult", legId: "1.1", to: bad, note: null, typed: false },
      { ask: "consult", legId: "1.1", to: bad, note: null, typed: true },
      { ask: "send-digits", legId: "2.2", digits: bad },
    ];
    for (const request of requests) {
      await expect(phones().ask(request)).rejects.toMatchObject({ code: "invalid-number" });
    }
    const ping = session.action({ Action: "Ping" });
    await answer("Ping", "Response: Success"); // the next thing that arrives
    await ping;
  },
);

test("an unsafe mobile or line reaches no dialplan, and a line that cannot be chosen is no dial", async () => {
  for (const bad of ["7900&PJSIP/1", "7900\r\nAction: Logoff", "7900|1,2"]) {
    await expect(phones().ask({ ...dial, mobile: bad })).rejects.toMatchObject({ code: "invalid-number" });
    await expect(phones(RECIPES.asterisk).ask({ ...dial, line: bad })).rejects.toMatchObject({
      code: "invalid-number",
    });
  }
  await expect(phones().ask({ ...dial, line: "74951112233" })).rejects.toMatchObject({ code: "not-supported" });
});

test("what the account may not do, or the dialplan does not know, is found by asking", async () => {
  const probed = phones().probe();
  await answer("ListCommands", "Response: Success\r\nGetvar: x\r\nRedirect: x\r\nOriginate: x\r\nPlayDTMF: x");
  await answer("Getvar", "Response: Success\r\nValue: 0"); // interception-bridge
  await answer("Getvar", "Response: Success\r\nValue: 1"); // outside numbers
  expect(await probed).toEqual({
    handOver: false,
    sendOn: true,
    consult: false,
    swap: true,
    fetch: false,
    park: false,
    sendDigits: true,
    hold: false,
    mobileFirst: true,
    chooseLine: false,
    outsideTargets: true,
  });
});
