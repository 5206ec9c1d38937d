/** What became of a call that no longer rings at an own phone. Pure. */
import type { Call } from "../calls/call.ts";
import { type Employee, findEmployeeByExtension } from "../directory/directory.ts";
import type { PanelAccount } from "./ports.ts";
import type { CardView, EndedView } from "./protocol.ts";

/** @param calls as they were told last, ended ones too */
export function endedCards(
  before: readonly CardView[],
  after: readonly CardView[],
  calls: ReadonlyMap<string, Call>,
  employee: Employee,
  account: PanelAccount,
): readonly EndedView[] {
  // On whichever of his phones it goes on: for him it has not ended.
  const isHere = (callId: string) => after.some((card) => card.callId === callId);
  return before
    .filter(({ callId, state, pickedUp }) => state === "ringing" && !pickedUp && !isHere(callId))
    .flatMap(({ callId, legId }) => {
      const call = calls.get(callId);
      const how = call && howItEnded(call, employee);
      return how ? [{ callId, legId, how, by: how === "elsewhere" ? answererOf(call, employee, account) : null }] : [];
    });
}

function howItEnded({ employees, mergedInto }: Call, { extensions }: Employee): EndedView["how"] | null {
  if (mergedInto !== null) return null;
  const own = employees.find(({ extension }) => extensions.includes(extension));
  if (own?.result === "missed") return "missed";
  return own?.result === "answered-elsewhere" ? "elsewhere" : null;
}

function answererOf({ cards, clientLegId }: Call, employee: Employee, { account }: PanelAccount): string | null {
  const talking = cards.find(
    ({ extension, pickedUp, peerLegId }) =>
      pickedUp && !employee.extensions.includes(extension) && (clientLegId === null || peerLegId === clientLegId),
  );
  return talking === undefined ? null : (findEmployeeByExtension(account, talking.extension)?.name ?? null);
}
