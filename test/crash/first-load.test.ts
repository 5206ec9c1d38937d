// The service is killed while it reads the CRM's clients for the first time: it goes on where it was, and all are there once.
import { fileURLToPath } from "node:url";
import { expect, onTestFailed, test } from "vitest";
import type { AmocrmEmulator } from "../../emulators/amocrm/server.ts";
import { SqlClientIndex } from "../../src/store/client-index.ts";
import { openStore, type StorePlace } from "../../src/store/open-store.ts";
import { describeNeeding } from "../needs.ts";
import { openBigCompany, phoneOf } from "../stage/big-company.ts";
import type { ServiceProcess } from "../stage/service.ts";
import type { DieAt } from "./dying-service.ts";
import { STORES } from "./matrix.ts";

const PROGRAM = fileURLToPath(new URL("./dying-service.ts", import.meta.url));
const CONTACTS = 2_000;
const PAGE = 250;
/** At which boundary of each life it dies: within a page, between two of them, before and after its place was kept. */
const DEATHS = [17, 24, 31, 38, 44];
const LIFE_MS = 60_000;

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
    const everybody = Array.from({ length: CONTACTS }, (_, nth) => phoneOf(nth));
    const found = await Promise.all(everybody.map((phone) => index.findByPhone("main", phone)));
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
      await using company = await openBigCompany({ contacts: CONTACTS, store, program: PROGRAM });
      const { crm, service, place } = company;
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

      const { contacts, companies } = crm.controls.account;
      const pages = askedPages(crm);
      const all = Array.from({ length: Math.ceil(contacts.size / PAGE) }, (_, nth) => nth + 1);
      expect([...new Set(pages)]).toEqual(all);
      expect(pages).toEqual(pages.toSorted((one, other) => one - other));
      expect(pages.length - all.length).toBeLessThanOrEqual(DEATHS.length);
      const clients = contacts.size + companies.size;
      expect(await countRows(place)).toEqual({ unknown: 0, doubled: 0, clients });
    }, 300_000);
  });
}
