/**
 * Calls that are shown though no phone of the employee's is in them: his own client who rings at a colleague's, and what he
 * handed over himself. Pure. Parked calls are not among them: they wait for anybody and ask for nobody's attention.
 */
import type { HandedOverView, OfferView } from "../../src/panel/protocol.ts";
import type { LiveView } from "../live/live-view.ts";
import { isFailed } from "./card-face.ts";
import { MISSED_SHOWN_MS } from "./shown-calls.ts";

type Told =
  | { readonly kind: "offer"; readonly view: OfferView }
  | { readonly kind: "handed-over"; readonly view: HandedOverView };

export type DistantCall = Told & {
  /** Epoch ms since when there is nothing left to do about it; null while there is. */
  readonly overAt: number | null;
};

export interface DistantCalls {
  readonly shown: readonly DistantCall[];
  /** Calls that were shown long enough or put away by the person, as long as the service tells of them. */
  readonly putAway: ReadonlySet<string>;
}

export const NO_DISTANT_CALLS: DistantCalls = { shown: [], putAway: new Set() };

const OVER_SHOWN_MS = 3_000;
/** Bad news stays longer. */
const FAILED_SHOWN_MS = 10_000;

/** The own client has given up: nobody took his call. */
export function isMissedOffer(one: DistantCall): boolean {
  return one.kind === "offer" && one.overAt !== null && one.view.takenBy === null;
}

export function distantKey(one: Told): string {
  const { callId } = one.view;
  // A call may be handed over again: that is another thing to tell.
  return one.kind === "offer" ? `offer ${callId}` : `handed-over ${callId} ${one.view.transfer.at}`;
}

export function mergeDistant(
  { shown, putAway }: DistantCalls,
  { offers, handedOver, cards }: Pick<LiveView, "offers" | "handedOver" | "cards">,
  now: number,
): DistantCalls {
  const here = new Set(cards.map(({ callId }) => callId));
  const told: readonly DistantCall[] = [
    ...offers.map((view) => ({ kind: "offer", view, overAt: view.takenBy === null ? null : now }) as const),
    ...handedOver.map(
      (view) => ({ kind: "handed-over", view, overAt: view.transfer.state === "calling" ? null : now }) as const,
    ),
  ];
  const byKey = new Map(told.map((one) => [distantKey(one), one]));
  const kept = shown.flatMap((before): DistantCall[] => {
    const after = byKey.get(distantKey(before));
    byKey.delete(distantKey(before));
    if (here.has(before.view.callId)) return []; // his own card tells more
    if (after?.overAt === null) return [after];
    return [{ ...(after ?? before), overAt: before.overAt ?? now }];
  });
  // What was over before it was seen here is no news.
  const fresh = [...byKey.values()].filter(
    (one) => one.overAt === null && !here.has(one.view.callId) && !putAway.has(distantKey(one)),
  );
  const keys = new Set(told.map(distantKey));
  return { shown: [...kept, ...fresh], putAway: new Set([...putAway].filter((key) => keys.has(key))) };
}

/** Without those that were shown long enough. */
export function withoutOver(calls: DistantCalls, now: number): DistantCalls {
  const over = calls.shown.filter((one) => one.overAt !== null && now - one.overAt >= shownMs(one));
  return over.reduce((rest, one) => withoutDistant(rest, distantKey(one)), calls);
}

export function withoutDistant({ shown, putAway }: DistantCalls, key: string): DistantCalls {
  return { shown: shown.filter((one) => distantKey(one) !== key), putAway: new Set([...putAway, key]) };
}

function shownMs(one: DistantCall): number {
  if (isMissedOffer(one)) return MISSED_SHOWN_MS;
  return one.kind === "handed-over" && isFailed(one.view.transfer) ? FAILED_SHOWN_MS : OVER_SHOWN_MS;
}
