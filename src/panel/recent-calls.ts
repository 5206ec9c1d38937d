/** An employee's own last calls, as his panel lists them. */
import type { Call } from "../calls/call.ts";
import type { Client, ClientDirectory } from "../clients/client.ts";
import { isHidden } from "../clients/phone-key.ts";
import { type Employee, findEmployeeByExtension } from "../directory/directory.ts";
import type { Log } from "../lib/log.ts";
import { within } from "../lib/within.ts";
import { clientPath, toShownNumber } from "./card-view.ts";
import type { CallHistory, LivePort, PanelAccount } from "./ports.ts";
import type { RecentView } from "./protocol.ts";

const MOST = 30;

/** So long the list waits for a call that has just ended; with a full disk it comes without. */
const PATIENCE_MS = 1_000;

export interface RecentCallsOptions {
  readonly history: CallHistory;
  readonly live: Pick<LivePort, "kept">;
  readonly directory: ClientDirectory;
  readonly log: Log;
}

export class RecentCalls {
  readonly #options: RecentCallsOptions;

  constructor(options: RecentCallsOptions) {
    this.#options = options;
  }

  /** Undefined when they could not be read: the panel keeps the list it has. */
  async of({ extensions }: Employee, panelAccount: PanelAccount): Promise<readonly RecentView[] | undefined> {
    const { history, live, log } = this.#options;
    const account = panelAccount.account.id;
    try {
      await within(PATIENCE_MS, live.kept(account));
      const calls = (await history.lastOf(account, extensions, MOST)).filter(
        (call) =>
          call.mergedInto === null &&
          !call.cards.some(({ extension }) => extensions.includes(extension)) &&
          hasOtherSide(call, extensions),
      );
      const clients = await this.#clientsOf(calls, account);
      return calls.map((call) => toRecentView(call, extensions, clients.get(call.client) ?? [], panelAccount));
    } catch (error) {
      log.error({ account, error }, "recent calls not read");
      return undefined;
    }
  }

  async #clientsOf(calls: readonly Call[], account: string): Promise<Map<string | null, readonly Client[]>> {
    const numbers = new Set(calls.flatMap(({ client }) => (client === null || isHidden(client) ? [] : [client])));
    return new Map(
      await Promise.all(
        [...numbers].map(
          async (number) => [number, await this.#options.directory.findByPhone(account, number)] as const,
        ),
      ),
    );
  }
}

/** A service number, or a parking slot that was not reached, is nobody to call back. */
function hasOtherSide({ direction, employees }: Call, extensions: readonly string[]): boolean {
  return direction !== "internal" || employees.some(({ extension }) => !extensions.includes(extension));
}

function toRecentView(
  call: Call,
  extensions: readonly string[],
  clients: readonly Client[],
  { account }: PanelAccount,
): RecentView {
  const own = call.employees.find(({ extension }) => extensions.includes(extension));
  const other = call.employees.find(({ extension }) => !extensions.includes(extension))?.extension ?? null;
  const isInternal = call.direction === "internal";
  const [client] = clients;
  const colleague = isInternal && other !== null ? findEmployeeByExtension(account, other) : undefined;
  const number = isInternal ? { shown: other, e164: null } : toShownNumber(call.client, account.country);
  return {
    callId: call.id,
    direction: call.direction,
    // Employees stand in the order in which they came in.
    outgoing: call.direction !== "inbound" && own !== undefined && own === call.employees[0],
    number: number.shown,
    e164: number.e164,
    name: colleague?.name ?? client?.name ?? null,
    path: client !== undefined && clients.length === 1 ? clientPath(client) : null,
    startedAt: call.startedAt,
    talkSeconds: own?.talkSeconds ?? 0,
    result: own?.result ?? "failed",
  };
}
