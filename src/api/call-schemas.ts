/** What the API tells of calls, colleagues and commands: the panel's own views, described. */
import { z } from "zod";
import type { CardView, Colleague, DistantCallView, HandedOverView, OfferView, ParkedView } from "../panel/protocol.ts";
import { type PhoneReason, REFUSAL_WORDS } from "./refusal-words.ts";

const list = <S extends z.ZodType>(item: S) => z.array(item).readonly();
const time = z.number().meta({ description: "Epoch milliseconds" });
const callId = z.string().meta({ description: "The call, as commands name it" });
const legId = z.string().meta({ description: "The employee's own side of the call, as commands name it" });
const direction = z.enum(["inbound", "outbound", "internal"]);
const state = z.enum(["calling", "ringing", "talking", "hold", "consult-calling", "consult-talking"]);

const client = z.object({
  name: z.string(),
  company: z.string().nullable(),
  path: z.string().meta({ description: "Path of the card in the CRM" }),
  deal: z.string().nullable().meta({ description: "The best open lead in words" }),
});

const wire = z.enum(["rings", "talks", "music", "nothing"]);
const transfer = z.object({
  kind: z.enum(["blind", "attended"]),
  to: z.string().nullable(),
  toName: z.string().nullable(),
  state: z.enum([
    "calling",
    "consulting",
    "swapped",
    "completed",
    "returned",
    "taken-back",
    "cancelled",
    "no-answer",
    "busy",
    "refused",
    "failed",
  ]),
  note: z.string().nullable().meta({ description: "What one has written to the colleague" }),
  at: time,
  since: time,
});

const cardSchema = z.object({
  callId,
  legId,
  state,
  pickedUp: z.boolean().meta({ description: "False while the employee's own phone rings" }),
  direction,
  number: z.string().nullable().meta({ description: "As people read it; null when hidden" }),
  e164: z.string().nullable(),
  line: z.string().nullable(),
  startedAt: time,
  talkSince: time.nullable(),
  clients: list(client),
  colleague: z.string().nullable(),
  via: z
    .object({ kind: z.enum(["transfer", "interception", "pick-up"]), colleague: z.string().nullable() })
    .nullable()
    .meta({ description: "Why it rings here, when it was not simply dialled" }),
  wire: z.object({ client: wire, colleague: wire.nullable() }).meta({ description: "Who hears what" }),
  transfer: transfer.nullable(),
  note: z.object({ text: z.string(), from: z.string() }).nullable(),
  can: list(z.string()).meta({ description: "Kinds of commands that this card takes now" }),
  transfersOutside: z.boolean(),
}) satisfies z.ZodType<Omit<CardView, "can">>;

const distantSchema = z.object({
  callId,
  number: z.string().nullable(),
  e164: z.string().nullable(),
  line: z.string().nullable(),
  clients: list(client),
}) satisfies z.ZodType<DistantCallView>;

const offerSchema = distantSchema.extend({
  since: time,
  ringsAt: list(z.string()),
  takenBy: z.string().nullable(),
}) satisfies z.ZodType<OfferView>;

const handedOverSchema = distantSchema.extend({
  transfer,
  canTakeBack: z.boolean(),
}) satisfies z.ZodType<HandedOverView>;

const parkedSchema = distantSchema.extend({
  slot: z.string(),
  since: time,
  by: z.string().nullable(),
}) satisfies z.ZodType<ParkedView>;

export const ownCallsSchema = z.object({
  cards: list(cardSchema).meta({ description: "Own calls" }),
  offers: list(offerSchema).meta({ description: "Own clients' calls that ring elsewhere: `take`" }),
  handedOver: list(handedOverSchema).meta({ description: "Handed over by this employee: `take-back`" }),
  parked: list(parkedSchema).meta({ description: "Parked calls that he may fetch: `retrieve`" }),
});

export const colleagueSchema = z.object({
  extension: z.string(),
  name: z.string(),
  department: z.string().nullable(),
  presence: z.enum(["talking", "hold", "busy", "ringing", "dnd", "free", "unknown", "offline"]),
  since: time.nullable(),
  rings: z
    .object({ callId, caller: z.string().nullable() })
    .nullable()
    .meta({ description: "What rings there, told to the colleague's department and to managers: `pick-up`" }),
  queue: z
    .object({ takes: list(z.string()), paused: list(z.string()), reason: z.string().nullable() })
    .nullable()
    .meta({
      description:
        "The PBX's queues that ring this colleague, and those in which he takes a break; null where nobody of the " +
        "department has a seat in a queue",
    }),
}) satisfies z.ZodType<Colleague>;

/** A live call as whoever sees all calls of the account sees it. */
export const liveCallSchema = z.object({
  callId,
  direction,
  client: z.string().nullable().meta({ description: "The outside number, as the PBX tells it; null when hidden" }),
  line: z.string().nullable().meta({ description: "The number that the client dialled" }),
  queue: z.string().nullable(),
  startedAt: time,
  answeredAt: time.nullable(),
  parked: z.object({ slot: z.string(), by: z.string().nullable() }).nullable(),
  legs: list(
    z.object({ legId, extension: z.string(), name: z.string().nullable(), state, pickedUp: z.boolean(), since: time }),
  ),
});

const reasons = Object.keys(REFUSAL_WORDS) as [PhoneReason, ...PhoneReason[]];

export const commandStateSchema = z.object({
  id: z.string(),
  kind: z.string(),
  callId: z.string().nullable().meta({ description: "The call that it is about; of a dial the one that it makes" }),
  state: z.enum(["asked", "sent", "done", "refused", "timed-out", "warned", "interrupted"]).meta({
    description:
      "asked, sent: under way. done: seen in the PBX's events. refused: see `reason`. timed-out: the PBX did not show " +
      "in time that it was done. warned: nothing was dialled, see `collision`. interrupted: the service stopped " +
      "meanwhile, look at the calls.",
  }),
  reason: z.enum(reasons).nullable(),
  message: z.string().meta({ description: "State and reason in words" }),
  collision: z
    .object({
      state: z.enum(["talks", "talked"]),
      extension: z.string(),
      colleague: z.string(),
      at: time,
      talkSeconds: z.number(),
    })
    .nullable()
    .meta({
      description: "The colleague who talks, or has just talked, to this number. `despite: true` dials all the same",
    }),
  askedAt: time,
  endedAt: time.nullable().meta({ description: "null while it is under way" }),
});
