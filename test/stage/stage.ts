/**
 * The whole product around a company's phones: the service, the practice CRM with the real widget archive, and browsers
 * in which employees work. Used by the end-to-end tests and by the demo.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { stringify } from "yaml";
import { type AmocrmEmulator, startAmocrm } from "../../emulators/amocrm/server.ts";
import { EXTENSIONS, PIPELINES, smallCompany } from "../../emulators/amocrm/small-company.ts";
import { buildWidgetArchive } from "../../src/widget/archive.ts";
import { freeTcpPort } from "../lab/ports.ts";
import { startBrowser } from "./browser.ts";
import type { TestPbx } from "./pbx.ts";
import { ServiceProcess, type ServiceProcessOptions } from "./service.ts";

const CLIENT_ID = "00000000-0000-4000-8000-000000000001";
const CLIENT_SECRET = "practice-secret";

const PARTS = ["contacts", "companies", "leads"];
/** Some seconds, but for a machine that is busy with much else. */
const CONNECTED_WITHIN_MS = 60_000;

export interface StageOptions {
  readonly language?: "ru" | "en";
  /** Ports of the service and of the CRM; any free ones when absent. */
  readonly port?: number;
  readonly crmPort?: number;
  readonly service?: ServiceProcessOptions;
  /** `pbx[].records` of the settings; none when absent. */
  readonly records?: object;
  /** `pbx[].recordings` in place of the PBX's own directory. */
  readonly recordings?: object;
  /** Further settings of the account, and of `http`. */
  readonly account?: object;
  readonly http?: object;
}

export class Stage implements AsyncDisposable {
  readonly pbx: TestPbx;
  readonly crm: AmocrmEmulator;
  readonly service: ServiceProcess;
  readonly serviceUrl: string;
  /** File of its embedded store. */
  readonly storePath: string;
  readonly #stack: AsyncDisposableStack;
  #browser: Promise<Browser> | undefined;

  private constructor(
    pbx: TestPbx,
    crm: AmocrmEmulator,
    service: ServiceProcess,
    serviceUrl: string,
    storePath: string,
    stack: AsyncDisposableStack,
  ) {
    this.pbx = pbx;
    this.crm = crm;
    this.service = service;
    this.serviceUrl = serviceUrl;
    this.storePath = storePath;
    this.#stack = stack;
  }

  /** Starts everything and connects it; ready when the service knows the CRM's clients and sees the PBX. */
  static async start(pbx: TestPbx, options: StageOptions = {}): Promise<Stage> {
    await using stack = new AsyncDisposableStack();
    stack.use(pbx);
    const { language = "ru" } = options;
    const directory = await mkdtemp(join(tmpdir(), "kommutator-stage-"));
    stack.defer(() => rm(directory, { recursive: true, force: true }));
    const crm = stack.use(await startAmocrm({ port: options.crmPort ?? 0, seed: smallCompany(language) }));
    const port = options.port ?? (await freeTcpPort());
    const serviceUrl = `http://127.0.0.1:${port}`;
    crm.controls.registerIntegration({
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      redirect_uri: `${serviceUrl}/amocrm/oauth`,
      disabling_hook: `${serviceUrl}/amocrm/disabled`,
      name: "Kommutator",
    });
    const configFile = join(directory, "kommutator.yaml");
    const storePath = join(directory, "kommutator.db");
    await writeFile(configFile, stringify(settings(pbx, crm, port, storePath, options)));
    const service = stack.use(new ServiceProcess(configFile, options.service));
    await service.start();
    const widget = await buildWidgetArchive({ serviceUrl, version: "1.0.0" });
    crm.controls.uploadWidget(widget, CLIENT_ID, { settings: { pbx_users: EXTENSIONS } });
    crm.controls.fireInstallHook(CLIENT_ID);
    await crm.controls.settled();
    const stage = new Stage(pbx, crm, service, serviceUrl, storePath, stack.move());
    await stage.#untilConnected();
    return stage;
  }

  /** The CRM as this user sees it; each call is another browser of its own. */
  async openCrm(
    userId: number,
    path: string,
    view: { width?: number; height?: number; language?: "ru" | "en" } = {},
  ): Promise<Page> {
    this.#browser ??= startBrowser().then((browser) => this.#stack.use(browser));
    const browser = await this.#browser;
    const context: BrowserContext = await browser.newContext({
      viewport: { width: view.width ?? 1280, height: view.height ?? 800 },
      reducedMotion: "reduce",
    });
    // Below a test's own limit, so that it says what it waited for.
    context.setDefaultTimeout(10_000);
    if (view.language) this.crm.controls.setLanguage(userId, view.language);
    const { hostname } = new URL(this.crm.url);
    await context.addCookies([
      { name: sessionCookieName(this.crm), value: this.crm.controls.signIn(userId), domain: hostname, path: "/" },
    ]);
    const page = await context.newPage();
    await page.goto(`${this.crm.url}${path}`);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  /** Starts the killed service again, and waits until it sees the PBX. */
  async restartService(): Promise<void> {
    await this.service.start();
    await this.#untilConnected();
  }

  async #untilConnected(): Promise<void> {
    const figures = async () => (await fetch(`${this.serviceUrl}/metrics`)).text();
    const isWhole = (text: string) =>
      /kommutator_pbx_up\{[^}]*\} 1/.test(text) &&
      /kommutator_crm_connected\{[^}]*\} 1/.test(text) &&
      PARTS.every((part) => this.service.output.includes(`first load of the index finished part=${part}`));
    for (const end = Date.now() + CONNECTED_WITHIN_MS; !isWhole(await figures()); ) {
      if (Date.now() > end) throw new Error(`the service did not connect:\n${this.service.output}\n${await figures()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The CRM's session cookie; its name carries the port because cookies do not tell ports apart. */
function sessionCookieName(crm: AmocrmEmulator): string {
  return `stand_session_${new URL(crm.url).port}`;
}

function settings(
  pbx: TestPbx,
  crm: AmocrmEmulator,
  port: number,
  storePath: string,
  { language = "ru", records, recordings, account, http }: StageOptions,
): object {
  const { controls, host, url } = crm;
  return {
    http: { host: "127.0.0.1", port, publicUrl: `http://127.0.0.1:${port}`, ...http },
    store: { path: storePath },
    accounts: [
      {
        language,
        amocrm: { host, baseUrl: url, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET },
        employees: Object.entries(EXTENSIONS).map(([userId, extension]) => ({
          name: controls.account.users.get(Number(userId))?.name,
          department: "Отдел продаж",
          userId: Number(userId),
          extensions: [extension],
        })),
        lines: [
          { did: "74950003344", label: "Отдел продаж", pipelineId: PIPELINES.sales },
          { did: "74950003345", label: "Сервис", pipelineId: PIPELINES.service },
          { did: "74950003346", label: "Реклама" },
        ],
        ...account,
      },
    ],
    pbx: [
      {
        profile: pbx.profile,
        dialContext: "all_peers",
        // The lab's dialplan names its contexts as MikoPBX does.
        transferContext: "internal-transfer",
        ringContext: "internal",
        ami: pbx.ami,
        recordings: recordings ?? { localDirectory: pbx.recordingsDirectory, pbxDirectory: pbx.recordingsDirectory },
        ...(records && { records }),
      },
    ],
  };
}
