import type { Call, EmployeeShare, Transfer } from "../calls/call.ts";
import type { LegId } from "../calls/leg-event.ts";
import { impossible } from "../lib/impossible.ts";
import type { PhoneRefusal } from "./command.ts";
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

/**
 * ```
 * looking-up ──the PBX knows the number──► asked ──taken──► sent ──seen in the events──► handed-over ──answered──► done
 *                                                                                          │      │
 *     taken back ◄──────────────────────────────────────── refused, busy, no answer ◄──────┘      └──► client-left
 *                                                           └──► returning ──the client is here──► refused(why)
 * ```
 * A PBX does not always bring the client back: MikoPBX rings a colleague for 600 s, a plain dialplan hangs up after the
 * busy tone. So whoever was not answered is fetched back from here.
 */
export type BlindTransferState =
  | { readonly state: "looking-up"; readonly callId: string }
  | { readonly state: "asked"; readonly callId: string }
  | { readonly state: "sent"; readonly callId: string }
  | { readonly state: "handed-over"; readonly callId: string; readonly client: LegId | null }
  | { readonly state: "returning"; readonly callId: string; readonly client: LegId; readonly why: PhoneRefusal };

export interface BlindTransferContext {
  readonly callId: string;
  /** The employee's leg. */
  readonly legId: LegId;
  readonly extension: string;
  /** Who is handed over. */
  readonly peerLegId: LegId;
  /** The employee has not answered yet. */
  readonly isRinging: boolean;
  readonly to: string;
  readonly note: string | null;
  /** Transfers that the call had before. */
  readonly transfersBefore: number;
  /** How long the target rings until the client is fetched back. */
  readonly ringSeconds: number;
  /** The own phone can ring; who is sent to one that cannot has nowhere to go. */
  readonly canReturn: () => boolean;
}

export function blindTransferProcedure(context: BlindTransferContext): Procedure<BlindTransferState> {
  const { callId, legId, peerLegId, isRinging, extension, to, note, ringSeconds } = context;
  return {
    begin: { state: "looking-up", callId },
    decide: (state, heard) => decideBlindTransfer(state, heard, context),
    asks: (state) => {
      switch (state.state) {
        case "looking-up":
          return { ask: "look-up", to };
        case "asked":
          if (isRinging) return { ask: "send-on", legId: peerLegId, to, note };
          return { ask: "hand-over", legId, peerLegId, to, note };
        case "returning":
          return { ask: "bring", legId: state.client, to: extension };
        default:
          return null;
      }
    },
    lastsAtMost: ({ state }) => {
      if (state === "looking-up" || state === "asked") return null; // the action has a deadline of its own
      return state === "handed-over" ? ringSeconds * 1000 : EFFECT_MS;
    },
    holdsLeg: ({ state }) => state !== "handed-over",
  };
}

export function decideBlindTransfer(
  state: BlindTransferState,
  heard: Heard,
  context: BlindTransferContext,
): BlindTransferState | Over {
  switch (heard.type) {
    case "taken":
      if (state.state === "looking-up") return { ...state, state: "asked" };
      return state.state === "asked" ? { ...state, state: "sent" } : state;
    case "not-taken":
      return afterFailure(state, heard.failure);
    case "call": {
      const followed = followedCall(state, heard.call);
      return followed === state && heard.call.id === state.callId ? afterCall(state, heard.call, context) : followed;
    }
    case "hang-up-asked": // he takes the call back
      return state.state === "handed-over" ? refused("cancelled") : state;
    case "deadline":
      if (state.state === "handed-over" && state.client !== null) return fetchBack(state, "target-no-answer", context);
      return state.state === "returning" ? refused(state.why) : timedOut;
    case "own-phone":
      return state;
    default:
      return impossible(heard);
  }
}

function afterFailure(state: BlindTransferState, failure: Extract<Heard, { type: "not-taken" }>["failure"]) {
  // Gone by itself, or already on its way back: the call will tell which.
  if (state.state === "returning") return state;
  if (failure === "unanswered") return state.state === "looking-up" ? timedOut : { ...state, state: "sent" as const };
  return refused(state.state === "looking-up" && failure === "no-route" ? "unknown-target" : refusalFor(failure));
}

