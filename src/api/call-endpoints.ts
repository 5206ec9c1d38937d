/** The phones for programs: an employee's calls and commands, as his panel has them, and the live calls of an account. */
import { z } from "zod";
import type { Call } from "../calls/call.ts";
import { type Account, findEmployeeByExtension } from "../directory/directory.ts";
import { toCommandOutcome } from "../panel/hub.ts";
import type { PanelAccount } from "../panel/ports.ts";
import type { CommandOutcome, LiveState } from "../panel/protocol.ts";
import { id, phoneCommand } from "../panel/request.ts";
import type { Caller } from "./api-key.ts";
import { colleagueSchema, commandStateSchema, liveCallSchema, ownCallsSchema } from "./call-schemas.ts";
import type { Asker, BookedCommand, CommandBook } from "./command-book.ts";
import { ApiRefusal, type Endpoint, endpoint } from "./endpoint.ts";
import { type PhoneReason, REFUSAL_WORDS } from "./refusal-words.ts";

/** Longer an answer is not held back: proxies let a silent connection live for a minute. */
const LONGEST_WAIT_SECONDS = 50;

/** What the API takes from the panels: the same view, by the same rules. */
export interface PanelView {
  isConnected(account: string): boolean;
  look(account: string, employee: Asker["employee"]): Promise<LiveState | undefined>;
}

export interface CallApiDeps {
  readonly accounts: readonly PanelAccount[];
  readonly panels: PanelView;
  readonly book: CommandBook;
  /** Calls that have not ended. */
  readonly calls: (account: string) => readonly Call[];
}

type EmployeeCaller = Extract<Caller, { kind: "employee" }>;

export function callEndpoints(deps: CallApiDeps): Endpoint[] {
  return [...viewEndpoints(deps), ...commandEndpoints(deps), liveCallsEndpoint(deps)];
}

function viewEndpoints({ panels }: CallApiDeps): Endpoint[] {
  const look = async (caller: EmployeeCaller): Promise<LiveState> => {
    const { account, employee } = caller;
    const state = panels.isConnected(account) ? await panels.look(account, employee) : undefined;
    if (state === undefined) throw DISCONNECTED;
    return state;
  };
  return [
    endpoint({
      method: "GET",
      path: "/me",
      id: "readMe",
      summary: "Whose key this is",
      callers: ["employee"],
      answer: z.object({
        account: z.string(),
        name: z.string(),
        department: z.string().nullable(),
        extensions: z.array(z.string()).readonly().meta({ description: "Own devices; the first rings for a dial" }),
        manager: z.boolean(),
      }),
      run: async ({ caller: { account, employee } }) => ({ ...employee, account }),
    }),
    endpoint({
      method: "GET",
      path: "/calls",
      id: "listOwnCalls",
      summary: "The employee's live calls, and calls that he may take, take back or fetch",
      callers: ["employee"],
      answer: ownCallsSchema,
      refusals: { [DISCONNECTED.code]: DISCONNECTED.message },
      run: async ({ caller }) => look(caller),
    }),
    endpoint({
      method: "GET",
      path: "/colleagues",
      id: "listColleagues",
      summary: "What the colleagues' phones do",
      callers: ["employee"],
      answer: z.object({ colleagues: z.array(colleagueSchema).readonly() }),
      refusals: { [DISCONNECTED.code]: DISCONNECTED.message },
      run: async ({ caller }) => ({ colleagues: (await look(caller)).colleagues }),
    }),
  ];
}

function commandEndpoints({ panels, book, accounts }: CallApiDeps): Endpoint[] {
  const wait = z.coerce.number().min(0).max(LONGEST_WAIT_SECONDS).default(0).meta({
    description: "Seconds that the answer may be held back until the command has ended",
  });
  const stateOf = async (caller: EmployeeCaller, commandId: string, seconds: number) => {
    const booked = await book.find(caller, commandId, seconds * 1000);
    if (booked === undefined) throw NO_SUCH_COMMAND;
    return toCommandState(booked, accountOf(accounts, booked.account));
  };
  return [
    endpoint({
      method: "POST",
      path: "/commands",
      id: "command",
      summary: "Commands the phones. The same id is the same command, for a week: it is never done twice",
      callers: ["employee"],
      query: z.object({ wait }),
      headers: z.object({
        "idempotency-key": id.optional().meta({ description: "The command's id, unless `id` stands in the body" }),
      }),
      body: z.object({ id: id.optional(), command: phoneCommand }),
      answer: commandStateSchema,
      refusals: {
        [ID_WANTED.code]: ID_WANTED.message,
        [ID_USED.code]: ID_USED.message,
        [DISCONNECTED.code]: DISCONNECTED.message,
      },
      run: async ({ caller, query, headers, body }) => {
        const header = headers["idempotency-key"];
        const commandId = body.id ?? header;
        if (commandId === undefined || (header !== undefined && header !== commandId)) throw ID_WANTED;
        if (!panels.isConnected(caller.account)) throw DISCONNECTED;
        const booked = await book.ask(caller, commandId, body.command);
        if (booked === undefined) throw ID_USED;
        return stateOf(caller, commandId, query.wait);
      },
    }),
    endpoint({
      method: "GET",
      path: "/commands/{id}",
      id: "readCommand",
      summary: "What became of a command",
      callers: ["employee"],
      query: z.object({ wait }),
      answer: commandStateSchema,
      refusals: { [NO_SUCH_COMMAND.code]: NO_SUCH_COMMAND.message },
      run: ({ caller, params, query }) => stateOf(caller, params["id"] ?? "", query.wait),
    }),
  ];
}

