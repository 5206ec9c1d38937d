/** The panels of one employee: all of them show the same. Looks clients up for his cards, sends what has changed. */
import type { Call } from "../calls/call.ts";
import type { Client, ClientDirectory } from "../clients/client.ts";
import type { Employee } from "../directory/directory.ts";
import type { Log } from "../lib/log.ts";
import { within } from "../lib/within.ts";
import { clientNumberOf, type OwnCard, toCardView } from "./card-view.ts";
import {
  type DistantCalls,
  distantCallsOf,
  distantNumberOf,
  toHandedOverView,
  toOfferView,
  toParkedView,
} from "./distant-calls.ts";
import { endedCards } from "./ended-cards.ts";
import type { PanelSocket } from "./panel-socket.ts";
import type { LivePort, PanelAccount } from "./ports.ts";
import type { Lamps, LiveState } from "./protocol.ts";

/** How long a card waits for its client's name; a store that is slower gets the card shown without, and corrected. */
const LOOKUP_PATIENCE_MS = 150;

export interface AudienceOptions {
  readonly account: PanelAccount;
  readonly employee: Employee;
  readonly directory: ClientDirectory;
  readonly live: LivePort;
  readonly lamps: Lamps;
  readonly log: Log;
  /** Told how long after the change the panels were told of it. Seconds. */
  readonly shownAfter: (seconds: number) => void;
}

/** What is shown of calls. */
export type ShownCalls = Pick<LiveState, "cards" | "ended" | "offers" | "handedOver" | "parked">;

const NOTHING: ShownCalls = { cards: [], ended: [], offers: [], handedOver: [], parked: [] };

export class Audience {
  readonly sockets = new Set<PanelSocket>();
  readonly #options: AudienceOptions;
  /** Calls of the own cards as they were told last: one that has ended is not among the live ones any more. */
  readonly #told = new Map<string, Call>();
  #calls: ShownCalls = NOTHING;
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

  get calls(): ShownCalls {
    return this.#calls;
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
    const { extensions } = this.employee;
    return (
      Object.values(this.#calls).some((shown) => shown.some(({ callId }) => callId === call.id)) ||
      call.cards.some((card) => extensions.includes(card.extension)) ||
      call.transfers.some(({ by }) => by !== null && extensions.includes(by)) ||
      call.parked !== null ||
      this.#options.live.mayBeOfferedTo(call, this.employee)
    );
  }

  /** What was looked up is no longer true. */
  forgetClients(): Promise<void> {
    this.#clients.clear();
    return this.refresh();
  }

  /** A call that concerns this employee has changed. */
  hear(call: Call): Promise<void> {
    this.#told.set(call.id, call);
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
        this.#show();
      }
    } catch (error) {
      this.#options.log.error({ account: this.#options.account.account.id, error }, "panel not refreshed");
    } finally {
      this.#isShowing = false;
    }
  }

  #liveCalls(): readonly Call[] {
    return this.#options.live.calls(this.#options.account.account.id);
  }

  #ownCards(): OwnCard[] {
    const { extensions } = this.employee;
    return this.#liveCalls().flatMap((call) =>
      call.cards.filter((card) => extensions.includes(card.extension)).map((card) => ({ card, call })),
    );
  }

  #distantCalls(): DistantCalls {
    const { account, live } = this.#options;
    const offers = live.offersTo(account.account.id, this.employee);
    return distantCallsOf(this.employee, this.#liveCalls(), offers, account);
  }

  /** All numbers whose clients are shown, each with a call that it is of. */
  #numbers(): Map<string, Call> {
    const { offers, handedOver, parked } = this.#distantCalls();
    const numbers = new Map<string, Call>();
    for (const { card, call } of this.#ownCards()) {
      const number = clientNumberOf({ card, call }, this.#options.account.account);
      if (number !== undefined) numbers.set(number, call);
    }
    for (const call of [...offers.map((offer) => offer.call), ...handedOver, ...parked]) {
      const number = distantNumberOf(call);
      if (number !== undefined) numbers.set(number, call);
    }
    return numbers;
  }

  #startLookups(): Promise<void>[] {
    return [...this.#numbers()].flatMap(([number, call]) => {
      if (this.#clients.has(number) || this.#lookups.has(number)) return [];
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
    if (!(await within(LOOKUP_PATIENCE_MS, all))) void all.then(() => this.refresh());
  }

  /** The calls of now: they may have changed while clients were looked up. */
  #show(): void {
    const numbers = this.#numbers();
    for (const number of this.#clients.keys()) if (!numbers.has(number)) this.#clients.delete(number);
    const since = this.#staleSince ?? performance.now();
    this.#staleSince = undefined;
    const after = this.#picture();
    const change = changeOf(this.#calls, after);
    if (change === undefined) return;
    this.#calls = after;
    for (const callId of this.#told.keys())
      if (!after.cards.some((card) => card.callId === callId)) this.#told.delete(callId);
    for (const socket of this.sockets) socket.sendChange(change);
    this.#options.shownAfter((performance.now() - since) / 1000);
  }

  #picture(): ShownCalls {
    const { account, live } = this.#options;
    const clientsOf = (number: string | undefined) => (number === undefined ? [] : (this.#clients.get(number) ?? []));
    const clientsBehind = (call: Call) => clientsOf(distantNumberOf(call));
    const { offers, handedOver, parked } = this.#distantCalls();
    const cards = this.#ownCards().map((own) => {
      const { call, card } = own;
      const around = {
        clients: clientsOf(clientNumberOf(own, account.account)),
        note: live.noteOf(call),
        takenBack: live.wasTakenBack(call),
        pickedUpFrom: live.pickedUpFrom(call, card.extension),
        abilities: live.abilitiesOf(call, card.extension),
      };
      return toCardView(own, around, account);
    });
    // Cards come and go together with what became of them; a change of anything else tells no new end.
    const isGone = this.#calls.cards.some(
      ({ callId, legId }) => !cards.some((one) => one.callId === callId && one.legId === legId),
    );
    const ended = isGone ? endedCards(this.#calls.cards, cards, this.#told, this.employee, account) : this.#calls.ended;
    return {
      cards,
      ended,
      offers: offers.map((offer) => toOfferView(offer, clientsBehind(offer.call), account)),
      handedOver: handedOver.flatMap((call) => toHandedOverView(call, this.employee, clientsBehind(call), account)),
      parked: parked.flatMap((call) => toParkedView(call, clientsBehind(call), account)),
    };
  }
}

/** The lists that differ; undefined when none does. */
function changeOf(before: ShownCalls, after: ShownCalls): Partial<ShownCalls> | undefined {
  const changed = (Object.keys(after) as (keyof ShownCalls)[]).filter(
    (list) => JSON.stringify(before[list]) !== JSON.stringify(after[list]),
  );
  return changed.length === 0 ? undefined : Object.fromEntries(changed.map((list) => [list, after[list]]));
}
