/**
 * Why leads are lost. Assumed: the paths and fields are those that clients read; that admins only may change them is a
 * guess.
 */
import type { LossReason } from "../crm/model.ts";
import { hal, noContent, Problem, type Reply } from "../http/reply.ts";
import { shapeFaults } from "../http/shape.ts";
import { type ApiCall, type ApiRoute, intParam, requireAdmin } from "./call.ts";
import { readBatch, requestIdOf } from "./input.ts";
import { listReply } from "./list.ts";
import { lossReasonView } from "./views.ts";

const COLLECTION = "/api/v4/leads/loss_reasons";

export const lossReasonRoutes: readonly ApiRoute[] = [
  {
    method: "GET",
    path: COLLECTION,
    run: (call) =>
      listReply(
        call,
        "loss_reasons",
        [...call.account.lossReasons.values()],
        (one) => lossReasonView(call.account, one),
        { total: true },
      ),
  },
  { method: "POST", path: COLLECTION, run: addLossReasons },
  { method: "GET", path: `${COLLECTION}/{id}`, run: (call) => hal(lossReasonView(call.account, reasonOf(call))) },
  {
    method: "DELETE",
    path: `${COLLECTION}/{id}`,
    run: (call) => {
      requireAdmin(call);
      call.account.lossReasons.delete(reasonOf(call).id);
      return noContent;
    },
  },
];

function addLossReasons(call: ApiCall): Reply {
  requireAdmin(call);
  const { account } = call;
  const items = readBatch(call, (item) => shapeFaults(item, { name: "string!", sort: "int" }));
  const now = account.now();
  const loss_reasons = items.map((item, index) => {
    const id = account.nextId();
    const reason = {
      id,
      name: String(item["name"]),
      sort: Number(item["sort"] ?? 0),
      created_at: now,
      updated_at: now,
    };
    account.lossReasons.set(id, reason);
    return { ...lossReasonView(account, reason), request_id: requestIdOf(item, index) };
  });
  return hal({ _total_items: loss_reasons.length, _embedded: { loss_reasons } });
}

function reasonOf(call: ApiCall): LossReason {
  const reason = call.account.lossReasons.get(intParam(call, "id"));
  if (!reason) throw new Problem(404, "Loss reason not found");
  return reason;
}
