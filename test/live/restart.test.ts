/** What is known of calls outlives the service: it is stopped, and another one starts on the same store. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readAmiEndpoint } from "../../src/assembly/ami-endpoint.ts";
import { Phones } from "../../src/assembly/phones.ts";
import { type Config, parseConfig } from "../../src/config/config.ts";
import type { PhoneCommand, PhoneOutcome } from "../../src/control/command.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { createLog } from "../../src/lib/log.ts";
import { createMetrics } from "../../src/lib/metrics.ts";
import { SqlCallJournal } from "../../src/store/call-journal.ts";
import { SqlCommandJournal } from "../../src/store/command-journal.ts";
import type { Database } from "../../src/store/database.ts";
import { openStore } from "../../src/store/open-store.ts";
import { type EmulatedPbx, startEmulatedPbx } from "../stage/emulated-pbx.ts";

const CLIENT = "79001234567";

describe("after a restart", () => {
  let pbx: EmulatedPbx;
  let database: Database;
  let config: Config;
  let logged: string[];

  beforeAll(async () => {
    pbx = await startEmulatedPbx({ pace: 0.05 });
    database = await openStore({ path: ":memory:", databaseUrl: null });
    const { host, port, username, secret } = pbx.ami;
    config = parseConfig(
      `
http: { publicUrl: "http://127.0.0.1:1" }
accounts:
  - amocrm: { host: example.amocrm.ru, clientId: "1", clientSecret: secret }
    employees:
      - { name: Анна, userId: 1, extensions: ["201"] }
      - { name: Борис, userId: 2, extensions: ["202"] }
pbx:
  - account: main
    profile: mikopbx
    ami: { host: "${host}", port: ${port}, username: "${username}", secret: "${secret}" }
`,
      "test",
      {},
    );
  });

  afterAll(async () => {
    await database?.destroy();
    await pbx?.[Symbol.asyncDispose]();
  });

  async function startPhones(): Promise<Phones> {
    logged = [];
    const [account] = config.accounts;
    const [one] = config.pbx;
    if (account === undefined || one === undefined) throw new Error("no PBX in the settings");
    const phones = new Phones({
      config: one,
      endpoint: await readAmiEndpoint(one),
      account,
      journal: new SqlCallJournal(database, () => account.id),
      commandJournal: new SqlCommandJournal(database, () => account.id),
      clients: { findByPhone: async () => [] },
      clock: systemClock,
      log: createLog({ level: "info", format: "json" }, { write: (line) => void logged.push(line) }),
      metrics: createMetrics(),
    });
    await phones.start();
    await expect.poll(() => phones.abilities.handOver && phones.sight.state, { timeout: 10_000 }).toBe("up");
    return phones;
  }

  function run(phones: Phones, extension: string, command: PhoneCommand): PhoneOutcome[] {
    const by = config.accounts[0]?.employees.find(({ extensions }) => extensions.includes(extension));
    if (by === undefined) throw new Error(`nobody at ${extension}`);
    const outcomes: PhoneOutcome[] = [];
    phones.desk.run({ by, id: crypto.randomUUID(), command }, (outcome) => outcomes.push(outcome));
    return outcomes;
  }

  const cardOf = (phones: Phones, extension: string) =>
    phones.live().flatMap(({ cards }) => cards.filter((card) => card.extension === extension))[0];

  test("a live call is no news, its hand-over note is there, and who talked just now is known", async () => {
    const [annas, boriss] = await Promise.all([pbx.phone("201"), pbx.phone("202")]);
    let callId = "";
    {
      await using before = await startPhones();
      const client = await pbx.clientCalls({ from: CLIENT, did: "74950003344" });
      const mine = await annas.waitCall();
      await mine.answer();
      await mine.untilHears(client);
      await expect.poll(() => cardOf(before, "201")?.state, { timeout: 10_000 }).toBe("talking");
      const card = cardOf(before, "201");
      if (card === undefined) throw new Error("no card");
      callId = card.callId;
      run(before, "201", { kind: "attended-transfer", callId, legId: card.legId, to: "202", note: "о счёте" });
      await boriss.waitCall();
      await expect.poll(() => cardOf(before, "201")?.state, { timeout: 10_000 }).toBe("consult-calling");
      await expect.poll(() => before.desk.notes.noteOf(callId)?.text).toBe("о счёте");
    }
    {
      await using after = await startPhones();
      expect(after.desk.notes.noteOf(callId)).toEqual({ to: "202", by: "201", text: "о счёте" });
      await pbx.hangUpAll();
      await expect.poll(() => after.live().length, { timeout: 10_000 }).toBe(0);
      await after.kept();
      const told = logged.map((line) => (JSON.parse(line) as { msg: string }).msg);
      expect(told).toContain("ended");
      expect(told).not.toContain("talking");
    }
    await using later = await startPhones();
    expect(run(later, "202", { kind: "dial", number: CLIENT })).toMatchObject([
      { state: "warned", collision: { state: "talked", extension: "201" } },
    ]);
  });
});
