/** What the people at the phones and the clients outside can do, and what an AMI client may command. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CLIENT, clickToCall, DID, QUEUE_DID, Stand } from "./testing/stand.ts";

/** Every file below a folder. */
function filesBelow(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [];
}

test("a phone shows the caller's number and name, and an anonymous one as such", async () => {
  await using stand = await Stand.start();
  stand.pbx.clientCalls({ from: CLIENT, did: DID, name: "Иван Петров" });
  await stand.shows("201", "ringing");
  expect(stand.pbx.phone("201").view.calls[0]).toMatchObject({ number: CLIENT, name: "Иван Петров", direction: "in" });
  const born = await stand.ami.event("Newchannel");
  expect(born.get("CallerIDName")).toBe("Иван Петров");
  stand.pbx.clientCalls({ from: null, did: "74950003346" });
  await stand.shows("203", "ringing");
  expect(stand.pbx.phone("203").view.calls[0]).toMatchObject({ number: "anonymous", name: "Anonymous" });
});

test("a ring group rings three phones; the first to answer takes the call, the others are told it was answered elsewhere", async () => {
  await using stand = await Stand.start();
  const id = stand.pbx.clientCalls({ from: CLIENT, did: "74950003346" });
  for (const extension of ["201", "203", "204"]) await stand.shows(extension, "ringing");
  stand.pbx.phone("203").answer();
  await stand.outside("talking");
  await stand.pbx.waitFor((state) => state.phones.filter((phone) => phone.calls.length > 0).length === 1);
  for (const loser of ["201", "204"]) {
    const name =
      stand.ami.packets.find((packet) => packet.get("Channel")?.startsWith(`PJSIP/${loser}-`))?.get("Channel") ?? "";
    expect((await stand.ami.event("Hangup", { Channel: name })).get("Cause")).toBe("26");
  }
  stand.pbx.clientHangsUp(id);
  await stand.idle();
});

test("a refused call goes on to the next phone of the route", async () => {
  await using stand = await Stand.start();
  stand.pbx.clientCalls({ from: CLIENT, did: DID });
  await stand.shows("201", "ringing");
  stand.pbx.phone("201").reject();
  await stand.shows("202", "ringing");
  expect((await stand.ami.event("DialEnd", { DialStatus: "BUSY" })).get("DestChannel")).toMatch(/^PJSIP\/201-/);
});

test("do-not-disturb refuses by itself, an unregistered phone is passed over, and all this is undone again", async () => {
  await using stand = await Stand.start();
  stand.pbx.phone("201").setDoNotDisturb(true);
  const first = stand.pbx.clientCalls({ from: CLIENT, did: DID });
  await stand.shows("202", "ringing");
  stand.pbx.clientHangsUp(first);
  await stand.idle();
  stand.pbx.phone("201").setDoNotDisturb(false);
  stand.pbx.phone("202").setRegistered(false);
  const second = stand.pbx.clientCalls({ from: CLIENT, did: DID });
  await stand.shows("201", "ringing");
  stand.pbx.phone("201").reject();
  await stand.pbx.waitFor((state) => state.outside.some((call) => call.id === second && call.state === "ended"));
});

test("a phone with an answering policy answers by itself", async () => {
  await using stand = await Stand.start();
  stand.pbx.phone("201").setAnswerAfter(20);
  const id = stand.pbx.clientCalls({ from: CLIENT, did: DID });
  await stand.outside("talking");
  stand.pbx.clientHangsUp(id);
  await stand.idle();
});

test("on a plain Asterisk a talking phone rings a second time; on MikoPBX the call passes it by", async () => {
  await using asterisk = await Stand.start({ style: "asterisk" });
  await asterisk.talk();
  asterisk.pbx.clientCalls({ from: "79007654321", did: DID });
  await asterisk.shows("201", "ringing");
  await using mikopbx = await Stand.start();
  await mikopbx.talk();
  mikopbx.pbx.clientCalls({ from: "79007654321", did: DID });
  await mikopbx.shows("202", "ringing");
  expect(mikopbx.pbx.phone("201").view.calls).toHaveLength(1);
});

test("the number a company calls may be busy, absent or unknown", async () => {
  await using stand = await Stand.start();
  for (const [code, cause, status] of [
    [486, 17, "BUSY"],
    [480, 19, "NOANSWER"],
    [404, 1, "NOANSWER"],
  ] as const) {
    stand.pbx.planNumber(CLIENT, { rejectAfterMs: 0, code });
    const from = stand.ami.packets.length;
    stand.pbx.phone("201").dial(CLIENT);
    expect((await stand.ami.event("DialEnd", {}, from)).get("DialStatus")).toBe(status);
    await stand.pbx.waitFor((state) => state.channels === 0);
    expect(stand.pbx.state.outside.at(-1)).toMatchObject({ state: "ended", cause });
  }
});

