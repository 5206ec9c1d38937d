/**
 * What is left of older versions of the API and still asked for: the account (v2), a search for contacts (the private one)
 * and who one is (v3). Assumed: taken from what clients read; writing by these versions is not here.
 */
import type { Account } from "../crm/account.ts";
import { type Company, type Contact, SINGULAR } from "../crm/model.ts";
import { matchesQuery } from "../crm/search.ts";
import { hal, json, noContent, type Reply } from "../http/reply.ts";
import { type ApiCall, type ApiRoute, withOf } from "./call.ts";

const MOST_ROWS = 500;

export const legacyRoutes: readonly ApiRoute[] = [
  { method: "GET", path: "/api/v2/account", run: showAccount },
  { method: "GET", path: "/private/api/v2/json/contacts/list", run: findContacts },
  { method: "GET", path: "/v3/user", run: showOwner },
];

function showAccount(call: ApiCall): Reply {
  const { account, user } = call;
  const { id, name, subdomain, timezone, timezone_offset } = account.identity;
  return hal({
    _links: { self: { href: "/api/v2/account", method: "get" } },
    id,
    name,
    subdomain,
    currency: "RUB",
    timezone,
    timezone_offset,
    language: user.lang,
    date_pattern: { date: "d.m.Y", time: "H:i", date_time: "d.m.Y H:i", time_full: "H:i:s" },
    current_user: user.id,
    ...(withOf(call).has("users") ? { _embedded: { users: usersOf(account) } } : {}),
  });
}

/** By their ids, as PHP writes a list that has names. */
const usersOf = ({ users }: Account): object =>
  Object.fromEntries(
    [...users.values()].map(({ id, name, email, lang, phone_number, group_id, is_active, is_free, is_admin }) => [
      id,
      { id, name, login: email, language: lang, phone_number, group_id: group_id ?? 0, is_active, is_free, is_admin },
    ]),
  );

/** By `query` or `id`; `type` is contact (as usual), company or all. Nobody found is an empty answer. */
function findContacts({ account, query }: ApiCall): Reply {
  const kind = query.get("type") ?? "contact";
  const types = (["contacts", "companies"] as const).filter((type) => kind === "all" || kind === SINGULAR[type]);
  const [id, words] = [Number(query.get("id") ?? 0), query.get("query") ?? ""];
  const contacts = types
    .flatMap((type) => account.visible(type).filter(words ? matchesQuery(account, type, words) : () => true))
    .filter(
      (one): one is Contact | Company =>
        (one.type === "contacts" || one.type === "companies") && !(id && one.id !== id),
    )
    .slice(0, MOST_ROWS)
    .map((one) => contactView(account, one));
  return contacts.length > 0 ? json({ response: { contacts, server_time: account.now() } }) : noContent;
}

function contactView(account: Account, one: Contact | Company): object {
  const [company] = one.type === "contacts" ? account.links.of(one.type, one.id, "companies") : [];
  return {
    id: one.id,
    name: one.name,
    type: SINGULAR[one.type],
    account_id: account.identity.id,
    date_create: one.created_at,
    last_modified: one.updated_at,
    created_user_id: one.created_by,
    modified_user_id: one.updated_by,
    responsible_user_id: one.responsible_user_id,
    group_id: one.group_id,
    linked_company_id: company?.id ?? 0,
    company_name: account.companies.get(company?.id ?? 0)?.name ?? "",
    linked_leads_id: account.links.of(one.type, one.id, "leads").map((link) => link.id),
    tags: one.tags.map(({ id, name }) => ({ id, name })),
    custom_fields: account.fields[one.type].flatMap(({ id, name, code, enums }) => {
      const values = one.fields.get(id)?.map(({ value, enum_id }) => ({ value, ...(enums ? { enum: enum_id } : {}) }));
      return values ? [{ id, name, code, values }] : [];
    }),
  };
}

/** Whose token it is: asked for right after the exchange of a code. */
function showOwner({ user }: ApiCall): Reply {
  return json({ id: user.id, name: user.name, email: user.email });
}
