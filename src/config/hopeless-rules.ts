/** Rules that say what amoCRM, or reason, does not allow. */
import { type Refuse, refuseRepeated } from "./refuse.ts";
import type { RuleSettings } from "./rules.ts";

/** Rules that could never do what they say. The places are those below the account. */
export function refuseHopelessRules({ rules, workingHours, absences }: RuleSettings, refuse: Refuse): void {
  refuseRepeated(
    rules ?? [],
    ({ name }) => [name],
    (at) => refuse(["rules", at, "name"], "a name that no other rule has"),
  );
  for (const [at, one] of (rules ?? []).entries()) {
    const place = (...path: string[]) => ["rules", at, ...path];
    const { unsorted, lead, contact, task } = one.do;
    if (unsorted && !(one.when.direction === "inbound" && one.when.client === "unknown")) {
      refuse(
        place("do", "unsorted"),
        "when.direction inbound and when.client unknown: amoCRM takes nothing else there",
      );
    }
    if (lead && !contact && one.when.client !== "known") {
      refuse(place("do", "lead"), "do.contact beside it, or when.client known: a lead belongs to somebody");
    }
    if (one.when.anonymous && Object.values({ ...one.do, task: null }).some(isAsked)) {
      refuse(place("do"), "nothing but a task: who hides his number has no card");
    }
    const asked = [contact?.responsible, lead?.responsible, task?.responsible, one.do.responsible].flat();
    if (asked.includes("round-robin") && one.roundRobin.length === 0) {
      refuse(place("roundRobin"), "at least one user to go round");
    }
  }
  for (const [at, { from, to }] of (workingHours.week ?? []).entries()) {
    if (from >= to) refuse(["workingHours", "week", at, "to"], "a time after the beginning");
  }
  for (const [at, { from, to }] of (absences ?? []).entries()) {
    if (from > to) refuse(["absences", at, "to"], "a day that is not before the first");
  }
}

function isAsked(action: unknown): boolean {
  return Array.isArray(action) ? action.length > 0 : action !== null;
}
