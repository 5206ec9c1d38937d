/** What employees say of a call beside what the rules make of it: what to correct in its notes. Pure. */
import type { Call } from "../calls/call.ts";
import type { Client } from "../clients/client.ts";
import type { Account } from "../directory/directory.ts";
import { authorOf, resultLine } from "./author.ts";
import { onlyLead } from "./cards.ts";
import type { CorrectCall, CrmEntity } from "./intent.ts";
import { toCallFacts } from "./intents-for.ts";

export interface CallWord {
  /** Grows from word to word of an account. */
  readonly id: number;
  /** What was talked about; null: nothing is said of it. */
  readonly text: string | null;
  /** The card on which the call belongs; null: nothing is said of it. */
  readonly entity: CrmEntity | null;
}

export interface CorrectionContext {
  readonly account: Account;
  readonly clients: readonly Client[];
  readonly recordingUrl: string | null;
}

/** What counts of all that was said: the last words, and the last card; null: nothing was said of it. */
export function lastSaid(words: readonly CallWord[]): Omit<CallWord, "id"> {
  return {
    text: words.findLast(({ text }) => text !== null)?.text ?? null,
    entity: words.findLast(({ entity }) => entity !== null)?.entity ?? null,
  };
}

/** @returns all that was said of the call, as one correction; null when nothing was */
export function correctionOf(
  call: Call,
  words: readonly CallWord[],
  { account, clients, recordingUrl }: CorrectionContext,
): CorrectCall | null {
  const last = words.at(-1);
  if (last === undefined) return null;
  const { text, entity } = lastSaid(words);
  const { userId, calledName, extension } = authorOf(call, account, clients[0]);
  return {
    kind: "correct-call",
    uniq: `${call.id}/word-${last.id}`,
    call: toCallFacts(call, account.country, recordingUrl),
    userId,
    calledName,
    result: resultLine(call, extension, onlyLead(clients)?.pipelineName ?? null),
    text: text ?? "",
    entity,
    elsewhere: ELSEWHERE[account.language],
  };
}

const ELSEWHERE = {
  ru: "Звонок отнесён к другой карточке",
  en: "The call was put on another card",
} as const;

/** Stands before the employee's words in the line that amoCRM shows of a call, and nowhere else in it. */
const MARK = "✎ ";
const SAID = /^✎ [^|]*(?:\| |$)/;

/** The line that amoCRM shows of a call, with the employee's words first. Doing it twice is doing it once. */
export function withWords(result: string, text: string): string {
  const line = result.replace(SAID, "");
  const words = text.replaceAll("|", "/").trim();
  return [words && `${MARK}${words}`, line].filter((part) => part !== "").join(" | ");
}
