/** The employee's own last calls: what is new about them, and who waits to be called back. Pure. */
import type { RecentView } from "../../src/panel/protocol.ts";
import type { LiveView } from "../live/live-view.ts";
import { callKey } from "./shown-calls.ts";

/** A call has left the own phone: it is now one of the last ones. */
export function isCallOver(before: Pick<LiveView, "cards">, after: Pick<LiveView, "cards">): boolean {
  const live = new Set(after.cards.map(callKey));
  return before.cards.some((card) => !live.has(callKey(card)));
}

/** What to dial to reach the other side again; null when he hid his number. */
export function dialledAgain({ e164, number }: Pick<RecentView, "e164" | "number">): string | null {
  return e164 ?? number;
}

/**
 * Missed calls, one for each number, with no talk since: people who wait to be called back.
 * `recent` stands newest first. An attempt that reached nobody settles nothing.
 */
export function missedCalls(recent: readonly RecentView[]): readonly RecentView[] {
  const settled = new Set<string>();
  return recent.filter((call) => {
    const number = dialledAgain(call);
    if (number === null || settled.has(number)) return false;
    const isMissed = !call.outgoing && call.result === "missed";
    if (isMissed || call.talkSeconds > 0) settled.add(number);
    return isMissed;
  });
}
