import type { Call } from "../calls/call.ts";
import {
  cardOf,
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

/** `asked ──taken──► sent ──the leg is gone──► done` */
export interface HangUpState {
  readonly state: "asked" | "sent";
  /** The call that the leg is on: another one when calls merge meanwhile. */
  readonly callId: string;
  readonly legId: string;
}

/** @param declining the leg rings, and the employee refuses the call */
export function hangUpProcedure(callId: string, legId: string, declining: boolean): Procedure<HangUpState> {
  return {
    begin: { state: "asked", callId, legId },
    decide: decideHangUp,
    asks: ({ state }) => (state === "asked" ? { ask: "hang-up", legId, declining } : null),
    lastsAtMost: ({ state }) => (state === "sent" ? EFFECT_MS : null),
    holdsLeg: () => true,
  };
}

export function decideHangUp(state: HangUpState, heard: Heard): HangUpState | Over {
  switch (heard.type) {
    case "taken":
      return { ...state, state: "sent" };
    case "not-taken":
      return heard.failure === "unanswered" ? { ...state, state: "sent" } : refused(refusalFor(heard.failure));
    case "call":
      return afterCall(state, heard.call);
    case "deadline":
      return timedOut;
    default:
      return state;
  }
}

function afterCall(state: HangUpState, call: Call): HangUpState | Over {
  const followed = followedCall(state, call);
  if (followed !== state || call.id !== state.callId) return followed;
  return cardOf(call, state.legId) ? state : done;
}
