/** Why a command came to nothing and what to do about it, in words. Pure. */
import type { Say } from "../i18n/words.ts";
import type { Failure, Notice } from "./panel-state.ts";

/** What was written or moved is not a matter of phones: the same reasons mean something else. */
const OF_WORDS = ["no-such-call", "no-such-client", "crm-unavailable", "timed-out", "not-sent"] as const;

export function whyNot(what: Notice["what"], failure: Failure, say: Say): string {
  const ofWords = what === "note-call" || what === "move-call" ? OF_WORDS.find((one) => one === failure) : undefined;
  if (ofWords !== undefined) return say(`words-refused.${ofWords}`);
  // Advice on one's own phone is that for a dial; here it rang to fetch a call.
  const advice = failure === "own-phone-no-answer" || failure === "own-phone-rejected" ? "not-fetched" : failure;
  return `${say(`refused.${failure}`)}. ${say(`advice.${advice}`)}.`;
}
