/** The commands that ask the PBX for one thing and wait until the call shows it. */
import type { Call } from "../calls/call.ts";
import type { PhoneRequest } from "../calls/phone-control.ts";
import { impossible } from "../lib/impossible.ts";
import {
  EFFECT_MS,
  followedCall,
  type Heard,
  type Over,
  type Procedure,
  refusalFor,
  refused,
  timedOut,
} from "./procedure.ts";

/** `asked ──taken──► sent ──seen──► over`; in `unsure` the PBX's answer was lost: it may not have been asked at all. */
export interface OneActionState {
  readonly state: "asked" | "sent" | "unsure";
  /** Another one when calls merge meanwhile. */
  readonly callId: string;
}

export interface OneAction {
  readonly callId: string;
  readonly request: PhoneRequest;
  /** How it ended, as the call shows it; undefined while it does not. */
  readonly seen: (call: Call) => Over | undefined;
  /** After so long nothing will come of it. Milliseconds; `EFFECT_MS` when absent. */
  readonly withinMs?: number;
  /** What it means when the PBX took it and nothing came of it; `timedOut` when absent. */
  readonly inVain?: Over;
}

export function oneActionProcedure(action: OneAction): Procedure<OneActionState> {
  const { callId, request, withinMs = EFFECT_MS } = action;
  return {
    begin: { state: "asked", callId },
    decide: (state, heard) => decideOneAction(state, heard, action),
    asks: ({ state }) => (state === "asked" ? request : null),
    lastsAtMost: ({ state }) => (state === "asked" ? null : withinMs), // the action has a deadline of its own
    holdsLeg: () => true,
  };
}

function decideOneAction(
  state: OneActionState,
  heard: Heard,
  { seen, inVain = timedOut }: OneAction,
): OneActionState | Over {
  switch (heard.type) {
    case "taken":
      return { ...state, state: "sent" };
    case "not-taken":
      return heard.failure === "unanswered" ? { ...state, state: "unsure" } : refused(refusalFor(heard.failure));
    case "call": {
      const followed = followedCall(state, heard.call);
      return followed === state && heard.call.id === state.callId ? (seen(heard.call) ?? state) : followed;
    }
    case "deadline":
      return state.state === "sent" ? inVain : timedOut;
    case "own-phone":
    case "hang-up-asked":
      return state;
    default:
      return impossible(heard);
  }
}
