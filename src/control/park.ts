import type { LegId } from "../calls/leg-event.ts";
import { type OneActionState, oneActionProcedure } from "./one-action.ts";
import { done, type Procedure, refused } from "./procedure.ts";

/** Done when the other side stands in a slot. @param peerLegId who is left there */
export function parkProcedure(callId: string, peerLegId: LegId): Procedure<OneActionState> {
  return oneActionProcedure({
    callId,
    request: { ask: "park", legId: peerLegId },
    seen: ({ parked, endedAt }) => {
      if (parked?.legId === peerLegId) return done;
      return endedAt === null ? undefined : refused("client-left");
    },
  });
}
