import { expect, test } from "vitest";
import { standForEach } from "../test-kit/each-anew.ts";
import { REDIRECT } from "../test-kit/stand.ts";

const each = standForEach();
const { api, as } = each;

test("users are for admins only, and never for external integrations", async () => {
  const { json } = await api("GET", "/users?with=group,role");
  expect(json).toMatchObject({ _total_items: 7, _page_count: 1 });
  const byId = new Map(json._embedded.users.map((user: { id: number }) => [user.id, user]));
  expect(byId.get(504141)).toMatchObject({ rights: { is_admin: true, group_id: null, leads: { view: "A" } } });
  expect(byId.get(504146)).toMatchObject({ rights: { is_active: false } });
  expect(byId.get(504147)).toMatchObject({ rights: { is_free: true } });
  expect((await api("GET", "/users", undefined, as(504142))).status).toBe(403);
  each.stand.controls.registerIntegration({ client_id: "ext", redirect_uri: REDIRECT, kind: "external" });
  const external = { authorization: `Bearer ${each.stand.controls.issueLongLivedToken("ext")}` };
  expect((await api("GET", "/users", undefined, external)).status).toBe(403);
});

test("X-Context-User-ID acts as another user, but not as a free one and not for a plain user's token", async () => {
  const current = async (user: string, headers = {}) =>
    await api("GET", "/account", undefined, { "x-context-user-id": user, ...headers });
  expect((await current("504142")).json.current_user_id).toBe(504142);
  expect((await current("504147")).status).toBe(401);
  expect((await current("504141", as(504142))).status).toBe(401);
});
