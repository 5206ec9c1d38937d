/** How a call ended for people, and who ended it. Pure. */
import type { Direction, Disposition } from "./call.ts";
import { type Sides, sidesOf } from "./sides.ts";
import { type CallStory, isOutside, type LegStory, legsOf, partyName } from "./story.ts";

/**
 * Q.850 causes by which the far side says of a number that it cannot be reached now (19: SIP 480) or at all (1: SIP 404;
 * 28: SIP 484), which Asterisk calls no answer (lab).
 */
const NOT_REACHED: ReadonlySet<number> = new Set([1, 19, 28]);

/** Q.850. */
const REJECTED = 21;

export function dispositionOf(story: CallStory): Disposition {
  const sides = sidesOf(story);
  if (answeredAt(story, sides) !== null) return "answered";
  const called = legsOf(story).filter((leg) => leg.calledBy != null);
  // A client who was not talked to was missed, also when he lost his patience or all refused him (capture s03).
  if (sides.direction === "inbound") return "missed";
  const last = called.findLast((leg) => sides.direction === "internal" || isOutside(leg));
  if (last) return dispositionOfLeg(last);
  if (Object.values(story.unreached).includes("BUSY")) return "busy";
  // Nobody was called: the own phone was not picked up, or there is no such number. The PBX itself may answer one.
  const hadService = legsOf(story).some((leg) => leg.answeredAt !== null && (leg.origin === "dialling" || leg.listens));
  return hadService ? "answered" : "failed";
}

function dispositionOfLeg(leg: LegStory): Disposition {
  // A phone that declines (SIP 603) ends the dial as NOANSWER, long before any time ran out (capture q13).
  if (leg.cause === REJECTED) return "busy";
  switch (leg.dialStatus) {
    case "BUSY":
      return "busy";
    case "NOANSWER":
      // The line itself said so, long before any time ran out (captures m03c: 480).
      return isOutside(leg) && leg.cause !== null && NOT_REACHED.has(leg.cause) ? "failed" : "missed";
    case "CHANUNAVAIL":
    case "CONGESTION":
      return "failed";
    default:
      return "cancelled";
  }
}

/** The first conversation between the client and somebody here; inside the company, between the two. */
export function answeredAt(story: CallStory, sides: Sides = sidesOf(story)): number | null {
  if (sides.direction === "internal") {
    const talks = legsOf(story).flatMap((leg) => leg.talked?.from ?? []);
    return talks.length > 0 ? Math.min(...talks) : null;
  }
  return sides.clientLeg?.talked?.from ?? null;
}

/** "client", an extension, or "pbx"; null when we did not see it, or when it was an outside third party. */
export function endedBy(story: CallStory): string | null {
  const { clientLeg, direction } = sidesOf(story);
  // A client who refuses an outgoing call ends nothing: the PBX goes on until it ends the caller's leg.
  if (clientLeg?.byItself && (clientLeg.talked !== null || direction === "inbound")) return "client";
  const legs = legsOf(story);
  // The last of them went while we were away.
  if (legs.toSorted((one, two) => (one.endedAt ?? 0) - (two.endedAt ?? 0)).at(-1)?.cause === null) return null;
  const last = legs
    .filter((leg) => leg.byItself && leg !== clientLeg && leg.handedOverAt === null && wasOnTheCall(leg, direction))
    .sort((one, two) => (one.endedAt ?? 0) - (two.endedAt ?? 0))
    .at(-1);
  if (last) return isOutside(last) ? null : partyName(last);
  // The client was joined with another one, who has a call of his own (capture o10).
  if (clientLeg?.lastWith.some((id) => story.legs[id] === undefined)) return null;
  // Nobody hung up, and the called phone was silenced: the caller's leg was ended from the panel.
  const caller = legs.find((leg) => leg.origin === "dialling" && leg.talked === null && !isOutside(leg));
  if (caller && legs.some((leg) => leg.calledBy === caller.id && leg.dialStatus === "CANCEL")) return partyName(caller);
  // Somebody may have hung up before we came.
  if (legs.some((leg) => leg.isEndUnseen && wasOnTheCall(leg, direction))) return null;
  return legs.length > 0 ? "pbx" : null;
}

/**
 * A phone that only rang and refused does not end the call of him who calls; nor one that the PBX rings for a client who is
 * on the line already (capture p07: rung back).
 */
function wasOnTheCall(leg: LegStory, direction: Direction): boolean {
  if (leg.origin === "requested") return false;
  return leg.talked !== null || leg.calledBy === undefined || (leg.calledBy === null && direction !== "inbound");
}
