/** What an administrator sees of the CRM half, and does to it, as endpoints of the administrative API. */
import { z } from "zod";
import { ApiRefusal, type Endpoint, endpoint } from "../../api/endpoint.ts";
import { INDEX_PARTS } from "../../clients/client-index.ts";
import type { Clock } from "../../lib/clock.ts";
import type { OutboxItem } from "../../outbox/outbox-store.ts";
import type { Crm } from "./crm.ts";
import { ruleEndpoints } from "./rule-endpoints.ts";

const time = z.int().meta({ description: "Epoch milliseconds" });

const accountSchema = z.object({
  id: z.string(),
  host: z.string().meta({ description: "Of the account's pages; another than in the settings when it was renamed" }),
  connection: z.object({
    state: z.enum(["connecting", "connected", "held", "needs-your-hand"]),
    since: time,
    reason: z.string().nullable(),
    until: time.nullable().meta({ description: "When amoCRM is asked again" }),
    consentUrl: z.string().meta({ description: "Where an administrator of amoCRM gives access" }),
  }),
  index: z.object({
    ready: z.boolean(),
    loaded: z.object({ companies: z.int(), contacts: z.int(), leads: z.int() }),
  }),
  outbox: z.object({
    waiting: z.int(),
    quarantined: z.int(),
    nextDueAt: time.nullable(),
    oldestAt: time.nullable(),
  }),
});

const directorySchema = z.object({
  users: z
    .array(
      z.object({
        id: z.int(),
        name: z.string(),
        isActive: z.boolean(),
        employee: z.string().nullable().meta({ description: "Who he is in the settings; null: nobody" }),
      }),
    )
    .meta({ description: "Empty while amoCRM has not told them, or where our access may not see them" }),
  pipelines: z.array(
    z.object({
      id: z.int(),
      name: z.string(),
      isMain: z.boolean(),
      isUnsortedOn: z.boolean(),
      statuses: z.array(z.object({ id: z.int(), name: z.string() })),
    }),
  ),
});

const STATES = ["waiting", "done", "quarantined", "discarded", "skipped"] as const;
const itemSchema = z.object({
  id: z.int(),
  callId: z.string().nullable(),
  client: z.string().meta({ description: "The number whose order is kept" }),
  kind: z.string().nullable().meta({ description: "What amoCRM is told; null when it is told nothing" }),
  rule: z.string().nullable().meta({ description: "The rule that wanted it so" }),
  state: z.enum(STATES),
  attempts: z.int(),
  dueAt: time.nullable().meta({ description: "The next attempt, while it waits" }),
  reason: z.string().nullable().meta({ description: "Why the last attempt failed, or why nothing is told" }),
  outcome: z.record(z.string(), z.unknown()).nullable(),
  createdAt: time,
});

export interface CrmAdminDeps {
  readonly crms: readonly Crm[];
  readonly clock: Clock;
}

/** What stands in the line that amoCRM shows of a call; longer texts are cut there. */
const LONGEST_WORD = 300;

export function crmEndpoints({ crms, clock }: CrmAdminDeps): Endpoint[] {
  const find: FindCrm = ({ account }) => {
    const crm = crms.find((one) => one.account.id === account);
    if (crm !== undefined) return crm;
    throw new ApiRefusal(404, "no-such-account", `Accounts: ${crms.map((one) => one.account.id).join(", ")}`);
  };
  return [
    ...accountEndpoints(crms, find),
    ...outboxEndpoints(find),
    ...callEndpoints(find),
    ...ruleEndpoints(find, clock),
  ];
}

/** @throws ApiRefusal when there is no account of this name */
export type FindCrm = (params: Readonly<Record<string, string>>) => Crm;

function accountEndpoints(crms: readonly Crm[], crmOf: FindCrm): Endpoint[] {
  return [
    endpoint({
      method: "GET",
      path: "/accounts",
      id: "listAccounts",
      summary: "All amoCRM accounts: is each connected, how far is its index, what waits",
      answer: z.object({ accounts: z.array(accountSchema) }),
      run: async () => ({ accounts: await Promise.all(crms.map(toAccount)) }),
    }),
    endpoint({
      method: "GET",
      path: "/accounts/{account}",
      id: "readAccount",
      summary: "One of them",
      answer: accountSchema,
      run: ({ params }) => toAccount(crmOf(params)),
    }),
    endpoint({
      method: "GET",
      path: "/accounts/{account}/directory",
      id: "readCrmDirectory",
      summary: "amoCRM's users and pipelines with their numbers, by which the settings name them",
      answer: directorySchema,
      run: async ({ params }) => {
        const crm = crmOf(params);
        const { employees } = crm.account;
        return {
          users: crm.users.map(({ id, name, isActive }) => {
            return { id, name, isActive, employee: employees.find(({ userId }) => userId === id)?.name ?? null };
          }),
          pipelines: (await crm.pipelines()).map((pipeline) => ({
            ...pipeline,
            statuses: pipeline.statuses.map((status) => ({ ...status })),
          })),
        };
      },
    }),
  ];
}

