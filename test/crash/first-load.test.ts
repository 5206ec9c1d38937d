// The service is killed while it reads the CRM's clients for the first time: it goes on where it was, and all are there once.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFailed, test } from "vitest";
import { stringify } from "yaml";
import { type AmocrmEmulator, startAmocrm } from "../../emulators/amocrm/server.ts";
import { smallCompany } from "../../emulators/amocrm/small-company.ts";
import { SqlClientIndex } from "../../src/store/client-index.ts";
import { openStore, type StorePlace } from "../../src/store/open-store.ts";
import { postgresUrl, startPostgres } from "../databases/private-server.ts";
import { freeTcpPort } from "../lab/ports.ts";
import { describeNeeding } from "../needs.ts";
import { ServiceProcess } from "../stage/service.ts";
import type { DieAt } from "./dying-service.ts";
import { STORES } from "./matrix.ts";

const PROGRAM = fileURLToPath(new URL("./dying-service.ts", import.meta.url));
const CLIENT_ID = "00000000-0000-4000-8000-000000000001";
const CONTACTS = 2_000;
const PAGE = 250;
/** At which boundary of each life it dies: within a page, between two of them, before and after its place was kept. */
const DEATHS = [17, 24, 31, 38, 44];
const LIFE_MS = 60_000;

const phoneOf = (nth: number) => `+7916${String(nth).padStart(7, "0")}`;

async function startBigCompany(): Promise<AmocrmEmulator> {
  const crm = await startAmocrm({ port: 0, seed: smallCompany() });
  crm.controls.registerIntegration({ client_id: CLIENT_ID, redirect_uri: "http://127.0.0.1:9/amocrm/oauth" });
  for (let nth = 0; nth < CONTACTS; nth++) {
    crm.controls.createEntity("contacts", {
      name: `Клиент ${nth}`,
      custom_fields_values: [{ field_code: "PHONE", values: [{ value: phoneOf(nth) }] }],
    });
  }
  return crm;
}

async function settings({ host, url, controls }: AmocrmEmulator, store: string): Promise<object> {
  const port = await freeTcpPort();
  const amocrm = {
    host,
    baseUrl: url,
    clientId: CLIENT_ID,
    clientSecret: controls.integration(CLIENT_ID).client_secret,
    longLivedToken: controls.issueLongLivedToken(CLIENT_ID),
  };
  return {
    http: { host: "127.0.0.1", port, publicUrl: `http://127.0.0.1:${port}` },
    store: { path: store },
    accounts: [{ amocrm }],
    // It is away: clients are read whether or not anybody can call.
    pbx: [{ profile: "mikopbx", ami: { host: "127.0.0.1", port: 9, username: "kommutator", secret: "secret" } }],
  };
}

/** Pages of contacts that were asked for in the first load, in their order. */
const askedPages = ({ controls }: AmocrmEmulator): number[] =>
  controls
    .requests({ path: "/api/v4/contacts" })
    .map(({ query }) => new URLSearchParams(query))
    .filter((query) => query.has("order[id]"))
    .map((query) => Number(query.get("page")));

async function died(service: ServiceProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  using _ = service.died.add(() => resolve());
  const timer = setTimeout(() => reject(new Error("the service lives on")), LIFE_MS);
  await promise.finally(() => clearTimeout(timer));
}

async function countRows(place: StorePlace) {
  const database = await openStore(place);
  try {
    const index = new SqlClientIndex(database, () => "RU");
    const phones = await database.selectFrom("client_phone").select(["kind", "client_id", "national"]).execute();
    const found = await Promise.all(
      Array.from({ length: CONTACTS }, (_, nth) => index.findByPhone("main", phoneOf(nth))),
    );
    return {
      unknown: found.filter(({ length }) => length === 0).length,
      doubled: phones.length - new Set(phones.map((phone) => JSON.stringify(Object.values(phone)))).size,
      clients: (await database.selectFrom("client").select("id").execute()).length,
    };
  } finally {
    await database.destroy();
  }
}

for (const store of STORES) {
  describeNeeding(store === "postgres" ? store : [], `killed in the first load of the index, on ${store}`, () => {
    test("it goes on at its page, and has every client once", async () => {
      await using stack = new AsyncDisposableStack();
      const databaseUrl = store === "postgres" ? postgresUrl(stack.use(await startPostgres())) : null;
      const crm = stack.use(await startBigCompany());
      const directory = await mkdtemp(join(tmpdir(), "kommutator-first-load-"));
      stack.defer(() => rm(directory, { recursive: true, force: true }));
      const place: StorePlace = { path: join(directory, "kommutator.db"), databaseUrl };
      const configFile = join(directory, "kommutator.yaml");
      await writeFile(configFile, stringify(await settings(crm, place.path)));
      const environment = databaseUrl === null ? {} : { DATABASE_URL: databaseUrl };
      const service = stack.use(new ServiceProcess(configFile, { program: PROGRAM, environment }));
      onTestFailed(() => void process.stdout.write(service.output));

      for (const boundary of DEATHS) {
        await service.start();
        const end = died(service);
        service.tell({ boundary } satisfies DieAt);
        await end;
      }
      // They have died in it, and not before or after.
      expect(askedPages(crm).length).toBeGreaterThan(2);
      expect(service.output).not.toContain("first load of the index finished part=contacts");
      await service.start();
      const isLoaded = () => service.output.includes("first load of the index finished part=leads");
      await expect.poll(isLoaded, { timeout: LIFE_MS }).toBe(true);

      const pages = askedPages(crm);
      const repeated = pages.filter((page, at) => page === pages[at - 1]).length;
      expect([...new Set(pages)]).toEqual(
        Array.from({ length: Math.ceil(crm.controls.account.contacts.size / PAGE) }, (_, nth) => nth + 1),
      );
      expect(pages).toEqual(pages.toSorted((one, other) => one - other));
      expect(repeated).toBeLessThanOrEqual(DEATHS.length);
      expect(await countRows(place)).toEqual({
        unknown: 0,
        doubled: 0,
        clients: crm.controls.account.contacts.size + crm.controls.account.companies.size,
      });
    }, 300_000);
  });
}
