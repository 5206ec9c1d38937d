import type { Call } from "../calls/call.ts";
import type { OwnPhoneReport, PhoneRequest } from "../calls/phone-control.ts";
import { impossible } from "../lib/impossible.ts";
import type { PhoneRefusal } from "./command.ts";
import { done, type Heard, type Over, type Procedure, refusalFor, refused, timedOut } from "./procedure.ts";

/**
 * ```
 * asked ──taken──► own-phone ──answered──► client ──answered──► done
 *                      │ no reason given      │
 *                      ▼                      │
 *                  unreached                  │   (any but asked) ──hang-up asked──► cancelling
 *                      └──────── the call ends: refused, with its reason ────────────────┘
 * ```
 */
export type DialState =
  | { readonly state: "asked" }
  /** The employee's own phone is to ring, or rings. */
  | { readonly state: "own-phone" }
  /** The PBX gave the own phone up without saying why; the call's end tells it in a moment. */
  | { readonly state: "unreached" }
  /** The employee waits on the line, the client is called. */
  | { readonly state: "client" }
  | { readonly state: "cancelling" };

export interface DialContext {
  /** Known before the call: the linkedid that it will have. */
  readonly legId: string;
  readonly extension: string;
  readonly number: string;
  /** What the PBX is told beside the number. `shows`: a parked call's slot would say nothing on the own phone. */
  readonly how?: Pick<Extract<PhoneRequest, { ask: "dial" }>, "shows" | "mobile" | "line" | "autoAnswer">;
  /** The employee was on another call when he asked: a phone that refuses then is busy. */
  readonly wasOnCall: boolean;
  readonly ringSeconds: number;
}

/** What the PBX adds to the ringing: routing, 0.2 s steps of its dialplan, a slow link. */
const OWN_PHONE_MARGIN_MS = 15_000;
const UNREACHED_MS = 3_000;
/** MikoPBX lets a client's phone ring for 600 s. */
const CLIENT_MS = 11 * 60_000;
const CANCELLING_MS = 10_000;

export function dialProcedure(context: DialContext): Procedure<DialState> {
  return {
    begin: { state: "asked" },
    decide: (state, heard) => decideDial(state, heard, context),
    asks: ({ state }) => {
      if (state !== "asked") return null;
      const { extension, number, legId, how } = context;
      return { ask: "dial", extension, number, legId, ...how };
    },
    holdsLeg: () => true,
    lastsAtMost: ({ state }) => {
      switch (state) {
        case "asked":
          return null; // the action has a deadline of its own
        case "own-phone":
          return context.ringSeconds * 1000 + OWN_PHONE_MARGIN_MS;
        case "unreached":
          return UNREACHED_MS;
        case "client":
          return CLIENT_MS;
        case "cancelling":
          return CANCELLING_MS;
        default:
          return impossible(state);
      }
    },
  };
}

export function decideDial(state: DialState, heard: Heard, context: DialContext): DialState | Over {
  switch (heard.type) {
    case "taken":
      return state.state === "asked" ? { state: "own-phone" } : state;
    case "not-taken":
      if (heard.failure !== "unanswered") return refused(refusalFor(heard.failure));
      return state.state === "asked" ? { state: "own-phone" } : state;
    case "own-phone":
      return afterOwnPhone(state, heard.answer, context);
    case "call":
      return afterCall(state, heard.call, context);
    case "hang-up-asked":
      return { state: "cancelling" };
    case "deadline":
      return state.state === "unreached" ? refused("own-phone-offline") : timedOut;
    default:
      return impossible(heard);
  }
}

function afterOwnPhone(state: DialState, answer: OwnPhoneReport["answer"], context: DialContext): DialState | Over {
  if (state.state === "cancelling") return answer === "answered" ? state : refused("cancelled");
  switch (answer) {
    case "answered":
      return { state: "client" };
    case "no-answer":
      return refused("own-phone-no-answer");
    case "refused":
      return refused(phoneThatSaidNo(context));
    case "unreached":
      return { state: "unreached" };
    default:
      return impossible(answer);
  }
}

function afterCall(state: DialState, call: Call, context: DialContext): DialState | Over {
  // a call that was merged goes on as another, which has its linkedids
  if (!call.linkedids.includes(context.legId) || call.mergedInto !== null) return state;
  if (call.answeredAt !== null) return done;
  // Nobody saw it end: what became of it is not known.
  if (call.endedAt !== null && call.partial && call.endedBy === null) return timedOut;
  return call.endedAt === null ? state : refused(whyUnanswered(state, call, context));
}

function whyUnanswered({ state }: DialState, call: Call, context: DialContext): PhoneRefusal {
  if (state === "cancelling") return "cancelled";
  return state === "client" ? whyClientUnanswered(call) : whyOwnPhoneUnanswered(call, context);
}

/** Q.850 causes of the far side: nobody has the number, it has the wrong form; nobody is there, or picks up. */
const NO_SUCH_NUMBER: ReadonlySet<number> = new Set([1, 28]);
const NOBODY_THERE: ReadonlySet<number> = new Set([18, 19, 20]);

function whyClientUnanswered({ clientCause = null, ...call }: Call): PhoneRefusal {
  if (clientCause !== null && NO_SUCH_NUMBER.has(clientCause)) return "no-such-number";
  if (clientCause !== null && NOBODY_THERE.has(clientCause)) return "client-no-answer";
  switch (call.disposition) {
    case "busy":
      return "client-busy";
    case "failed":
      return "no-route";
    case "cancelled":
      // nobody here gave up: the dialplan had nowhere to go
      return call.endedBy === "pbx" ? "no-route" : "cancelled";
    default:
      return "client-no-answer";
  }
}

/** The PBX did not say how the own phone answered (the link may have dropped): the employee's share of the call does. */
function whyOwnPhoneUnanswered(call: Call, context: DialContext): PhoneRefusal {
  const share = call.employees.find(({ extension }) => extension === context.extension);
  switch (share?.result) {
    case "missed":
      return "own-phone-no-answer";
    case "rejected":
      return phoneThatSaidNo(context);
    case "busy":
      return "client-busy"; // a phone of ours that is busy is told as "rejected"
    case "cancelled":
      return "cancelled";
    default:
      return "own-phone-offline";
  }
}

function phoneThatSaidNo({ wasOnCall }: DialContext): PhoneRefusal {
  return wasOnCall ? "own-phone-busy" : "own-phone-rejected";
}
