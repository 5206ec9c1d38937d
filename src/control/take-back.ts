import type { LegId } from "../calls/leg-event.ts";
import { type OneActionState, oneActionProcedure } from "./one-action.ts";
import { done, type Procedure, refused } from "./procedure.ts";

export interface TakeBackContext {
  readonly callId: string;
  readonly extension: string;
  /** Who was handed over. */
  readonly client: LegId;
}

/** Done when the own phone rings for the client. */
export function takeBackProcedure({ callId, extension, client }: TakeBackContext): Procedure<OneActionState> {
  return oneActionProcedure({
    callId,
    request: { ask: "bring", legId: client, to: extension },
    seen: ({ cards, endedAt, endedBy }) => {
      // The PBX had nowhere to go with him: the own phone said no before we were told that it rings.
      if (endedAt !== null) return refused(endedBy === "pbx" ? "own-phone-rejected" : "client-left");
      const isTaken = cards.some(
        (card) => card.peerLegId === client && card.state === "talking" && card.extension !== extension,
      );
      if (isTaken) return refused("answered-elsewhere");
      return cards.some((card) => card.extension === extension) ? done : undefined;
    },
  });
}
