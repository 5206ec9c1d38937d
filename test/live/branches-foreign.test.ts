/**
 * No command reaches a leg that is not its giver's, and nothing that is written into one reaches the PBX as more than
 * itself: each kind of command, through the panel's own reader, before a PBX that notes what arrives at its manager port.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { CommandKind, LegOfCall, PhoneCommand, PhoneRefusal } from "../../src/control/command.ts";
import type { Employee } from "../../src/directory/directory.ts";
import type { PanelCommand } from "../../src/panel/protocol.ts";
import { readRequest } from "../../src/panel/request.ts";
import { RECIPES } from "../../src/pbx/recipes.ts";
import { type EmulatedPbx, startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { employeeAt, Office } from "./office.ts";

const CLIENT = "79001234567";
const anna = employeeAt("201");
const vera = employeeAt("203");

type CommandOf<K extends CommandKind> = Extract<PhoneCommand, { readonly kind: K }>;

/** One of each kind, with every text that it may carry. A kind that is missing here does not compile. */
const COMMANDS: { readonly [K in CommandKind]: (leg: LegOfCall) => Required<CommandOf<K>> } = {
  dial: () => ({ kind: "dial", number: CLIENT, from: "201", line: "74950003344", despite: true }),
  "hang-up": (leg) => ({ kind: "hang-up", ...leg }),
  "blind-transfer": (leg) => ({ kind: "blind-transfer", ...leg, to: "202", note: "Про счёт" }),
  "take-back": ({ callId }) => ({ kind: "take-back", callId }),
  "attended-transfer": (leg) => ({ kind: "attended-transfer", ...leg, to: "202", note: "Про счёт" }),
  "complete-transfer": (leg) => ({ kind: "complete-transfer", ...leg }),
  "cancel-transfer": (leg) => ({ kind: "cancel-transfer", ...leg }),
  swap: (leg) => ({ kind: "swap", ...leg }),
  take: ({ callId }) => ({ kind: "take", callId }),
  "pick-up": ({ callId }) => ({ kind: "pick-up", callId, extension: "201" }),
  park: (leg) => ({ kind: "park", ...leg }),
  retrieve: ({ callId }) => ({ kind: "retrieve", callId }),
  hold: (leg) => ({ kind: "hold", ...leg }),
  resume: (leg) => ({ kind: "resume", ...leg }),
  "send-digits": (leg) => ({ kind: "send-digits", ...leg, digits: "1" }),
  "hand-over-note": (leg) => ({ kind: "hand-over-note", ...leg, text: "Про счёт" }),
};
const kinds = Object.keys(COMMANDS) as CommandKind[]; // the keys are those written above

/** Commands of the panel that ask nothing of the phones. One that is in neither table does not compile. */
const FOR_THE_CRM: { readonly [K in Exclude<PanelCommand["kind"], CommandKind>]: true } = {
  "open-client": true,
  "choose-client": true,
  "note-call": true,
  "move-call": true,
};

function isForTheCrm(command: PanelCommand): command is Exclude<PanelCommand, PhoneCommand> {
  return command.kind in FOR_THE_CRM;
}

/** Commands that name a call and no leg of it: what is told of a colleague's talk. */
const WITHOUT_LEG: Readonly<Partial<Record<CommandKind, PhoneRefusal>>> = {
  "take-back": "not-your-leg",
  take: "not-your-client",
  "pick-up": "wrong-moment", // what rings at a colleague's anybody may pick up, a talk nobody
  retrieve: "wrong-moment",
};

/** What is told of a text that means more than itself, by the field it stands in. */
const REASONS: Readonly<Record<string, PhoneRefusal>> = {
  number: "invalid-number",
  to: "invalid-number",
  digits: "invalid-number",
  from: "not-your-leg",
  line: "invalid-number",
  extension: "no-such-call",
  callId: "no-such-call",
  legId: "not-your-leg",
};

// biome-ignore lint/suspicious/noTemplateCurlyInString: Asterisk's own notation
const POISONS = ["202\r\nAction: Logoff\r\n\r\n", "202&PJSIP/203", "202|203", "202,1", "${SHELL(id)}"];

