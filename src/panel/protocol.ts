/**
 * What the panel and the service say to each other over the WebSocket at `/panel/socket`, as JSON texts.
 * The panel takes types from here only. The service sends a snapshot, then numbered changes; a gap asks for a snapshot.
 */
import type { CardState, Direction, EmployeeResult } from "../calls/call.ts";
import type { Presence } from "../calls/presence.ts";
import type { Collision, CommandKind, PhoneCommand, PhoneOutcome, PhoneRefusal } from "../control/command.ts";

// ------------------------------------------------------------------------------------------------ panel → service

export type PanelRequest =
  /** First message. `ticket` came from `POST /panel/session` (signed by the CRM's disposable token), lives 60 s, used once. */
  | { readonly type: "hello"; readonly ticket: string }
  /** First message after a lost link: the session that `welcome` gave. */
  | { readonly type: "resume"; readonly session: string }
  | { readonly type: "command"; readonly id: string; readonly command: PanelCommand }
  | { readonly type: "get-snapshot" }
  /** Answered by `recent`. */
  | { readonly type: "get-recent" }
  /** What was said of an own call, and on which cards it may be put. Answered by `call-note`. @see CallNoteView */
  | {
      readonly type: "get-call-note";
      readonly callId: string;
      /** Path of the card that the CRM shows now; it may be meant, whosever it is. */
      readonly open: string | null;
    };

/** `id` is chosen by the panel and makes a repeated command the same command. */
export type PanelCommand =
  | PhoneCommand
  /** Answered by an `open` message; creates the contact when nobody is found. */
  | { readonly kind: "open-client"; readonly callId: string }
  /** Of the card's `clients` this one is meant: from now on he stands first for the number, for everybody. */
  | { readonly kind: "choose-client"; readonly callId: string; readonly path: string }
  /** Words of an own call for its note in the CRM, during the call or after it; they take the place of the last ones. */
  | { readonly kind: "note-call"; readonly callId: string; readonly text: string }
  /** The own call belongs on this card of the CRM: "/leads/detail/1", "/contacts/detail/1" or "/companies/detail/1". */
  | { readonly kind: "move-call"; readonly callId: string; readonly path: string };

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
  | { readonly type: "open"; readonly path: string }
  /** The employee's own last calls, newest first; one that is still on his card is not among them. */
  | { readonly type: "recent"; readonly calls: readonly RecentView[] }
  /** null: it is no call of the employee's own, or could not be read. */
  | { readonly type: "call-note"; readonly callId: string; readonly note: CallNoteView | null };

export interface LiveState {
  readonly cards: readonly CardView[];
  /** Of the cards that went away last, what became of those that rang or were handed over. */
  readonly ended: readonly EndedView[];
  /** Own clients' calls that ring elsewhere: "your client is calling", with Take. */
  readonly offers: readonly OfferView[];
  /** Calls that this employee handed over, as long as they live. */
  readonly handedOver: readonly HandedOverView[];
  /** Parked calls that this employee may fetch. */
  readonly parked: readonly ParkedView[];
  readonly colleagues: readonly Colleague[];
  readonly lamps: Lamps;
}

export interface Me {
  readonly userId: number;
  readonly name: string;
  readonly extension: string | null;
  /** Own devices, the first of which rings for a dial unless another one is named. */
  readonly extensions: readonly string[];
  /** His mobile, which may be named as the device that rings. */
  readonly mobile: string | null;
  /** Own colleagues stand first in the list. */
  readonly department: string | null;
  /** BCP 47, "ru" or "en". */
  readonly language: "ru" | "en";
  /** IANA zone of the account: hours are told in it, wherever the browser is. */
  readonly timeZone: string;
}

export interface Colleague {
  readonly extension: string;
  readonly name: string;
  readonly department: string | null;
  readonly presence: Presence;
  /** Epoch ms since when; null when unknown. */
  readonly since: number | null;
  /** What rings there and may be picked up from here; told to the colleague's department and to managers only. */
  readonly rings: RingView | null;
  /** null: nobody of his department has a seat in a queue, so that it is nothing to tell of him that he has none. */
  readonly queue: QueueView | null;
}

/** A colleague's seats in the PBX's queues, by the queues' names there; none in either list: no queue rings him. */
export interface QueueView {
  readonly takes: readonly string[];
  /** In these he takes a break. */
  readonly paused: readonly string[];
  /** Why he does, as the PBX was told; null: nobody said. */
  readonly reason: string | null;
}

/** A call that rings at a colleague's phone: `pick-up` with its `callId`. */
export interface RingView {
  readonly callId: string;
  /** Who calls: the client's name, else the number as people read it; null when hidden. */
  readonly caller: string | null;
}

export interface CardView {
  readonly callId: string;
  readonly legId: string;
  readonly state: CardState;
  /** False while the employee's own phone rings, for a caller or for his own click. */
  readonly pickedUp: boolean;
  readonly direction: Direction;
  /**
   * Client's or colleague's number, as people read it ("+7 916 123-45-67" or "205"); null when hidden. In a client's call
   * it is the client's, whoever is talked to just now.
   */
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
  /** Name of the colleague on the other side: of an internal call, or while a client waits for the two of them. */
  readonly colleague: string | null;
  /** Why it rings here, when it was not simply dialled. */
  readonly via: ViaView | null;
  readonly wire: WireView;
  /** The own transfer that is under way, or the last one of this call with what became of it. */
  readonly transfer: TransferView | null;
  /** What a colleague wrote who handed the call over to here. */
  readonly note: NoteView | null;
  /** What may be asked of this card now: a button for anything else would not work on this PBX or at this moment. */
  readonly can: readonly CardCommand[];
  /** The PBX lets a call be handed over to a number outside the company. */
  readonly transfersOutside: boolean;
}

