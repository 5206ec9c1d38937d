/** Subscriptions to webhooks (docs/protocols/amocrm-platform.md#subscriptions). */
import type { Hook } from "../crm/model.ts";
import { formValue } from "../http/php-form.ts";
import { hal, noContent, Problem, type Reply } from "../http/reply.ts";
import { HOOK_CODES } from "../webhooks/payload.ts";
import { type ApiCall, type ApiRoute, requireAdmin, selfLink } from "./call.ts";
import { readItem } from "./input.ts";
import { listReply } from "./list.ts";

const MAX_HOOKS = 100;

export const webhookRoutes: readonly ApiRoute[] = [
  {
    method: "GET",
    path: "/api/v4/webhooks",
    run: (call) => {
      requireAdmin(call);
      const destination = formValue(call.tree, "filter", "destination");
      const hooks = [...call.account.hooks.values()].filter(
        (hook) => destination === undefined || hook.destination === destination,
      );
      return listReply(call, "webhooks", hooks, (hook) => hookView(call, hook), { total: true });
    },
  },
  { method: "POST", path: "/api/v4/webhooks", run: subscribe },
  {
    method: "DELETE",
    path: "/api/v4/webhooks",
    run: (call) => {
      requireAdmin(call);
      const hook = findHook(call, readItem(call)["destination"]);
      if (!hook) throw new Problem(404, "Webhook not found");
      call.account.hooks.delete(hook.id);
      return noContent;
    },
  },
];

const isHookCode = (code: unknown): code is string => HOOK_CODES.some((one) => one === code);

const findHook = (call: ApiCall, destination: unknown): Hook | undefined =>
  [...call.account.hooks.values()].find((hook) => hook.destination === destination);

/**
 * The same destination again replaces its settings and switches a disabled hook on
 * (docs/protocols/amocrm-platform.md#subscriptions, #delivery).
 */
function subscribe(call: ApiCall): Reply {
  requireAdmin(call);
  const { destination, settings, sort } = readItem(call);
  const codes: readonly unknown[] = Array.isArray(settings) ? settings : [];
  if (typeof destination !== "string" || !URL.canParse(destination)) throw new Problem(422, "Invalid destination");
  if (codes.length === 0 || !codes.every(isHookCode)) throw new Problem(422, "Invalid settings");
  const old = findHook(call, destination);
  if (!old && call.account.hooks.size >= MAX_HOOKS) throw new Problem(422, "Too many webhooks");
  const now = call.account.now();
  const hook: Hook = old ?? {
    id: call.account.nextId(),
    destination,
    settings: codes,
    sort: 10,
    disabled: false,
    created_by: call.actor.userId,
    created_at: now,
    updated_at: now,
    invalidAt: [],
  };
  Object.assign(hook, { settings: codes, disabled: false, invalidAt: [], updated_at: now });
  if (typeof sort === "number") hook.sort = sort;
  call.account.hooks.set(hook.id, hook);
  return hal(hookView(call, hook), 201);
}

function hookView(call: ApiCall, hook: Hook): object {
  const { invalidAt: _invalidAt, ...own } = hook;
  return { ...own, account_id: call.account.identity.id, _links: selfLink(call, call.path) };
}
