/** What is said of a lamp that is not well: what is out and since when, and what still works. Pure. */
import type { Lamps, Me } from "../../src/panel/protocol.ts";
import type { Say, Values } from "../i18n/words.ts";
import { formatHour } from "./duration.ts";

export type LampName = keyof Lamps;

export function lampSentences(
  name: LampName,
  lamps: Lamps,
  { extension, timeZone }: Pick<Me, "extension" | "timeZone">,
  say: Say,
): readonly [string, string] {
  const { state, since, reason } = lamps[name];
  const severity = state === "down" ? "down" : "warn";
  const isUnwritten = name === "pbx" && state === "warn" && reason?.startsWith("store/");
  const words = isUnwritten ? "lamp.pbx.unwritten" : (`lamp.${name}.${severity}` as const);
  const values: Values = {
    // Zero: since before the service looked.
    since: since > 0 ? say("lamp.since", { hour: formatHour(since, timeZone) }) : "",
    extension: extension ?? "",
    count: lamps.crm.waiting,
  };
  return [say(words, values), say(`${words}-then`, values)];
}

const NAMES: readonly LampName[] = ["pbx", "crm", "phone"];

/** What is worth a sentence for those who do not see the lamps: one has gone out or is back; null: neither. */
export function lampNews(before: Lamps, after: Lamps, me: Me, say: Say): string | null {
  const name = NAMES.find((one) => (before[one].state === "down") !== (after[one].state === "down"));
  if (name === undefined) return null;
  if (after[name].state === "down") return lampSentences(name, after, me, say).join(" ");
  return say(`lamp.${name}.back`, { extension: me.extension ?? "" });
}
