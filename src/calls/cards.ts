/** What the panel shows of an employee's leg, and of a whole call. Pure. */
import type { Card, CardState } from "./call.ts";
import { sidesOf } from "./sides.ts";
import { type CallStory, isOutside, isPresent, type LegStory, legsOf, partyName, type ShownLeg } from "./story.ts";

/**
 * What is to be shown of `leg` after something happened at `at`.
 *
 * In between (a bridge breaks and another is made, the other side is gone and the own channel follows in a moment)
 * nobody on the phone notices anything: there the last picture stays until the next is certain or the leg ends.
 */
export function showLeg(story: CallStory, leg: LegStory, at: number): ShownLeg | null {
  if (isOutside(leg) || !isPresent(leg)) return null;
  const seen = look(story, leg);
  if (seen === "as-before") return leg.shown;
  if (seen === null) return null;
  const sides = sidesOf(story);
  const amongColleagues =
    leg.room !== null || (sides.clientLeg !== null && sides.clientLeg.endedAt !== null && seen.peer !== sides.client);
  const direction = amongColleagues ? "internal" : sides.direction;
  const before = leg.shown;
  if (before && before.state === seen.state && before.peer === seen.peer && before.direction === direction)
    return before;
  return { ...seen, direction, since: before?.state === seen.state ? before.since : at };
}

interface Look {
  readonly state: CardState;
  readonly peer: string | null;
}

function look(story: CallStory, leg: LegStory): Look | "as-before" | null {
  const partner = partnerOf(story, leg);
  if (leg.heldSince !== null && leg.talked !== null) {
    return { state: "hold", peer: partner ? partyName(partner) : (leg.shown?.peer ?? null) };
  }
  if (leg.room !== null) return { state: "talking", peer: leg.room };
  if (waits(story, leg)) {
    if (partner)
      return { state: isHandingOver(story, leg, partner) ? "talking" : "consult-talking", peer: partyName(partner) };
    if (leg.shown?.state === "consult-talking") return "as-before";
    // Whom he asked for names them all, when it is a group that rings (capture o05).
    return { state: "consult-calling", peer: leg.consults ?? calledNow(story, leg) };
  }
  if (partner) return { state: waits(story, partner) ? "consult-talking" : "talking", peer: partyName(partner) };
  return lookAlone(story, leg);
}

function lookAlone(story: CallStory, leg: LegStory): Look | "as-before" | null {
  const called = calledNow(story, leg);
  if (called !== null) return { state: "calling", peer: called };
  if (leg.answeredAt !== null || leg.talked !== null) return wasLeft(story, leg) ? null : "as-before";
  if (leg.origin === "requested") return lookRequested(story, leg);
  if (leg.calledBy === undefined) return "as-before";
  if (leg.calledBy !== null) {
    const caller = story.legs[leg.calledBy];
    return leg.rings ? { state: "ringing", peer: caller ? partyName(caller) : leg.shows } : null;
  }
  if (isServiceCode(leg.shows)) return null;
  const sides = sidesOf(story);
  // The PBX rings him for a client who is calling: an interception. Otherwise it is his own click-to-call.
  if (sides.direction !== "inbound") return { state: "calling", peer: sides.client ?? leg.shows };
  return leg.rings ? { state: "ringing", peer: sides.client } : null;
}

/** For the client whom he talked to somebody else is rung by now, though his own line lives on (capture p37). */
function wasLeft(story: CallStory, { lastWith, aloneSince }: LegStory): boolean {
  const { clientLeg } = sidesOf(story);
  if (aloneSince === null || clientLeg === null || !lastWith.includes(clientLeg.id)) return false;
  return legsOf(story).some(
    ({ calledBy, beganAt, talked, endedAt }) =>
      calledBy === clientLeg.id && beganAt > aloneSince && talked === null && endedAt === null,
  );
}

/** Until his phone rings, the request itself is shown; with no number yet there is nothing to show. */
function lookRequested(story: CallStory, leg: LegStory): Look | "as-before" | null {
  if (
    leg.shows === null ||
    isServiceCode(leg.shows) ||
    legsOf(story).some((other) => other !== leg && partyName(other) === partyName(leg))
  )
    return null;
  return sidesOf(story).direction === "inbound" ? null : { state: "calling", peer: leg.shows };
}

