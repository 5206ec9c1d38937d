/** How a call ended for people, and who ended it. Pure. */
import type { Disposition } from "./call.ts";
import { type Sides, sidesOf } from "./sides.ts";
import { type CallStory, isOutside, type LegStory, legsOf, partyName } from "./story.ts";

export function dispositionOf(story: CallStory): Disposition {
  const sides = sidesOf(story);
  if (answeredAt(story, sides) !== null) return "answered";
  const called = calledLegs(story, sides);
  if (sides.direction === "inbound") {
    // A client who was not talked to was missed, also when he lost his patience.
    if (called.length > 0 && called.every((leg) => leg.dialStatus === "BUSY")) return "busy";
    return "missed";
  }
  const last = called.at(-1);
  // The PBX itself may answer a service number.
  if (last === undefined) return legsOf(story).some((leg) => leg.answeredAt !== null) ? "answered" : "failed";
  if (last.origin === "requested") return "failed";
  switch (last.dialStatus) {
    case "BUSY":
      return "busy";
    case "NOANSWER":
      return "missed";
    case "CHANUNAVAIL":
    case "CONGESTION":
      return "failed";
    default:
      return "cancelled";
  }
}

/** The legs by whose answer the call is answered. */
function calledLegs(story: CallStory, sides: Sides): LegStory[] {
  const called = legsOf(story).filter((leg) => leg.calledBy !== undefined);
  if (sides.direction !== "outbound") return called;
  const outside = called.filter(isOutside);
  // The client was never called: then it is the own phone that did not answer.
  return outside.length > 0 ? outside : called;
}

/** The first conversation between the client and somebody here; inside the company, between the two. */
export function answeredAt(story: CallStory, sides: Sides = sidesOf(story)): number | null {
  if (sides.direction === "internal") {
    const talks = legsOf(story).flatMap((leg) => leg.talked?.from ?? []);
    return talks.length > 0 ? Math.min(...talks) : null;
  }
  return sides.clientLeg?.talked?.from ?? null;
}

/** "client", an extension, or "pbx"; null when we did not see it. */
export function endedBy(story: CallStory): string | null {
  const sides = sidesOf(story);
  const legs = legsOf(story).filter((leg) => leg.origin !== "requested");
  if (sides.clientLeg?.byItself) return "client";
  const last = legs
    .filter((leg) => leg.byItself && leg.handedOverAt === null && leg.endedAt !== null)
    .sort((one, two) => (one.endedAt ?? 0) - (two.endedAt ?? 0))
    .at(-1);
  if (last && endsTheCall(story, last, sides)) return isOutside(last) ? "client" : partyName(last);
  // Nobody hung up, and the called phone was silenced: the caller's leg was ended from the panel.
  const caller = legs.find((leg) => leg.origin === "dialling" && leg.talked === null && !isOutside(leg));
  if (caller && legs.some((leg) => leg.calledBy === caller.id && leg.dialStatus === "CANCEL")) return partyName(caller);
  return legs.some((leg) => leg.cause !== null) ? "pbx" : null;
}

/** A phone that was merely refused or left a consultation does not end the client's call. */
function endsTheCall(story: CallStory, leg: LegStory, sides: Sides): boolean {
  if (leg.talked !== null || leg.calledBy === undefined) return true;
  return (
    sides.direction !== "inbound" || legsOf(story).every((other) => other.party.kind !== "employee" || other === leg)
  );
}
