/** Which intent is performed by what. A new kind of intent does not compile until it stands here. */
import type { Attempt, Outcome } from "../outbox/performer.ts";
import type { CrmIntent } from "../rules/intent.ts";
import { addUnsorted } from "./add-unsorted.ts";
import { createContact } from "./create-contact.ts";
import { linkRecording } from "./link-recording.ts";
import { logCall } from "./log-call.ts";
import type { PerformerOf, Performing } from "./performing.ts";

const PERFORMERS = {
  "log-call": logCall,
  "add-unsorted": addUnsorted,
  "create-contact": createContact,
  "link-recording": linkRecording,
} satisfies { [Kind in CrmIntent["kind"]]: PerformerOf<Kind> };

/** @throws CrmError */
export function perform(intent: CrmIntent, attempt: Attempt, performing: Performing): Promise<Outcome> {
  const api = performing.api.as(attempt.interactive ? "person" : "call");
  // The table pairs each kind with its own performer; the compiler cannot follow that through a look-up.
  const performer = PERFORMERS[intent.kind] as PerformerOf<CrmIntent["kind"]>;
  return performer(intent, attempt, { ...performing, api });
}
