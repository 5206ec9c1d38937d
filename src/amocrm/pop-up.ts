import { CrmError } from "./crm-error.ts";
import type { PerformerOf } from "./performing.ts";

/** A phone that rings longer has been answered, or given up. */
const LATEST_MS = 30_000;

/**
 * Shows amoCRM's own pop-up. The one method of the second version of the API that is still in use, and the only way:
 * it cannot be closed, so that a late one, or a second one, only confuses.
 */
export const popUp: PerformerOf<"pop-up"> = async ({ phone, userIds, ringsSince }, attempt, { api, clock }) => {
  if (attempt.mayHaveHappened || clock.now() - ringsSince > LATEST_MS) throw new CrmError("crm/too-late");
  const add = [{ type: "phone_call", phone_number: phone, ...(userIds !== null && { users: userIds }) }];
  await api.write("POST", "/api/v2/events/", { add }, () => undefined);
  return { kind: "pop-up" };
};