describe("what a command may reach", () => {
  let pbx: EmulatedPbx;
  let office: Office;
  let elsewhere: EmulatedPbx;
  let otherOffice: Office;

  beforeAll(async () => {
    [pbx, elsewhere] = await Promise.all([startEmulatedPbx({ pace: 0.05 }), startEmulatedPbx({ pace: 0.05 })]);
    // As on a PBX whose dials may choose the line: it is read like every other text.
    const recipe = { ...RECIPES.mikopbx, dial: { ...RECIPES.mikopbx.dial, line: RECIPES.freepbx.dial.line } };
    [office, otherOffice] = await Promise.all([
      Office.open({ ami: pbx.ami, recipe }),
      Office.open({ ami: elsewhere.ami, recipe }),
    ]);
  });

  afterEach(async () => {
    await Promise.all([pbx.hangUpAll(), elsewhere.hangUpAll()]);
    await Promise.all([office.idle(), otherOffice.idle()]);
  });

  afterAll(async () => {
    await Promise.all([office, otherOffice].map((each) => each?.[Symbol.asyncDispose]()));
    await Promise.all([pbx, elsewhere].map((each) => each?.[Symbol.asyncDispose]()));
  });

  /** Anna talks to a client; everything that may be asked for in vain is asked for about this talk. */
  async function talk(where = pbx, seenBy = office): Promise<LegOfCall> {
    const client = await where.clientCalls({ from: CLIENT, did: "74950003344" });
    const mine = await (await where.phone("201")).waitCall();
    await mine.answer();
    await client.untilTalking();
    const { callId, legId } = await seenBy.card("201", ({ state }) => state === "talking");
    return { callId, legId };
  }

  /** Asks as a panel does. What arrived at the manager port meanwhile is told beside the end, but for the pings. */
  async function ask(by: Employee, command: PhoneCommand) {
    const before = pbx.emulator.actionsSeen.length;
    const request = readRequest(JSON.stringify({ type: "command", id: crypto.randomUUID(), command }));
    if (request?.type !== "command") throw new Error("no command");
    const { id, command: read } = request;
    if (isForTheCrm(read)) throw new Error(`${read.kind} asks nothing of the phones`);
    const end = await office.end(office.ask(by, read, id));
    const sent = pbx.emulator.actionsSeen.slice(before).filter(({ name }) => name !== "Ping");
    return { end, sent };
  }

  const refused = (reason: PhoneRefusal) => ({ end: { state: "refused", reason }, sent: [] });

  test.for(kinds)("%s: another employee's leg", async (kind) => {
    const leg = await talk();
    const command = kind === "dial" ? { ...COMMANDS.dial(leg), from: "201" } : COMMANDS[kind](leg);
    expect(await ask(vera, command)).toEqual(refused(WITHOUT_LEG[kind] ?? "not-your-leg"));
  });

  test.for(kinds.filter((kind) => kind !== "dial"))("%s: another account's leg", async (kind) => {
    await talk();
    expect(await ask(anna, COMMANDS[kind](await talk(elsewhere, otherOffice)))).toEqual(refused("no-such-call"));
  });

  test.for(kinds.filter((kind) => kind !== "dial"))("%s: forged ids, and the other side's leg", async (kind) => {
    const leg = await talk();
    expect(await ask(anna, COMMANDS[kind]({ ...leg, callId: "forged" }))).toEqual(refused("no-such-call"));
    if (kind in WITHOUT_LEG) return;
    const { peerLegId } = await office.card("201");
    for (const legId of ["1.1", peerLegId ?? ""]) {
      expect(await ask(anna, COMMANDS[kind]({ ...leg, legId }))).toEqual(refused("not-your-leg"));
    }
  });

  test.for(kinds)("%s: texts that mean more than themselves", async (kind) => {
    const command = COMMANDS[kind](await talk());
    for (const [field, reason] of Object.entries(REASONS).filter(([each]) => each in command)) {
      for (const poison of POISONS) expect(await ask(anna, { ...command, [field]: poison })).toEqual(refused(reason));
    }
  });

  test("each text of a command is tried", () => {
    const texts = Object.values(COMMANDS).flatMap((commandOn) =>
      Object.entries(commandOn({ callId: "call", legId: "leg" })).flatMap(([field, value]) =>
        typeof value === "string" && field !== "kind" ? [field] : [],
      ),
    );
    expect([...new Set(texts)].toSorted()).toEqual([...Object.keys(REASONS), ...NOTES].toSorted());
  });

  test.for(["blind-transfer", "attended-transfer"] as const)(
    "%s: a note is stripped to what is harmless",
    async (kind) => {
      for (const poison of POISONS) {
        const command = { ...COMMANDS[kind](await talk()), note: poison };
        const before = pbx.emulator.actionsSeen.length;
        const asked = office.ask(anna, command);
        await (await (await pbx.phone("202")).waitCall()).answer();
        expect(await office.end(asked)).toEqual({ state: "done" });
        const sent = pbx.emulator.actionsSeen.slice(before).filter(({ name }) => name !== "Ping");
        // Once for the client's channel, and for the wire between while there is one.
        const labels = sent.filter(({ name }) => name === "Setvar");
        expect([...new Set(sent.map(({ name }) => name))]).toEqual(["Getvar", "Setvar", SENT[kind]]);
        for (const { fields } of labels) expect(fields.get("Value")).toMatch(/^[\p{L}\p{N} .:!?+-]+$/u);
        await pbx.hangUpAll();
        await office.idle();
      }
    },
  );

  test("hand-over-note: whatever it says, it goes to the colleague's card and not to the PBX", async () => {
    const leg = await talk();
    office.ask(anna, COMMANDS["blind-transfer"](leg));
    await (await pbx.phone("202")).waitCall();
    await office.call(({ transfers }) => transfers.some(({ result }) => result === "pending"));
    for (const text of POISONS) {
      // his leg is out: a blind transfer's note is written with it
      expect(await ask(anna, { kind: "hand-over-note", ...leg, text })).toEqual(refused("not-your-leg"));
    }
    expect(office.desk.notes.noteOf(leg.callId)?.text).toBe("Про счёт");
    expect(office.recordOf("hand-over-note")).toMatchObject({
      by: { name: "201", userId: 201 },
      callId: leg.callId,
      outcome: refused("not-your-leg").end,
    });
  });
});

/** Texts for people, which may be anything. */
const NOTES = ["note", "text"];
const SENT = { "blind-transfer": "BlindTransfer", "attended-transfer": "Atxfer" } as const;
