import type { LegId } from "../calls/leg-event.ts";
import { done, type Heard, type Over, type Procedure, refusalFor, refused, timedOut } from "./procedure.ts";

/**
 * Tones show in no event that our account may read, so this is done when the PBX has taken them all: the one command
 * whose effect nobody can see.
 */
export function sendDigitsProcedure(peerLegId: LegId, digits: string): Procedure<{ readonly state: "asked" }> {
  return {
    begin: { state: "asked" },
    decide: decideSendDigits,
    asks: () => ({ ask: "send-digits", legId: peerLegId, digits }),
    lastsAtMost: () => null, // each action has a deadline of its own
    holdsLeg: () => true,
  };
}

export function decideSendDigits(state: { readonly state: "asked" }, heard: Heard): { readonly state: "asked" } | Over {
  if (heard.type === "taken") return done;
  if (heard.type !== "not-taken") return state;
  return heard.failure === "unanswered" ? timedOut : refused(refusalFor(heard.failure));
}
