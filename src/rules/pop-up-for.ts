/** Decides who sees amoCRM's own pop-up while a phone rings. Pure. */
import type { Call } from "../calls/call.ts";
import type { Client } from "../clients/client.ts";
import { isHidden, toCrmPhone } from "../clients/phone-key.ts";
import { type Account, findEmployeeByExtension } from "../directory/directory.ts";
import { extensionsOf, fitsRinging } from "./fits.ts";
import type { PopUp } from "./intent.ts";
import type { Policy } from "./rule.ts";

/** @returns null when nobody is to see it */
export function popUpFor(
  call: Call,
  { account, policy, clients }: { account: Account; policy: Policy; clients: readonly Client[] },
): PopUp | null {
  const { client, direction, endedAt } = call;
  if (direction !== "inbound" || endedAt !== null || client === null || isHidden(client)) return null;
  const rule = policy.popUps.find(({ when }) => fitsRinging(call, when, { ...policy, account, clients }));
  const userIds = rule && usersFor(rule.show, call, account, clients);
  if (userIds === undefined || userIds?.length === 0) return null;
  return {
    kind: "pop-up",
    uniq: `${call.id}/pop-up`,
    phone: toCrmPhone(client, account.country),
    userIds,
    ringsSince: call.startedAt,
  };
}

/** null: everybody. */
function usersFor(
  show: Policy["popUps"][number]["show"],
  call: Call,
  account: Account,
  clients: readonly Client[],
): readonly number[] | null {
  switch (show) {
    case "everyone":
      return null;
    case "called": {
      const users = extensionsOf(call).flatMap(
        (extension) => findEmployeeByExtension(account, extension)?.userId ?? [],
      );
      return [...new Set(users)];
    }
    case "responsible":
      return clients.flatMap(({ responsibleUserId }) => responsibleUserId ?? []).slice(0, 1);
    case "nobody":
      return [];
  }
}
