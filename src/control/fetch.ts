import type { Call } from "../calls/call.ts";
import type { LegId } from "../calls/leg-event.ts";
import { impossible } from "../lib/impossible.ts";
import type { PhoneRefusal } from "./command.ts";
import {
  done,
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
 * Rings an employee for a call that rings elsewhere: interception, take, pick-up.
 * ```
 * asked ──taken──► ringing ──he answers──► joining ──in conversation with the client──► done
 *                     │                       │ ▲                   │
 *                     │        another has him│ │                   │ somebody who answered too is left alone
 *                     │                       ▼ │                   ▼
 *                     │                     losing                 won ──► clearing ──► done
 *                     │ another was faster,   │ late
 *                     │ the client left       ▼
 *                     └──────────────────► calling-off ──► refused(why)
 * ```
 * The PBX itself decides a race: between his answer and the conversation nothing is called off at once, because his
 * phone may have the client already. What the PBX leaves behind is cleared: in one of 150 races over MikoPBX's
 * `interception-bridge` both phones stayed on the line (`script/soak interception`).
 */
export type FetchState =
  | { readonly state: "asked" | "ringing" | "joining" | "losing"; readonly callId: string }
  /** `alone`: the leg of somebody who answered too and has nobody. */
  | { readonly state: "won" | "clearing"; readonly callId: string; readonly alone: LegId }
  | { readonly state: "calling-off"; readonly callId: string; readonly outcome: Over };

export interface FetchContext {
  readonly callId: string;
  /** Id that the attempt's own leg is given. */
  readonly legId: LegId;
  readonly extension: string;
  /** The one who is to be fetched. */
  readonly client: LegId;
  /** A leg that rings for him. */
  readonly ringing: LegId | null;
  /** What the phone shows. */
  readonly shows: string;
  readonly ringSeconds: number;
}

const RINGING_MARGIN_MS = 5_000;
/** MikoPBX's interception takes 0.4–1 s from the answer to the conversation. */
const JOINING_MS = 5_000;
const CALLING_OFF_MS = 5_000;
/** The loser of a race was seen to be cut off by the PBX within 0.1 s, or not at all. */
const RACE_MS = 1_000;

export function fetchProcedure(context: FetchContext): Procedure<FetchState> {
  const { callId, legId, extension, client, ringing, shows, ringSeconds } = context;
  return {
    begin: { state: "asked", callId },
    decide: (state, heard) => decideFetch(state, heard, context),
    asks: (state) => {
      if (state.state === "asked") return { ask: "fetch", extension, client, ringing, shows, legId };
      if (state.state === "clearing") return { ask: "hang-up", legId: state.alone, declining: false };
      return state.state === "calling-off" ? { ask: "call-off", legId } : null;
    },
    lastsAtMost: ({ state }) => {
      switch (state) {
        case "asked":
          return null;
        case "ringing":
          return ringSeconds * 1000 + RINGING_MARGIN_MS;
        case "joining":
          return JOINING_MS;
        case "losing":
        case "won":
          return RACE_MS;
        case "clearing":
        case "calling-off":
          return CALLING_OFF_MS;
        default:
          return impossible(state);
      }
    },
    holdsLeg: () => true,
  };
}

export function decideFetch(state: FetchState, heard: Heard, context: FetchContext): FetchState | Over {
  switch (heard.type) {
    case "taken":
      if (state.state === "calling-off") return state.outcome;
      if (state.state === "clearing") return done;
      return state.state === "asked" ? { ...state, state: "ringing" } : state;
    case "not-taken":
      if (state.state === "calling-off") return state.outcome; // gone by itself
      if (state.state === "clearing") return done;
      return heard.failure === "unanswered" ? { ...state, state: "ringing" } : refused(refusalFor(heard.failure));
    case "own-phone":
      return afterOwnPhone(state, heard.answer);
    case "call": {
      const followed = followedCall(state, heard.call);
      return followed === state && heard.call.id === state.callId ? afterCall(state, heard.call, context) : followed;
    }
    case "hang-up-asked":
      return isAnswered(state) ? state : callOff(state, refused("cancelled"));
    case "deadline":
      return afterDeadline(state);
    default:
      return impossible(heard);
  }
}

function afterDeadline(state: FetchState): FetchState | Over {
  switch (state.state) {
    case "won":
      return { ...state, state: "clearing" };
    case "clearing":
      return done;
    case "calling-off":
      return state.outcome;
    default:
      return callOff(state, state.state === "losing" ? refused("answered-elsewhere") : timedOut);
  }
}

function afterOwnPhone(state: FetchState, answer: Extract<Heard, { type: "own-phone" }>["answer"]): FetchState | Over {
  if (state.state === "calling-off") return state.outcome;
  if (state.state === "won" || state.state === "clearing") return state;
  switch (answer) {
    case "answered":
      return state.state === "losing" ? state : { ...state, state: "joining" };
    case "no-answer":
      return refused("own-phone-no-answer");
    case "refused":
      return refused("own-phone-rejected");
    case "unreached":
      // Asterisk says no more of a phone that rang through a Local channel: the call has told whether it did.
      return refused(state.state === "joining" ? "answered-elsewhere" : "own-phone-rejected");
    default:
      return impossible(answer);
  }
}

function afterCall(state: FetchState, call: Call, context: FetchContext): FetchState | Over {
  if (state.state === "calling-off" || state.state === "clearing") return state;
  const own = call.cards.find(({ extension }) => extension === context.extension);
  if (own?.state === "talking" && own.peerLegId === context.client) return afterWinning(state, call, context);
  if (own?.pickedUp) {
    const now = talksToAnother(call, context) ? "losing" : "joining";
    return state.state === now ? state : { state: now, callId: state.callId };
  }
  // Between his answer and the conversation his phone may have the client already.
  const isDecided = own === undefined || state.state !== "joining";
  const why = whyOver(call, context) ?? (isDecided ? whyTaken(call, context) : undefined);
  return why === undefined ? state : callOff(state, refused(why));
}

function afterWinning(state: FetchState, call: Call, { extension }: FetchContext): FetchState | Over {
  const alone = call.cards.find(
    (card) => card.extension !== extension && card.pickedUp && card.peerLegId === null && card.waitingLegId === null,
  );
  if (alone === undefined) return done;
  return state.state === "won" ? state : { state: "won", callId: state.callId, alone: alone.legId };
}

function talksToAnother({ cards }: Call, { extension, client }: FetchContext): boolean {
  return cards.some((card) => card.extension !== extension && card.state === "talking" && card.peerLegId === client);
}

/** There is nobody to fetch any more. */
function whyOver(call: Call, { client }: FetchContext): PhoneRefusal | undefined {
  if (call.endedAt !== null) return "client-left";
  if (call.parked?.legId === client) return "client-parked";
  return isThere(call, client) ? undefined : "client-left";
}

/** Somebody else has picked up. Who was rung as this one is has the client only when they talk: else each would give way. */
function whyTaken(call: Call, { extension, client }: FetchContext): PhoneRefusal | undefined {
  const isTaken = call.cards.some(
    (card) => card.extension !== extension && card.pickedUp && !card.isFetching && card.peerLegId === client,
  );
  return isTaken ? "answered-elsewhere" : undefined;
}

/** His phone may have the client: to silence it would be to hang up on him. */
function isAnswered({ state }: FetchState): boolean {
  return state === "joining" || state === "losing" || state === "won" || state === "clearing";
}

function callOff(state: FetchState, outcome: Over): FetchState {
  return state.state === "calling-off" ? state : { state: "calling-off", callId: state.callId, outcome };
}
