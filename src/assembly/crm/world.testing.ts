/** The CRM half of the service beside a practice stand of amoCRM, for tests and soaks. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startClock } from "../../../emulators/amocrm/clock.ts";
import { type AmocrmEmulator, type AmocrmOptions, startAmocrm } from "../../../emulators/amocrm/server.ts";
import { PIPELINES, smallCompany } from "../../../emulators/amocrm/small-company.ts";
import type { AmocrmSettings } from "../../amocrm/amocrm.ts";
import { CRM_PATHS } from "../../amocrm/paths.ts";
import { type Pace, RateLimit } from "../../amocrm/rate-limit.ts";
import type { Call } from "../../calls/call.ts";
import type { JournalEntry } from "../../calls/journal.ts";
import { callWith } from "../../calls/testing/call.ts";
import { accountWith, employeeAt } from "../../directory/account.testing.ts";
import type { Account } from "../../directory/directory.ts";
import { createLog } from "../../lib/log.ts";
import { MasterKey } from "../../lib/master-key.ts";
import type { Route } from "../../lib/route.ts";
import { defaultPolicy } from "../../rules/default-rules.ts";
import type { Policy } from "../../rules/rule.ts";
import { SqlCallJournal } from "../../store/call-journal.ts";
import type { Database } from "../../store/database.ts";
import { openSqlite } from "../../store/sqlite.ts";
import { Crm } from "./crm.ts";
import { crmRoutes } from "./routes.ts";

export const CLIENT_ID = "00000000-0000-4000-8000-000000000001";
export const STRANGER = "89169990000";
/** Webhooks sent there are lost. */
export const NOWHERE = "http://127.0.0.1:9/none";

export const usualAccount = accountWith({
  employees: [employeeAt("201", { name: "Анна", userId: 504141 }), employeeAt("210", { name: "Склад", userId: null })],
  lines: [{ did: "3345", label: null, pipelineId: PIPELINES.service }],
});

let nextCall = 0;
export const endedCall = (client: string | null, changes: Partial<Call> = {}): Call =>
  callWith({
    id: `call-${++nextCall}`,
    pbx: "main",
    linkedids: [`linked-${nextCall}`],
    direction: "inbound",
    client,
    did: "3345",
    startedAt: 1_751_600_000_000 + nextCall * 60_000,
    answeredAt: 1_751_600_003_000 + nextCall * 60_000,
    endedAt: 1_751_600_043_000 + nextCall * 60_000,
    disposition: "answered",
    ringSeconds: 3,
    talkSeconds: 40,
    endedBy: "client",
    employees: [{ extension: "201", result: "answered", ringSeconds: 3, talkSeconds: 40 }],
    ...changes,
  });

export const missed: Partial<Call> = {
  disposition: "missed",
  talkSeconds: 0,
  answeredAt: null,
  employees: [{ extension: "201", result: "missed", ringSeconds: 20, talkSeconds: 0 }],
};

/** The service's address for amoCRM, with the routes that are handed to it. */
async function serve(routes: () => readonly Route[], stack: AsyncDisposableStack): Promise<string> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://service");
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    for (const route of routes()) {
      const pattern = new RegExp(`^${route.path.replace(/:(\w+)/g, "(?<$1>[^/]+)")}$`);
      const match = pattern.exec(url.pathname);
      if (!match || route.method !== request.method) continue;
      const answer = await route.handle({
        params: match.groups ?? {},
        query: url.searchParams,
        header: () => undefined,
        body: Buffer.concat(chunks).toString(),
        ip: "127.0.0.1",
      });
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body as string | undefined);
      return;
    }
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export interface WorldOptions {
  /** What the stand holds, and where else it answers; default: the small company. */
  readonly stand?: Pick<AmocrmOptions, "seed" | "alsoAt">;
  /** The machine's clock, epoch ms; default: its real one. */
  readonly now?: () => number;
  /** Default: so fast that nobody waits. */
  readonly pace?: Pace;
  readonly policy?: Policy;
  readonly settings?: Partial<AmocrmSettings>;
  /** Default: 20 ms, for what the stand does it does at once. */
  readonly doubtSettlesMs?: number;
  /** Default: an SQLite in memory. */
  readonly openDatabase?: () => Promise<Database>;
  /** Where a call's recording is heard; null: not yet. Default: each has one at once. */
  readonly recordingUrlOf?: (call: Call) => Promise<string | null>;
  /** false: nobody has given access yet. */
  readonly connect?: boolean;
}

export type World = Awaited<ReturnType<typeof openWorld>>;

