/** What the panel says of a command's end: an alert in words, or else what the call itself shows of it. */
import type { PhoneCommand, PhoneOutcome } from "../../src/control/command.ts";
import { toCardView } from "../../src/panel/card-view.ts";
import { panelAccount } from "../../src/panel/company.testing.ts";
import { toHandedOverView } from "../../src/panel/distant-calls.ts";
import { ru } from "../../web/i18n/ru.ts";
import { type MessageKey, sayIn } from "../../web/i18n/words.ts";
import { faceOf } from "../../web/panel/card-face.ts";
import { failureOf, isNoNews } from "../../web/panel/command-ends.ts";
import { distantFace } from "../../web/panel/distant-face.ts";
import type { Office } from "./office.ts";

const say = sayIn("ru", ru);
/** Анна has 201, Борис 202. */
const account = panelAccount("main");

/** A message with the name of the one it is about, as firstName() shortens it. */
export function words(key: MessageKey, who: string): string {
  return say(key, { who });
}

/** @returns null when nothing of the call is on his screen any more */
export function panelSays(
  { tracker, desk, abilities }: Office,
  extension: string,
  command: PhoneCommand,
  outcome: PhoneOutcome,
): string | null {
  if (outcome.state === "sent" || outcome.state === "warned") throw new Error(`${outcome.state} is no end`);
  const failure = failureOf(outcome);
  const isTold = command.kind === "dial" || (failure !== null && !isNoNews(command.kind, failure));
  if (failure !== null && isTold) return say(`refused.${failure}`);
  const employee = account.account.employees.find(({ extensions }) => extensions.includes(extension));
  if (abilities === undefined || employee === undefined) throw new Error("neither probed nor employed");
  for (const call of tracker.live()) {
    const card = call.cards.find((each) => each.extension === extension);
    const [handedOver] = toHandedOverView(call, employee, [], account);
    if (card !== undefined) {
      const view = toCardView(
        { card, call },
        {
          clients: [],
          note: undefined,
          takenBack: desk.wasTakenBack(call.id),
          pickedUpFrom: desk.pickedUpFrom(call, extension),
          abilities,
        },
        account,
      );
      return faceOf(view, Date.now(), say).title;
    }
    if (handedOver !== undefined) {
      const overAt = handedOver.transfer.state === "calling" ? null : handedOver.transfer.since;
      return distantFace({ kind: "handed-over", view: handedOver, overAt }, say).title;
    }
  }
  return null;
}
