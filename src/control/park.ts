import type { LegId } from "../calls/leg-event.ts";
import {
  done,
  EFFECT_MS,
  followedCall,
  type Heard,
  type Over,
  type Procedure,
  refusalFor,
  refused,
  timedOut,
} from "./procedure.ts";

/** `asked ──taken──► sent ──the other side stands in a slot──► done` */
export interface ParkState {
  readonly state: "asked" | "sent";
  readonly callId: string;
}

/** @param peerLegId who is left in the slot */
export function parkProcedure(callId: string, peerLegId: LegId): Procedure<ParkState> {
  return {
    begin: { state: "asked", callId },
    decide: (state, heard) => decidePark(state, heard, peerLegId),
    asks: ({ state }) => (state === "asked" ? { ask: "park", legId: peerLegId } : null),
    lastsAtMost: ({ state }) => (state === "sent" ? EFFECT_MS : null),
    holdsLeg: () => true,
  };
}

export function decidePark(state: ParkState, heard: Heard, peerLegId: LegId): ParkState | Over {
  switch (heard.type) {
    case "taken":
      return { ...state, state: "sent" };
    case "not-taken":
      return heard.failure === "unanswered" ? { ...state, state: "sent" } : refused(refusalFor(heard.failure));
    case "call": {
      const followed = followedCall(state, heard.call);
      if (followed !== state || heard.call.id !== state.callId) return followed;
      if (heard.call.parked?.legId === peerLegId) return done;
      return heard.call.endedAt === null ? state : refused("client-left");
    }
    case "deadline":
      return timedOut;
    default:
      return state;
  }
}
