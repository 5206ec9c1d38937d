import { randomUUID } from "node:crypto";
import type { Account } from "./account.ts";
import type { PopUp } from "./model.ts";
import { findCallEntity } from "./search.ts";

/** A call rings: shown at once to `users`, or to everyone (docs/protocols/amocrm-platform.md#the-ringing-pop-up). */
export function addPopUp(account: Account, phone: string, users: readonly number[] | null): PopUp {
  const entity = findCallEntity(account, phone);
  const popUp: PopUp = {
    uid: randomUUID(),
    at: account.now(),
    phone_number: phone,
    users,
    element: entity ? { type: entity.type, id: entity.id, name: entity.name } : null,
  };
  account.popUps.push(popUp);
  account.publish({ kind: "pop-up", popUp });
  return popUp;
}
