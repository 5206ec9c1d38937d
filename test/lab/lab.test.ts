/** The lab does what real phones on a real PBX do: the calls of the product's tests rest on it. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeNeeding } from "../needs.ts";
import { type Lab, startLab } from "./lab.ts";
import { Phone } from "./phone.ts";
import type { Provider } from "./provider.ts";
import type { Call } from "./sip/call.ts";
import { until } from "./wait.ts";

const CLIENT = "79001234567";
const DID = "74950003344"; // 201, then 202
const WAV_HEADER_BYTES = 44;

describeNeeding("asterisk", "the lab", () => {
  let lab: Lab;
  let provider: Provider;
  let p201: Phone;
  let p202: Phone;

  beforeAll(async () => {
    lab = await startLab({ ringSeconds: { first: 2, second: 2 } });
    [provider, p201, p202] = await Promise.all([
      lab.provider().start(),
      lab.phone("201").start(),
      lab.phone("202").start(),
    ]);
  });

  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const expectSoundBothWays = async (a: Call, toneOfA: number, b: Call, toneOfB: number) => {
    await Promise.all([a.untilHears(toneOfB), b.untilHears(toneOfA)]);
  };

  test("a client calls, 201 sees the number, answers, both hear each other, and the talk is recorded", async () => {
    const client = provider.call({ from: CLIENT, did: DID });
    const call = await p201.waitCall();
    expect(call.remoteNumber).toBe(CLIENT);
    call.answer();
    await client.waitState("talking");
    await expectSoundBothWays(client, provider.tone, call, p201.tone);
    client.hangup();
    await call.waitEnd();
    expect(call.endedBy).toBe("remote");
    const [recording = ""] = (await readdir(lab.recordingsDirectory, { recursive: true })).filter((file) =>
      file.endsWith(".wav"),
    );
    await expect
      .poll(async () => (await stat(join(lab.recordingsDirectory, recording))).size)
      .toBeGreaterThan(WAV_HEADER_BYTES);
  });

  test("a caller who withholds the number is shown as anonymous", async () => {
    const client = provider.call({ from: null, did: DID });
    const call = await p201.waitCall();
    expect(call.remoteNumber).toBe("anonymous");
    client.hangup();
    await Promise.all([call.waitEnd(), client.waitEnd()]);
    expect(client.code).toBe(487);
  });

  test("when 201 does not answer in time, 202 rings; when nobody does, the client is let go", async () => {
    const client = provider.call({ from: CLIENT, did: DID });
    const first = await p201.waitCall();
    const second = await p202.waitCall();
    await first.waitEnd();
    await second.waitEnd();
    expect((await client.waitEnd()).endedBy).toBe("remote");
  });

  test("201 dials out: the client sees the company's number, and both hear each other", async () => {
    provider.plan.set(CLIENT, { answerAfterMs: 100 });
    const call = p201.dial(CLIENT);
    const client = await provider.waitCall();
    expect([client.calledNumber, client.remoteNumber]).toEqual([CLIENT, DID]);
    await call.waitState("talking");
    await expectSoundBothWays(call, p201.tone, client, provider.tone);
    call.hangup();
    await client.waitEnd();
  });

  test("a client who is busy refuses with 486", async () => {
    provider.plan.set(CLIENT, { rejectAfterMs: 50, code: 486 });
    const call = await p201.dial(CLIENT).waitEnd();
    expect(call.code).toBe(486);
  });

  test("201 calls 202 and presses keys; hold silences the other side until it is taken back", async () => {
    const call = p201.dial("202");
    const other = await p202.waitCall();
    expect(other.remoteNumber).toBe("201");
    other.answer();
    await expectSoundBothWays(call, p201.tone, other, p202.tone);
    await call.press("42#");
    await until(() => other.receivedDigits === "42#", { what: "the digits arrive", ms: 5000 });
    await call.hold();
    await other.untilHearsNot(p201.tone);
    await call.unhold();
    await other.untilHears(p201.tone);
    other.hangup();
    await call.waitEnd();
  });

  test("201 hands a client over to 202 unannounced", async () => {
    const client = provider.call({ from: CLIENT, did: DID });
    const call = await p201.waitCall();
    call.answer();
    // Until the PBX has joined the two, it refuses to hand one over (400).
    await expectSoundBothWays(client, provider.tone, call, p201.tone);
    p202.policy = { answerAfterMs: 100 };
    expect(await call.blindTransfer("202")).toBe(200);
    await call.waitEnd();
    const target = await p202.waitCall();
    await expectSoundBothWays(client, provider.tone, target, p202.tone);
    target.hangup();
    await client.waitEnd();
    p202.policy = "ring";
  });

  test("201 consults 202 and hands the client over", async () => {
    const client = provider.call({ from: CLIENT, did: DID });
    const call = await p201.waitCall();
    call.answer();
    await client.waitState("talking");
    await call.hold();
    const consultation = p201.dial("202");
    const target = await p202.waitCall();
    target.answer();
    await consultation.waitState("talking");
    expect(await call.attendedTransfer(consultation)).toBe(200);
    await Promise.all([call.waitEnd(), consultation.waitEnd()]);
    await expectSoundBothWays(client, provider.tone, target, p202.tone);
    client.hangup();
    await target.waitEnd();
  });

  test("no channel is left behind", async () => {
    await expect.poll(() => lab.asterisk.console("core show channels concise")).toBe("");
  });

  test("two labs run side by side", async () => {
    await using other = await startLab({ routes: "direct" });
    const [phone, line] = await Promise.all([other.phone("201").start(), other.provider().start()]);
    const client = line.call({ from: CLIENT, did: DID });
    (await phone.waitCall()).answer();
    await client.waitState("talking");
    expect(p201.calls).toEqual([]);
  });

  test("a phone with a wrong password is not let in", async () => {
    await using stranger = new Phone({ extension: "203", password: "wrong", pbx: lab.pbx });
    await expect(stranger.start()).rejects.toThrow("203: REGISTER was refused with 401");
  });
});
