/** How one call looks and what it says, for each state it can be in. Pure: a card and the time in, colours and words out. */
import type { CardView, TransferEnd, TransferView, WireState } from "../../src/panel/protocol.ts";
import type { MessageKey, Say } from "../i18n/words.ts";
import type { IconName } from "../ui/icons.tsx";
import type { CallEnd } from "./shown-calls.ts";

export type Hue = "blue" | "green" | "amber" | "violet" | "red" | "grey";

/** Where a running time stands: in the strip, or beside the name (thin and grey before the client's answer). */
export interface Counter {
  /** Epoch ms by the service's clock. */
  readonly since: number;
  readonly place: "strip" | "waiting" | "talk";
}

/** Who stands on the wire, from left to right, and what goes over each stretch between two of them. */
export interface Wire {
  readonly ends: readonly WireEnd[];
  readonly stretches: readonly WireState[];
}

export interface WireEnd {
  readonly who: string;
  /** What he does or hears. */
  readonly does: string;
  /** The employee himself is drawn dark, a client as a person, a colleague by his initial. */
  readonly kind: "me" | "client" | "colleague";
  /** His phone is not off the hook: he is drawn as an outline. */
  readonly isOut: boolean;
}

export interface CardFace {
  readonly hue: Hue;
  readonly icon: IconName;
  readonly title: string;
  /** Said after the title; null: the line that the client dialled. */
  readonly via: string | null;
  readonly counter: Counter | null;
  /** Time since the card is in its state, told in the strip beside a timer of the talk. */
  readonly stateSince: number | null;
  readonly breathes: boolean;
  readonly wire: Wire | null;
  readonly hint: string | null;
  readonly hangUp: string;
}

/** So long the card tells that a transfer came to nothing, milliseconds. */
const RETURNED_SHOWN_MS = 20_000;

/** `now` is by the service's clock. */
export function faceOf(card: CardView, now: number, say: Say): CardFace {
  const returned = returnedFrom(card, now);
  if (returned) return returnedFace(card, returned, say);
  const talk: Counter =
    card.talkSince === null ? { since: card.startedAt, place: "waiting" } : { since: card.talkSince, place: "talk" };
  const quiet = {
    via: null,
    counter: talk,
    stateSince: null,
    breathes: false,
    wire: null,
    hint: null,
    hangUp: say("call.hang-up"),
  };
  switch (card.state) {
    case "ringing":
      return ringingFace(card, say);
    case "calling":
      return card.pickedUp ? callingFace(card, say) : ownPhoneFace(card, say);
    case "talking":
      return { ...quiet, hue: "green", icon: DIRECTION_ICON[card.direction], title: say("call.talking") };
    case "hold":
      return { ...quiet, hue: "amber", icon: "hold", title: say("call.hold"), via: say("call.hold-via") };
    case "consult-calling":
    case "consult-talking":
      return isConsulting(card)
        ? { ...quiet, ...consultingFace(card, card.transfer, say) }
        : { ...quiet, hue: "amber", icon: "transfer", title: say("call.consulted"), via: card.colleague };
  }
}

/** The employee asks a colleague while somebody waits; a colleague who is asked sees a wire with one stretch. */
export function isConsulting(card: CardView): boolean {
  return card.wire.colleague !== null;
}

/** He has turned back to the one who waited, and the colleague waits now. */
export function isSwapped({ transfer }: CardView): boolean {
  return transfer?.state === "swapped";
}

