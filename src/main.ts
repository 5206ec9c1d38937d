/**
 * The composition root: builds every part from the settings, joins them, starts them, and ends them in the opposite
 * order. Alone in knowing everybody.
 */
import { fileURLToPath } from "node:url";
import type { AmocrmSettings } from "./amocrm/amocrm.ts";
import { CRM_PATHS } from "./amocrm/paths.ts";
import { RateLimits } from "./amocrm/rate-limits.ts";
import type { CallFinder } from "./api/command-book.ts";
import { readAmiEndpoint } from "./assembly/ami-endpoint.ts";
import { Crm } from "./assembly/crm/crm.ts";
import { crmRoutes } from "./assembly/crm/routes.ts";
import { Live } from "./assembly/live.ts";
import { Phones, type PhonesOptions } from "./assembly/phones.ts";
import { Programs } from "./assembly/programs.ts";
import { Records } from "./assembly/records.ts";
import { Sound } from "./assembly/sound.ts";
import { WatchedStore } from "./assembly/watched-store.ts";
import { changedCalls } from "./calls/journal.ts";
import { type AccountConfig, apiUrlOf, type Config, integrationOf, keyFileOf, redirectUrlOf } from "./config/config.ts";
import { toPolicy } from "./config/policy.ts";
import type { PhoneOutcome } from "./control/command.ts";
import { healthRoutes, type ReadinessCheck } from "./http/health.ts";
import { type PagesOptions, pageRoutes } from "./http/pages.ts";
import { frameAncestors, panelPolicy } from "./http/security-headers.ts";
import { serveHttp } from "./http/server.ts";
import { systemClock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import { MasterKey } from "./lib/master-key.ts";
import { addProcessMetrics, createMetrics } from "./lib/metrics.ts";
import { PanelHub, type PanelHubOptions } from "./panel/hub.ts";
import type { CommandOrder, CommandPort, PanelAccount } from "./panel/ports.ts";
import { sessionRoute } from "./panel/session-route.ts";
import { PanelSessions } from "./panel/sessions.ts";
import { SqlCallJournal } from "./store/call-journal.ts";
import { SqlCommandJournal } from "./store/command-journal.ts";
import type { Database } from "./store/database.ts";
import type { StoreOptions } from "./store/open-store.ts";
import { version } from "./version.ts";

const PAGES = fileURLToPath(new URL("../dist/web/panel/", import.meta.url));

export interface Service extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
  /** Takes a renewed certificate into use. @throws StartError, and the old one stays */
  reloadCertificate(): Promise<void>;
}

/**
 * @param wrapStore see `StoreOptions.wrap`
 * @throws StartError, StoreError, MasterKeyError: each says in one sentence what to do
 */
export async function startService(config: Config, log: Log, wrapStore?: StoreOptions["wrap"]): Promise<Service> {
  await using stack = new AsyncDisposableStack();
  const clock = systemClock;
  const metrics = createMetrics();
  addProcessMetrics(metrics);
  const shared = { clock, log, metrics };

  const masterKey = await readMasterKey(config);
  const store = stack.use(await WatchedStore.open(config.store, shared, wrapStore));
  const { database } = store;
  const pbxOf = (id: string) => find(config.pbx, (pbx) => pbx.id, id);

  const journal = new SqlCallJournal(database, (pbx) => pbxOf(pbx).account);
  const accounts = config.accounts.map((account) => toPanelAccount(config, account));
  const sound = stack.use(
    await Sound.open({
      config,
      accounts,
      pbxOf,
      database,
      journal,
      masterKey,
      ...shared,
      onLate: (account, call, url) => crmOf(account).linkRecording(call, url),
    }),
  );
  const limits = new RateLimits();
  const crms: readonly Crm[] = config.accounts.map(
    (account) =>
      new Crm({
        account,
        policy: toPolicy(account, account.language),
        amocrm: toAmocrmSettings(config, account),
        limit: limits.of(account.amocrm.host, account.amocrm.clientId ?? account.id),
        database,
        masterKey,
        ...shared,
        findCall: (id) => findCall(journal, config, account.id, id),
        recordingUrlOf: (call) => sound.urlOf(call),
        complete: (call) => records.complete(call),
      }),
  );
  const crmOf = (id: string) => find(crms, (crm) => crm.account.id, id);

  const phones = await openPhones(config, crmOf, database, { journal, ...shared });
  const records = await Records.open({
    config,
    phones,
    database,
    journal,
    ...shared,
    onCompleted: async (call) => void (await sound.urlOf(call)),
  });
  const live = new Live({ phones, crms, store, ...shared });
  const sessions = new PanelSessions(clock);
  const commands = commandPort(phones);
  const hub = stack.use(
    new PanelHub({
      accounts,
      sessions,
      live,
      ...crmPorts(crmOf),
      history: journal,
      commands,
      publicUrl: config.http.publicUrl,
      ...shared,
    }),
  );
  introduce({ crms, sound, phones, records }, hub, crmOf);
  const programs = new Programs({ config, version, accounts, crms, sound, live, hub, commands, database, ...shared });

  const checks = [store.check, ...phones.map(toCheck)];
  const server = stack.use(
    await serveHttp({
      ...config.http,
      routes: [
        ...healthRoutes({ metrics, metricsToken: config.http.metricsToken, checks, late: () => programs.late() }),
        ...crmRoutes(crms),
        ...programs.routes,
        ...sound.routes,
        sessionRoute({ accounts, sessions, clock, log }),
        ...pageRoutes({ directory: PAGES, base: "/panel/", policy: panelPolicyFor(config, accounts) }),
      ],
      sockets: [hub],
      ...shared,
    }),
  );

  await startFromInside({ crms, sound, phones, records }, programs, stack);
  return toService(server, stack.move());
}

