import {
  cardOf,
  done,
  followedCall,
  type Heard,
  type Over,
  type Procedure,
  refusalFor,
  refused,
  timedOut,
} from "./procedure.ts";

/** `asked ──taken──► sent ──the phone has obeyed──► done`; in `unsure` the PBX's answer was lost, and the phone perhaps not asked. */
export interface HoldState {
  readonly state: "asked" | "sent" | "unsure";
  readonly callId: string;
}

/** A phone that obeys does so at once; for one that does not nobody should wait long. */
const OBEYED_WITHIN_MS = 4_000;

/** Asks the phone on `legId` to put its company on hold (`hold`), or to take it back (`resume`). */
export function holdProcedure(ask: "hold" | "resume", callId: string, legId: string): Procedure<HoldState> {
  return {
    begin: { state: "asked", callId },
    decide: (state, heard) => decideHold(state, heard, ask, legId),
    asks: ({ state }) => (state === "asked" ? { ask, legId } : null),
    lastsAtMost: ({ state }) => (state === "asked" ? null : OBEYED_WITHIN_MS),
    holdsLeg: () => true,
  };
}

export function decideHold(state: HoldState, heard: Heard, ask: "hold" | "resume", legId: string): HoldState | Over {
  switch (heard.type) {
    case "taken":
      return { ...state, state: "sent" };
    case "not-taken":
      return heard.failure === "unanswered" ? { ...state, state: "unsure" } : refused(refusalFor(heard.failure));
    case "call": {
      const followed = followedCall(state, heard.call);
      if (followed !== state || heard.call.id !== state.callId) return followed;
      const card = cardOf(heard.call, legId);
      if (card === undefined) return refused("client-left");
      return card.state === (ask === "hold" ? "hold" : "talking") ? done : state;
    }
    case "deadline":
      return state.state === "sent" ? refused("phone-ignores-it") : timedOut;
    default:
      return state;
  }
}