function outboxEndpoints(crmOf: FindCrm): Endpoint[] {
  return [
    endpoint({
      method: "GET",
      path: "/accounts/{account}/outbox",
      id: "listOutbox",
      summary: "What amoCRM is told, the newest first: waiting, done, put aside, discarded, skipped",
      query: z.object({
        state: z.enum(STATES).optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      answer: z.object({ items: z.array(itemSchema) }),
      run: async ({ params, query }) => {
        const states = query.state === undefined ? STATES : [query.state];
        return { items: (await crmOf(params).outbox.list(states, query.limit)).map(toItem) };
      },
    }),
    endpoint({
      method: "POST",
      path: "/accounts/{account}/outbox/{item}/resend",
      id: "resendItem",
      summary: "Tries a waiting item, or one that was put aside, now",
      answer: z.object({}),
      run: async ({ params }) => {
        if (!(await crmOf(params).outbox.resend(itemId(params)))) throw NOT_WAITING;
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/accounts/{account}/outbox/{item}/discard",
      id: "discardItem",
      summary: "Gives up an item that waits or was put aside",
      body: z.object({ reason: z.string().trim().min(1).max(250) }),
      answer: z.object({}),
      run: async ({ params, body, by }) => {
        if (!(await crmOf(params).outbox.discard(itemId(params), `${by}: ${body.reason}`))) throw NOT_WAITING;
        return {};
      },
    }),
  ];
}

function callEndpoints(crmOf: FindCrm): Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/accounts/{account}/calls/{call}/correction",
      id: "correctCall",
      summary: "Puts words into the call's notes in amoCRM, or the call on another card; during the call or after it",
      body: z
        .object({
          text: z.string().trim().max(LONGEST_WORD).nullable().default(null).meta({ description: "null: as it is" }),
          card: z
            .object({ type: z.enum(INDEX_PARTS), id: z.int().min(1) })
            .nullable()
            .default(null)
            .meta({ description: "Where the call belongs; null: where it stands" }),
        })
        .refine(({ text, card }) => text !== null || card !== null, "a text, or a card, or both"),
      answer: z.object({}),
      refusals: {
        "no-such-card": "The card is not in amoCRM, or it is a lead that is closed.",
        "no-such-call": "The account has no such call.",
      },
      run: async ({ params, body, by }) => {
        const crm = crmOf(params);
        if (body.card !== null && (await crm.nameOf(body.card)) === undefined) throw NO_SUCH_CARD;
        const word = { text: body.text, entity: body.card };
        if (!(await crm.say(params["call"] ?? "", word, by))) throw NO_SUCH_CALL;
        return {};
      },
    }),
  ];
}

const NO_SUCH_CARD = new ApiRefusal(409, "no-such-card", "amoCRM has no such card, or it is a lead that is closed.");
const NO_SUCH_CALL = new ApiRefusal(404, "no-such-call", "This account has no such call.");

const NOT_WAITING = new ApiRefusal(409, "not-waiting", "There is no such item, or it is under way, or it has ended.");

function itemId({ item = "" }: Readonly<Record<string, string>>): number {
  if (!/^\d{1,15}$/.test(item)) throw NOT_WAITING;
  return Number(item);
}

async function toAccount({ account, amocrm, outbox }: Crm): Promise<z.input<typeof accountSchema>> {
  const { state } = amocrm.connection;
  return {
    id: account.id,
    host: amocrm.host,
    connection: {
      state: state.state,
      since: state.since,
      reason: "reason" in state ? state.reason : null,
      until: "until" in state ? state.until : null,
      consentUrl: amocrm.consentUrl(),
    },
    index: amocrm.filler.state,
    outbox: await outbox.summary(),
  };
}

function toItem(item: OutboxItem): z.input<typeof itemSchema> {
  const { id, callId, clientKey, intent, rule, state, attempts, dueAt, reason, outcome, createdAt } = item;
  return {
    id,
    callId,
    client: clientKey,
    kind: intent?.kind ?? null,
    rule,
    state,
    attempts,
    dueAt: state === "waiting" ? dueAt : null,
    reason,
    outcome: outcome && { ...outcome },
    createdAt,
  };
}
