/** Who is who in a call: its direction and its client. Pure. */
import type { Direction } from "./call.ts";
import { type CallStory, isOutside, type LegStory, legsOf } from "./story.ts";

export interface Sides {
  readonly direction: Direction;
  /** null for an internal call or a hidden number. */
  readonly client: string | null;
  /** The client's leg; null when there is none (yet). */
  readonly clientLeg: LegStory | null;
}

export function sidesOf(story: CallStory): Sides {
  const legs = legsOf(story);
  const caller = legs.find((leg) => isOutside(leg) && leg.origin === "dialling");
  if (caller) return { direction: "inbound", client: numberOf(caller), clientLeg: caller };

  const asked = askedNumber(legs);
  // A colleague's extension may ring his mobile through a trunk: that makes no client of him.
  const isAmongColleagues = asked !== null && !isOutsideNumber(asked);
  const reached = legs.filter((leg) => isOutside(leg) && (!isAmongColleagues || wasPutThroughTo(story, leg)));
  if (isAmongColleagues && reached.length === 0) return { direction: "internal", client: null, clientLeg: null };

  const first = reached[0];
  if (first) {
    // A second trunk may have been tried for the same number.
    const tries = reached.filter((leg) => sameNumber(numberOf(leg), numberOf(first)));
    const clientLeg = tries.find((leg) => leg.talked !== null) ?? tries.at(-1) ?? first;
    return { direction: "outbound", client: numberOf(clientLeg), clientLeg };
  }
  return asked === null
    ? { direction: "internal", client: null, clientLeg: null }
    : { direction: "outbound", client: asked, clientLeg: null };
}

/** One of the colleagues asked for somebody outside, who is called, or has talked to one of them (capture o20). */
function wasPutThroughTo(story: CallStory, leg: LegStory): boolean {
  if (leg.talked === null && leg.endedAt !== null) return false;
  const caller = leg.calledBy == null ? undefined : story.legs[leg.calledBy];
  return (
    isOutsideNumber(caller?.dialled ?? "") ||
    story.transfers.some(({ transfer }) => transfer.to !== null && sameNumber(transfer.to, numberOf(leg)))
  );
}

/** The number that the employee who began the call asked for, on his phone or by a click. */
function askedNumber(legs: readonly LegStory[]): string | null {
  const starter = legs.find((leg) => !isOutside(leg) && (leg.origin !== "reached" || leg.calledBy === null));
  if (!starter || starter.listens) return null;
  if (starter.origin === "dialling") return starter.dialled;
  const shown = legs.find((leg) => !isOutside(leg) && leg.calledBy === null && leg.shows !== null);
  return shown?.shows ?? null;
}

function numberOf(leg: LegStory): string | null {
  return leg.party.kind === "outside" ? leg.party.number : null;
}

/** Extensions have up to five digits and service codes begin with * or #; whatever is longer is somebody outside. */
export function isOutsideNumber(number: string): boolean {
  return /^\+?\d{6,}$/.test(number);
}

/** The same number in other clothes (8…, 7…, +7…): the last ten digits decide, as far as there are ten. */
export function sameNumber(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return one === other;
  return one === other || (tailOf(one).length >= 7 && tailOf(one) === tailOf(other));
}

/** What stays of a number whatever prefix it is written with. */
export function tailOf(number: string): string {
  return number.replace(/\D/g, "").slice(-10);
}
