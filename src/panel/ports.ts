/** What the panel needs of the rest of the service. Implemented by others, joined in `main.ts`. */
import type { Call } from "../calls/call.ts";
import type { DeviceState } from "../calls/presence.ts";
import type { Client } from "../clients/client.ts";
import type { Account, Employee } from "../directory/directory.ts";
import type { CommandOutcome, Lamps, PanelCommand } from "./protocol.ts";

/** An amoCRM account as the panel knows it. */
export interface PanelAccount {
  readonly account: Account;
  /** ISO 4217, in which the account's deals are counted. */
  readonly currency: string;
  /** Origins of the CRM's pages that may show the panel, e.g. "https://example.amocrm.ru". */
  readonly crmOrigins: readonly string[];
  readonly integration: Integration;
}

/** By what amoCRM's signed word about a user is known to be genuine and meant for us. */
export interface Integration {
  readonly clientId: string;
  readonly clientSecret: string;
  /** The redirect URI that stands in the integration. */
  readonly redirectUrl: string;
  /** Number of the amoCRM account; null: the host in the token decides. */
  readonly accountId: number | null;
}

/** What goes on right now. Answers at once, from memory. */
export interface LivePort {
  /** Calls that have not ended. */
  calls(account: string): readonly Call[];
  deviceState(account: string, extension: string): Device;
  lamps(account: string): Pick<Lamps, "pbx" | "crm">;
  listen(listener: (change: LiveChange) => void): Disposable;
}

export interface Device {
  readonly state: DeviceState;
  /** Epoch ms; null when unknown. */
  readonly since: number | null;
}

export type LiveChange =
  /** The call after the change; an ended one has no cards. */
  | { readonly kind: "call"; readonly account: string; readonly call: Call }
  | { readonly kind: "devices"; readonly account: string }
  | { readonly kind: "lamps"; readonly account: string };

/** Commands that end at the phones; `open-client` is the panel's own. */
export type PhoneCommand = Exclude<PanelCommand, { kind: "open-client" }>;

export interface CommandPort {
  /**
   * Tells each outcome in turn, the last of which is not `sent`. The same id of the same employee is the same command:
   * it is not done twice, and its outcomes are told again.
   */
  run(order: CommandOrder, tell: (outcome: CommandOutcome) => void): void;
}

export interface CommandOrder {
  readonly account: string;
  readonly employee: Employee;
  readonly id: string;
  readonly command: PhoneCommand;
}

export interface ContactCreator {
  /**
   * Makes a contact with this number (E.164, or the digits as they came) in the CRM. The client directory knows it when
   * this resolves. Rejects when it could not be made.
   */
  createContact(account: string, phone: string, userId: number): Promise<Client>;
}
