/** What a receiver is sent: described once, for the API's description and for whoever reads it. */
import { z } from "zod";
import { isHidden, toCrmPhone } from "../clients/phone-key.ts";
import { type Account, findEmployeeByExtension, findLine } from "../directory/directory.ts";
import type { News } from "./news.ts";
import { MESSAGE_TYPES } from "./webhook.ts";

/** Grows when a field changes its meaning or goes; fields may be added at any time. */
const VERSION = 1;

const time = z.number().meta({ description: "Epoch milliseconds" });
const person = z.object({
  extension: z.string(),
  name: z.string().nullable().meta({ description: "null: the number belongs to nobody of the directory" }),
  userId: z.number().nullable().meta({ description: "In the CRM" }),
});

export const messageSchema = z.object({
  version: z.literal(VERSION),
  id: z.string().meta({ description: "The same each time that this is sent; also in the header webhook-id" }),
  type: z.enum(MESSAGE_TYPES),
  at: time,
  account: z.string(),
  call: z.object({
    id: z.string(),
    direction: z.enum(["inbound", "outbound", "internal"]),
    client: z.string().nullable().meta({
      description: "The outside number (E.164, or the digits as they came); null when hidden, or in an internal call",
    }),
    line: z.object({ did: z.string(), label: z.string().nullable() }).nullable(),
    queue: z.string().nullable(),
    startedAt: time,
    answeredAt: time.nullable(),
    endedAt: time.nullable(),
    disposition: z.enum(["answered", "missed", "busy", "failed", "cancelled"]).nullable(),
    ringSeconds: z.number(),
    talkSeconds: z.number(),
    employees: z.array(
      person.extend({
        result: z.enum([
          "answered",
          "missed",
          "busy",
          "rejected",
          "answered-elsewhere",
          "transferred-away",
          "cancelled",
          "failed",
        ]),
        ringSeconds: z.number(),
        talkSeconds: z.number(),
      }),
    ),
    partial: z.boolean().meta({ description: "Only a part of it was seen" }),
    mergedInto: z
      .string()
      .nullable()
      .meta({ description: "The call in which it goes on: this one is no call of its own" }),
  }),
  employee: person.nullable().meta({ description: "Whose phone rings, who answered, to whom it was handed over" }),
  transfer: z
    .object({
      kind: z.enum(["blind", "attended", "interception", "pickup", "park"]),
      by: z.string().nullable(),
      to: z.string().nullable(),
    })
    .nullable(),
  recording: z.object({ url: z.string() }).nullable().meta({ description: "With recording-ready" }),
});

export type Message = z.output<typeof messageSchema>;

export function toMessage({ id, type, at, call, extension, transfer }: News, account: Account): Message {
  const { client, did, employees } = call;
  return {
    version: VERSION,
    id,
    type,
    at,
    account: account.id,
    call: {
      id: call.id,
      direction: call.direction,
      client: client === null || isHidden(client) ? null : toCrmPhone(client, account.country),
      line: did === null ? null : { did, label: findLine(account, did)?.label ?? null },
      queue: call.queue,
      startedAt: call.startedAt,
      answeredAt: call.answeredAt,
      endedAt: call.endedAt,
      disposition: call.disposition,
      ringSeconds: call.ringSeconds,
      talkSeconds: call.talkSeconds,
      employees: employees.map((share) => ({ ...share, ...toPerson(share.extension, account) })),
      partial: call.partial,
      mergedInto: call.mergedInto,
    },
    employee: extension === null ? null : toPerson(extension, account),
    transfer: transfer && { kind: transfer.kind, by: transfer.by, to: transfer.to },
    recording: null,
  };
}

function toPerson(extension: string, account: Account): z.output<typeof person> {
  const { name = null, userId = null } = findEmployeeByExtension(account, extension) ?? {};
  return { extension, name, userId };
}
