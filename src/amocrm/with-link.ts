import type { CrmIntent } from "../rules/intent.ts";
import type { Performing } from "./performing.ts";

/** The intent with the link to its call's recording, which may have become ready since the rules wanted it. */
export async function withLink<Intent extends CrmIntent>(
  intent: Intent,
  { recordingUrlOf }: Pick<Performing, "recordingUrlOf">,
): Promise<Intent> {
  if (!("call" in intent) || intent.call.recordingUrl !== null) return intent;
  return { ...intent, call: { ...intent.call, recordingUrl: await recordingUrlOf(intent.call.id) } };
}
