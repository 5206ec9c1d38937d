/**
 * What the panel and the service say to each other over the WebSocket at `/panel/socket`, as JSON texts.
 * The panel takes types from here only. The service sends a snapshot, then numbered changes; a gap asks for a snapshot.
 */
import type { CardState, Direction } from "../calls/call.ts";
import type { Presence } from "../calls/presence.ts";
import type { PhoneCommand, PhoneRefusal } from "../control/command.ts";

// ------------------------------------------------------------------------------------------------ panel → service

export type PanelRequest =
  /** First message. `ticket` came from `POST /panel/session` (signed by the CRM's disposable token), lives 60 s, used once. */
  | { readonly type: "hello"; readonly ticket: string }
  /** First message after a lost link: the session that `welcome` gave. */
  | { readonly type: "resume"; readonly session: string }
  | { readonly type: "command"; readonly id: string; readonly command: PanelCommand }
  | { readonly type: "get-snapshot" };

/** `id` is chosen by the panel and makes a repeated command the same command. */
export type PanelCommand =
  | PhoneCommand
  /** Answered by an `open` message; creates the contact when nobody is found. */
  | { readonly kind: "open-client"; readonly callId: string };

// ------------------------------------------------------------------------------------------------ service → panel

export type PanelMessage =
  /** `now`: the service's clock, epoch ms, so that timers are right on a computer whose clock is not. */
  | { readonly type: "welcome"; readonly session: string; readonly me: Me; readonly now: number }
  /** The link is closed after it. */
  | { readonly type: "refused"; readonly reason: RefusalReason }
  | ({ readonly type: "snapshot"; readonly seq: number } & LiveState)
  /** Fields that are present replace the old ones whole; `colleagues` holds only the rows that changed. */
  | ({ readonly type: "change"; readonly seq: number } & Partial<LiveState>)
  | { readonly type: "outcome"; readonly id: string; readonly outcome: CommandOutcome }
  /** Show this page of the CRM: a path on the CRM's own host, e.g. "/contacts/detail/123". */
  | { readonly type: "open"; readonly path: string };

export interface LiveState {
  readonly cards: readonly CardView[];
  readonly colleagues: readonly Colleague[];
  readonly lamps: Lamps;
}

export interface Me {
  readonly userId: number;
  readonly name: string;
  readonly extension: string | null;
  /** Own colleagues stand first in the list. */
  readonly department: string | null;
  /** BCP 47, "ru" or "en". */
  readonly language: "ru" | "en";
}

export interface Colleague {
  readonly extension: string;
  readonly name: string;
  readonly department: string | null;
  readonly presence: Presence;
  /** Epoch ms since when; null when unknown. */
  readonly since: number | null;
}

export interface CardView {
  readonly callId: string;
  readonly legId: string;
  readonly state: CardState;
  /** False while the employee's own phone rings, for a caller or for his own click. */
  readonly pickedUp: boolean;
  readonly direction: Direction;
  /** Client's or colleague's number, as people read it ("+7 916 123-45-67" or "205"); null when hidden. */
  readonly number: string | null;
  /** Same number for the clipboard (E.164). */
  readonly e164: string | null;
  /** Label of the line the client dialled, or the queue. */
  readonly line: string | null;
  readonly startedAt: number;
  /** When the client answered (outbound) or was answered (inbound): the timer starts here. Epoch ms. */
  readonly talkSince: number | null;
  /** All clients behind the number, best first; empty: nobody is known. */
  readonly clients: readonly ClientView[];
  /** Name of the colleague for an internal call. */
  readonly colleague: string | null;
}

export interface ClientView {
  readonly name: string;
  readonly company: string | null;
  /** Path of the card in the CRM. */
  readonly path: string;
  /** The best open lead in words, e.g. "480 000 ₽ · Договор · «Окна, 12 шт.»"; null when there is none. */
  readonly deal: string | null;
}

/** `since`: epoch ms of the last change of state. */
export interface Lamp {
  readonly state: "ok" | "warn" | "down";
  readonly since: number;
  readonly reason: string | null;
}

export interface Lamps {
  readonly pbx: Lamp;
  readonly crm: Lamp & { readonly waiting: number };
  readonly phone: Lamp;
}

/** Life of a command: sent → seen in the events as done, or refused, or timed out. */
export type CommandOutcome =
  | { readonly state: "sent" }
  | { readonly state: "done" }
  | { readonly state: "refused"; readonly reason: CommandRefusal }
  | { readonly state: "timed-out" };

export type CommandRefusal = PhoneRefusal | "crm-unavailable";

export type RefusalReason = "bad-ticket" | "session-ended" | "not-an-employee" | "account-disconnected" | "busy";

/** Answer of `POST /panel/session`. */
export interface SessionAnswer {
  readonly ticket: string;
}
