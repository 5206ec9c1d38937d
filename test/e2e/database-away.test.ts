/** The database server goes away in the middle of a call and comes back after its end: the service lives, and loses nothing. */
import { afterAll, beforeAll, expect, onTestFailed, test } from "vitest";
import { PEOPLE } from "../../emulators/amocrm/small-company.ts";
import { type DatabaseServer, postgresUrl, startPostgres } from "../databases/private-server.ts";
import { describeNeeding } from "../needs.ts";
import { type EmulatedPbx, startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { untilLive } from "../stage/panel-page.ts";
import { Stage } from "../stage/stage.ts";

const MARIA = 504141; // extension 201

describeNeeding(["postgres", "chromium"], "while its database is away", () => {
  let server: DatabaseServer;
  let pbx: EmulatedPbx;
  let stage: Stage;
  beforeAll(async () => {
    server = await startPostgres();
    pbx = await startEmulatedPbx({ pace: 0.05 });
    stage = await Stage.start(pbx, { service: { environment: { DATABASE_URL: postgresUrl(server) } } });
  });
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  test("calls are shown and wait in memory, the lamps tell why, and each is written once when it is there again", async () => {
    onTestFailed(() => void process.stdout.write(stage.service.output));
    const { pid } = stage.service;
    const readiness = async () => (await fetch(`${stage.serviceUrl}/readyz`)).json();
    const figure = async (name: string) => {
      const figures = await (await fetch(`${stage.serviceUrl}/metrics`)).text();
      return Number(new RegExp(`^kommutator_${name}(?:\\{[^}]*\\})? (\\d+)`, "m").exec(figures)?.[1] ?? Number.NaN);
    };
    const notes = () =>
      stage.crm.controls.account.notesOf("leads", PEOPLE.anna.lead).filter(({ note_type }) => note_type === "call_in");

    const page = await stage.openCrm(MARIA, `/leads/detail/${PEOPLE.anna.lead}`);
    const panel = await untilLive(page);
    const client = await pbx.clientCalls({ from: "79001234567", did: "74950003344" });
    const phone = await (await pbx.phone("201")).waitCall();
    await phone.answer();
    await client.untilTalking();
    await server.restart(async () => {
      await client.hangUp();
      await client.untilEnded();
      await expect.poll(readiness).toMatchObject({ waitingFor: ["store"] });
      // So long that even its patience ends: then it is said that calls wait, and tried again.
      await expect.poll(() => figure("journal_failures_total"), { timeout: 40_000 }).toBeGreaterThan(1);
      expect(await figure("store_up")).toBe(0);
      const another = await pbx.clientCalls({ from: "79990001122", did: "74950003344" });
      await panel.getByRole("article", { name: "+7 999 000-11-22" }).waitFor();
      await panel.getByText("Журнал звонков не записывается").waitFor();
      await another.hangUp();
      await another.untilEnded();
    });
    await panel.getByText("Журнал звонков не записывается").waitFor({ state: "detached", timeout: 40_000 });
    await expect.poll(() => notes().length, { timeout: 40_000 }).toBe(1);
    await expect.poll(() => figure("outbox_waiting"), { timeout: 20_000 }).toBe(0);
    await expect.poll(() => String(notes()[0]?.params["link"] ?? ""), { timeout: 20_000 }).toContain("/recordings/");
    expect(await readiness()).toEqual({ state: "ready" });
    expect(await figure("store_up")).toBe(1);
    expect(notes()).toHaveLength(1);
    expect(stage.crm.controls.invariants()).toMatchObject({ doubledCalls: [], spreadCalls: [] });
    expect(stage.service.pid).toBe(pid);
  }, 120_000);
});
