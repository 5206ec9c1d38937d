import type { Call } from "../calls/call.ts";
import type { LegId } from "../calls/leg-event.ts";
import { impossible } from "../lib/impossible.ts";
import { ownTransfer, whyNotHandedOver } from "./blind-transfer.ts";
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

/**
 * ```
 * looking-up ──► asked ──taken──► sent ──────► calling ──the colleague answers──► done
 *                                  │ nothing is seen      │
 *                                  ▼                      └──► refused, busy, no answer, cancelled, client-left
 *                                typing ──► calling
 * ```
 * Asterisk's Atxfer types the feature code and the number on the employee's channel, and says Success whether or not
 * anything came of it. What is not seen in time is typed once more by us, digit by digit.
 */
export interface AttendedTransferState {
  readonly state: "looking-up" | "asked" | "sent" | "typing" | "calling";
  readonly callId: string;
}

export interface AttendedTransferContext {
  readonly callId: string;
  readonly legId: LegId;
  readonly extension: string;
  /** Who is to wait. */
  readonly peerLegId: LegId;
  readonly to: string;
  readonly note: string | null;
  readonly transfersBefore: number;
}

/** On MikoPBX the colleague rings 0.8 s after the action. */
const SEEN_MS = 4_000;
/** Both of Asterisk's time-outs together (15 s or MikoPBX's 45 s of ringing, and the busy tone), with room. */
const CALLING_MS = 90_000;

export function attendedTransferProcedure(context: AttendedTransferContext): Procedure<AttendedTransferState> {
  const { callId, legId, to, note } = context;
  return {
    begin: { state: "looking-up", callId },
    decide: (state, heard) => decideAttendedTransfer(state, heard, context),
    asks: ({ state }) => {
      if (state === "looking-up") return { ask: "look-up", to };
      if (state === "asked") return { ask: "consult", legId, to, note, typed: false };
      return state === "typing" ? { ask: "consult", legId, to, note, typed: true } : null;
    },
    lastsAtMost: ({ state }) => {
      if (state === "sent") return SEEN_MS;
      if (state === "typing") return EFFECT_MS;
      return state === "calling" ? CALLING_MS : null;
    },
    holdsLeg: ({ state }) => state !== "calling",
  };
}

export function decideAttendedTransfer(
  state: AttendedTransferState,
  heard: Heard,
  context: AttendedTransferContext,
): AttendedTransferState | Over {
  switch (heard.type) {
    case "taken":
      if (state.state === "looking-up") return { ...state, state: "asked" };
      return state.state === "asked" ? { ...state, state: "sent" } : state;
    case "not-taken":
      if (heard.failure === "unanswered") return state.state === "asked" ? { ...state, state: "sent" } : timedOut;
      if (state.state === "looking-up" && heard.failure === "no-route") return refused("unknown-target");
      return state.state === "typing" ? timedOut : refused(refusalFor(heard.failure));
    case "call": {
      const followed = followedCall(state, heard.call);
      return followed === state && heard.call.id === state.callId ? afterCall(state, heard.call, context) : followed;
    }
    case "deadline":
      return state.state === "sent" ? { ...state, state: "typing" } : timedOut;
    case "own-phone":
    case "hang-up-asked":
      return state;
    default:
      return impossible(heard);
  }
}

function afterCall(
  state: AttendedTransferState,
  call: Call,
  context: AttendedTransferContext,
): AttendedTransferState | Over {
  const transfer = ownTransfer(call, "attended", context);
  if (transfer?.result === "completed") return done;
  if (transfer !== undefined && transfer.result !== "pending") {
    return refused(whyNotHandedOver(call, transfer.result));
  }
  const card = cardOf(call, context.legId);
  if (card?.state === "consult-talking") return done;
  // The link was lost meanwhile, and nobody told who waits: typing again would ask the colleague himself to hold.
  const isAsked = state.state !== "looking-up" && state.state !== "asked";
  if (isAsked && card?.state === "talking" && card.peerLegId !== null && card.peerLegId !== context.peerLegId)
    return done;
  if (card?.state === "consult-calling") return state.state === "calling" ? state : { ...state, state: "calling" };
  // He hung up while the colleague rings: the transfer itself will tell how that ends.
  if (card !== undefined || (transfer !== undefined && call.endedAt === null)) return state;
  return refused("client-left");
}
