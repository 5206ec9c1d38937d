/** Which intent is performed by what. A new kind of intent does not compile until it stands here. */
import type { Attempt, Outcome } from "../outbox/performer.ts";
import type { CrmIntent } from "../rules/intent.ts";
import { addTask } from "./add-task.ts";
import { addUnsorted } from "./add-unsorted.ts";
import { setFields, setResponsible, tagCard } from "./change-card.ts";
import { closeTasks } from "./close-tasks.ts";
import { correctCall } from "./correct-call.ts";
import { createContact } from "./create-contact.ts";
import { createLead } from "./create-lead.ts";
import { linkRecording } from "./link-recording.ts";
import { logCall } from "./log-call.ts";
import type { PerformerOf, Performing } from "./performing.ts";
import { popUp } from "./pop-up.ts";
import type { Urgency } from "./rate-limit.ts";
import { withLink } from "./with-link.ts";

const PERFORMERS = {
  "log-call": logCall,
  "add-unsorted": addUnsorted,
  "create-contact": createContact,
  "create-lead": createLead,
  "add-task": addTask,
  "close-tasks": closeTasks,
  "tag-card": tagCard,
  "set-fields": setFields,
  "set-responsible": setResponsible,
  "pop-up": popUp,
  "link-recording": linkRecording,
  "correct-call": correctCall,
} satisfies { [Kind in CrmIntent["kind"]]: PerformerOf<Kind> };

/** What has waited longer goes behind the calls of now. */
const NEW_MS = 60_000;

export function urgencyOf({ interactive, createdAt }: Attempt, now: number): Urgency {
  if (interactive) return "person";
  return now - createdAt <= NEW_MS ? "call" : "backlog";
}

/** @throws CrmError */
export async function perform(intent: CrmIntent, attempt: Attempt, performing: Performing): Promise<Outcome> {
  const api = performing.api.as(urgencyOf(attempt, performing.clock.now()));
  // The table pairs each kind with its own performer; the compiler cannot follow that through a look-up.
  const performer = PERFORMERS[intent.kind] as PerformerOf<CrmIntent["kind"]>;
  return performer(await withLink(intent, performing), attempt, { ...performing, api });
}