function liveCallsEndpoint({ accounts, calls }: CallApiDeps): Endpoint {
  return endpoint({
    method: "GET",
    path: "/accounts/{account}/calls",
    id: "listLiveCalls",
    summary: "All live calls of an account, for administrators and for its managers",
    callers: ["administrator", "employee"],
    answer: z.object({ calls: z.array(liveCallSchema).readonly() }),
    refusals: { [NO_SUCH_ACCOUNT.code]: NO_SUCH_ACCOUNT.message },
    run: async ({ caller, params }) => {
      const found = accounts.find(({ account }) => account.id === params["account"]);
      const maySee =
        caller.kind === "administrator" || (caller.employee.manager && caller.account === found?.account.id);
      if (found === undefined || !maySee) throw NO_SUCH_ACCOUNT;
      return { calls: calls(found.account.id).map((call) => toLiveCall(call, found.account)) };
    },
  });
}

const DISCONNECTED = new ApiRefusal(403, "account-disconnected", "The integration was switched off in amoCRM.");
const ID_WANTED = new ApiRefusal(
  400,
  "id-wanted",
  "Give the command an id: Idempotency-Key, or `id` in the body, or both the same.",
);
const ID_USED = new ApiRefusal(409, "id-used", "Another command has this id: give each wish its own.");
const NO_SUCH_COMMAND = new ApiRefusal(
  404,
  "no-such-command",
  "This employee asked for no command with this id within a week.",
);
const NO_SUCH_ACCOUNT = new ApiRefusal(404, "no-such-account", "There is no such account that this key may see.");

function accountOf(accounts: readonly PanelAccount[], account: string): PanelAccount {
  const found = accounts.find((one) => one.account.id === account);
  if (found === undefined) throw NO_SUCH_ACCOUNT;
  return found;
}

function toCommandState(booked: BookedCommand, account: PanelAccount): z.input<typeof commandStateSchema> {
  const { command, askedAt, endedAt, isUnderWay } = booked;
  const outcome = booked.outcome && toCommandOutcome(booked.outcome, account);
  const state = endedAt === null && !isUnderWay ? "interrupted" : (outcome?.state ?? "asked");
  // Nothing that opens cards can be asked for here, so that nothing is refused for the CRM's sake.
  const reason = state === "refused" && outcome?.state === "refused" ? (outcome.reason as PhoneReason) : null;
  return {
    id: booked.id,
    kind: command.kind,
    callId: booked.callId,
    state,
    reason,
    message: reason === null ? STATE_WORDS[state] : REFUSAL_WORDS[reason],
    collision: outcome?.state === "warned" ? outcome.collision : null,
    askedAt,
    endedAt,
  };
}

const STATE_WORDS: Readonly<Record<CommandOutcome["state"] | "asked" | "interrupted", string>> = {
  asked: "The PBX has not taken it yet.",
  sent: "The PBX has taken it; its events will tell what becomes of it.",
  done: "Done, as the PBX's events show.",
  refused: "Not done.",
  "timed-out": "The PBX did not show in time that it was done.",
  warned: "A colleague talks to this number or has just done so; nothing was dialled. Ask anew with `despite: true`.",
  interrupted: "The service stopped while it was under way. Look at the calls before you ask anew.",
};

function toLiveCall(call: Call, account: Account): z.input<typeof liveCallSchema> {
  const { id: callId, direction, client, did, queue, startedAt, answeredAt, parked, cards } = call;
  return {
    callId,
    direction,
    client,
    line: did,
    queue,
    startedAt,
    answeredAt,
    parked: parked && { slot: parked.slot, by: parked.by },
    legs: cards.map(({ legId, extension, state, pickedUp, since }) => {
      const name = findEmployeeByExtension(account, extension)?.name ?? null;
      return { legId, extension, name, state, pickedUp, since };
    }),
  };
}
