/**
 * The emulator tells what a recorded PBX told in the same situation: the same kinds of events on the same kinds of channels, and
 * no event with lines that were never recorded.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { PbxOptions } from "./pbx.ts";
import { CLIENT, clickToCall, DID, QUEUE_DID, quickCompany, SECOND_CLIENT, Stand } from "./testing/stand.ts";
import { lineNames, streamShape } from "./testing/stream-shape.ts";

const recorded = (name: string): string[] =>
  readFileSync(new URL(`testing/recorded/${name}.txt`, import.meta.url), "utf8")
    .trim()
    .split("\n");

interface Scenario {
  readonly options?: Partial<PbxOptions>;
  readonly run: (stand: Stand) => Promise<void>;
}

const MIKOPBX: Record<string, Scenario> = {
  "m01-click-to-call-answered": {
    run: async (stand) => {
      await stand.ami.act(clickToCall("201", CLIENT));
      await stand.shows("201", "ringing");
      stand.pbx.phone("201").answer();
      const client = await stand.outside("ringing", "out");
      stand.pbx.clientAnswers(client);
      await stand.shows("201", "talking");
      await stand.ami.until(() => stand.ami.stream.split("Event: BridgeEnter").length === 5);
      stand.pbx.clientHangsUp(client);
    },
  },
  "m02-click-to-call-employee-no-answer": {
    run: async (stand) => {
      await stand.ami.act(clickToCall("201", CLIENT, { Timeout: "300" }));
      await stand.ami.event("OriginateResponse");
    },
  },
  "m02d-click-to-call-unregistered": {
    run: async (stand) => {
      stand.pbx.phone("204").setRegistered(false);
      await stand.ami.act(clickToCall("204", CLIENT));
      await stand.ami.event("OriginateResponse");
      stand.pbx.phone("204").setRegistered(true);
    },
  },
  "m03-click-to-call-client-busy": {
    run: async (stand) => {
      stand.pbx.planNumber(CLIENT, { rejectAfterMs: 50, code: 486 });
      await stand.ami.act(clickToCall("201", CLIENT));
      await stand.shows("201", "ringing");
      stand.pbx.phone("201").answer();
      await stand.outside("ended", "out");
    },
  },
  "m04-inbound-answered": {
    run: async (stand) => {
      const { id } = await stand.talk();
      stand.pbx.clientHangsUp(id);
    },
  },
  "m06-inbound-missed": {
    options: { company: quickCompany(0.3) },
    run: async (stand) => {
      stand.pbx.clientCalls({ from: CLIENT, did: DID });
      await stand.shows("202", "ringing");
    },
  },
  "m07-queue-answered-by-203": {
    run: async (stand) => {
      stand.pbx.clientCalls({ from: CLIENT, did: QUEUE_DID });
      for (const extension of ["201", "202", "203"]) await stand.shows(extension, "ringing");
      stand.pbx.phone("203").answer();
      await stand.ami.event("LocalOptimizationEnd");
      stand.pbx.phone("203").hangup();
    },
  },
  "m07b-queue-client-gives-up": {
    run: async (stand) => {
      const id = stand.pbx.clientCalls({ from: CLIENT, did: QUEUE_DID });
      for (const extension of ["201", "202", "203"]) await stand.shows(extension, "ringing");
      stand.pbx.clientHangsUp(id);
    },
  },
  "m08-blind-transfer-in-talk": {
    run: async (stand) => {
      const { id, employee } = await stand.talk();
      await stand.ami.act({ Action: "BlindTransfer", Channel: employee, Context: "internal-transfer", Exten: "202" });
      await stand.shows("202", "ringing");
      const from = stand.ami.packets.length;
      stand.pbx.phone("202").answer();
      await stand.ami.event("BridgeEnter", { BridgeNumChannels: "2" }, from);
      stand.pbx.clientHangsUp(id);
    },
  },
  "m08d-blind-transfer-unregistered-returns": {
    run: async (stand) => {
      stand.pbx.phone("204").setRegistered(false);
      const { id, employee } = await stand.talk();
      await stand.ami.act({ Action: "BlindTransfer", Channel: employee, Context: "internal-transfer", Exten: "204" });
      const from = stand.ami.packets.length;
      await stand.shows("201", "ringing");
      stand.pbx.phone("201").answer();
      await stand.ami.event("BridgeEnter", { BridgeNumChannels: "2" }, from);
      stand.pbx.clientHangsUp(id);
      stand.pbx.phone("204").setRegistered(true);
    },
  },
  "m08h-outbound-blind-transfer": {
    run: async (stand) => {
      stand.pbx.planNumber(CLIENT, { answerAfterMs: 30 });
      stand.pbx.phone("201").dial(CLIENT);
      const employee = await stand.shows("201", "talking");
      await stand.ami.event("BridgeEnter", { BridgeNumChannels: "2" });
      await stand.ami.act({ Action: "BlindTransfer", Channel: employee, Context: "internal-transfer", Exten: "202" });
      await stand.shows("202", "ringing");
      const from = stand.ami.packets.length;
      stand.pbx.phone("202").answer();
      await stand.ami.event("BridgeEnter", { BridgeNumChannels: "2" }, from);
      stand.pbx.phone("202").hangup();
    },
  },
  "m09-redirect-ringing-internal-transfer": {
    run: async (stand) => {
      const id = stand.pbx.clientCalls({ from: CLIENT, did: DID });
      await stand.shows("201", "ringing");
      await stand.ami.act({
        Action: "Redirect",
        Channel: stand.trunkOf(id),
        Context: "internal-transfer",
        Exten: "202",
        Priority: "1",
      });
      await stand.shows("202", "ringing");
      stand.pbx.phone("202").answer();
      await stand.ami.event("BridgeEnter", { BridgeNumChannels: "2" });
      stand.pbx.phone("202").hangup();
    },
  },
  "m10-atxfer-completed": {
    run: async (stand) => {
      const { id, employee } = await consultation(stand);
      await stand.ami.act({ Action: "Hangup", Channel: employee, Cause: "16" });
      await stand.ami.until(() => stand.ami.stream.split("Event: LocalOptimizationEnd").length === 3);
      stand.pbx.clientHangsUp(id);
    },
  },
  "m10c-atxfer-201-leaves-while-202-rings": {
    run: async (stand) => {
      const { id, employee } = await stand.talk();
      await stand.ami.act({ Action: "Atxfer", Channel: employee, Context: "internal-transfer", Exten: "202" });
      await stand.shows("202", "ringing");
      stand.pbx.phone("201").hangup();
      await stand.ami.event("AttendedTransfer");
      expect(
        stand.ami.packets.some((packet) => packet.get("Event") === "Hangup" && packet.get("Channel") === employee),
      ).toBe(false);
      stand.pbx.phone("202").answer();
      await stand.ami.until(() => stand.ami.stream.split("Event: LocalOptimizationEnd").length === 3);
      stand.pbx.clientHangsUp(id);
    },
  },
  "m12-atxfer-cancelled": {
    run: async (stand) => {
      const { employee } = await stand.talk();
      for (const answered of [false, true]) {
        await stand.ami.act({ Action: "Atxfer", Channel: employee, Context: "internal-transfer", Exten: "202" });
        await stand.shows("202", "ringing");
        if (answered) {
          stand.pbx.phone("202").answer();
          await stand.ami.event("DialEnd", { DestChannel: "Local/202@internal-transfer-00000002;1" });
        }
        const from = stand.ami.packets.length;
        await stand.ami.act({ Action: "CancelAtxfer", Channel: employee });
        await stand.ami.event("NewConnectedLine", { Channel: employee }, from);
      }
      stand.pbx.phone("201").hangup();
    },
  },
  "m13-interception-won": {
    run: async (stand) => {
      const id = stand.pbx.clientCalls({ from: CLIENT, did: DID });
      await stand.shows("201", "ringing");
      await stand.ami.act(
        clickToCall("203", CLIENT, {
          Context: "interception-bridge",
          CallerID: "203",
          Variable: `pt1c_cid=${CLIENT},ALLOW_MULTY_ANSWER=1,_INTECEPTION_CNANNEL=${stand.trunkOf(id)},_OLD_LINKEDID=${id}`,
          ChannelId: "icp-1",
          OtherChannelId: "icp-2",
        }),
      );
      await stand.shows("203", "ringing");
      stand.pbx.phone("203").answer();
      await stand.ami.event("BridgeEnter", { Channel: stand.trunkOf(id) });
      stand.pbx.clientHangsUp(id);
    },
  },
  "m15-outbound-from-phone": {
    run: async (stand) => {
      stand.pbx.planNumber("89001234567", { answerAfterMs: 30 });
      stand.pbx.phone("201").dial("89001234567");
      await stand.ami.event("BridgeEnter", { BridgeNumChannels: "2" });
      stand.pbx.phone("201").hangup();
    },
  },
  "m16-internal": {
    run: async (stand) => {
      stand.pbx.phone("201").dial("202");
      await stand.shows("202", "ringing");
      stand.pbx.phone("202").answer();
      await stand.ami.event("BridgeEnter", { BridgeNumChannels: "2" });
      stand.pbx.phone("202").hangup();
    },
  },
  "m16c-second-call-while-201-rings": {
    run: async (stand) => {
      const first = stand.pbx.clientCalls({ from: CLIENT, did: DID });
      await stand.shows("201", "ringing");
      const second = stand.pbx.clientCalls({ from: SECOND_CLIENT, did: DID });
      await stand.shows("202", "ringing");
      stand.pbx.clientHangsUp(first);
      stand.pbx.clientHangsUp(second);
    },
  },
  "m18b-pickup-directed-by-panel": {
    run: async (stand) => {
      const id = stand.pbx.clientCalls({ from: CLIENT, did: DID });
      await stand.shows("201", "ringing");
      await stand.ami.act(clickToCall("202", "*8201", { ChannelId: "pk-1", OtherChannelId: "pk-2" }));
      await stand.shows("202", "ringing");
      stand.pbx.phone("202").answer();
      await stand.ami.until(() => stand.ami.stream.split("Event: LocalOptimizationEnd").length === 3);
      stand.pbx.clientHangsUp(id);
    },
  },
  "m19-park": {
    run: async (stand) => {
      const { trunk } = await stand.talk();
      await stand.ami.act({ Action: "Park", Channel: trunk, Parkinglot: "default", Timeout: "20000" });
      const parked = await stand.ami.event("ParkedCall");
      const from = stand.ami.packets.length;
      stand.pbx.phone("202").dial(parked.get("ParkingSpace") ?? "");
      await stand.ami.event("BridgeEnter", { BridgeNumChannels: "2" }, from);
      stand.pbx.phone("202").hangup();
    },
  },
  "m20-presence": {
    run: async (stand) => {
      const { id } = await stand.talk();
      stand.pbx.phone("201").hold();
      await stand.ami.event("MusicOnHoldStart");
      stand.pbx.phone("201").unhold();
      await stand.ami.event("MusicOnHoldStop");
      stand.pbx.clientHangsUp(id);
      await stand.pbx.waitFor((state) => state.channels === 0);
      stand.pbx.phone("201").setRegistered(false);
      stand.pbx.phone("201").setRegistered(true);
      await stand.ami.event("ContactStatus", { ContactStatus: "Reachable" });
    },
  },
};

const ASTERISK: Record<string, Scenario> = {
  "01b-click-to-call-direct": {
    run: async (stand) => {
      await stand.ami.act(
        clickToCall("201", CLIENT, { Channel: "PJSIP/201", CallerID: `${CLIENT} <${CLIENT}>`, OtherChannelId: "" }),
      );
      await stand.shows("201", "ringing");
      stand.pbx.phone("201").answer();
      const client = await stand.outside("ringing", "out");
      stand.pbx.clientAnswers(client);
      await stand.ami.event("BridgeEnter", { BridgeNumChannels: "2" });
      stand.pbx.clientHangsUp(client);
    },
  },
  "04-inbound-answered-201-hangs-up": {
    run: async (stand) => {
      await stand.talk();
      stand.pbx.phone("201").hangup();
    },
  },
  "07-queue-answered-by-203": {
    run: async (stand) => {
      stand.pbx.clientCalls({ from: CLIENT, did: QUEUE_DID });
      for (const extension of ["201", "202", "203"]) await stand.shows(extension, "ringing");
      stand.pbx.phone("203").answer();
      await stand.ami.until(() => stand.ami.stream.split("Event: BridgeEnter").length === 5);
      stand.pbx.phone("203").hangup();
    },
  },
  "10b-atxfer-client-leaves-in-consultation": {
    run: async (stand) => {
      const { id } = await consultation(stand);
      stand.pbx.clientHangsUp(id);
      await stand.ami.until(() => stand.ami.stream.split("Event: LocalOptimizationEnd").length === 3);
      expect(stand.pbx.state.phones.slice(0, 2).map((phone) => phone.calls[0]?.state)).toEqual(["talking", "talking"]);
      stand.pbx.phone("201").hangup();
    },
  },
  "14-sip-attended-transfer": {
    run: async (stand) => {
      const { id } = await stand.talk();
      stand.pbx.phone("201").hold();
      stand.pbx.phone("201").dial("202");
      await stand.shows("202", "ringing");
      const from = stand.ami.packets.length;
      stand.pbx.phone("202").answer();
      await stand.ami.event("BridgeEnter", { BridgeNumChannels: "2" }, from);
      stand.pbx.phone("201").attendedTransfer();
      await stand.ami.event("AttendedTransfer");
      stand.pbx.clientHangsUp(id);
    },
  },
  "15b-interception-pickupchan": {
    run: async (stand) => {
      const id = stand.pbx.clientCalls({ from: CLIENT, did: DID });
      const ringing = await stand.shows("201", "ringing");
      await stand.ami.act({
        Action: "Originate",
        Channel: "PJSIP/203",
        Application: "PickupChan",
        Data: ringing,
        CallerID: `${CLIENT} <${CLIENT}>`,
        Async: "true",
        ChannelId: "icp-1",
      });
      await stand.shows("203", "ringing");
      stand.pbx.phone("203").answer();
      await stand.ami.event("LocalOptimizationEnd");
      stand.pbx.clientHangsUp(id);
    },
  },
  "15c-interception-ami-bridge": {
    run: async (stand) => {
      const id = stand.pbx.clientCalls({ from: CLIENT, did: DID });
      await stand.shows("201", "ringing");
      await stand.ami.act({
        Action: "Originate",
        Channel: "PJSIP/203",
        Application: "Wait",
        Data: "30",
        CallerID: `${CLIENT} <${CLIENT}>`,
        Async: "true",
        ChannelId: "icp-1",
      });
      const employee = await stand.shows("203", "ringing");
      stand.pbx.phone("203").answer();
      await stand.ami.event("OriginateResponse");
      await stand.ami.act({ Action: "Bridge", Channel1: employee, Channel2: stand.trunkOf(id), Tone: "no" });
      await stand.ami.event("BridgeEnter", { Channel: stand.trunkOf(id) });
      stand.pbx.clientHangsUp(id);
    },
  },
  "18-outbound-dialled-on-phone": {
    run: async (stand) => {
      stand.pbx.planNumber("89001234567", { answerAfterMs: 30 });
      stand.pbx.phone("204").dial("89001234567");
      await stand.ami.event("BridgeEnter", { BridgeNumChannels: "2" });
      stand.pbx.phone("204").hangup();
    },
  },
  "20-hold-unhold": {
    run: async (stand) => {
      await stand.talk();
      stand.pbx.phone("201").hold();
      await stand.ami.event("MusicOnHoldStart");
      stand.pbx.phone("201").unhold();
      await stand.ami.event("MusicOnHoldStop");
      stand.pbx.phone("201").hangup();
    },
  },
};

async function consultation(stand: Stand): Promise<{ id: string; employee: string }> {
  const { id, employee } = await stand.talk();
  await stand.ami.act({ Action: "Atxfer", Channel: employee, Context: "internal-transfer", Exten: "202" });
  await stand.shows("202", "ringing");
  stand.pbx.phone("202").answer();
  await stand.ami.event("DialEnd", { DestChannel: "Local/202@internal-transfer-00000001;1", DialStatus: "ANSWER" });
  return { id, employee };
}

describe.each([
  ["mikopbx", MIKOPBX],
  ["asterisk", ASTERISK],
] as const)("as recorded from %s", (style, scenarios) => {
  const known = new Set(recorded(`${style}.lines`));
  test.each(Object.entries(scenarios))("%s", async (name, { options, run }) => {
    await using stand = await Stand.start({ style, ...options });
    await run(stand);
    await stand.idle();
    const told = streamShape(stand.ami.stream.slice(stand.ami.stream.indexOf("Event: ")));
    expect(told).toEqual(recorded(name));
    expect(lineNames(stand.ami.stream).filter((line) => !known.has(line))).toEqual([]);
  });
});
