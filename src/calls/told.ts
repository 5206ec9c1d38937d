/** The story of a call as everybody else is told it. Pure. */
import type { Call, Parked, Transfer } from "./call.ts";
import { cardsOf } from "./cards.ts";
import { completedBy } from "./cdr-call.ts";
import { answeredAt } from "./disposition.ts";
import { sharesOf } from "./shares.ts";
import { type Sides, sidesOf } from "./sides.ts";
import { type CallStory, isPresent, legsOf, partyName, type ToldTransfer } from "./story.ts";
import { triedInVain } from "./transfers.ts";

export function toCall(story: CallStory): Call {
  const seen = toSeenCall(story);
  return story.recovered ? completedBy(seen, story.recovered) : seen;
}

function toSeenCall(story: CallStory): Call {
  const sides = sidesOf(story);
  const answered = answeredAt(story, sides);
  const endedAt = story.ended?.at ?? story.absorbed?.at ?? null;
  const did = sides.direction === "inbound" ? (sides.clientLeg?.did ?? null) : null;
  return {
    id: story.id,
    pbx: story.pbx,
    linkedids: story.linkedids,
    direction: sides.direction,
    client: sides.client,
    clientLegId: sides.clientLeg && isPresent(sides.clientLeg) ? sides.clientLeg.id : null,
    parked: parkedIn(story),
    did,
    queue: story.queue,
    voicemail: story.voicemail,
    startedAt: story.startedAt,
    answeredAt: answered,
    endedAt,
    disposition: story.ended?.disposition ?? null,
    ringSeconds: secondsBetween(story.startedAt, answered ?? endedAt),
    talkSeconds: answered === null ? 0 : secondsBetween(answered, talkedUntil(story, sides)),
    endedBy: story.ended?.endedBy ?? null,
    clientCause: sides.clientLeg?.cause ?? null,
    employees: sharesOf(story),
    transfers: story.transfers.map((told) => withTarget(story, told)),
    recordings: story.recordings,
    cards: endedAt === null ? cardsOf(story) : [],
    partial: story.partial,
    mergedInto: story.absorbed?.into ?? null,
    doubts: story.doubts,
  };
}

/**
 * Hold and waiting are a part of the client's talk, until who turned away from him has left him to another (capture p07);
 * what he does in the dialplan after the last conversation is not.
 */
function talkedUntil(story: CallStory, { clientLeg }: Sides): number | null {
  if (clientLeg === null) return story.ended?.at ?? null;
  const { id, aloneSince, endedAt } = clientLeg;
  const turnedAway = legsOf(story).filter((leg) => leg.waiting === id);
  if (turnedAway.some((leg) => leg.handedOverAt === null)) return endedAt;
  return aloneSince && Math.max(aloneSince, ...turnedAway.flatMap((leg) => leg.handedOverAt ?? []));
}

function withTarget(story: CallStory, told: ToldTransfer): Transfer {
  const inVain = triedInVain(story, told);
  return inVain === null ? told.transfer : { ...told.transfer, inVain };
}

/** Whoever was parked last, until somebody fetches him or the PBX, tired of waiting, rings a phone for him (capture n10). */
function parkedIn(story: CallStory): Parked | null {
  const leg = legsOf(story).findLast((each) => each.parkedIn !== null && isPresent(each) && each.with.length === 0);
  if (!leg?.parkedIn || leg.parkedAt === null) return null;
  const since = leg.parkedAt;
  const isOut = legsOf(story).some(
    (other) =>
      other !== leg &&
      ((other.calledBy === leg.id && other.beganAt >= since) || (other.talked !== null && other.talked.from > since)),
  );
  if (isOut) return null;
  const told = story.transfers.findLast(
    ({ transfer, transferee }) => transfer.kind === "park" && transferee === leg.id,
  );
  const by = told ? story.legs[told.by] : undefined;
  return { slot: leg.parkedIn, legId: leg.id, by: by ? partyName(by) : null, since };
}

/** 0 while it is not over. Timestamps may step back by a fraction of a millisecond. */
function secondsBetween(from: number, until: number | null): number {
  return until === null ? 0 : Math.max(0, until - from) / 1000;
}
