import { describe, expect, test } from "vitest";
import { AmiPacket } from "../ami/packet.ts";
import { DeviceStates } from "./device-states.ts";
import { profiles } from "./profiles.ts";

const packet = (...lines: string[]) => new AmiPacket(lines.join("\r\n"));
const hint = (exten: string, status: number, phones: string, context = "internal-hints") =>
  packet("Event: ExtensionStatus", `Exten: ${exten}`, `Context: ${context}`, `Hint: ${phones}`, `Status: ${status}`);
const device = (name: string, state: string) =>
  packet("Event: DeviceStateChange", `Device: ${name}`, `State: ${state}`);

describe("hints", () => {
  test.each([
    [0, "free"],
    [1, "busy"],
    [2, "busy"],
    [4, "offline"],
    [8, "busy"],
    [16, "busy"],
    [-1, "unknown"],
  ])("status %i is %s", (status, state) => {
    const states = new DeviceStates(profiles.mikopbx);
    // Something else before, so that each is a change.
    states.hear(hint("201", status === 0 ? 2 : 0, "PJSIP/201&Custom:201"));
    expect(states.hear(hint("201", status, "PJSIP/201&Custom:201"))).toEqual({ extension: "201", state });
    expect(states.of("201")).toBe(state);
  });

  test("are told once, and only for phones of employees in the profile's context", () => {
    const states = new DeviceStates(profiles.mikopbx);
    expect(states.hear(hint("201", 0, "PJSIP/201&Custom:201"))).toEqual({ extension: "201", state: "free" });
    expect(states.hear(hint("201", 0, "PJSIP/201&Custom:201"))).toBeNull();
    expect(states.hear(hint("2210", 0, "Custom:2210"))).toBeNull();
    expect(states.hear(hint("202", 0, "PJSIP/202", "another-context"))).toBeNull();
  });
});

describe("device states of a PBX without hints", () => {
  test.each([
    ["NOT_INUSE", "free"],
    ["INUSE", "busy"],
    ["RINGING", "busy"],
    ["ONHOLD", "busy"],
    ["UNAVAILABLE", "offline"],
  ])("%s is %s", (word, state) => {
    const states = new DeviceStates(profiles.asterisk);
    states.hear(device("PJSIP/201", word === "NOT_INUSE" ? "INUSE" : "NOT_INUSE"));
    expect(states.hear(device("PJSIP/201", word))).toEqual({ extension: "201", state });
  });

  test("trunks, Local channels and queues are nobody's phone", () => {
    const states = new DeviceStates(profiles.asterisk);
    for (const name of ["PJSIP/provider", "Local/201@internal-incoming", "Queue:main_avail", ""]) {
      expect(states.hear(device(name, "INUSE"))).toBeNull();
    }
  });

  test("of two devices of a person the readiest tells, and a hint is worth more than both", () => {
    const states = new DeviceStates(profiles.asterisk);
    expect(states.hear(device("PJSIP/201", "UNAVAILABLE"))).toEqual({ extension: "201", state: "offline" });
    expect(states.hear(device("PJSIP/201-WS", "NOT_INUSE"))).toEqual({ extension: "201", state: "free" });
    expect(states.hear(device("PJSIP/201", "NOT_INUSE"))).toBeNull();
    expect(states.hear(hint("201", 2, "PJSIP/201&PJSIP/201-WS"))).toEqual({ extension: "201", state: "busy" });
    expect(states.hear(device("PJSIP/201", "UNAVAILABLE"))).toBeNull();
  });
});

test("a phone of which nothing else is told can be reached, or not", () => {
  const states = new DeviceStates(profiles.asterisk);
  const peer = (status: string) => packet("Event: PeerStatus", "Peer: PJSIP/201", `PeerStatus: ${status}`);
  expect(states.hear(peer("Unreachable"))).toEqual({ extension: "201", state: "offline" });
  expect(states.hear(peer("Lagged"))).toBeNull();
  expect(states.hear(peer("Reachable"))).toEqual({ extension: "201", state: "free" });
  states.hear(device("PJSIP/201", "INUSE"));
  expect(states.hear(peer("Unreachable"))).toBeNull();
});

test("who does not want to be disturbed is so, whatever his phone does, as long as it can be reached", () => {
  const states = new DeviceStates(profiles.freepbx);
  const phones = "PJSIP/201&Custom:DND201,CustomPresence:201";
  states.hear(hint("201", 0, phones, "ext-local"));
  expect(states.hear(device("Custom:DND201", "INUSE"))).toEqual({ extension: "201", state: "dnd" });
  expect(states.hear(hint("201", 2, phones, "ext-local"))).toBeNull();
  expect(states.hear(hint("201", 4, phones, "ext-local"))).toEqual({ extension: "201", state: "offline" });
  expect(states.hear(hint("201", 2, phones, "ext-local"))).toEqual({ extension: "201", state: "dnd" });
  expect(states.hear(device("Custom:DND201", "NOT_INUSE"))).toEqual({ extension: "201", state: "busy" });
});
