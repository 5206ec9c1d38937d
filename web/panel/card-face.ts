/** How one call looks and what it says, for each state it can be in. Pure: a card in, colours and message keys out. */
import type { CardView } from "../../src/panel/protocol.ts";
import type { MessageKey } from "../i18n/words.ts";
import type { IconName } from "../ui/icons.tsx";

export type Hue = "blue" | "green" | "amber" | "red" | "grey";

/** Where a running time stands: in the strip, or beside the name (thin and grey before the client's answer). */
export interface Counter {
  /** Epoch ms by the service's clock. */
  readonly since: number;
  readonly place: "strip" | "waiting" | "talk";
}

/** Two ends of a call that is being set up from here; dots between them are ringing. */
export interface Wire {
  readonly other: MessageKey;
  readonly you: MessageKey;
  readonly state: MessageKey;
}

export interface CardFace {
  readonly hue: Hue;
  readonly icon: IconName;
  readonly title: MessageKey;
  /** Said after the title when the card has no line of its own to name. */
  readonly via: MessageKey | null;
  readonly counter: Counter | null;
  readonly breathes: boolean;
  readonly wire: Wire | null;
  readonly hint: MessageKey | null;
  readonly hangUp: MessageKey;
}

export function faceOf(card: CardView): CardFace {
  const internal = card.direction === "internal";
  const talk: Counter =
    card.talkSince === null ? { since: card.startedAt, place: "waiting" } : { since: card.talkSince, place: "talk" };
  const quiet = { via: null, breathes: false, wire: null, hint: null, hangUp: "call.hang-up" } as const;

  switch (card.state) {
    case "ringing":
      return {
        ...quiet,
        hue: "blue",
        icon: internal ? "inner" : "in",
        title: internal ? "call.ringing-colleague" : "call.ringing",
        counter: { since: card.startedAt, place: "strip" },
        breathes: true,
        hangUp: "call.decline",
      };
    case "calling":
      return card.pickedUp ? callingFace(card, internal) : ownPhoneFace(card, internal);
    case "talking":
      return { ...quiet, hue: "green", icon: DIRECTION_ICON[card.direction], title: "call.talking", counter: talk };
    case "hold":
      return { ...quiet, hue: "amber", icon: "hold", title: "call.hold", via: "call.hold-via", counter: talk };
    case "consult-calling":
      return {
        ...quiet,
        hue: "amber",
        icon: "transfer",
        title: "call.consult-calling",
        via: "call.consult-via",
        counter: talk,
        breathes: true,
      };
    case "consult-talking":
      return {
        ...quiet,
        hue: "amber",
        icon: "transfer",
        title: "call.consult-talking",
        via: "call.consult-via",
        counter: talk,
      };
  }
}

/** His own phone rings for his own click. */
function ownPhoneFace({ startedAt }: CardView, internal: boolean): CardFace {
  return {
    hue: "blue",
    icon: "desk",
    title: "call.own-phone",
    via: null,
    counter: { since: startedAt, place: "strip" },
    breathes: true,
    wire: { other: internal ? "wire.colleague" : "wire.client", you: "wire.pick-up", state: "wire.next" },
    hint: "call.number-on-phone",
    hangUp: "call.cancel",
  };
}

function callingFace({ startedAt }: CardView, internal: boolean): CardFace {
  return {
    hue: "blue",
    icon: internal ? "inner" : "out",
    title: internal ? "call.calling-colleague" : "call.calling",
    via: null,
    counter: { since: startedAt, place: "waiting" },
    breathes: true,
    wire: { other: internal ? "wire.colleague" : "wire.client", you: "wire.on-line", state: "wire.rings" },
    hint: internal ? "call.timer-later-colleague" : "call.timer-later",
    hangUp: "call.cancel",
  };
}

/** A call that is over, for the seconds it stays. */
export function endedFace(card: CardView): CardFace {
  return {
    hue: "grey",
    icon: "check",
    title: card.talkSince === null ? "call.ended-ring" : "call.ended-talk",
    via: null,
    counter: null,
    breathes: false,
    wire: null,
    hint: null,
    hangUp: "call.hang-up",
  };
}

const DIRECTION_ICON = { inbound: "in", outbound: "out", internal: "inner" } as const;

/** Who is on the other side, in the shortest words that are known; null when the caller hides the number. */
export function nameOf(card: CardView): string | null {
  // Several clients share the number: which of them calls is not known, so the number stands in the name's place.
  if (card.clients.length > 1) return card.number;
  return card.clients[0]?.name ?? card.colleague ?? card.number;
}

/** "Анна К." where a long name has no room: the first word and the initial of the second. */
export function shortName(name: string): string {
  const [first = "", second] = name.split(" ");
  return second && /^\p{L}/u.test(name) ? `${first} ${second.charAt(0)}.` : name;
}
