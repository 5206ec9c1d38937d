/** What other programs see, do and are told, put together for `main.ts`: the API with its keys, the webhooks. */
import type { ApiKey } from "../api/api-key.ts";
import { callEndpoints } from "../api/call-endpoints.ts";
import { type CallFinder, CommandBook } from "../api/command-book.ts";
import { apiRoutes } from "../api/routes.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Metrics } from "../lib/metrics.ts";
import type { Route } from "../lib/route.ts";
import type { PanelHub } from "../panel/hub.ts";
import type { CommandPort, PanelAccount } from "../panel/ports.ts";
import { SqlApiCommands } from "../store/api-commands.ts";
import type { Database } from "../store/database.ts";
import { messageSchema } from "../webhooks/message.ts";
import { MESSAGE_TYPES } from "../webhooks/webhook.ts";
import { crmEndpoints } from "./crm/admin.ts";
import type { Crm } from "./crm/crm.ts";
import type { Live } from "./live.ts";
import { type LateNotice, Notices } from "./notices.ts";
import type { Sound } from "./sound.ts";
import { soundEndpoints } from "./sound-admin.ts";
import { webhookEndpoints } from "./webhook-admin.ts";

export interface ProgramsOptions {
  readonly config: Config;
  /** Of this program, as the API's description tells it. */
  readonly version: string;
  readonly accounts: readonly PanelAccount[];
  readonly crms: readonly Crm[];
  readonly sound: Sound;
  readonly live: Live;
  readonly hub: PanelHub;
  readonly commands: CommandPort & CallFinder;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export class Programs implements AsyncDisposable {
  readonly routes: readonly Route[];
  readonly #book: CommandBook;
  readonly #notices: Notices;
  readonly #listening: Disposable;

  constructor(options: ProgramsOptions) {
    const { config, version, accounts, crms, sound, live, hub, commands, database, clock, log, metrics } = options;
    this.#book = new CommandBook({
      store: new SqlApiCommands(database),
      commands,
      clock,
      log,
      onEnd: ({ kind }, { state }) => metrics.apiCommands.inc({ kind, outcome: state }),
    });
    this.#notices = new Notices({
      accounts: config.accounts,
      recordingUrlOf: (account, callId) => sound.linkTo(account, callId),
      database,
      clock,
      log,
      metrics,
    });
    this.#listening = live.listen((change) => {
      if (change.kind === "call") this.#notices.wake(change.account);
    });
    this.routes = apiRoutes({
      endpoints: [
        ...crmEndpoints({ crms, clock }),
        ...soundEndpoints({ sound, accounts: config.accounts.map(({ id }) => id) }),
        ...webhookEndpoints(this.#notices),
        ...callEndpoints({ accounts, panels: hub, book: this.#book, calls: (account) => live.calls(account) }),
      ],
      messages: { types: MESSAGE_TYPES, schema: messageSchema },
      keys: keysOf(config),
      perMinute: config.http.apiPerMinute,
      publicUrl: config.http.publicUrl,
      version,
      clock,
      log,
    });
  }

  /** Webhooks that do not get through. */
  late(): Promise<readonly LateNotice[]> {
    return this.#notices.late();
  }

  /** Before the first call is concluded, so that none is missed. */
  start(): Promise<void> {
    return this.#notices.start();
  }

  /** Nobody is kept waiting for a command any longer; what is not delivered waits in the store. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]();
    this.#book[Symbol.dispose]();
    await this.#notices[Symbol.asyncDispose]();
  }
}

/** All keys of the settings, each with whose it is. */
function keysOf({ http, accounts }: Config): ApiKey[] {
  const administrators = (http.adminKeys ?? []).map((key): ApiKey => ({ ...key, caller: { kind: "administrator" } }));
  const employees = accounts.flatMap(({ id: account, employees }) =>
    employees.flatMap((employee) =>
      employee.keyHashes.map(
        (hash): ApiKey => ({ name: employee.name, hash, caller: { kind: "employee", account, employee } }),
      ),
    ),
  );
  return [...administrators, ...employees];
}