/** @param stack ends it all */
export async function openWorld(
  stack: AsyncDisposableStack,
  {
    settings = {},
    policy = defaultPolicy("ru"),
    pace = { perSecond: 5_000, apartMs: 0 },
    doubtSettlesMs = 20,
    openDatabase = () => openSqlite(":memory:"),
    recordingUrlOf = async (call) => `https://pbx.example.org/recordings/${call.id}`,
    connect = true,
    now,
    stand: standOptions = { seed: smallCompany() },
  }: WorldOptions = {},
) {
  const clock = startClock(now);
  const stand = stack.use(await startAmocrm({ port: 0, clock, ...standOptions }));
  const crms: Crm[] = [];
  const publicUrl = await serve(() => crmRoutes(crms), stack);
  const redirectUrl = publicUrl + CRM_PATHS.oauthReturn;
  const { client_secret: clientSecret } = stand.controls.registerIntegration({
    client_id: CLIENT_ID,
    redirect_uri: redirectUrl,
    disabling_hook: publicUrl + CRM_PATHS.disabled,
  });
  const database = await openDatabase();
  const limit = new RateLimit(pace);
  const masterKey = MasterKey.fromHex("ab".repeat(32));
  const makeCrm = (changes: Partial<AmocrmSettings> = {}, account: Account = usualAccount) =>
    new Crm({
      account,
      policy,
      limit,
      database,
      masterKey,
      clock,
      random: () => 0,
      doubtSettlesMs,
      log: createLog({ level: "error", format: "text" }, { write() {} }),
      findCall: async (id) => {
        const call = await new SqlCallJournal(database, (pbx) => pbx).find(id);
        return call?.pbx === account.id ? call : undefined;
      },
      recordingUrlOf,
      amocrm: {
        host: stand.host,
        baseUrl: stand.url,
        accountId: null,
        integration: { clientId: CLIENT_ID, clientSecret },
        connectUrl: `${publicUrl}${CRM_PATHS.connect}/${account.id}`,
        secretsUrl: `${publicUrl}${CRM_PATHS.secrets}/${account.id}`,
        redirectUrl,
        longLivedToken: null,
        webhookUrl: `${publicUrl}${CRM_PATHS.webhook}/${account.id}`,
        silenceMs: () => 20,
        ...settings,
        ...changes,
      },
    });
  const start = async (crm = makeCrm()) => {
    const before = crms.findIndex(({ account }) => account.id === crm.account.id);
    crms.splice(Math.max(before, 0), before < 0 ? 0 : 1, crm);
    await crm.start();
    stack.defer(() => crm.stop());
    return crm;
  };
  stack.defer(() => database.destroy());
  stand.controls.setOptions({ perIntegration: 0, perAccount: 0 });
  const crm = await start();
  if (connect) {
    await giveAccess(stand, redirectUrl);
    await untilIndexed(crm);
  }
  return { stand, crm, database, start, makeCrm, redirectUrl, publicUrl, clock };
}

export async function giveAccess(
  { controls }: Pick<AmocrmEmulator, "controls">,
  redirectUrl: string,
): Promise<Response> {
  const code = controls.issueCode(CLIENT_ID);
  const { host } = new URL(controls.account.url);
  return fetch(`${redirectUrl}?code=${code}&referer=${host}&platform=1&from_widget=1`);
}

/**
 * Looks again and again: the fact is in another part of this process.
 * @param everyMs rarely, where looking takes the time that what is looked for needs
 */
export async function until(isTrue: () => Promise<boolean> | boolean, everyMs = 5): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, everyMs));
}
export const untilIndexed = (crm: Crm) => until(() => crm.amocrm.filler.state.ready);

/** Makes a contact in the CRM for each number, and waits until the index knows all of them. */
export async function makeContacts({ crm, stand }: World, phones: readonly string[]): Promise<void> {
  for (const phone of phones) {
    stand.controls.createEntity("contacts", {
      name: phone,
      custom_fields_values: [{ field_code: "PHONE", values: [{ value: phone }] }],
    });
  }
  for (const phone of phones) await until(async () => (await crm.directory.findByPhone("main", phone)).length === 1);
}

/** The calls are in the journal; nobody has been told. A call's account is called as its PBX is. */
export function record(database: Database, ...calls: readonly Call[]): Promise<void> {
  return new SqlCallJournal(database, (pbx) => pbx).append(
    calls.map(
      (call): JournalEntry => ({
        event: {
          type: "call-ended",
          callId: call.id,
          at: call.endedAt ?? 0,
          disposition: call.disposition ?? "failed",
          endedBy: null,
          partial: false,
        },
        call,
      }),
    ),
  );
}

/** The calls end, and everything that follows from it has happened. */
export async function end(crm: Crm, database: Database, ...calls: readonly Call[]): Promise<void> {
  await record(database, ...calls);
  crm.callsChanged();
  const ids = new Set(calls.map(({ id }) => id));
  await until(async () => {
    const settled = await crm.outbox.list(["done", "quarantined", "discarded", "skipped"], 1000);
    return new Set(settled.map(({ callId }) => callId).filter((id) => id !== null && ids.has(id))).size === ids.size;
  });
}

/** Nothing waits any more. */
export const settled = (crm: Crm) => until(async () => (await crm.outbox.summary()).waiting === 0);

export const notesOf = (
  stand: Pick<AmocrmEmulator, "controls">,
  type: "leads" | "contacts" | "companies",
  id: number,
) => stand.controls.account.notesOf(type, id).filter(({ note_type }) => note_type.startsWith("call_"));
export const unsortedOf = (stand: Pick<AmocrmEmulator, "controls">) => [...stand.controls.account.unsorted.values()];
export const noDoubles = { doubledCalls: [], spreadCalls: [], doubledUnsorted: [], uncountedCalls: [] };
