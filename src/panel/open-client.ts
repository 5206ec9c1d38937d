/**
 * "Open the client's card": finds the client behind an own call, or makes the contact. Two clicks, two tabs or two
 * employees with the same caller make one contact.
 */
import type { ChosenClients } from "../clients/chosen-clients.ts";
import type { Client, ClientDirectory } from "../clients/client.ts";
import { toCrmPhone } from "../clients/phone-key.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { clientNumberOf, clientPath, type OwnCard } from "./card-view.ts";
import type { ContactCreator, PanelAccount } from "./ports.ts";
import type { CommandOutcome } from "./protocol.ts";

export interface ClientOpenerOptions {
  readonly directory: ClientDirectory;
  readonly contacts: ContactCreator;
  readonly chosen: ChosenClients;
  readonly clock: Clock;
  readonly log: Log;
}

/** `path` is where to go when it is done; `isNew` tells that other panels with this caller have something to learn. */
export interface Opened {
  readonly outcome: CommandOutcome;
  readonly path?: string;
  readonly isNew?: boolean;
}

export class ClientOpener {
  readonly #options: ClientOpenerOptions;
  /** By account and number: contacts that are being made. */
  readonly #running = new Map<string, Promise<Client>>();

  constructor(options: ClientOpenerOptions) {
    this.#options = options;
  }

  /** @param own the employee's card of the call; undefined when he has none */
  async open(own: OwnCard | undefined, { account }: PanelAccount, userId: number): Promise<Opened> {
    if (!own) return { outcome: { state: "refused", reason: "no-such-call" } };
    const number = clientNumberOf(own, account);
    if (number === undefined) return { outcome: { state: "refused", reason: "invalid-number" } };
    try {
      const [known] = await this.#options.directory.findByPhone(account.id, number);
      const client = known ?? (await this.#create(account.id, toCrmPhone(number, account.country), userId));
      return { outcome: { state: "done" }, path: clientPath(client), isNew: known === undefined };
    } catch (error) {
      this.#options.log.warn({ account: account.id, call: own.call.id, error }, "contact not made");
      return { outcome: { state: "refused", reason: "crm-unavailable" } };
    }
  }

  /**
   * Remembers which of several clients with one number is meant.
   * @param path of his card, as the employee's card told it
   */
  async choose(own: OwnCard | undefined, path: string, { account }: PanelAccount): Promise<CommandOutcome> {
    const { directory, chosen, clock, log } = this.#options;
    const number = own && clientNumberOf(own, account);
    if (!own || number === undefined) return { state: "refused", reason: "no-such-call" };
    try {
      const clients = await directory.findByPhone(account.id, number);
      const client = clients.find((candidate) => clientPath(candidate) === path);
      // His card has lost the number, or is no more, since it was shown.
      if (client === undefined) return { state: "refused", reason: "no-such-client" };
      await chosen.choose(account.id, number, client, clock.now());
      return { state: "done" };
    } catch (error) {
      log.error({ account: account.id, call: own.call.id, error }, "the choice of a client could not be kept");
      return { state: "refused", reason: "crm-unavailable" };
    }
  }

  #create(account: string, phone: string, userId: number): Promise<Client> {
    const key = `${account}/${phone}`;
    const running =
      this.#running.get(key) ??
      this.#options.contacts.createContact(account, phone, userId).finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }
}
