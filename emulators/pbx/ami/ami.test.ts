/** The manager protocol: logins, masks, answers, lists, refusals, and every fault that can be asked for. */
import { describe, expect, test } from "vitest";
import { AmiClient } from "../testing/ami-client.ts";
import { CLIENT, DID, Stand } from "../testing/stand.ts";

describe("login", () => {
  test("greets, accepts, and says it is booted", async () => {
    await using stand = await Stand.start();
    expect(stand.ami.greeting).toBe("Asterisk Call Manager/11.0.0");
    expect(stand.ami.packets[0]?.lines).toEqual([
      ["Response", "Success"],
      ["ActionID", "test-1"],
      ["Message", "Authentication accepted"],
    ]);
    const booted = await stand.ami.event("FullyBooted");
    expect(booted.lines.map(([key]) => key)).toEqual(["Event", "Privilege", "Uptime", "LastReload", "Status"]);
  });

  test("refuses a wrong secret and closes", async () => {
    await using stand = await Stand.start();
    using stranger = await AmiClient.connect(stand.pbx.amiPort);
    const answer = await stranger.act({ Action: "Login", Username: "kommutator", Secret: "guess" });
    expect([answer.get("Response"), answer.get("Message")]).toEqual(["Error", "Authentication failed"]);
    await stranger.until(() => stranger.closed);
  });

  test("lets nobody act before it", async () => {
    await using stand = await Stand.start();
    using stranger = await AmiClient.connect(stand.pbx.amiPort);
    expect((await stranger.act({ Action: "CoreShowChannels" })).get("Message")).toBe("Permission denied");
  });

  test("says goodbye", async () => {
    await using stand = await Stand.start();
    expect((await stand.ami.act({ Action: "Logoff" })).get("Response")).toBe("Goodbye");
    await stand.ami.until(() => stand.ami.closed);
  });
});

test("events can be off, on, or of some classes", async () => {
  await using stand = await Stand.start();
  using silent = await AmiClient.login(stand.pbx.amiPort, { Events: "off" });
  using agents = await AmiClient.login(stand.pbx.amiPort, { Events: "off" });
  await agents.act({ Action: "Events", EventMask: "agent,user" });
  stand.pbx.clientCalls({ from: CLIENT, did: DID });
  await stand.shows("201", "ringing");
  await agents.event("QueueMemberStatus");
  expect(new Set(agents.packets.map((packet) => packet.get("Event")).filter(Boolean))).toEqual(
    new Set(["QueueMemberStatus"]),
  );
  // A round trip after the events: whatever was to come has come.
  await silent.act({ Action: "Ping" });
  expect(silent.packets.filter((packet) => packet.get("Event") !== undefined)).toEqual([]);
});

test("every event carries its time and the system's name, and channel variables stand on lines of their own", async () => {
  await using stand = await Stand.start();
  await stand.talk();
  const events = stand.ami.packets.filter((packet) => packet.get("Event") && packet.get("Event") !== "FullyBooted");
  for (const packet of events) {
    expect(packet.get("Timestamp")).toMatch(/^\d{10}\.\d{6}$/);
    expect(packet.get("SystemName")).toBe("mikopbx");
  }
  const answered = await stand.ami.event("DialEnd", { DialStatus: "ANSWER" });
  expect(answered.lines.filter(([key]) => key === "ChanVariable")).toHaveLength(16);
  expect(answered.lines.filter(([key]) => key === "DestChanVariable")).toContainEqual([
    "DestChanVariable",
    `FROM_DID=${DID}`,
  ]);
});

