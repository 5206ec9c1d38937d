/** The service beside a practice CRM with many clients, and no phones: how its index fills, and follows what changes. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type AmocrmEmulator, startAmocrm } from "../../emulators/amocrm/server.ts";
import { smallCompany } from "../../emulators/amocrm/small-company.ts";
import type { StorePlace } from "../../src/store/open-store.ts";
import { postgresUrl, startPostgres } from "../databases/private-server.ts";
import { freeTcpPort } from "../lab/ports.ts";
import { ServiceProcess, type ServiceProcessOptions } from "./service.ts";

const CLIENT_ID = "00000000-0000-4000-8000-000000000001";

export interface BigCompany extends AsyncDisposable {
  readonly crm: AmocrmEmulator;
  /** Not started. Named "main" is its only account. */
  readonly service: ServiceProcess;
  readonly place: StorePlace;
}

export interface BigCompanyOptions {
  readonly contacts: number;
  readonly store: "sqlite" | "postgres";
  /** See `ServiceProcessOptions`. */
  readonly program?: ServiceProcessOptions["program"];
}

/** The number of the nth contact, from 0. */
export const phoneOf = (nth: number): string => `+7916${String(nth).padStart(7, "0")}`;

export function addContact({ controls }: AmocrmEmulator, nth: number): void {
  controls.createEntity("contacts", {
    name: `Клиент ${nth}`,
    custom_fields_values: [{ field_code: "PHONE", values: [{ value: phoneOf(nth) }] }],
  });
}

export async function openBigCompany({ contacts, store, program }: BigCompanyOptions): Promise<BigCompany> {
  await using stack = new AsyncDisposableStack();
  const crm = stack.use(await startAmocrm({ port: 0, seed: smallCompany() }));
  crm.controls.registerIntegration({ client_id: CLIENT_ID, redirect_uri: "http://127.0.0.1:9/amocrm/oauth" });
  for (let nth = 0; nth < contacts; nth++) addContact(crm, nth);
  const databaseUrl = store === "postgres" ? postgresUrl(stack.use(await startPostgres())) : null;
  const directory = await mkdtemp(join(tmpdir(), "kommutator-big-company-"));
  stack.defer(() => rm(directory, { recursive: true, force: true }));
  const place = { path: join(directory, "kommutator.db"), databaseUrl };
  const configFile = join(directory, "kommutator.yaml");
  await writeFile(configFile, stringify(await settings(crm, place.path)));
  const environment = databaseUrl === null ? {} : { DATABASE_URL: databaseUrl };
  const service = stack.use(new ServiceProcess(configFile, { environment, ...(program && { program }) }));
  const ended = stack.move();
  return { crm, service, place, [Symbol.asyncDispose]: () => ended.disposeAsync() };
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
