/** Who may do what with whose entities (docs/protocols/amocrm-platform.md#users). */
import type { Account } from "./account.ts";
import type { Entity, EntityType, Task, User } from "./model.ts";

/** All, those of the own group, the own ones, none. */
export type Right = "A" | "G" | "M" | "D";
export const ENTITY_RIGHTS = ["view", "edit", "add", "delete", "export"] as const;
export type EntityAction = (typeof ENTITY_RIGHTS)[number];
export type Rights = Partial<Record<EntityType, Partial<Record<EntityAction, Right>>>> & {
  readonly tasks?: Partial<Record<"edit" | "delete", Right>>;
};

/** Of whoever has no role: chosen, for what amoCRM gives a new user is not known. */
const PLAIN: Readonly<Record<EntityAction, Right>> = { view: "A", edit: "A", add: "A", delete: "D", export: "D" };

const roleRights = (account: Account, user: User): Rights => account.roles.get(user.role_id ?? 0)?.rights ?? {};

/** Administrators may do everything, others what their role says. */
export function entityRight(account: Account, user: User, type: EntityType, action: EntityAction): Right {
  return user.is_admin ? "A" : (roleRights(account, user)[type]?.[action] ?? PLAIN[action]);
}

export function taskRight(account: Account, user: User, action: "edit" | "delete"): Right {
  return user.is_admin ? "A" : (roleRights(account, user).tasks?.[action] ?? "A");
}

export const mayDo = (account: Account, user: User, action: EntityAction, entity: Entity): boolean =>
  covers(account, user, entityRight(account, user, entity.type, action), entity.responsible_user_id);

export const mayEditTask = (account: Account, user: User, task: Task): boolean =>
  covers(account, user, taskRight(account, user, "edit"), task.responsible_user_id);

function covers(account: Account, user: User, right: Right, ownerId: number): boolean {
  switch (right) {
    case "A":
      return true;
    case "G":
      return (account.users.get(ownerId)?.group_id ?? 0) === (user.group_id ?? 0);
    case "M":
      return ownerId === user.id;
    case "D":
      return false;
  }
}