async function readMasterKey(config: Config): Promise<MasterKey> {
  const { key } = config.secrets;
  return key ? MasterKey.fromHex(key) : await MasterKey.fromFile(keyFileOf(config));
}

function toService(server: Pick<Service, "url" | "reloadCertificate">, running: AsyncDisposableStack): Service {
  return {
    url: server.url,
    reloadCertificate: () => server.reloadCertificate(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** One for each PBX; they connect later. */
function openPhones(
  { pbx, accounts }: Config,
  crmOf: (account: string) => Crm,
  database: Database,
  shared: Pick<PhonesOptions, "journal" | "clock" | "log" | "metrics">,
): Promise<Phones[]> {
  const commandJournal = new SqlCommandJournal(database, (id) => find(pbx, (each) => each.id, id).account);
  return Promise.all(
    pbx.map(async (config) => {
      const account = find(accounts, ({ id }) => id, config.account);
      const clients = crmOf(config.account).directory;
      return new Phones({
        ...shared,
        commandJournal,
        config,
        account,
        clients,
        endpoint: await readAmiEndpoint(config),
      });
    }),
  );
}

/** A call of this account, living or ended. */
async function findCall(journal: SqlCallJournal, { pbx }: Config, account: string, id: string) {
  const call = await journal.find(id);
  return pbx.find((one) => one.id === call?.pbx)?.account === account ? call : undefined;
}

/** What panels ask of the CRM of their account. */
function crmPorts(
  crmOf: (account: string) => Crm,
): Pick<PanelHubOptions, "directory" | "chosen" | "words" | "contacts"> {
  return {
    directory: { findByPhone: (account, phone) => crmOf(account).directory.findByPhone(account, phone) },
    chosen: { choose: (account, ...choice) => crmOf(account).chosen.choose(account, ...choice) },
    words: {
      find: (account, callId) => crmOf(account).findCall(callId),
      nameOf: (account, card) => crmOf(account).nameOf(card),
      saidOf: (account, call) => crmOf(account).saidOf(call),
      say: async (account, ...word) => void (await crmOf(account).say(...word)),
    },
    contacts: { createContact: (account, phone, userId) => crmOf(account).createContact(phone, userId) },
  };
}

interface Parts {
  readonly crms: readonly Crm[];
  readonly sound: Sound;
  readonly phones: readonly Phones[];
  readonly records: Records;
}

/** Who hears of what: panels of a CRM that was switched off, the CRM of calls that have ended. */
function introduce({ crms, phones }: Parts, hub: PanelHub, crmOf: (account: string) => Crm): void {
  for (const { account, amocrm } of crms) {
    amocrm.filler.onWritten(() => hub.clientsChanged(account.id));
    // Without access calls go on, and so do panels; only who was switched off in amoCRM is let go.
    amocrm.connection.onChange((state) => {
      hub.setConnected(account.id, state.state !== "needs-your-hand" || state.reason !== "crm/disabled");
    });
  }
  for (const one of phones) {
    const crm = crmOf(one.config.account);
    one.onHeard.add((calls) => {
      for (const call of calls) crm.callChanged(call);
    });
    one.onKept.add((entries) => {
      if (changedCalls(entries).some(({ endedAt }) => endedAt !== null)) crm.callsChanged();
    });
  }
}

/** Nothing is told before somebody listens; the stack ends them the other way round. */
async function startFromInside(
  { crms, sound, phones, records }: Parts,
  programs: Programs,
  stack: AsyncDisposableStack,
): Promise<void> {
  await programs.start();
  stack.use(programs);
  for (const crm of crms) {
    await crm.start();
    stack.defer(() => crm.stop());
  }
  await sound.start();
  for (const one of phones) {
    await one.start();
    stack.use(one);
  }
  records.start();
  stack.use(records);
}

/** What a settings' schema has checked to be there. */
function find<T>(list: readonly T[], idOf: (item: T) => string, id: string): T {
  const found = list.find((item) => idOf(item) === id);
  if (found === undefined) throw new Error(`nothing has the id ${id}`);
  return found;
}

function toCheck(phones: Phones): ReadinessCheck {
  return { name: `pbx ${phones.config.id}`, isReady: () => phones.sight.state !== "down" };
}

function panelPolicyFor({ http }: Config, accounts: readonly PanelAccount[]): PagesOptions["policy"] {
  const origins = accounts.map(({ crmOrigins }) => crmOrigins);
  return (request) => panelPolicy(http.publicUrl, frameAncestors(request.header("referer"), origins));
}

function toAmocrmSettings(config: Config, account: AccountConfig): AmocrmSettings {
  return {
    ...account.amocrm,
    baseUrl: apiUrlOf(account),
    redirectUrl: redirectUrlOf(config, account),
    integration: integrationOf(account),
    connectUrl: `${config.http.publicUrl}${CRM_PATHS.connect}/${account.id}`,
    secretsUrl: `${config.http.publicUrl}${CRM_PATHS.secrets}/${account.id}`,
    webhookUrl: `${config.http.publicUrl}${CRM_PATHS.webhook}/${account.id}`,
  };
}

function toPanelAccount(config: Config, account: AccountConfig): PanelAccount {
  const { host, baseUrl, accountId } = account.amocrm;
  const keys = integrationOf(account);
  // The pages are https everywhere but on the practice stand, whose API address says so.
  const scheme = baseUrl?.startsWith("http://") ? "http" : "https";
  return {
    account,
    currency: account.currency,
    crmOrigins: [`${scheme}://${host}`],
    integration: keys && { ...keys, redirectUrl: redirectUrlOf(config, account), accountId },
  };
}

function commandPort(phones: readonly Phones[]): CommandPort & CallFinder {
  return {
    run: (order, tell) => runCommand(order, tell, phones),
    callOf: (order) => findCommandedCall(order, phones),
  };
}

/** A command goes to the PBX where its call is; a dial to the one that has the employee's phone; a repeated one to where it went. */
function runCommand(order: CommandOrder, tell: (outcome: PhoneOutcome) => void, all: readonly Phones[]): void {
  const { account, employee, id, command } = order;
  const own = all.filter(({ config }) => config.account === account);
  const [extension = ""] = employee.extensions;
  const chosen =
    own.find(({ desk }) => desk.knows({ by: employee, id })) ??
    (command.kind === "dial"
      ? (own.find((phones) => phones.deviceOf(extension).state !== "unknown") ?? own[0])
      : own.find((phones) => phones.live().some((call) => call.id === command.callId)));
  if (chosen === undefined) {
    tell({ state: "refused", reason: command.kind === "dial" ? "pbx-unreachable" : "no-such-call" });
    return;
  }
  chosen.desk.run({ by: employee, id, command }, tell);
}

/** Of the PBX that the command went to. */
function findCommandedCall(
  { account, employee: by, id }: Pick<CommandOrder, "account" | "employee" | "id">,
  all: readonly Phones[],
): string | null {
  const own = all.filter(({ config }) => config.account === account);
  return own.map(({ desk }) => desk.callOf({ by, id })).find((call) => call !== null) ?? null;
}