test("an unknown number ends the employee's call at once with cause 1", async () => {
  await using stand = await Stand.start();
  stand.pbx.phone("201").dial("555");
  expect((await stand.ami.event("Hangup")).get("Cause")).toBe("1");
});

test("a blind transfer from the phone hands the client over", async () => {
  await using stand = await Stand.start();
  const { id } = await stand.talk();
  stand.pbx.phone("201").blindTransfer("202");
  await stand.shows("202", "ringing");
  expect(stand.pbx.phone("201").view.calls).toEqual([]);
  stand.pbx.phone("202").answer();
  await stand.outside("talking");
  stand.pbx.clientHangsUp(id);
  await stand.idle();
});

test("a consultation that nobody answers comes back by itself, and so does one that is refused", async () => {
  await using stand = await Stand.start({ consultationTimeoutMs: 100 });
  const { id, employee } = await stand.talk();
  for (const refuse of [false, true]) {
    const from = stand.ami.packets.length;
    await stand.ami.act({ Action: "Atxfer", Channel: employee, Context: "internal-transfer", Exten: "202" });
    await stand.shows("202", "ringing");
    expect(stand.pbx.state.outside.find((call) => call.id === id)?.state).toBe("music");
    if (refuse) stand.pbx.phone("202").reject();
    await stand.ami.event("Unhold", { Channel: employee }, from);
    await stand.outside("talking");
    await stand.pbx.waitFor((state) => state.phones[1]?.calls.length === 0);
  }
  expect(stand.ami.packets.some((packet) => packet.get("Event") === "AttendedTransfer")).toBe(false);
  stand.pbx.phone("201").hangup();
  await stand.idle();
});

test("an Atxfer in a talk that came from the queue works on the employee's own leg", async () => {
  await using stand = await Stand.start();
  const id = stand.pbx.clientCalls({ from: CLIENT, did: QUEUE_DID });
  const employee = await stand.shows("203", "ringing");
  stand.pbx.phone("203").answer();
  await stand.ami.event("LocalOptimizationEnd");
  await stand.ami.act({ Action: "Atxfer", Channel: employee, Context: "internal-transfer", Exten: "204" });
  await stand.shows("204", "ringing");
  stand.pbx.phone("204").answer();
  await stand.ami.event("DialEnd", { DialStatus: "ANSWER", DestChannel: "Local/204@internal-transfer-00000004;1" });
  stand.pbx.phone("203").hangup();
  await stand.ami.event("AttendedTransfer");
  await stand.pbx.waitFor((state) => state.phones[2]?.calls.length === 0);
  expect(stand.pbx.phone("204").view.calls[0]?.state).toBe("talking");
  stand.pbx.clientHangsUp(id);
  await stand.idle();
});

test("a client in the queue can be given to one phone, and everybody else stops", async () => {
  await using stand = await Stand.start();
  const id = stand.pbx.clientCalls({ from: CLIENT, did: QUEUE_DID });
  for (const extension of ["201", "202", "203"]) await stand.shows(extension, "ringing");
  await stand.ami.act({
    Action: "Redirect",
    Channel: stand.trunkOf(id),
    Context: "internal-transfer",
    Exten: "204",
    Priority: "1",
  });
  await stand.shows("204", "ringing");
  await stand.pbx.waitFor((state) => state.phones.filter((phone) => phone.calls.length > 0).length === 1);
  await stand.ami.event("QueueCallerLeave");
});

test("when a ringing client is redirected, the end of his dial names the new place already", async () => {
  await using stand = await Stand.start();
  const id = stand.pbx.clientCalls({ from: CLIENT, did: DID });
  await stand.shows("201", "ringing");
  await stand.ami.act({
    Action: "Redirect",
    Channel: stand.trunkOf(id),
    Context: "internal-transfer",
    Exten: "202",
    Priority: "1",
  });
  const ended = await stand.ami.event("DialEnd", { Uniqueid: id });
  expect([ended.get("DialStatus"), ended.get("Context"), ended.get("Exten")]).toEqual([
    "CANCEL",
    "internal-transfer",
    "202",
  ]);
});

