import { type OneActionState, oneActionProcedure } from "./one-action.ts";
import { cardOf, done, type Procedure } from "./procedure.ts";

/** Done when the leg is gone. @param declining the leg rings, and the employee refuses the call */
export function hangUpProcedure(callId: string, legId: string, declining: boolean): Procedure<OneActionState> {
  return oneActionProcedure({
    callId,
    request: { ask: "hang-up", legId, declining },
    seen: (call) => (cardOf(call, legId) ? undefined : done),
  });
}