/**
 * An own phone has stopped ringing: `missed` by him, or answered `elsewhere`, `by` whom if it was a colleague. Or he has
 * `handed-over` the call after asking: `by` whom it is talked now.
 */
export interface EndedView {
  readonly callId: string;
  readonly legId: string;
  readonly how: "missed" | "elsewhere" | "handed-over";
  readonly by: string | null;
}

/** Commands with a button on the card. */
export type CardCommand = Exclude<CommandKind, "dial" | "take-back" | "take" | "pick-up" | "retrieve">;

/** `colleague`: who hands over, at whose phone it rang first; null when that is nobody of the directory. */
export interface ViaView {
  readonly kind: "transfer" | "interception" | "pick-up";
  readonly colleague: string | null;
}

/** What goes over one stretch of the wire: ringing tone, speech, music for the one who waits, nothing. */
export type WireState = "rings" | "talks" | "music" | "nothing";

/** Who hears whom: client – me – colleague. In an internal call the other one stands in the client's place. */
export interface WireView {
  readonly client: WireState;
  /** null: there is no third party. */
  readonly colleague: WireState | null;
}

export interface TransferView {
  readonly kind: "blind" | "attended";
  /** Extension or number as people read it; null when unknown. */
  readonly to: string | null;
  /** Name of the colleague. */
  readonly toName: string | null;
  /**
   * `calling`: his phone rings; `consulting`: we talk to him and the client waits; `swapped`: we talk to the client and he
   * waits; the others are the end.
   */
  readonly state: "calling" | "consulting" | "swapped" | TransferEnd;
  /** What one has written to him; null: nothing, or it is over. */
  readonly note: string | null;
  /** When it was begun. */
  readonly at: number;
  /** Since when it is in its state. */
  readonly since: number;
}

/** `returned`: the client was brought back by the PBX; `taken-back`: by the employee's own command. */
export type TransferEnd =
  | "completed"
  | "returned"
  | "taken-back"
  | "cancelled"
  | "no-answer"
  | "busy"
  | "refused"
  | "failed";

export interface NoteView {
  readonly text: string;
  /** Name of the colleague. */
  readonly from: string;
}

/** A call without an own leg, as far as it may be shown. */
export interface DistantCallView {
  readonly callId: string;
  /** As people read it; null when hidden. */
  readonly number: string | null;
  readonly e164: string | null;
  readonly line: string | null;
  readonly clients: readonly ClientView[];
}

/** The responsible employee's client is calling: `take` with its `callId`. */
export interface OfferView extends DistantCallView {
  readonly since: number;
  /** At whose phones it rings: names, or extensions of nobody. */
  readonly ringsAt: readonly string[];
  /** null while it rings; then who was faster. The offer is gone when the call ends. */
  readonly takenBy: string | null;
}

/** A blind transfer of one's own: `take-back` with its `callId` while `canTakeBack`. */
export interface HandedOverView extends DistantCallView {
  readonly transfer: TransferView;
  readonly canTakeBack: boolean;
}

/** `retrieve` with its `callId`. */
export interface ParkedView extends DistantCallView {
  readonly slot: string;
  readonly since: number;
  /** Who parked it. */
  readonly by: string | null;
}

/** One of the employee's own last calls, and what became of it for him. */
export interface RecentView {
  readonly callId: string;
  readonly direction: Direction;
  /** He made it himself; otherwise it rang at his phone. */
  readonly outgoing: boolean;
  /** Client's or colleague's number, as people read it; null when hidden. */
  readonly number: string | null;
  readonly e164: string | null;
  /** Of the client or the colleague; null when nobody is known. */
  readonly name: string | null;
  /** Path of the client's card in the CRM; null where there is none, or several. */
  readonly path: string | null;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly talkSeconds: number;
  readonly result: EmployeeResult;
}

/** What employees said of a call for its note in the CRM: `note-call`, `move-call`. */
export interface CallNoteView {
  /** The last words; empty: none. */
  readonly text: string;
  /** The card on which the call stands; null: it is not written yet, or among the unsorted. */
  readonly path: string | null;
  /** Cards on which it may be put, that one among them: the client's open leads first, then he and his company. */
  readonly places: readonly PlaceView[];
}

/** A card of the CRM. */
export interface PlaceView {
  readonly kind: "lead" | "contact" | "company";
  readonly path: string;
  readonly name: string;
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

/** Life of a command: sent → seen in the events as done, or refused, or timed out; or a question comes back first. */
export type CommandOutcome =
  | Exclude<PhoneOutcome, { readonly state: "refused" | "warned" }>
  | { readonly state: "refused"; readonly reason: CommandRefusal }
  /** Nothing was dialled. The same `dial` with `despite` goes through; `colleague` is a name, or an extension of nobody. */
  | { readonly state: "warned"; readonly collision: Collision & { readonly colleague: string } };

export type CommandRefusal = PhoneRefusal | "crm-unavailable" | "no-such-client";

export type RefusalReason = "bad-ticket" | "session-ended" | "not-an-employee" | "account-disconnected" | "busy";

/** Answer of `POST /panel/session`. */
export interface SessionAnswer {
  readonly ticket: string;
}
