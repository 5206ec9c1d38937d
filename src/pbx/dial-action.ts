/** How a PBX is asked to ring an employee and then a number, in the words of its recipe. Pure. */
import type { ActionFields } from "../ami/action.ts";
import { type AutoAnswer, PhoneControlError, type PhoneRequest } from "../calls/phone-control.ts";
import type { PhoneRecipe } from "./recipes.ts";
import { readExtension, readNumber } from "./values.ts";

export interface DialSettings {
  readonly recipe: Pick<PhoneRecipe, "dial">;
  /** How long the employee's own phone rings. */
  readonly ringSeconds: number;
  /** How own phones are asked to pick up by themselves, where the dial says nothing else; null: they are not. */
  readonly autoAnswer: AutoAnswer | null;
}

/** @throws PhoneControlError `invalid-number`, `invalid-extension`, or `not-supported` for a line that cannot be chosen */
export function dialAction(
  request: Extract<PhoneRequest, { readonly ask: "dial" }>,
  { recipe: { dial: recipe }, ringSeconds, autoAnswer: usual }: DialSettings,
): ActionFields {
  const { number, shows = number, mobile, line, legId, autoAnswer = usual } = request;
  if (line !== undefined && recipe.line === null) throw new PhoneControlError("not-supported");
  const fill = fillWith({
    extension: readExtension(request.extension),
    number: readNumber(number),
    shows: readNumber(shows),
    mobile: mobile === undefined ? "" : readNumber(mobile),
    line: line === undefined ? "" : readNumber(line),
    context: recipe.context,
  });
  const channel = mobile === undefined ? recipe.channel : recipe.mobileChannel;
  return {
    Action: "Originate",
    Channel: fill(channel),
    Context: recipe.context,
    Exten: number,
    Priority: 1,
    CallerID: recipe.callerId === undefined ? undefined : fill(recipe.callerId),
    Timeout: ringSeconds * 1000,
    Async: true,
    ChannelId: legId,
    // the second half of a Local channel needs an id too, or it shares no beginning with ours
    OtherChannelId: channel.startsWith("Local/") ? `${legId}-other` : undefined,
    Variable: [
      ...recipe.variables,
      // a mobile is a person's own, whom nobody makes pick up
      ...(autoAnswer !== null && mobile === undefined ? recipe.autoAnswer[autoAnswer] : []),
      ...(line === undefined ? [] : (recipe.line ?? [])),
    ].map(fill),
  };
}

type Place = "extension" | "number" | "shows" | "mobile" | "line" | "context";

function fillWith(values: Readonly<Record<Place, string>>): (template: string) => string {
  return (template) =>
    template.replaceAll(/\{(extension|number|shows|mobile|line|context)\}/g, (_, name: Place) => values[name]);
}
