/** The panels of one employee: all of them show the same. Looks clients up for his cards, sends what has changed. */
import type { Call } from "../calls/call.ts";
import type { Client, ClientDirectory } from "../clients/client.ts";
import type { Employee } from "../directory/directory.ts";
import type { Log } from "../lib/log.ts";
import { clientNumberOf, type OwnCard, toCardView } from "./card-view.ts";
import type { PanelSocket } from "./panel-socket.ts";
import type { PanelAccount } from "./ports.ts";
import type { CardView, Lamps } from "./protocol.ts";

/** How long a card waits for its client's name; a store that is slower gets the card shown without, and corrected. */
const LOOKUP_PATIENCE_MS = 150;

export interface AudienceOptions {
  readonly account: PanelAccount;
  readonly employee: Employee;
  readonly directory: ClientDirectory;
  /** The account's live calls. */
  readonly calls: () => readonly Call[];
  readonly lamps: Lamps;
  readonly log: Log;
  /** Told how long after the change the panels were told of it. Seconds. */
  readonly shownAfter: (seconds: number) => void;
}

export class Audience {
  readonly sockets = new Set<PanelSocket>();
  readonly #options: AudienceOptions;
  #cards: readonly CardView[] = [];
  #cardsAsText = "[]";
  #lamps: Lamps;
  /** Clients by the number as the PBX told it, as long as a card shows it. */
  readonly #clients = new Map<string, readonly Client[]>();
  readonly #lookups = new Map<string, Promise<void>>();
  #isStale = false;
  #staleSince: number | undefined;
  #isShowing = false;
  #shown: Promise<void> = Promise.resolve();

  constructor(options: AudienceOptions) {
    this.#options = options;
    this.#lamps = options.lamps;
  }

  get employee(): Employee {
    return this.#options.employee;
  }

  get cards(): readonly CardView[] {
    return this.#cards;
  }

  get lamps(): Lamps {
    return this.#lamps;
  }

  /** The employee's card in this call. */
  findCard(callId: string): OwnCard | undefined {
    return this.#ownCards().find(({ card }) => card.callId === callId);
  }

  /** True when the change of this call may change what is shown here. */
  concerns(call: Call): boolean {
    return (
      this.#cards.some((card) => card.callId === call.id) ||
      call.cards.some((card) => this.employee.extensions.includes(card.extension))
    );
  }

  /** What was looked up is no longer true. */
  forgetClients(): Promise<void> {
    this.#clients.clear();
    return this.refresh();
  }

  /** Shows the calls of now: at once where the clients are known. Resolves when it is shown, or could not be. */
  refresh(): Promise<void> {
    this.#isStale = true;
    this.#staleSince ??= performance.now();
    if (!this.#isShowing) this.#shown = this.#showUntilFresh();
    return this.#shown;
  }

  /** @returns the lamps when they are to be told */
  updateLamps(lamps: Lamps): Lamps | undefined {
    if (JSON.stringify(lamps) === JSON.stringify(this.#lamps)) return undefined;
    this.#lamps = lamps;
    return lamps;
  }

  async #showUntilFresh(): Promise<void> {
    this.#isShowing = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        const lookups = this.#startLookups();
        if (lookups.length > 0) await this.#wait(lookups);
        // The cards of now: they may have changed while clients were looked up.
        this.#show(this.#ownCards());
      }
    } catch (error) {
      this.#options.log.error({ account: this.#options.account.account.id, error }, "panel not refreshed");
    } finally {
      this.#isShowing = false;
    }
  }

  #ownCards(): OwnCard[] {
    const { extensions } = this.employee;
    return this.#options
      .calls()
      .flatMap((call) =>
        call.cards.filter((card) => extensions.includes(card.extension)).map((card) => ({ card, call })),
      );
  }

  #startLookups(): Promise<void>[] {
    return this.#ownCards().flatMap(({ card, call }) => {
      const number = clientNumberOf(card, this.#options.account.account);
      if (number === undefined || this.#clients.has(number) || this.#lookups.has(number)) return [];
      const lookup = this.#lookUp(number, call.id).finally(() => this.#lookups.delete(number));
      this.#lookups.set(number, lookup);
      return [lookup];
    });
  }

  async #lookUp(number: string, callId: string): Promise<void> {
    const { directory, account, log } = this.#options;
    try {
      this.#clients.set(number, await directory.findByPhone(account.account.id, number));
    } catch (error) {
      log.error({ account: account.account.id, call: callId, error }, "client not looked up");
      this.#clients.set(number, []); // the card is worth showing without
    }
  }

  async #wait(lookups: readonly Promise<void>[]): Promise<void> {
    const all = Promise.all(lookups);
    const { promise: patience, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(resolve, LOOKUP_PATIENCE_MS, "late");
    if ((await Promise.race([all, patience])) === "late") void all.then(() => this.refresh());
    clearTimeout(timer);
  }

  #show(own: readonly OwnCard[]): void {
    const { account } = this.#options;
    const numbers = new Set<string | undefined>();
    const cards = own.map((each) => {
      const number = clientNumberOf(each.card, account.account);
      numbers.add(number);
      return toCardView(each, number === undefined ? [] : (this.#clients.get(number) ?? []), account);
    });
    for (const number of this.#clients.keys()) if (!numbers.has(number)) this.#clients.delete(number);
    const since = this.#staleSince ?? performance.now();
    this.#staleSince = undefined;
    const text = JSON.stringify(cards);
    if (text === this.#cardsAsText) return;
    this.#cards = cards;
    this.#cardsAsText = text;
    for (const socket of this.sockets) socket.sendChange({ cards });
    this.#options.shownAfter((performance.now() - since) / 1000);
  }
}
