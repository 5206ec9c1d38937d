/** Where what we saw of a call and what the PBX's records tell of it do not agree. Pure. */
import type { Call } from "../calls/call.ts";
import { type CdrCall, unknownRecordings } from "../calls/cdr-call.ts";
import { sameNumber } from "../calls/sides.ts";

export type CdrTopic = "direction" | "client" | "did" | "answered" | "disposition" | "who-talked" | "talk-seconds";

export interface CdrDifference {
  readonly about: CdrTopic;
  readonly seen: string | number | null;
  readonly told: string | number | null;
}

/** Records are cut to whole seconds at each end of each row. */
const TALK_TOLERANCE_SECONDS = 3;
/** In whole seconds a shorter talk may be none, and whose phone was taken over as it rang may have talked. */
const SURE_TALK_SECONDS = 1;

/** Nothing when both tell the same story. What records are not able to tell is no difference. */
export function differences(seen: Call, told: CdrCall): CdrDifference[] {
  const found: CdrDifference[] = [];
  const compare = (about: CdrTopic, one: string | number | null, other: string | number | null, same: boolean) => {
    if (!same) found.push({ about, seen: one, told: other });
  };
  compare("direction", seen.direction, told.direction, seen.direction === told.direction);
  compare("client", seen.client, told.client, sameNumber(seen.client, told.client));
  compare("did", seen.did, told.did, told.did === null || sameNumber(seen.did, told.did));
  const [wasAnswered, isAnswered] = [seen, told].map(({ answeredAt }) => (answeredAt === null ? "no" : "yes"));
  compare("answered", wasAnswered ?? null, isAnswered ?? null, wasAnswered === isAnswered);
  if (wasAnswered !== isAnswered) return found;
  compare("disposition", seen.disposition, told.disposition, sameEnd(seen, told));
  const [talkers, toldTalkers] = [talkersOf(seen), talkersOf(told)];
  compare("who-talked", talkers.join(", "), toldTalkers.join(", "), sameTalkers(seen, told));
  const apart = Math.abs(seen.talkSeconds - told.talkSeconds);
  compare("talk-seconds", seen.talkSeconds, told.talkSeconds, apart <= TALK_TOLERANCE_SECONDS);
  return found;
}

/** A phone alone with the dialplan (an echo, a code to listen in by: captures o15, l01) is no call to the records. */
export function isBetweenPeople({ direction, employees, answeredAt }: Call): boolean {
  return direction !== "internal" || employees.length > 1 || answeredAt !== null;
}

/** Whether the records name sound that we have not heard of. */
export function tellsNewSound(seen: Call, told: CdrCall): boolean {
  return unknownRecordings(seen.recordings, told.recordings).length > 0;
}

/** Asterisk's records have one word, NO ANSWER, for a client who did not answer, an employee who gave up, a line that could not. */
function sameEnd({ disposition: seen }: Call, { disposition: told }: CdrCall): boolean {
  return seen === told || (seen !== "busy" && told !== "busy");
}

/** Whoever surely talked in one story did so in the other one, too. */
function sameTalkers(seen: Call, told: CdrCall): boolean {
  const isIn = (surely: readonly string[], all: readonly string[]) =>
    surely.every((extension) => all.includes(extension));
  return (
    isIn(talkersOf(seen, SURE_TALK_SECONDS), talkersOf(told)) &&
    isIn(talkersOf(told, SURE_TALK_SECONDS), talkersOf(seen))
  );
}

/** Who had the client (or each other) on the phone, for so long at least. */
function talkersOf({ employees }: Pick<Call, "employees">, leastSeconds = 0): string[] {
  return employees
    .filter(({ result, talkSeconds }) => result === "answered" || (result === "transferred-away" && talkSeconds > 0))
    .filter(({ talkSeconds }) => talkSeconds >= leastSeconds)
    .map(({ extension }) => extension)
    .sort();
}
