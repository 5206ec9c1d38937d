import type { Call } from "../calls/call.ts";
import { done, type Heard, type Over, type Procedure, refusalFor, refused, timedOut } from "./procedure.ts";

/** `asked ──taken──► sent ──the leg is gone──► done` */
export interface HangUpState {
  readonly state: "asked" | "sent";
  /** The call that the leg is on: another one when calls merge meanwhile. */
  readonly callId: string;
  readonly legId: string;
}

/** From the action to the leg's `Hangup` it takes milliseconds; a slow PBX gets the time of a slow dialplan. */
const SENT_MS = 10_000;

export const hangUpProcedure: Procedure<HangUpState> = {
  decide: decideHangUp,
  lastsAtMost: ({ state }) => (state === "sent" ? SENT_MS : null),
};

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
  if (call.id !== state.callId) return state;
  if (call.mergedInto !== null) return { ...state, callId: call.mergedInto };
  return call.cards.some(({ legId }) => legId === state.legId) ? state : done;
}
