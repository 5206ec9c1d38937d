/** What may be done with a consultation that is under way: complete it, give it up, swap sides. */
import type { Call, Card } from "../calls/call.ts";
import type { LegId } from "../calls/leg-event.ts";
import { whyNotHandedOver } from "./blind-transfer.ts";
import { type OneActionState, oneActionProcedure } from "./one-action.ts";
import {
  cardOf,
  done,
  EFFECT_MS,
  followedCall,
  type Heard,
  isThere,
  type Over,
  type Procedure,
  refusalFor,
  refused,
  timedOut,
} from "./procedure.ts";

/**
 * `asked ──taken──► sent ──seen──► done`; `again`: a second way is tried when the first shows no effect; `left`: the
 * employee is out, and the colleague's phone may still ring.
 */
export interface ConsultationState {
  readonly state: "asked" | "sent" | "again" | "left";
  readonly callId: string;
}

export interface ConsultationContext {
  readonly callId: string;
  /** The employee's leg. */
  readonly legId: LegId;
  /** Who was left waiting for the colleague; with the sides swapped he is talked to. */
  readonly client: LegId;
  /** The colleague who is called or talked to, or waits with the sides swapped; null while no phone of his is known to ring. */
  readonly colleague: LegId | null;
}

/** `atxfernoanswertimeout` of MikoPBX is 45 s: so long a colleague may ring when he is handed the call unasked. */
const COMPLETED_MS = 60_000;
const AGAIN_AFTER_MS = 3_000;

/** The employee leaves; whoever waits is connected with the colleague, now or as soon as he answers. */
export function completeTransferProcedure({ callId, legId }: ConsultationContext): Procedure<ConsultationState> {
  return {
    begin: { state: "asked", callId },
    decide: (state, heard) => decideCompletion(state, heard, legId),
    asks: ({ state }) => (state === "asked" ? { ask: "hang-up", legId, declining: false } : null),
    lastsAtMost: completionLastsAtMost,
    holdsLeg: () => true,
  };
}

/**
 * The sides are swapped: the colleague waits with music. He is taken back first: on the lab a client who was joined with
 * a colleague still on hold heard nothing of him, in some of the runs.
 */
export function completeSwappedProcedure({
  callId,
  legId,
  colleague,
}: ConsultationContext & { readonly colleague: LegId }): Procedure<ConsultationState> {
  return {
    begin: { state: "asked", callId },
    decide: (state, heard) => {
      if (state.state === "again" || state.state === "left") return decideCompletion(state, heard, legId);
      const after = decide(state, heard, (call) => talksTo(call, legId, colleague));
      return after === done ? { ...state, state: "again" } : after;
    },
    asks: ({ state }) => {
      if (state === "asked") return { ask: "swap", legId };
      return state === "again" ? { ask: "hang-up", legId, declining: false } : null;
    },
    lastsAtMost: completionLastsAtMost,
    holdsLeg: () => true,
  };
}

function decideCompletion(state: ConsultationState, heard: Heard, legId: LegId): ConsultationState | Over {
  const after = decide(state, heard, (call) => completed(call, legId));
  if (after !== state || heard.type !== "call" || heard.call.id !== state.callId || state.state === "left")
    return after;
  return cardOf(heard.call, legId) === undefined ? { ...state, state: "left" } : state;
}

function completionLastsAtMost({ state }: ConsultationState): number | null {
  if (state === "asked") return null;
  return state === "left" ? COMPLETED_MS : EFFECT_MS;
}

/** Back to the one who waits; should the PBX not hear, the colleague's leg is hung up, which brings him back too. */
export function cancelTransferProcedure({
  callId,
  legId,
  client,
  colleague,
}: ConsultationContext): Procedure<ConsultationState> {
  return {
    begin: { state: "asked", callId },
    decide: (state, heard) => decide(state, heard, (call) => backWithClient(call, legId, client), colleague !== null),
    asks: ({ state }) => {
      if (state === "asked") return { ask: "stop-consulting", legId };
      return state === "again" && colleague !== null ? { ask: "hang-up", legId: colleague, declining: false } : null;
    },
    lastsAtMost: ({ state }) => {
      if (state === "asked") return null;
      return state === "sent" ? AGAIN_AFTER_MS : EFFECT_MS;
    },
    holdsLeg: () => true,
  };
}

/** @param waiting who waits now, and is to be talked to */
export function swapProcedure(
  { callId, legId }: Pick<ConsultationContext, "callId" | "legId">,
  waiting: LegId,
): Procedure<OneActionState> {
  return oneActionProcedure({
    callId,
    request: { ask: "swap", legId },
    seen: (call) => talksTo(call, legId, waiting),
  });
}

function decide(
  state: ConsultationState,
  heard: Heard,
  seen: (call: Call) => Over | undefined,
  canAgain = false,
): ConsultationState | Over {
  switch (heard.type) {
    case "taken":
      return state.state === "asked" ? { ...state, state: "sent" } : state;
    case "not-taken":
      if (state.state === "again") return heard.failure === "unanswered" ? state : timedOut;
      return heard.failure === "unanswered" ? { ...state, state: "sent" } : refused(refusalFor(heard.failure));
    case "call": {
      const followed = followedCall(state, heard.call);
      return followed === state && heard.call.id === state.callId ? (seen(heard.call) ?? state) : followed;
    }
    case "deadline":
      return canAgain && state.state === "sent" ? { ...state, state: "again" } : timedOut;
    default:
      return state;
  }
}

function completed(call: Call, legId: LegId): Over | undefined {
  if (cardOf(call, legId) !== undefined) return undefined;
  const result = call.transfers.findLast(({ kind }) => kind === "attended")?.result ?? "failed";
  if (result === "completed") return done;
  if (result === "pending") return call.endedAt === null ? undefined : refused("client-left");
  return refused(whyNotHandedOver(call, result));
}

/** He talks to the client, and nobody waits. Between two bridges nobody is talked to for a moment. */
function backWithClient(call: Call, legId: LegId, client: LegId): Over | undefined {
  const card = cardOf(call, legId);
  if (card === undefined) return refused("client-left");
  if (isConsulting(card)) return undefined;
  if (card.peerLegId === client) return done;
  return isThere(call, client) ? undefined : refused("client-left");
}

/** Whoever waited is talked to; the other one may have left meanwhile. */
function talksTo(call: Call, legId: LegId, waiting: LegId): Over | undefined {
  const card = cardOf(call, legId);
  if (card?.peerLegId === waiting) return done;
  return card === undefined || !isConsulting(card) ? refused("client-left") : undefined;
}

export function isConsulting(card: Card): boolean {
  return card.waitingLegId !== null;
}