/** `*8201` is nobody to be in a call with; whoever it leads to will be. */
function isServiceCode(number: string | null): boolean {
  return number !== null && /^[*#]/.test(number);
}

/** Whom this leg talks to: the client before colleagues. */
function partnerOf(story: CallStory, leg: LegStory): LegStory | undefined {
  const partners = leg.with.flatMap((id) => story.legs[id] ?? []);
  return partners.find(isOutside) ?? partners[0];
}

function waits(story: CallStory, leg: LegStory): boolean {
  const waiting = leg.waiting === null ? undefined : story.legs[leg.waiting];
  return waiting !== undefined && waiting.endedAt === null;
}

/** In a consultation he has swapped sides: he talks to the one whom he is about to hand over (capture o48). */
function isHandingOver(story: CallStory, leg: LegStory, partner: LegStory): boolean {
  return story.transfers.some(
    ({ transfer, by, transferee }) => transfer.result === "pending" && by === leg.id && transferee === partner.id,
  );
}

/** The leg that rings for this one; of several, the client's or the first. */
function rungLeg(story: CallStory, leg: LegStory): LegStory | undefined {
  const ringing = legsOf(story).filter(
    (other) => other.calledBy === leg.id && other.talked === null && isPresent(other),
  );
  return ringing.find(isOutside) ?? ringing[0];
}

/** The number that this leg is calling now; null when nobody rings for it. */
function calledNow(story: CallStory, leg: LegStory): string | null {
  const rung = rungLeg(story, leg);
  if (!rung) return null;
  // A ring group rings many: what he dialled names them all. Handed on by who answered, he calls somebody else.
  const isFirst = leg.waiting === null && leg.talked === null;
  return !isOutside(rung) && isFirst && leg.dialled !== null ? leg.dialled : partyName(rung);
}

function peerLegOf(story: CallStory, leg: LegStory, state: CardState): LegStory | undefined {
  switch (state) {
    case "ringing":
      // The PBX itself rings him for a client who is calling: an interception.
      return leg.calledBy == null ? (sidesOf(story).clientLeg ?? undefined) : story.legs[leg.calledBy];
    case "calling":
    case "consult-calling":
      return rungLeg(story, leg);
    case "talking":
      return partnerOf(story, leg) ?? betweenBridges(story, leg);
    default:
      return partnerOf(story, leg);
  }
}

/**
 * While Local channels fold, a milliseconds' affair, nobody is in a conversation with anybody (captures m04, 04): a
 * talk's partner is the client still, if he is with nobody else.
 */
function betweenBridges(story: CallStory, leg: LegStory): LegStory | undefined {
  const { clientLeg } = sidesOf(story);
  if (clientLeg === null || !isPresent(clientLeg)) return undefined;
  const isFree =
    clientLeg.with.every((id) => id === leg.id) && clientLeg.parkedIn === null && clientLeg.waiting === null;
  return isFree && leg.handedOverAt === null && leg.room === null && !waits(story, leg) ? clientLeg : undefined;
}

/** Who dials on his phone has it in his hand; a phone that the PBX rings for a click must be answered first. */
function isPickedUp(leg: LegStory): boolean {
  return leg.origin === "dialling" || leg.answeredAt !== null;
}

/** The call's cards. However many devices of an employee ring, it is one call that rings for him. */
export function cardsOf(story: CallStory): Card[] {
  const cards: Card[] = [];
  for (const leg of legsOf(story)) {
    if (leg.shown === null || leg.party.kind !== "employee") continue;
    const { extension } = leg.party;
    const others = cards.filter((card) => card.extension === extension);
    const pickedUp = isPickedUp(leg);
    // Who calls himself is on one call (capture o14).
    const callsHimself = leg.calledBy != null && others.some((card) => card.legId === leg.calledBy);
    if ((!pickedUp || callsHimself) && others.length > 0) continue;
    const rung = others.find((card) => !card.pickedUp);
    if (rung) cards.splice(cards.indexOf(rung), 1);
    const peer = peerLegOf(story, leg, leg.shown.state);
    cards.push({
      callId: story.id,
      legId: leg.id,
      extension,
      ...leg.shown,
      peerLegId: peer?.endedAt === null ? peer.id : null,
      waitingLegId: waits(story, leg) ? leg.waiting : null,
      isFetching: leg.calledBy === null && leg.shown.state === "ringing",
      pickedUp,
    });
  }
  return cards;
}
