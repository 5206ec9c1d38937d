/** What the panel needs of the rest of the service. Implemented by others, joined in `main.ts`. */
import type { Call } from "../calls/call.ts";
import type { PhoneAbilities } from "../calls/phone-control.ts";
import type { DeviceState, QueueSeat } from "../calls/presence.ts";
import type { Client } from "../clients/client.ts";
import type { PhoneCommand, PhoneOutcome } from "../control/command.ts";
import type { HandOverNote } from "../control/hand-over-notes.ts";
import type { Account, Employee } from "../directory/directory.ts";
import type { Lamps } from "./protocol.ts";

/** An amoCRM account as the panel knows it. */
export interface PanelAccount {
  readonly account: Account;
  /** ISO 4217, in which the account's deals are counted. */
  readonly currency: string;
  /** Origins of the CRM's pages that may show the panel, e.g. "https://example.amocrm.ru". */
  readonly crmOrigins: readonly string[];
  /** null: an external one, which has no widget, and so no panel. */
  readonly integration: Integration | null;
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

/** What goes on right now. Answers at once, from memory, which the journal follows. */
export interface LivePort {
  /** Calls that have not ended. */
  calls(account: string): readonly Call[];
  /** When the journal has all that these calls, and those that have just ended, are shown by. With a full disk it waits. */
  kept(account: string): Promise<void>;
  deviceState(account: string, extension: string): Device;
  /** The queues that ring this extension, or would if it did not take a break; empty: none. */
  queueSeats(account: string, extension: string): readonly QueueSeat[];
  lamps(account: string): Pick<Lamps, "pbx" | "crm">;
  /** Calls of this employee's own clients that ring elsewhere, or were answered elsewhere. */
  offersTo(account: string, employee: Employee): readonly Offer[];
  /** Whether this call is one of `offersTo`, or may become one. Asked for every employee at every change of a call. */
  mayBeOfferedTo(call: Call, employee: Employee): boolean;
  noteOf(call: Call): HandOverNote | undefined;
  /** Extension of the colleague whose call the phone at `extension` rings for, because its owner picked that up. */
  pickedUpFrom(call: Call, extension: string): string | null;
  /** What was handed over of this call was asked back for. */
  wasTakenBack(call: Call): boolean;
  /** What the PBX of this call can do, with the phone of this extension where that matters. */
  abilitiesOf(call: Call, extension: string): PhoneAbilities;
  listen(listener: (change: LiveChange) => void): Disposable;
}

/** The responsible employee's client calls. `takenBy`: extension of whoever was faster; null while it rings. */
export interface Offer {
  readonly call: Call;
  readonly takenBy: string | null;
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

/** Calls that are over for an employee. */
export interface CallHistory {
  /** The last calls that rang at these extensions or were made from them, newest first, at most so many. */
  lastOf(account: string, extensions: readonly string[], most: number): Promise<readonly Call[]>;
}

export interface CommandPort {
  /**
   * Tells each outcome in turn, the last of which is not `sent`. The same id of the same employee is the same command:
   * it is not done twice, and its outcomes are told again.
   */
  run(order: CommandOrder, tell: (outcome: PhoneOutcome) => void): void;
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
