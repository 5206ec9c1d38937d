/** MikoPBX's REST interface as the emulator speaks it (docs/protocols/mikopbx.md#call-records). */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type PbxEmulator, startPbx } from "../../emulators/pbx/pbx.ts";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { TEST_CERTIFICATE, TEST_FINGERPRINT, TEST_KEY } from "../ami/testing/certificate.ts";
import type { CdrRow } from "./cdr-row.ts";
import { LocalTime } from "./local-time.ts";
import { MikopbxCdrSource } from "./mikopbx-source.ts";
import { PbxHttp } from "./pbx-http.ts";

const ZONE = "Asia/Kathmandu";
const KEY = "practice-key";

let pbx: PbxEmulator;
let source: MikopbxCdrSource;
let now = 0;

function sourceWith(apiKey: string): MikopbxCdrSource {
  const http = new PbxHttp({
    url: `http://127.0.0.1:${pbx.restPort}`,
    apiKey,
    ca: undefined,
    fingerprint256: undefined,
  });
  return new MikopbxCdrSource({
    http,
    time: new LocalTime(ZONE),
    lateMs: 0,
    now: () => now || Date.now(),
    random: () => 0,
  });
}

beforeEach(async () => {
  now = 0;
  const monitorDir = temporaryFolder();
  const rest = { apiKey: KEY, timeZone: ZONE, settleMs: 0 };
  pbx = await startPbx({ style: "mikopbx", monitorDir, httpPort: null, pace: 0.02, rest });
  source = sourceWith(KEY);
});
afterEach(async () => {
  await source[Symbol.asyncDispose]();
  await pbx[Symbol.asyncDispose]();
});

/** A client calls 201, who answers; the client hangs up. */
async function call(from: string): Promise<void> {
  const before = pbx.callRecords.length;
  const id = pbx.clientCalls({ from, did: "74950003344" });
  await pbx.waitFor(({ phones }) => phones.some(({ calls }) => calls.some(({ state }) => state === "ringing")));
  pbx.phone("201").answer();
  await pbx.waitFor(({ outside }) => outside.some((each) => each.id === id && each.state === "talking"));
  pbx.clientHangsUp(id);
  await expect.poll(() => pbx.callRecords.length).toBeGreaterThan(before);
}

async function drain(from: string): Promise<{ rows: CdrRow[]; next: string }> {
  const rows: CdrRow[] = [];
  let next = from;
  for (let more = true; more; ) {
    const page = await source.read(next);
    rows.push(...page.rows);
    ({ next, more } = page);
  }
  return { rows, next };
}

describe("MikoPBX's call records", () => {
  test("are read from where they ended; a record is read whole, in the PBX's zone", async () => {
    await call("79000000001");
    const end = await source.end();
    await call("79000000002");
    const { rows, next } = await drain(end);
    const kept = pbx.callRecords.at(-1);
    expect(rows).toEqual([
      {
        mark: expect.stringMatching(/^1:/),
        uniqueid: kept?.uniqueid.replace(/_.*/, ""),
        linkedid: kept?.linkedid,
        startedAt: kept?.start,
        answeredAt: kept?.answer,
        endedAt: kept?.end,
        from: "79000000002",
        to: "201",
        channel: expect.stringMatching(/^PJSIP\/SIP-TRUNK-/),
        dstChannel: expect.stringMatching(/^PJSIP\/201-/),
        outcome: "answered",
        did: "74950003344",
        queue: null,
        recording: kept?.recordingFile,
        attempt: null,
        isApp: false,
      },
    ]);
    expect((await drain(next)).rows).toEqual([]);
    expect((await drain(rows[0]?.mark ?? "")).rows).toEqual(rows);
  });

  test("of more than a page are read whole, each once", async () => {
    await call("79000000001");
    const [one] = pbx.callRecords;
    if (one === undefined) throw new Error("no record");
    for (let id = 2; id <= 450; id++) (pbx.callRecords as unknown[]).push({ ...one, id });
    const { rows } = await drain(`0:${one.start}`);
    expect(rows).toHaveLength(450);
  });

  test("older than 30 days are met, though the PBX hides them from whoever names no date", async () => {
    await call("79000000001");
    const [one] = pbx.callRecords;
    if (one === undefined) throw new Error("no record");
    const longAgo = one.start - 60 * 86_400_000;
    (pbx.callRecords as unknown[]).unshift({ ...one, id: 0, start: longAgo, answer: longAgo, end: longAgo });
    const { rows } = await drain(`-1:${longAgo}`);
    expect(rows.map(({ startedAt }) => startedAt)).toEqual([longAgo, one.start]);
  });

  test("of one call can be read again", async () => {
    await call("79000000001");
    const { rows } = await drain(`0:${String(Date.now())}`);
    await call("79000000002");
    expect(await source.again(rows[0]?.linkedid ?? "", rows[0]?.startedAt ?? 0)).toEqual(rows);
  });

  test("are asked for again while the PBX is too busy, and given up after a while", async () => {
    await call("79000000001");
    pbx.misbehaveRest("busy", "busy");
    expect((await drain(`0:${String(Date.now())}`)).rows).toHaveLength(1);
    pbx.misbehaveRest("busy", "busy", "busy", "busy", "busy");
    await expect(source.read("0:0")).rejects.toMatchObject({ code: "cdr/overloaded" });
  }, 20_000);

  test("that are refused, or are none, are told apart", async () => {
    pbx.misbehaveRest("refused", "html");
    await expect(source.read("0:0")).rejects.toMatchObject({ code: "cdr/refused" });
    await expect(source.read("0:0")).rejects.toMatchObject({ code: "cdr/unreadable" });
    await using stranger = sourceWith("guessed");
    const refusal = await stranger.read("0:0").catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "cdr/unauthorised" });
    expect(String(refusal)).not.toContain("guessed");
  });
});

describe("over TLS", () => {
  const list = JSON.stringify({ result: true, data: { records: [], pagination: { hasMore: false } }, messages: [] });
  const server = createServer({ cert: TEST_CERTIFICATE, key: TEST_KEY }, (_, response) => response.end(list));
  const open = (over: { ca?: string; fingerprint256?: string }) =>
    new PbxHttp({
      url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      apiKey: KEY,
      ca: over.ca,
      fingerprint256: over.fingerprint256,
    });
  beforeEach(() => new Promise<void>((done) => void server.listen(0, "127.0.0.1", done)));
  afterEach(() => new Promise<void>((done) => void server.close(() => done())));

  test("a certificate that nobody vouches for is refused, and the pinned one alone is believed", async () => {
    await using unknown = open({});
    await expect(unknown.get("/", {})).rejects.toMatchObject({ code: "cdr/untrusted" });
    await using pinned = open({ fingerprint256: TEST_FINGERPRINT });
    expect(await pinned.get("/", {})).toMatchObject({ status: 200 });
    await using other = open({ fingerprint256: TEST_FINGERPRINT.replace(/^../, "00") });
    await expect(other.get("/", {})).rejects.toMatchObject({ code: "cdr/untrusted" });
  });
});
