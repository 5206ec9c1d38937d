/** Users and their roles (docs/protocols/amocrm-platform.md#users). */
import type { EntityType, Role, User } from "../crm/model.ts";
import { ENTITY_RIGHTS, entityRight, type Rights, taskRight } from "../crm/rights.ts";
import { type FieldFault, hal, noContent, Problem, type Reply } from "../http/reply.ts";
import { badChoice, shapeFaults } from "../http/shape.ts";
import { type ApiCall, type ApiRoute, intParam, notFound, requireAdmin, selfLink, withOf } from "./call.ts";
import { type Item, invalid, isItem, readBatch, readItem, requestIdOf } from "./input.ts";
import { listReply } from "./list.ts";
import { uuidOf } from "./views.ts";

const MOST_AT_ONCE = 10;
const MOST_USERS = 100;

export const userRoutes: readonly ApiRoute[] = [
  { method: "GET", path: "/api/v4/users", run: listUsers },
  { method: "POST", path: "/api/v4/users", run: addUsers },
  { method: "GET", path: "/api/v4/users/{id}", run: showUser },
  {
    method: "GET",
    path: "/api/v4/roles",
    run: (call) => {
      requireUserRights(call);
      return listReply(call, "roles", [...call.account.roles.values()], (role) => roleView(call, role), {
        total: "pages",
      });
    },
  },
  { method: "POST", path: "/api/v4/roles", run: addRoles },
  { method: "GET", path: "/api/v4/roles/{id}", run: (call) => hal(roleView(call, roleOf(call))) },
  {
    method: "PATCH",
    path: "/api/v4/roles/{id}",
    run: (call) => {
      const role = roleOf(call);
      const item = readItem(call);
      const faults = shapeFaults(item, { name: "string", rights: "object" });
      if (faults.length > 0) throw invalid(faults);
      Object.assign(role, { name: item["name"] ?? role.name, rights: item["rights"] ?? role.rights });
      return hal(roleView(call, role));
    },
  },
  {
    method: "DELETE",
    path: "/api/v4/roles/{id}",
    run: (call) => {
      call.account.roles.delete(roleOf(call).id);
      return noContent;
    },
  },
];

/** Admins only, and never external integrations (docs/protocols/amocrm-platform.md#users, #integrations). */
function requireUserRights(call: ApiCall): void {
  requireAdmin(call);
  if (call.integration?.kind === "external") throw new Problem(403, "Forbidden");
}

function listUsers(call: ApiCall) {
  requireUserRights(call);
  return listReply(call, "users", [...call.account.users.values()], (user) => userView(call, user), { total: "pages" });
}

function showUser(call: ApiCall) {
  requireUserRights(call);
  const user = call.account.users.get(intParam(call, "id"));
  if (!user) throw notFound(call);
  return hal(userView(call, user));
}

function userView(call: ApiCall, user: User): object {
  const extra = withOf(call);
  const rightsTo = (type: EntityType) =>
    Object.fromEntries(ENTITY_RIGHTS.map((action) => [action, entityRight(call.account, user, type, action)]));
  const role = call.account.roles.get(user.role_id ?? 0);
  const group = call.account.groups.find(({ id }) => id === (user.group_id ?? 0));
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    lang: user.lang,
    ...(extra.has("phone_number") ? { phone_number: user.phone_number } : {}),
    ...(extra.has("uuid") ? { uuid: uuidOf(`user ${user.id}`) } : {}),
    ...(extra.has("amojo_id") ? { amojo_id: uuidOf(`amojo user ${user.id}`) } : {}),
    ...(extra.has("user_rank") ? { user_rank: null } : {}), // Not known, chosen: its values are not known
    rights: {
      leads: rightsTo("leads"),
      contacts: rightsTo("contacts"),
      companies: rightsTo("companies"),
      tasks: { edit: taskRight(call.account, user, "edit"), delete: taskRight(call.account, user, "delete") },
      mail_access: false,
      catalog_access: false,
      status_rights: null,
      is_admin: user.is_admin,
      is_free: user.is_free,
      is_active: user.is_active,
      group_id: user.group_id,
      role_id: user.role_id ?? null,
    },
    _links: selfLink(call, `/api/v4/users/${user.id}`),
    _embedded: {
      ...(extra.has("role") ? { roles: role ? [roleView(call, role)] : [] } : {}),
      ...(extra.has("group") ? { groups: group ? [group] : [] } : {}),
    },
  };
}

/** Not known, chosen: which of its fields are mandatory, and the words that refuse too many. */
function addUsers(call: ApiCall): Reply {
  requireUserRights(call);
  const { account } = call;
  const items = readBatch(call, (item) => userFaults(call, item), MOST_AT_ONCE);
  if (account.users.size + items.length > MOST_USERS) throw new Problem(400, `Limit ${MOST_USERS} users`);
  const users = items.map((item, index) => {
    const rights: Item = isItem(item["rights"]) ? item["rights"] : {};
    const user: User = {
      id: account.nextId(),
      name: String(item["name"]),
      email: String(item["email"]),
      lang: item["lang"] === "en" ? "en" : "ru",
      phone_number: null,
      group_id: Number(rights["group_id"] ?? 0) || null,
      role_id: Number(rights["role_id"] ?? 0) || null,
      is_admin: rights["is_admin"] === true,
      is_free: rights["is_free"] === true,
      is_active: rights["is_active"] !== false,
    };
    account.users.set(user.id, user);
    return { ...userView(call, user), request_id: requestIdOf(item, index) };
  });
  return hal({ _total_items: users.length, _links: selfLink(call, call.path), _embedded: { users } }, 201);
}

function userFaults({ account }: ApiCall, item: Item): FieldFault[] {
  const faults = shapeFaults(item, { name: "string!", email: "string!", lang: "string", rights: "object" });
  const isTaken = [...account.users.values()].some(({ email }) => email === item["email"]);
  return faults.length === 0 && isTaken ? [badChoice("email")] : faults;
}

function addRoles(call: ApiCall): Reply {
  requireUserRights(call);
  const items = readBatch(call, (item) => shapeFaults(item, { name: "string!", rights: "object!" }));
  const roles = items.map((item, index) => {
    const role: Role = { id: call.account.nextId(), name: String(item["name"]), rights: item["rights"] as Rights }; // checked above
    call.account.roles.set(role.id, role);
    return { ...roleView(call, role), request_id: requestIdOf(item, index) };
  });
  return hal({ _total_items: roles.length, _links: selfLink(call, call.path), _embedded: { roles } });
}

function roleOf(call: ApiCall): Role {
  requireUserRights(call);
  const role = call.account.roles.get(intParam(call, "id"));
  if (!role) throw notFound(call);
  return role;
}

function roleView(call: ApiCall, role: Role): object {
  const users = [...call.account.users.values()].filter(({ role_id }) => role_id === role.id);
  return {
    ...role,
    _links: selfLink(call, `/api/v4/roles/${role.id}`),
    _embedded: withOf(call).has("users") ? { users: users.map(({ id }) => ({ id })) } : {},
  };
}
