import { type OneActionState, oneActionProcedure } from "./one-action.ts";
import { cardOf, done, type Procedure, refused } from "./procedure.ts";

/** A phone that obeys does so at once; for one that does not nobody should wait long. */
const OBEYED_WITHIN_MS = 4_000;

/** Asks the phone on `legId` to put its company on hold (`hold`), or to take it back (`resume`). */
export function holdProcedure(ask: "hold" | "resume", callId: string, legId: string): Procedure<OneActionState> {
  return oneActionProcedure({
    callId,
    request: { ask, legId },
    seen: (call) => {
      const card = cardOf(call, legId);
      if (card === undefined) return refused("client-left");
      return card.state === (ask === "hold" ? "hold" : "talking") ? done : undefined;
    },
    withinMs: OBEYED_WITHIN_MS,
    inVain: refused("phone-ignores-it"),
  });
}
