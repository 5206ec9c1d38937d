/** What an account's settings of rules mean. */
import { defaultRules, USUAL_HOURS } from "../rules/default-rules.ts";
import type { Policy, Rule } from "../rules/rule.ts";
import type { RuleSettings } from "./rules.ts";

/** What the account's rules obey; with the usual rules where it has none of its own. */
export function toPolicy(settings: RuleSettings, language: "ru" | "en"): Policy {
  const { rules, popUps, workingHours, absences, conversationSeconds } = settings;
  return {
    rules: rules?.map(toRule) ?? defaultRules(language),
    popUps: popUps ?? [],
    workingHours: { week: workingHours.week ?? USUAL_HOURS.week, holidays: workingHours.holidays },
    absences: absences ?? [],
    conversationSeconds,
  };
}

function toRule(one: NonNullable<RuleSettings["rules"]>[number]): Rule {
  // The schema has checked that each text is a strategy; a pattern is no type.
  return one as Omit<typeof one, "do"> & { do: Rule["do"] };
}
