/** How a call without an own phone looks and what it says. Pure. */
import type { HandedOverView, OfferView } from "../../src/panel/protocol.ts";
import type { Say } from "../i18n/words.ts";
import type { IconName } from "../ui/icons.tsx";
import { firstName, type Hue, isFailed, targetOf, type Wire } from "./card-face.ts";
import type { DistantCall } from "./distant-calls.ts";

export interface DistantFace {
  readonly hue: Hue;
  readonly icon: IconName;
  readonly title: string;
  readonly via: string | null;
  /** Epoch ms; null: nothing runs any more. */
  readonly since: number | null;
  readonly wire: Wire | null;
}

export function distantFace(call: DistantCall, say: Say): DistantFace {
  return call.kind === "offer"
    ? offerFace(call.view, call.overAt === null, say)
    : handedOverFace(call.view, call.overAt === null, say);
}

function offerFace({ takenBy, ringsAt, since }: OfferView, rings: boolean, say: Say): DistantFace {
  if (rings) {
    const via = ringsAt.map(firstName).join(", ");
    return { hue: "violet", icon: "take", title: say("call.own-client"), via, since, wire: null };
  }
  const over = { via: say("offer.yours"), since: null, wire: null };
  return takenBy === null
    ? { ...over, hue: "red", icon: "missed", title: say("call.missed") }
    : { ...over, hue: "grey", icon: "check", title: say("call.talks-now", { who: takenBy }) };
}

function handedOverFace({ transfer }: HandedOverView, rings: boolean, say: Say): DistantFace {
  const who = targetOf(transfer, say);
  const over = { since: null, wire: null };
  if (isFailed(transfer))
    return { ...over, hue: "red", icon: "transfer", title: say(`target.${transfer.state}`, { who }), via: null };
  if (!rings) {
    const talks = transfer.state === "completed";
    const title = talks ? say("call.talks-now", { who: transfer.toName ?? who }) : say("call.ended-ring");
    return { ...over, hue: "grey", icon: "check", title, via: null };
  }
  return {
    hue: "blue",
    icon: "transfer",
    title: say("transfer.handed-to", { who }),
    via: transfer.toName === null ? null : transfer.to,
    since: transfer.at,
    wire: {
      ends: [
        { who: say("wire.client"), does: say("hears.rings"), kind: "client", isOut: false },
        { who, does: say("wire.phone-rings"), kind: "colleague", isOut: true },
        { who: say("wire.you"), does: say("wire.free"), kind: "me", isOut: true },
      ],
      stretches: ["rings", "nothing"],
    },
  };
}
