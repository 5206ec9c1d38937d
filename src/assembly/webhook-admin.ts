/** What an administrator sees of the webhooks, and does to them, as endpoints of the API. */
import { z } from "zod";
import { ApiRefusal, type Endpoint, endpoint } from "../api/endpoint.ts";
import type { Delivery } from "../webhooks/webhook-store.ts";
import type { Notice, Notices } from "./notices.ts";

const time = z.number().meta({ description: "Epoch milliseconds" });
const STATES = ["awaited", "waiting", "set-aside"] as const;

const webhookSchema = z.object({
  id: z.string(),
  url: z.string(),
  events: z.array(z.string()).readonly(),
  waiting: z.int(),
  setAside: z.int().meta({ description: "Refused by the receiver as they are" }),
  oldestAt: time.nullable().meta({ description: "Since when the oldest waits" }),
  nextTryAt: time.nullable(),
  reason: z.string().nullable().meta({ description: "Why nothing gets through; null when it does" }),
});

const deliverySchema = z.object({
  seq: z.int(),
  messageId: z.string(),
  callId: z.string(),
  type: z.string(),
  state: z.enum(STATES).meta({ description: "awaited: until the recording is ready" }),
  attempts: z.int(),
  dueAt: time.nullable(),
  reason: z.string().nullable(),
  createdAt: time,
  message: z.unknown().meta({ description: "As it is sent" }),
});

export function webhookEndpoints(notices: Notices): Endpoint[] {
  const find: FindNotice = ({ account, webhook }) => {
    const found = notices.all.find((one) => one.account === account && one.webhook.id === webhook);
    if (found === undefined) throw NO_SUCH_WEBHOOK;
    return found;
  };
  return [...views(notices, find), ...changes(find)];
}

/** @throws ApiRefusal when there is no such webhook */
type FindNotice = (params: Readonly<Record<string, string>>) => Notice;

function views(notices: Notices, find: FindNotice): Endpoint[] {
  return [
    endpoint({
      method: "GET",
      path: "/accounts/{account}/webhooks",
      id: "listWebhooks",
      summary: "The receivers of an account, what waits for each, and why",
      answer: z.object({ webhooks: z.array(webhookSchema) }),
      run: async ({ params }) => {
        const own = notices.all.filter(({ account }) => account === params["account"]);
        return { webhooks: await Promise.all(own.map(toWebhook)) };
      },
    }),
    endpoint({
      method: "GET",
      path: "/accounts/{account}/webhooks/{webhook}/deliveries",
      id: "listDeliveries",
      summary: "What a receiver has still to be told, and what he refused; the oldest first",
      query: z.object({
        state: z.enum(STATES).optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      answer: z.object({ deliveries: z.array(deliverySchema) }),
      refusals: { [NO_SUCH_WEBHOOK.code]: NO_SUCH_WEBHOOK.message },
      run: async ({ params, query }) => {
        const states = query.state === undefined ? STATES : [query.state];
        return { deliveries: (await find(params).courier.list(states, query.limit)).map(toDelivery) };
      },
    }),
  ];
}

function changes(find: FindNotice): Endpoint[] {
  const refusals = {
    [NO_SUCH_WEBHOOK.code]: NO_SUCH_WEBHOOK.message,
    [NO_SUCH_DELIVERY.code]: NO_SUCH_DELIVERY.message,
  };
  return [
    endpoint({
      method: "POST",
      path: "/accounts/{account}/webhooks/{webhook}/deliveries/{delivery}/resend",
      id: "resendDelivery",
      summary: "Sends now what waits or was set aside",
      answer: z.object({}),
      refusals,
      run: async ({ params }) => {
        if (!(await find(params).courier.resend(seqOf(params)))) throw NO_SUCH_DELIVERY;
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/accounts/{account}/webhooks/{webhook}/resend",
      id: "resendDeliveries",
      summary: "Sends now all that was set aside: the receiver was wrong, and has been corrected",
      answer: z.object({ resent: z.int() }),
      refusals: { [NO_SUCH_WEBHOOK.code]: NO_SUCH_WEBHOOK.message },
      run: async ({ params }) => ({ resent: await find(params).courier.resendAll() }),
    }),
    endpoint({
      method: "POST",
      path: "/accounts/{account}/webhooks/{webhook}/deliveries/{delivery}/discard",
      id: "discardDelivery",
      summary: "Gives up what waits or was set aside",
      answer: z.object({}),
      refusals,
      run: async ({ params }) => {
        if (!(await find(params).courier.discard(seqOf(params)))) throw NO_SUCH_DELIVERY;
        return {};
      },
    }),
  ];
}

const NO_SUCH_WEBHOOK = new ApiRefusal(404, "no-such-webhook", "The settings name no such webhook of this account.");
const NO_SUCH_DELIVERY = new ApiRefusal(
  409,
  "no-such-delivery",
  "There is no such message, or it is under way, or it was taken.",
);

function seqOf({ delivery = "" }: Readonly<Record<string, string>>): number {
  if (!/^\d{1,15}$/.test(delivery)) throw NO_SUCH_DELIVERY;
  return Number(delivery);
}

async function toWebhook({ webhook, courier }: Notice): Promise<z.input<typeof webhookSchema>> {
  const { waiting, setAside, oldestAt, nextTryAt, reason } = await courier.state();
  return { id: webhook.id, url: webhook.url, events: webhook.events, waiting, setAside, oldestAt, nextTryAt, reason };
}

function toDelivery({ body, dueAt, ...delivery }: Delivery): z.input<typeof deliverySchema> {
  return { ...delivery, dueAt: delivery.state === "waiting" ? dueAt : null, message: JSON.parse(body) as unknown };
}
