/**
 * What goes on in one account, sorted by who may see it: to each employee his own cards at once, to everybody the
 * colleagues' states, gathered for some milliseconds because one call changes several of them.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Call, Card } from "../calls/call.ts";
import type { ClientDirectory } from "../clients/client.ts";
import { type Employee, findEmployeeByExtension } from "../directory/directory.ts";
import type { Log } from "../lib/log.ts";
import type { Metrics } from "../lib/metrics.ts";
import { Audience } from "./audience.ts";
import { toShownNumber } from "./card-view.ts";
import { changedRows, phoneLamp, toColleagueRows } from "./colleague-rows.ts";
import type { PanelSocket } from "./panel-socket.ts";
import type { LiveChange, LivePort, PanelAccount } from "./ports.ts";
import type { Colleague, Lamps, LiveState } from "./protocol.ts";

/** Colleagues' states and lamps may be this late, and later where there are more panels than are told at once. */
const GATHER_MS = 75;
/**
 * So many panels are told of colleagues at once, and the next ones after a pause: some panel may have a call to show
 * meanwhile, and a large company that never rests would else take all of the processor.
 */
const TOLD_AT_ONCE = 50;
const BETWEEN_MS = 25;

export interface BoardOptions {
  readonly account: PanelAccount;
  readonly live: LivePort;
  readonly directory: ClientDirectory;
  readonly log: Log;
  readonly metrics: Metrics;
}

export class AccountBoard implements Disposable {
  readonly #options: BoardOptions;
  readonly #audiences = new Map<Employee, Audience>();
  /** As the panels were told last. */
  #rows: ReadonlyMap<string, Colleague> = new Map();
  #gathering: NodeJS.Timeout | undefined;
  #isTelling = false;
  #hasMoreToTell = false;

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  /** Takes a panel in: it is sent a snapshot as soon as its cards are ready, and the changes after it. */
  join(employee: Employee, socket: PanelSocket): Audience {
    // Rows that nobody was told may be old.
    if (this.#audiences.size === 0) this.#rows = this.#rowsOfNow();
    const audience = this.#audiences.get(employee) ?? this.#newAudience(employee);
    this.#audiences.set(employee, audience);
    audience.sockets.add(socket);
    void audience.refresh().then(() => {
      if (audience.sockets.has(socket)) socket.sendSnapshot(this.stateFor(audience));
    });
    return audience;
  }

  leave(audience: Audience, socket: PanelSocket): void {
    audience.sockets.delete(socket);
    if (audience.sockets.size === 0) this.#audiences.delete(audience.employee);
  }

  stateFor({ employee, calls, lamps }: Audience): LiveState {
    return { ...calls, colleagues: rowsFor(employee, [...this.#rows.values()]), lamps };
  }

  /** All that this employee's panel would show now, whether he has one open or not. */
  async look(employee: Employee): Promise<LiveState> {
    const audience = this.#audiences.get(employee) ?? this.#newAudience(employee, () => undefined);
    await audience.refresh();
    const colleagues = rowsFor(employee, [...this.#rowsOfNow().values()]);
    return { ...audience.calls, colleagues, lamps: this.#lampsOf(employee) };
  }

  take(change: LiveChange): void {
    if (this.#audiences.size === 0) return;
    if (change.kind === "call") this.#refreshCards(change.call);
    this.#gather();
  }

  /** Cards of the CRM have changed: names, companies or deals on the panel may be old. */
  clientsChanged(): void {
    for (const audience of this.#audiences.values()) void audience.forgetClients();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#gathering);
  }

  #refreshCards(call: Call): void {
    for (const audience of this.#audiences.values()) if (audience.concerns(call)) void audience.hear(call);
  }

  #gather(): void {
    if (this.#isTelling) {
      this.#hasMoreToTell = true;
      return;
    }
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#isTelling = true;
      this.#tellColleagues()
        .catch((error: unknown) => this.#options.log.error({ error }, "colleagues' states not told"))
        .finally(() => {
          this.#isTelling = false;
          if (!this.#hasMoreToTell) return;
          this.#hasMoreToTell = false;
          this.#gather();
        });
    }, GATHER_MS);
  }

  async #tellColleagues(): Promise<void> {
    const rows = this.#rowsOfNow();
    const changed = changedRows(this.#rows, rows);
    this.#rows = rows;
    let told = 0;
    for (const audience of [...this.#audiences.values()]) {
      const colleagues = rowsFor(audience.employee, changed);
      const lamps = audience.updateLamps(this.#lampsOf(audience.employee));
      if (colleagues.length === 0 && !lamps) continue;
      const change = { ...(colleagues.length > 0 && { colleagues }), ...(lamps && { lamps }) };
      for (const socket of audience.sockets) socket.sendChange(change);
      told += audience.sockets.size;
      if (told < TOLD_AT_ONCE) continue;
      told = 0;
      await pause(BETWEEN_MS, undefined, { ref: false });
    }
  }

  #rowsOfNow(): Map<string, Colleague> {
    const { account, live } = this.#options;
    const calls = live.calls(account.account.id);
    const { id, country } = account.account;
    const ringOf = (card: Card) => {
      const call = calls.find((each) => each.id === card.callId);
      if (call === undefined || !live.abilitiesOf(call, card.extension).fetch) return null;
      const colleague = card.peer === null ? undefined : findEmployeeByExtension(account.account, card.peer);
      return { callId: card.callId, caller: colleague?.name ?? toShownNumber(card.peer, country).shown };
    };
    const cards = calls.flatMap((call) => call.cards);
    return toColleagueRows(account.account, {
      cards,
      deviceOf: (extension) => live.deviceState(id, extension),
      seatsOf: (extension) => live.queueSeats(id, extension),
      ringOf,
    });
  }

  #lampsOf(employee: Employee): Lamps {
    const { account, live } = this.#options;
    const { id } = account.account;
    return { ...live.lamps(id), phone: phoneLamp(employee, (extension) => live.deviceState(id, extension)) };
  }

  #newAudience(
    employee: Employee,
    shownAfter = (seconds: number) => this.#options.metrics.panelSeconds.observe(seconds),
  ): Audience {
    const { account, live, directory, log } = this.#options;
    return new Audience({
      account,
      employee,
      directory,
      log,
      shownAfter,
      live,
      lamps: this.#lampsOf(employee),
    });
  }
}

/** Without the own row; who calls a colleague is shown to his department and to managers only. */
function rowsFor(employee: Employee, rows: readonly Colleague[]): readonly Colleague[] {
  const maySee = (row: Colleague) =>
    employee.manager || (row.department !== null && row.department === employee.department);
  return rows
    .filter((row) => row.extension !== employee.extensions[0])
    .map((row) => (row.rings === null || maySee(row) ? row : { ...row, rings: null }));
}
