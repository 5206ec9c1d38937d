/** What an installation's settings say of its phones, as the parts that work with them take it. Pure. */
import { tailOf } from "../calls/sides.ts";
import type { AccountConfig, PbxConfig } from "../config/config.ts";
import { toPolicy } from "../config/policy.ts";
import type { InterceptorOptions } from "../interception/interceptor.ts";
import { type PhoneRecipe, RECIPES } from "../pbx/recipes.ts";
import { absenceAt } from "../rules/responsible.ts";
import { isWorking } from "../rules/working-hours.ts";

/** Whose mobiles there are, by the number's last digits: what stands before them differs from line to line. */
export function mobilesOf({ employees }: AccountConfig): ReadonlyMap<string, string> {
  return new Map(
    employees.flatMap(({ mobile, extensions: [extension] }) =>
      mobile === null || extension === undefined ? [] : [[tailOf(mobile), extension] as const],
    ),
  );
}

/** Who is rung for whose clients, and when. */
export function interceptionOf(
  account: AccountConfig,
): Pick<InterceptorOptions, "account" | "policy" | "isWorkingTime" | "absenceOf"> {
  const { interception, timeZone, language } = account;
  const { workingHours, absences } = toPolicy(account, language);
  const deputies = Object.fromEntries(interception.deputies.map(({ of, is }) => [of, is]));
  return {
    account,
    policy: { ...interception, deputies },
    isWorkingTime: (at) => isWorking(workingHours, timeZone, at),
    absenceOf: (userId, at) => absenceAt(absences, timeZone, userId, at),
  };
}

/** The profile's recipe, with the contexts that this installation calls otherwise. */
export function recipeOf({ profile, dialContext, transferContext, ringContext }: PbxConfig): PhoneRecipe {
  const recipe: PhoneRecipe = RECIPES[profile];
  return {
    ...recipe,
    dial: { ...recipe.dial, context: dialContext ?? recipe.dial.context },
    transferContext: transferContext ?? recipe.transferContext,
    ringContext: ringContext ?? recipe.ringContext,
  };
}
