/**
 * The service is killed as a power cut kills: in the middle of a call, between the hang-up and the CRM's note, and while
 * the CRM's answer is on its way. After the restart every call stands in the CRM exactly once.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFailed, test } from "vitest";
import { PEOPLE, PIPELINES } from "../../emulators/amocrm/small-company.ts";
import { type DatabaseServer, postgresUrl, startPostgres } from "../databases/private-server.ts";
import { describeNeeding } from "../needs.ts";
import { type EmulatedPbx, startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { Stage, type StageOptions } from "../stage/stage.ts";

const SALES = "74950003344";
const ANNA = "79001234567";
const NOTES = "/api/v4/leads/notes";

describe("killed and started again", () => describeCrashes(async () => ({})));

describeNeeding("postgres", "killed and started again, on PostgreSQL", () => {
  let server: DatabaseServer | undefined;
  afterAll(() => server?.[Symbol.asyncDispose]());
  describeCrashes(async () => {
    server = await startPostgres();
    return { service: { environment: { DATABASE_URL: postgresUrl(server) } } };
  });
});

function describeCrashes(options: () => Promise<StageOptions>): void {
  let pbx: EmulatedPbx;
  let stage: Stage;

  beforeAll(async () => {
    pbx = await startEmulatedPbx({ pace: 0.05 });
    stage = await Stage.start(pbx, await options());
  });
  beforeEach(() => onTestFailed(() => void process.stdout.write(stage.service.output)));
  afterEach(async () => {
    stage.crm.controls.clearFaults();
    await pbx.hangUpAll();
  });
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]();
  });

  const talks = () => stage.service.output.split(" talking ").length;
  const notes = () =>
    stage.crm.controls.account.notesOf("leads", PEOPLE.anna.lead).filter(({ note_type }) => note_type === "call_in");
  /** A talk that the service knows of. */
  const talk = async () => {
    const known = talks();
    const client = await pbx.clientCalls({ from: ANNA, did: SALES });
    const phone = await (await pbx.phone("201")).waitCall();
    await phone.answer();
    await client.untilTalking();
    await expect.poll(talks).toBe(known + 1);
    return client;
  };
  /** The service has written all that it had, and it was one note more than before, with a sound behind it. */
  const expectOneMore = async (before: number) => {
    await expect.poll(() => notes().length, { timeout: 20_000 }).toBe(before + 1);
    await expect
      .poll(() => String(notes().at(-1)?.params["link"] ?? ""), { timeout: 20_000 })
      .toContain("/recordings/");
    const link = String(notes().at(-1)?.params["link"]);
    const heard = await fetch(link, { headers: { range: "bytes=0-99" } });
    expect([heard.status, heard.headers.get("content-type")]).toEqual([206, "audio/mpeg"]);
    await expect.poll(waiting, { timeout: 20_000 }).toBe(0);
    expect(notes().length).toBe(before + 1);
    expect(stage.crm.controls.invariants()).toMatchObject({ doubledCalls: [], spreadCalls: [], doubledUnsorted: [] });
  };
  const waiting = async () => {
    const figures = await (await fetch(`${stage.serviceUrl}/metrics`)).text();
    return Number(/kommutator_outbox_waiting\{[^}]*\} (\d+)/.exec(figures)?.[1] ?? 0);
  };

  test("in the middle of a call", async () => {
    const before = notes().length;
    const client = await talk();
    await stage.service.kill();
    await stage.restartService();
    await client.hangUp();
    await expectOneMore(before);
  });

  test("in the middle of a call that ends while the service is down", async () => {
    const before = notes().length;
    const client = await talk();
    await stage.service.kill();
    await client.hangUp();
    await client.untilEnded();
    await stage.restartService();
    await expectOneMore(before);
  });

  test("between the hang-up and the note", async () => {
    const before = notes().length;
    stage.crm.controls.addFault({ kind: "503", times: 1000, method: "POST", path: NOTES });
    const client = await talk();
    await client.hangUp();
    await expect.poll(() => stage.crm.controls.requests({ method: "POST", path: NOTES }).length).toBeGreaterThan(0);
    await stage.service.kill();
    stage.crm.controls.clearFaults();
    await stage.restartService();
    await expectOneMore(before);
  });

  test("at the very moment of the hang-up", async () => {
    const before = notes().length;
    const client = await talk();
    await client.hangUp();
    await stage.service.kill();
    await stage.restartService();
    await expectOneMore(before);
  });

  test("when the CRM has written the note and its answer is lost", async () => {
    const before = notes().length;
    stage.crm.controls.clearRequests();
    stage.crm.controls.addFault({ kind: "reset", times: 1, method: "POST", path: NOTES, performed: true });
    const client = await talk();
    await client.hangUp();
    await expect.poll(() => stage.crm.controls.requests({ method: "POST", path: NOTES }).length).toBe(1);
    await stage.service.kill();
    await stage.restartService();
    await expectOneMore(before);
  });

  test("a stranger's missed call: one unsorted lead", async () => {
    const { account } = stage.crm.controls;
    stage.crm.controls.addFault({ kind: "reset", times: 1, path: "/api/v4/leads/unsorted", performed: true });
    const client = await pbx.clientCalls({ from: "79039990011", did: SALES });
    await (await pbx.phone("201")).waitCall();
    await client.hangUp();
    await expect.poll(() => account.unsorted.size).toBe(1);
    await stage.service.kill();
    await stage.restartService();
    await expect.poll(waiting, { timeout: 20_000 }).toBe(0);
    expect([...account.unsorted.values()].map(({ pipeline_id }) => pipeline_id)).toEqual([PIPELINES.sales]);
    expect(stage.crm.controls.invariants()).toMatchObject({ doubledUnsorted: [], doubledCalls: [] });
  });
}
