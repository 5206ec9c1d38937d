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

/** `asked ──taken──► sent ──the own phone rings for the client──► done` */
export interface TakeBackState {
  readonly state: "asked" | "sent";
  readonly callId: string;
}

export interface TakeBackContext {
  readonly callId: string;
  readonly extension: string;
  /** Who was handed over. */
  readonly client: LegId;
}

export function takeBackProcedure({ callId, extension, client }: TakeBackContext): Procedure<TakeBackState> {
  return {
    begin: { state: "asked", callId },
    decide: (state, heard) => decideTakeBack(state, heard, { callId, extension, client }),
    asks: ({ state }) => (state === "asked" ? { ask: "bring", legId: client, to: extension } : null),
    lastsAtMost: ({ state }) => (state === "sent" ? EFFECT_MS : null),
    holdsLeg: () => true,
  };
}

export function decideTakeBack(state: TakeBackState, heard: Heard, context: TakeBackContext): TakeBackState | Over {
  switch (heard.type) {
    case "taken":
      return { ...state, state: "sent" };
    case "not-taken":
      return heard.failure === "unanswered" ? { ...state, state: "sent" } : refused(refusalFor(heard.failure));
    case "call": {
      const followed = followedCall(state, heard.call);
      if (followed !== state || heard.call.id !== state.callId) return followed;
      if (heard.call.endedAt !== null) return refused("client-left");
      const talks = heard.call.cards.find(
        (card) => card.peerLegId === context.client && card.state === "talking" && card.extension !== context.extension,
      );
      if (talks !== undefined) return refused("answered-elsewhere");
      return heard.call.cards.some((card) => card.extension === context.extension) ? done : state;
    }
    case "deadline":
      return timedOut;
    default:
      return state;
  }
}