test("an interception that comes too late is dropped and disturbs nobody", async () => {
  await using stand = await Stand.start();
  const id = stand.pbx.clientCalls({ from: CLIENT, did: DID });
  await stand.shows("201", "ringing");
  const variables = `pt1c_cid=${CLIENT},_INTECEPTION_CNANNEL=${stand.trunkOf(id)}`;
  await stand.ami.act(
    clickToCall("203", CLIENT, {
      Context: "interception-bridge",
      Variable: variables,
      ChannelId: "icp-1",
      OtherChannelId: "icp-2",
    }),
  );
  await stand.shows("203", "ringing");
  stand.pbx.phone("201").answer();
  await stand.outside("talking");
  stand.pbx.phone("203").answer();
  await stand.pbx.waitFor((state) => state.phones[2]?.calls.length === 0);
  expect(stand.pbx.phone("201").view.calls[0]?.state).toBe("talking");
  stand.pbx.clientHangsUp(id);
  await stand.idle();
});

test("a transfer to a number nobody has answers Success and hangs the client up", async () => {
  await using stand = await Stand.start();
  const { id, employee } = await stand.talk();
  expect(
    (await stand.ami.act({ Action: "Getvar", Variable: "DIALPLAN_EXISTS(internal-transfer,299,1)" })).get("Value"),
  ).toBe("0");
  const answer = await stand.ami.act({
    Action: "BlindTransfer",
    Channel: employee,
    Context: "internal-transfer",
    Exten: "299",
  });
  expect(answer.get("Message")).toBe("Transfer succeeded");
  await stand.pbx.waitFor((state) => state.outside.some((call) => call.id === id && call.state === "ended"));
});

test("a parked call that nobody takes rings its parker", async () => {
  await using stand = await Stand.start();
  const { trunk } = await stand.talk();
  await stand.ami.act({ Action: "Park", Channel: trunk, Timeout: "50" });
  await stand.ami.event("ParkedCallTimeOut");
  await stand.shows("201", "ringing");
});

test("the older linkedid wins when two calls meet", async () => {
  await using stand = await Stand.start();
  const { id } = await stand.talk();
  stand.pbx.phone("201").hold();
  stand.pbx.phone("201").dial("202");
  const second = await stand.shows("202", "ringing");
  stand.pbx.phone("202").answer();
  await stand.pbx.waitFor((state) => state.phones[0]?.calls.some((call) => call.state === "talking") === true);
  const born = stand.ami.packets.find((packet) => packet.get("Channel") === second);
  expect(born?.get("Linkedid")).not.toBe(id);
  stand.pbx.phone("201").attendedTransfer();
  await stand.ami.event("AttendedTransfer");
  stand.pbx.clientHangsUp(id);
  expect((await stand.ami.event("Hangup", { Channel: second })).get("Linkedid")).toBe(id);
});

test.each(["mikopbx", "asterisk"] as const)(
  "the recording of a %s has the talk's true length, and is where the events say",
  async (style) => {
    await using stand = await Stand.start({ style });
    const { id } = await stand.talk();
    const began = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 400)); // a talk has a length: this one lasts that long
    stand.pbx.clientHangsUp(id);
    const talked = performance.now() - began;
    await stand.idle();
    const [file = "", ...more] = filesBelow(stand.monitorDir);
    expect(more).toEqual([]);
    const sound = readFileSync(file);
    const seconds = (sound.length - 44) / 16_000;
    expect(seconds).toBeGreaterThan(talked / 1000 - 0.05);
    expect(seconds).toBeLessThan(talked / 1000 + 0.5);
    expect([
      sound.toString("latin1", 0, 4),
      sound.readUInt32LE(24),
      sound.readUInt16LE(22),
      sound.readUInt16LE(34),
    ]).toEqual(["RIFF", 8000, 1, 16]);
    let loudest = 0;
    for (let at = 44; at + 1 < sound.length; at += 2) loudest = Math.max(loudest, Math.abs(sound.readInt16LE(at)));
    expect(loudest).toBeGreaterThan(3000);
    const named =
      style === "mikopbx"
        ? (await stand.ami.event("UserEvent", { UserEvent: "StartRecording" }))
            .get("recordingfile")
            ?.replace(/\.webm$/, ".wav")
        : (await stand.ami.event("Hangup", { Uniqueid: id })).lines
            .find(([, value]) => value.startsWith("CDR(recordingfile)="))?.[1]
            .replace("CDR(recordingfile)=", "");
    expect(named).toBe(file);
    expect(file).toMatch(/\/\d{4}\/\d{2}\/\d{2}\/\d{2}\/mikopbx-\d+\.\d+(_[0-9a-z]{6})?\.wav$/);
  },
);
