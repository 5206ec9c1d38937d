/**
 * What an employee says of a call for the CRM, during it or after it: words for its note, or the card on which it
 * belongs. Whoever had a share in the call may say it, and managers.
 */
import type { Call } from "../calls/call.ts";
import type { IndexPart } from "../clients/client-index.ts";
import type { Employee } from "../directory/directory.ts";
import type { Log } from "../lib/log.ts";
import type { CommandOutcome, PanelCommand } from "./protocol.ts";

/** A card of the CRM. */
export interface CardRef {
  readonly type: IndexPart;
  readonly id: number;
}

/** Implemented by the CRM half, joined in `main.ts`. */
export interface CallWordPort {
  /** A call of the account, living or ended; undefined when there is none. */
  find(account: string, callId: string): Promise<Call | undefined>;
  /** A card's name; undefined when the CRM has no such card, as far as we know. */
  nameOf(account: string, card: CardRef): Promise<string | undefined>;
  /** The employees' last words of a call, and the card on which it stands; null: it is not known, or not written yet. */
  saidOf(account: string, call: Call): Promise<SaidWord>;
  /** Resolves when it would survive a power cut. @param by name of the employee */
  say(account: string, callId: string, word: SaidWord, by: string): Promise<void>;
}

/** null: nothing is said of it. */
export interface SaidWord {
  readonly text: string | null;
  readonly entity: CardRef | null;
}

export type WordCommand = Extract<PanelCommand, { readonly kind: "note-call" | "move-call" }>;

export class CallWordTaker {
  readonly #port: CallWordPort;
  readonly #log: Log;

  constructor(port: CallWordPort, log: Log) {
    this.#port = port;
    this.#log = log;
  }

  async take(command: WordCommand, employee: Employee, account: string): Promise<CommandOutcome> {
    const { callId } = command;
    try {
      const call = await this.#port.find(account, callId);
      if (call === undefined || !maySay(employee, call)) return { state: "refused", reason: "no-such-call" };
      const entity = command.kind === "move-call" ? readCard(command.path) : null;
      if (entity === undefined || (entity !== null && (await this.#port.nameOf(account, entity)) === undefined)) {
        return { state: "refused", reason: "no-such-client" };
      }
      const text = command.kind === "note-call" ? command.text : null;
      await this.#port.say(account, callId, { text, entity }, employee.name);
      return { state: "done" };
    } catch (error) {
      this.#log.error({ account, call: callId, error }, "what an employee said of a call could not be kept");
      return { state: "refused", reason: "crm-unavailable" };
    }
  }
}

export function maySay({ extensions, manager }: Employee, { cards, employees }: Call): boolean {
  return manager || [...cards, ...employees].some(({ extension }) => extensions.includes(extension));
}

/** "/leads/detail/1", as the CRM's own pages are called; undefined when it is no card. */
export function readCard(path: string): CardRef | undefined {
  const match = /^\/(leads|contacts|companies)\/detail\/([1-9]\d{0,14})$/.exec(path);
  return match ? { type: match[1] as IndexPart, id: Number(match[2]) } : undefined; // the pattern names the parts
}