function ringingFace(card: CardView, say: Say): CardFace {
  const internal = card.direction === "internal";
  const face: CardFace = {
    hue: "blue",
    icon: internal ? "inner" : "in",
    title: say(internal ? "call.ringing-colleague" : "call.ringing"),
    via: null,
    counter: { since: card.startedAt, place: "strip" },
    stateSince: null,
    breathes: true,
    wire: null,
    hint: null,
    hangUp: say("call.decline"),
  };
  const { via } = card;
  switch (via?.kind) {
    case "transfer":
      return {
        ...face,
        icon: "transfer",
        ...titleOrVia(say("call.handed-to-you"), "call.handed-by", via.colleague, say),
      };
    case "interception":
      return {
        ...face,
        hue: "violet",
        icon: "take",
        title: say("call.own-client"),
        via: via.colleague && firstName(via.colleague),
        hangUp: say("call.do-not-take"),
      };
    case "pick-up":
      return { ...face, hue: "violet", icon: "take", title: say("call.picking-up"), via: via.colleague };
    case undefined:
      return face;
  }
}

function titleOrVia(title: string, named: MessageKey, colleague: string | null, say: Say) {
  return { title: colleague === null ? title : say(named, { who: firstName(colleague) }) };
}

/** His own phone rings for his own click. */
function ownPhoneFace(card: CardView, say: Say): CardFace {
  return {
    hue: "blue",
    icon: "desk",
    title: say("call.own-phone"),
    via: null,
    counter: { since: card.startedAt, place: "strip" },
    stateSince: null,
    breathes: true,
    wire: dialWire(card, say("wire.pick-up"), say("wire.next"), say),
    hint: say("call.number-on-phone"),
    hangUp: say("call.cancel"),
  };
}

function callingFace(card: CardView, say: Say): CardFace {
  const internal = card.direction === "internal";
  return {
    hue: "blue",
    icon: internal ? "inner" : "out",
    title: say(internal ? "call.calling-colleague" : "call.calling"),
    via: null,
    counter: { since: card.startedAt, place: "waiting" },
    stateSince: null,
    breathes: true,
    wire: dialWire(card, say("wire.on-line"), say("wire.rings"), say),
    hint: say(internal ? "call.timer-later-colleague" : "call.timer-later"),
    hangUp: say("call.cancel"),
  };
}

function dialWire({ direction }: CardView, mine: string, theirs: string, say: Say): Wire {
  const who = say(direction === "internal" ? "wire.colleague" : "wire.client");
  return {
    ends: [
      { who: say("wire.you"), does: mine, kind: "me", isOut: false },
      { who, does: theirs, kind: "client", isOut: true },
    ],
    stretches: ["rings"],
  };
}

function consultingFace(card: CardView, transfer: TransferView | null, say: Say) {
  const who = targetOf(transfer, say);
  const waits = say("call.consult-via");
  const calling = card.state === "consult-calling";
  const title = isSwapped(card)
    ? say("call.consult-swapped")
    : calling
      ? say("call.consult-calling", { who })
      : say("call.consult-talking");
  return {
    hue: "amber",
    icon: "transfer",
    title,
    via: isSwapped(card) ? say("call.consult-swapped-via", { who }) : waits,
    stateSince: transfer?.since ?? null,
    breathes: calling,
    wire: threeOnTheWire(card, who, null, say),
    hangUp: say("call.hang-up-connects"),
  } as const;
}

/** @param outcome what became of the colleague; null while he is on the wire or may come to it */
function threeOnTheWire(card: CardView, who: string, outcome: string | null, say: Say): Wire {
  const { client } = card.wire;
  const colleague = outcome === null ? (card.wire.colleague ?? "nothing") : "nothing";
  const talks = client === "talks" || colleague === "talks";
  const inClientsPlace = card.direction === "internal" ? nameOf(card) : null;
  return {
    ends: [
      {
        who: inClientsPlace ? firstName(inClientsPlace) : say("wire.client"),
        does: say(`hears.${client}`),
        kind: inClientsPlace ? "colleague" : "client",
        isOut: client === "rings",
      },
      { who: say("wire.you"), does: say(talks ? "wire.talk" : "wire.rings"), kind: "me", isOut: client === "rings" },
      {
        who,
        does: outcome ?? say(colleague === "rings" ? "wire.phone-rings" : `hears.${colleague}`),
        kind: "colleague",
        isOut: colleague === "rings" || colleague === "nothing",
      },
    ],
    stretches: [client, colleague],
  };
}

