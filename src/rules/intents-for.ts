/** Decides what the CRM is told of an ended call. Pure: the same call and context give the same intents, for ever. */
import type { Call, EmployeeShare } from "../calls/call.ts";
import type { Client } from "../clients/client.ts";
import type { Pipeline } from "../clients/client-index.ts";
import { isHidden, toCrmPhone } from "../clients/phone-key.ts";
import { type Account, findEmployeeByExtension, findLine } from "../directory/directory.ts";
import type { CallFacts, CrmEntity, CrmIntent } from "./intent.ts";

export interface RuleContext {
  readonly account: Account;
  /** Everybody behind the call's number, best first. */
  readonly clients: readonly Client[];
  /** Empty while the CRM has not told them yet. */
  readonly pipelines: readonly Pipeline[];
  /** Where the call's recording is, or will be, heard. */
  readonly recordingUrl: string | null;
}

/** Why the CRM is told nothing of a call. Shown to people. */
export type SkipReason =
  | "not-ended"
  /** It goes on in another call, which tells the whole. */
  | "merged"
  | "internal"
  | "hidden-number"
  | "short-number"
  | "outbound-to-unknown";

/** Either something to do, or the reason why there is nothing. */
export type Decision =
  | { readonly intents: readonly CrmIntent[]; readonly skipped: null }
  | { readonly intents: readonly []; readonly skipped: SkipReason };

export function intentsFor(call: Call, context: RuleContext): Decision {
  const { account, clients } = context;
  if (call.endedAt === null) return skip("not-ended");
  if (call.mergedInto !== null) return skip("merged");
  if (call.direction === "internal") return skip("internal");
  if (call.client === null || isHidden(call.client)) return skip("hidden-number");
  const phone = toCrmPhone(call.client, account.country);
  const known = clients[0];
  if (known === undefined) {
    // Two to six digits are a service or a colleague dialled through a trunk: nobody whose card could be kept.
    if (phone.length < 7) return skip("short-number");
    // A note needs a card, and a card for each wrong number dialled would litter the CRM; «Неразобранное» takes inbound only.
    if (call.direction === "outbound") return skip("outbound-to-unknown");
  }

  const facts = toCallFacts(call, account.country, context.recordingUrl);
  const author = authorOf(call, account, known);
  const common = { uniq: call.id, call: facts, ...author };
  if (known === undefined) {
    const pipeline = chooseUnsortedPipeline(call, context);
    const result = resultLine(call, author.extension, pipeline?.name ?? null);
    return act({ kind: "add-unsorted", ...named(common), pipelineId: pipeline?.id ?? null, result });
  }
  const { entity, pipelineName } = chooseEntity(clients, known);
  return act({ kind: "log-call", ...named(common), entity, result: resultLine(call, author.extension, pipelineName) });
}

const skip = (reason: SkipReason): Decision => ({ intents: [], skipped: reason });
const act = (...intents: CrmIntent[]): Decision => ({ intents, skipped: null });

/** What the CRM is told of a call whose client's number is known. */
export function toCallFacts(call: Call, country: string, recordingUrl: string | null): CallFacts {
  const { id, direction, disposition, did, startedAt, talkSeconds } = call;
  const phone = toCrmPhone(call.client ?? "", country);
  return { id, direction, disposition, did, startedAt, talkSeconds, phone, recordingUrl };
}

interface Author {
  readonly extension: string | null;
  readonly userId: number | null;
  readonly calledName: string | null;
}

/** The extension that stands for the call is for the result line; intents carry the person. */
function named<T extends Author>({ extension: _, ...rest }: T): Omit<T, "extension"> {
  return rest;
}

/**
 * Whose call it was: the last who talked with the client; when nobody did, the first who rang (inbound) or dialled
 * (outbound). A missed call that rang nobody, in a menu or after hours, is the client's responsible user's.
 */
function authorOf(call: Call, account: Account, known: Client | undefined): Author {
  const share: EmployeeShare | undefined =
    call.employees.findLast((employee) => employee.result === "answered") ??
    call.employees.find((employee) => employee.result === "transferred-away") ??
    call.employees[0];
  if (share === undefined) return { extension: null, userId: known?.responsibleUserId ?? null, calledName: null };
  const { extension } = share;
  const employee = findEmployeeByExtension(account, extension);
  const userId = employee?.userId ?? null;
  return { extension, userId, calledName: userId === null ? (employee?.name ?? extension) : null };
}

/**
 * amoCRM's own rule for calls: exactly one active lead takes the call; with several, or none, the card itself does.
 * (Its customers are not used here.)
 */
function chooseEntity(clients: readonly Client[], best: Client): { entity: CrmEntity; pipelineName: string | null } {
  const leads = new Map(clients.flatMap((client) => client.openLeads.map((lead) => [lead.id, lead])));
  const [lead] = leads.values();
  if (lead !== undefined && leads.size === 1) {
    return { entity: { type: "leads", id: lead.id }, pipelineName: lead.pipelineName };
  }
  const type = best.kind === "contact" ? "contacts" : "companies";
  return { entity: { type, id: best.id }, pipelineName: null };
}

/** The line's pipeline, else the account's default, else the main one; one that takes no unsorted leads is passed over. */
function chooseUnsortedPipeline(
  call: Call,
  { account, pipelines }: RuleContext,
): { id: number; name: string | null } | null {
  const line = call.did === null ? undefined : findLine(account, call.did);
  const wanted = [line?.pipelineId, account.defaultPipelineId, pipelines.find(({ isMain }) => isMain)?.id];
  for (const id of wanted) {
    if (id == null) continue;
    const pipeline = pipelines.find((each) => each.id === id);
    if (pipeline?.isUnsortedOn === false) continue;
    return { id, name: pipeline?.name ?? null };
  }
  return null;
}

/** "dst: 205 | Продажи | did: 3345"; parts that are not known are left out. An outbound call tells who dialled. */
function resultLine(call: Call, extension: string | null, pipelineName: string | null): string {
  const side = call.direction === "inbound" ? "dst" : "src";
  return [extension && `${side}: ${extension}`, pipelineName, call.did && `did: ${call.did}`]
    .filter((part) => part !== null && part !== "")
    .join(" | ");
}