test("lists tell what goes on in mid-call", async () => {
  await using stand = await Stand.start();
  const { trunk, employee, id } = await stand.talk();
  const channels = await stand.ami.list({ Action: "CoreShowChannels" });
  expect(channels.map((item) => [item.get("Channel"), item.get("ChannelStateDesc"), item.get("Linkedid")])).toEqual([
    [trunk, "Up", id],
    [employee, "Up", id],
  ]);
  expect(new Set(channels.map((item) => item.get("BridgeId"))).size).toBe(1);
  const status = await stand.ami.list({ Action: "Status", Variables: "FROM_DID,M_DIALSTATUS,NOTHING" });
  expect(status[0]?.lines.filter(([key]) => key === "Variable").map(([, value]) => value)).toEqual([
    `FROM_DID=${DID}`,
    "M_DIALSTATUS=ANSWER",
    "NOTHING=(null)",
  ]);
  expect((await stand.ami.list({ Action: "BridgeList" })).map((item) => item.get("BridgeNumChannels"))).toEqual(["2"]);
  const hints = await stand.ami.list({ Action: "ExtensionStateList" });
  expect(hints.map((item) => [item.get("Exten"), item.get("StatusText")]).slice(0, 2)).toEqual([
    ["201", "Busy"],
    ["202", "Idle"],
  ]);
  const queue = await stand.ami.list({ Action: "QueueStatus" });
  expect(queue.map((item) => item.get("Event"))).toEqual(["QueueParams", "QueueMember", "QueueMember", "QueueMember"]);
  expect(await stand.ami.list({ Action: "ParkedCalls" })).toEqual([]);
  await stand.ami.act({ Action: "Park", Channel: trunk });
  expect((await stand.ami.list({ Action: "ParkedCalls" })).map((item) => item.get("ParkingSpace"))).toEqual(["801"]);
});

test.each([
  [
    { Action: "DeviceStateList" },
    "Invalid/unknown command: DeviceStateList. Use Action: ListCommands to show available commands.",
  ],
  [{ Action: "Hangup", Channel: "PJSIP/201-0000ffff" }, "No such channel"],
  [{ Action: "Redirect", Channel: "PJSIP/201-0000ffff", Exten: "202" }, "Channel does not exist"],
  [{ Action: "Atxfer", Channel: "PJSIP/201-0000ffff", Exten: "202" }, "Channel specified does not exist"],
  [{ Action: "Getvar", Channel: "PJSIP/201-0000ffff", Variable: "X" }, "No such channel"],
  [{ Action: "Originate", Context: "all_peers", Exten: "1" }, "Channel not specified"],
])("refuses %o", async (action, message) => {
  await using stand = await Stand.start();
  const answer = await stand.ami.act(action as Record<string, string>);
  expect([answer.get("Response"), answer.get("Message")]).toEqual(["Error", message]);
});

test("answers what a PBX is asked about itself", async () => {
  await using stand = await Stand.start();
  const get = async (variable: string): Promise<string | undefined> =>
    (await stand.ami.act({ Action: "Getvar", Variable: variable })).get("Value");
  expect((await stand.ami.act({ Action: "Ping" })).get("Ping")).toBe("Pong");
  expect((await stand.ami.act({ Action: "CoreSettings" })).get("AsteriskVersion")).toMatch(/^22\./);
  expect(await get("PJSIP_ENDPOINT(201,callerid)")).toBe('"Employee 201" <201>');
  expect(await get("PJSIP_DIAL_CONTACTS(201)")).toMatch(/^PJSIP\/201\/sip:201@/);
  stand.pbx.phone("201").setRegistered(false);
  expect(await get("PJSIP_DIAL_CONTACTS(201)")).toBe("");
  expect(await get("DIALPLAN_EXISTS(interception-bridge,1,1)")).toBe("1");
  expect(await get("DIALPLAN_EXISTS(internal-transfer,202,1)")).toBe("1");
  const commands = await stand.ami.act({ Action: "ListCommands" });
  expect(commands.lines.map(([key]) => key)).toEqual(expect.arrayContaining(["Originate", "Atxfer", "Park", "Ping"]));
});

test("values with odd bytes come through whole, and cannot forge lines", async () => {
  await using stand = await Stand.start();
  stand.pbx.clientCalls({ from: CLIENT, did: DID, name: 'Ёжик "ООО: Ромашка" <x>\r\nEvent: Forged' });
  const born = await stand.ami.event("Newchannel");
  expect(born.get("CallerIDName")).toBe('Ёжик "ООО: Ромашка" <x> Event: Forged');
  await stand.shows("201", "ringing");
  expect(stand.ami.packets.some((packet) => packet.get("Event") === "Forged")).toBe(false);
});

test("a letter that the network cut in two is still one letter", async () => {
  await using stand = await Stand.start();
  const channel = stand.trunkOf(stand.pbx.clientCalls({ from: CLIENT, did: DID }));
  const bytes = Buffer.from(
    `Action: Setvar\r\nChannel: ${channel}\r\nVariable: note\r\nValue: ёж\r\nActionID: cut\r\n\r\n`,
    "utf8",
  );
  const middle = bytes.indexOf("ё") + 1;
  stand.ami.write(bytes.subarray(0, middle));
  await new Promise((resolve) => setImmediate(resolve));
  stand.ami.write(bytes.subarray(middle));
  await stand.ami.packet((packet) => packet.get("ActionID") === "cut");
  expect((await stand.ami.act({ Action: "Getvar", Channel: channel, Variable: "note" })).get("Value")).toBe("ёж");
});