type Failed = TransferView & { readonly state: Exclude<TransferEnd, "completed" | "cancelled"> };

/** The own transfer that has just come to nothing, if the other side is back here. */
function returnedFrom({ transfer, state, direction }: CardView, now: number): Failed | null {
  const isBack = state === "talking" || (state === "ringing" && direction !== "internal");
  if (transfer === null || !isBack || !isFailed(transfer)) return null;
  return now - transfer.since < RETURNED_SHOWN_MS ? transfer : null;
}

export function isFailed(transfer: TransferView): transfer is Failed {
  switch (transfer.state) {
    case "returned":
    case "taken-back":
    case "no-answer":
    case "busy":
    case "refused":
    case "failed":
      return true;
    default:
      return false;
  }
}

function returnedFace(card: CardView, transfer: Failed, say: Say): CardFace {
  const ringing = card.state === "ringing";
  const who = targetOf(transfer, say);
  // Brought back without a reason told: by the PBX, or because he was asked for again.
  const told = transfer.state !== "returned" && transfer.state !== "taken-back";
  return {
    hue: told ? "red" : "amber",
    icon: "back",
    title: say(`target.${transfer.state}`, { who }),
    via: told ? say(ringing ? "call.returns-via" : "call.returned-via") : null,
    counter: ringing
      ? { since: card.startedAt, place: "strip" }
      : { since: card.talkSince ?? card.startedAt, place: "talk" },
    stateSince: null,
    breathes: ringing,
    wire: threeOnTheWire(card, who, say(`target-short.${transfer.state}`), say),
    hint: null,
    hangUp: say(ringing ? "call.decline" : "call.hang-up"),
  };
}

/** A call that is over, for the seconds it stays. */
export function endedFace(card: CardView, end: CallEnd | null, say: Say): CardFace {
  const face = {
    hue: "grey",
    icon: "check",
    via: null,
    counter: null,
    stateSince: null,
    breathes: false,
    wire: null,
    hint: null,
    hangUp: say("call.hang-up"),
  } as const;
  switch (end?.how) {
    case "missed":
      return { ...face, hue: "red", icon: "missed", title: say("call.missed") };
    case "elsewhere":
      return { ...face, title: end.by === null ? say("call.elsewhere") : say("call.talks-now", { who: end.by }) };
    case "handed-over":
      return {
        ...face,
        title: say(card.direction === "internal" ? "call.colleague-handed" : "call.client-handed"),
        via: end.by,
      };
    case undefined:
      return { ...face, title: say(card.talkSince === null ? "call.ended-ring" : "call.ended-talk") };
  }
}

const DIRECTION_ICON = { inbound: "in", outbound: "out", internal: "inner" } as const;

/** Who the call is with, in the shortest words that are known; null when the caller hides the number. */
export function nameOf(card: Pick<CardView, "clients" | "number"> & Partial<CardView>): string | null {
  // Several clients share the number: which of them calls is not known, so the number stands in the name's place.
  if (card.clients.length > 1) return card.number;
  return card.clients[0]?.name ?? (card.direction === "internal" ? card.colleague : null) ?? card.number;
}

/** To whom a transfer goes: "Мария", else the number. */
export function targetOf(transfer: Pick<TransferView, "to" | "toName"> | null, say: Say): string {
  if (transfer?.toName) return firstName(transfer.toName);
  return transfer?.to ?? say("wire.colleague");
}

/** "Мария" from "Мария Верхнеудинская": among three on a wire there is no room for more. */
export function firstName(name: string): string {
  return name.split(" ", 1)[0] ?? name;
}

/** "Анна К." where a long name has no room: the first word and the initial of the second. */
export function shortName(name: string): string {
  const [first = "", second] = name.split(" ");
  return second && /^\p{L}/u.test(name) ? `${first} ${second.charAt(0)}.` : name;
}