function afterCall(state: BlindTransferState, call: Call, context: BlindTransferContext): BlindTransferState | Over {
  const transfer = ownTransfer(call, "blind", context);
  if (transfer?.result === "completed") return done;
  if (state.state === "returning") {
    if (call.endedAt !== null) return refused(call.endedBy === "client" ? "client-left" : state.why);
    return call.cards.some(({ extension }) => extension === context.extension) ? refused(state.why) : state;
  }
  if (transfer === undefined) return call.endedAt === null ? state : refused("client-left");
  const why = whyUnanswered(call, context.to);
  if (transfer.result === "returned") return refused(why ?? "target-no-answer");
  if (call.endedAt === null) {
    // Whoever was handed over has gone once it is settled; who ended it is told with the call's end.
    return transfer.result === "pending" ? whilePending(state, call, transfer, context) : state;
  }
  if (call.endedBy !== null && call.endedBy !== "pbx") return refused("client-left");
  return refused(why ?? refusalOf(transfer.result));
}

/** A phone that refused at once may have rung and fallen silent between two changes that we were told. */
function whilePending(
  state: BlindTransferState,
  call: Call,
  { transfereeLegId: client, inVain, at }: Transfer,
  context: BlindTransferContext,
): BlindTransferState | Over {
  const handedOver = state.state === "handed-over" ? state : { state: "handed-over" as const, callId: call.id, client };
  if (inVain === undefined || client === null) return handedOver;
  // A dialplan that has a way back takes it before we can.
  const isBack = call.cards.some(
    (card) => card.extension === context.extension && card.peerLegId === client && card.since > at,
  );
  return isBack ? refused(refusalOf(inVain)) : fetchBack(handedOver, refusalOf(inVain), context);
}

function fetchBack(
  { callId, client }: Extract<BlindTransferState, { state: "handed-over" }>,
  why: PhoneRefusal,
  { canReturn }: BlindTransferContext,
): BlindTransferState | Over {
  return client === null || !canReturn() ? refused(why) : { state: "returning", callId, client, why };
}

/** The transfer that this command began; the call may have had others. */
export function ownTransfer(
  call: Call,
  kind: Transfer["kind"],
  { extension, transfersBefore }: { readonly extension: string; readonly transfersBefore: number },
): Transfer | undefined {
  // With several phones ringing nobody can tell who sent it on.
  return call.transfers
    .slice(transfersBefore)
    .findLast((transfer) => transfer.kind === kind && (transfer.by === extension || transfer.by === null));
}

/** What an employee's share of the call tells of a phone that was rung in vain. */
function whyUnanswered(call: Call, to: string): PhoneRefusal | undefined {
  const share = call.employees.find(({ extension }) => extension === to);
  return share && REFUSAL_BY_RESULT[share.result];
}

const REFUSAL_BY_RESULT: Readonly<Partial<Record<EmployeeShare["result"], PhoneRefusal>>> = {
  missed: "target-no-answer",
  rejected: "target-refused",
  busy: "target-busy",
  failed: "target-unreachable",
};

/** Why a consultation came to nothing. What the target's phone said counts, though the client may have left since. */
export function whyNotHandedOver(
  { clientLegId }: Call,
  result: Exclude<Transfer["result"], "completed">,
): PhoneRefusal {
  const isOfTarget = result === "no-answer" || result === "busy" || result === "refused" || result === "returned";
  return clientLegId === null && !isOfTarget ? "client-left" : refusalOf(result);
}

/** In the words of a refusal: what became of a transfer that did not reach its target. */
function refusalOf(result: Exclude<Transfer["result"], "completed">): PhoneRefusal {
  switch (result) {
    case "no-answer":
    case "returned":
      return "target-no-answer";
    case "busy":
      return "target-busy";
    case "refused":
      return "target-refused";
    case "failed":
    case "pending": // the call's end left it so
      return "target-unreachable";
    case "cancelled":
      return "cancelled";
    default:
      return impossible(result);
  }
}
