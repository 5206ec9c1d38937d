import { afterEach, beforeEach, expect, test } from "vitest";
import { AmiSession } from "../ami/session.ts";
import { type RawLink, RawManager } from "../ami/testing/raw-manager.ts";
import type { OwnPhoneReport } from "../calls/phone-control.ts";
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
    ["icp-1", "Local/203@internal-originate-00000001;1"],
  ]);
  const beneath = new Map([["icp-1", ["PJSIP/203-0000001c", "PJSIP/203-WS-0000001d"]]]);
  return new AmiPhoneControl({
    session,
    recipe,
    ringSeconds: 30,
    autoAnswer: false,
    switchboard: {
      channelOf: (legId) => channels.get(legId),
      phonesBehind: (legId) => beneath.get(legId) ?? [],
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