describe("misbehaviour", () => {
  test("an action is answered with its Success and nothing happens", async () => {
    await using stand = await Stand.start();
    const { employee } = await stand.talk();
    stand.pbx.misbehave({ pretend: ["Hangup"] });
    const answer = await stand.ami.act({ Action: "Hangup", Channel: employee });
    expect(answer.get("Message")).toBe("Channel Hungup");
    expect(stand.pbx.state.channels).toBe(2);
    stand.pbx.behave();
    await stand.ami.act({ Action: "Hangup", Channel: employee });
    await stand.idle();
  });

  test("answers come late, and events do not wait for them", async () => {
    await using stand = await Stand.start();
    stand.pbx.misbehave({ answerLateMs: 200 });
    const began = performance.now();
    const asked = stand.ami.act({ Action: "Ping" });
    stand.pbx.clientCalls({ from: CLIENT, did: DID });
    await stand.ami.event("Newchannel");
    expect(stand.ami.packets.some((packet) => packet.get("Ping") === "Pong")).toBe(false);
    await asked;
    expect(performance.now() - began).toBeGreaterThan(195);
  });

  test("the link drops between command and effect: the command was carried out, its answer is lost", async () => {
    await using stand = await Stand.start();
    const { employee } = await stand.talk();
    stand.pbx.misbehave({ dropAfterNextAction: true });
    await expect(stand.ami.act({ Action: "Hangup", Channel: employee })).rejects.toThrow("closed");
    await stand.pbx.waitFor((state) => state.channels === 0);
    using again = await AmiClient.login(stand.pbx.amiPort);
    expect((await again.act({ Action: "Ping" })).get("Ping")).toBe("Pong");
  });

  test("all links are cut at once", async () => {
    await using stand = await Stand.start();
    stand.pbx.dropLinks();
    await stand.ami.until(() => stand.ami.closed);
  });

  test("a half-open link neither answers nor closes, and the PBX lives on behind it", async () => {
    await using stand = await Stand.start();
    stand.pbx.misbehave({ halfOpen: true });
    const before = stand.ami.packets.length;
    stand.ami.write("Action: Ping\r\n\r\n");
    stand.pbx.clientCalls({ from: CLIENT, did: DID });
    await stand.shows("201", "ringing");
    expect([stand.ami.packets.length, stand.ami.closed]).toEqual([before, false]);
    stand.pbx.behave();
    expect((await stand.ami.act({ Action: "Ping" })).get("Ping")).toBe("Pong");
  });

  test("packets come in tiny pieces and are still whole", async () => {
    await using stand = await Stand.start();
    stand.pbx.misbehave({ chunkBytes: 7 });
    const from = stand.ami.pieces.length;
    stand.pbx.clientCalls({ from: CLIENT, did: DID, name: "Ёлка" });
    const born = await stand.ami.event("Newchannel");
    expect(born.get("CallerIDNum")).toBe(CLIENT);
    expect(stand.ami.pieces.length - from).toBeGreaterThan(20);
  });

  test("events come twice", async () => {
    await using stand = await Stand.start();
    stand.pbx.misbehave({ duplicateEvents: true });
    const id = stand.pbx.clientCalls({ from: CLIENT, did: DID });
    const same = (): number =>
      stand.ami.packets.filter((packet) => packet.get("Event") === "Newchannel" && packet.get("Uniqueid") === id)
        .length;
    await stand.ami.until(() => same() === 2);
  });

  test("a class of rights is missing: what needs it is denied and not listed", async () => {
    await using stand = await Stand.start();
    stand.pbx.misbehave({ deniedClasses: ["originate"] });
    const answer = await stand.ami.act({
      Action: "Originate",
      Channel: "PJSIP/201",
      Context: "all_peers",
      Exten: "202",
    });
    expect([answer.get("Response"), answer.get("Message")]).toEqual(["Error", "Permission denied"]);
    expect((await stand.ami.act({ Action: "ListCommands" })).lines.map(([key]) => key)).not.toContain("Originate");
  });
});
