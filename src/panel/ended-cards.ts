/** What became of a call that is no longer at an own phone: it rang there, or was handed over after asking. Pure. */
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
    .filter(({ callId }) => !isHere(callId))
    .flatMap(({ callId, legId, state, pickedUp }): EndedView[] => {
      const call = calls.get(callId);
      if (pickedUp) {
        const by = call && takerOf(call, employee, account);
        return by == null ? [] : [{ callId, legId, how: "handed-over", by }];
      }
      if (state !== "ringing") return [];
      const how = call && howItEnded(call, employee);
      return how ? [{ callId, legId, how, by: how === "elsewhere" ? answererOf(call, employee, account) : null }] : [];
    });
}

/** Who has the call from him now: by name, else by number; null when he did not hand it over, or it is over for all. */
function takerOf({ transfers, mergedInto, endedAt }: Call, { extensions }: Employee, { account }: PanelAccount) {
  const last = transfers.at(-1);
  if (mergedInto !== null || endedAt !== null || last?.kind !== "attended" || last.result !== "completed") return null;
  if (last.by === null || !extensions.includes(last.by) || last.to === null) return null;
  return findEmployeeByExtension(account, last.to)?.name ?? last.to;
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
