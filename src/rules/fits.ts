/** Does a rule fit a call? Pure. */
import type { Call } from "../calls/call.ts";
import type { Client } from "../clients/client.ts";
import { isHidden, readPhoneKey, sameNumber } from "../clients/phone-key.ts";
import type { Account } from "../directory/directory.ts";
import { resultsOf } from "./call-result.ts";
import type { RingingConditions, RuleConditions } from "./rule.ts";
import { isWorking, type WorkingHours } from "./working-hours.ts";

export interface FitContext {
  readonly account: Account;
  /** Everybody behind the call's number. */
  readonly clients: readonly Client[];
  readonly workingHours: WorkingHours;
}

export function fits(call: Call, when: RuleConditions, context: FitContext): boolean {
  const { account, clients, workingHours } = context;
  const leads = clients.flatMap(({ openLeads }) => openLeads);
  const results = resultsOf(call, workingHours, account.timeZone);
  return (
    fitsRinging(call, when, context) &&
    (when.direction === null || when.direction === call.direction) &&
    anyOf(when.results, (result) => results.has(result)) &&
    when.anonymous === (call.client === null || isHidden(call.client)) &&
    anyOf(when.pipelineIds, (id) => leads.some(({ pipelineId }) => pipelineId === id)) &&
    anyOf(when.statusIds, (id) => leads.some(({ statusId }) => statusId === id)) &&
    call.talkSeconds >= (when.talkSeconds.atLeast ?? 0) &&
    call.talkSeconds <= (when.talkSeconds.atMost ?? Number.POSITIVE_INFINITY) &&
    anyOf(when.numbers, (number) => isNumberOf(call, number, account.country))
  );
}

/** The part that is known already while it rings. */
export function fitsRinging(call: Call, when: RingingConditions, context: FitContext): boolean {
  const { account, clients, workingHours } = context;
  const hasLead = clients.some(({ openLeads }) => openLeads.length > 0);
  return (
    (when.client === null || (when.client === "known") === clients.length > 0) &&
    anyOf(when.dids, (did) => did === call.did) &&
    anyOf(when.queues, (queue) => queue === call.queue) &&
    anyOf(when.extensions, (extension) => extensionsOf(call).includes(extension)) &&
    (when.hours === null || (when.hours === "working") === isWorking(workingHours, account.timeZone, call.startedAt)) &&
    (when.openLead === null || (when.openLead === "yes") === hasLead)
  );
}

/** Whom it rings at now, and who had a share in it. */
export function extensionsOf(call: Call): string[] {
  return [...call.cards, ...call.employees].map(({ extension }) => extension);
}

/** An empty list asks nothing. */
function anyOf<T>(list: readonly T[], isTrue: (item: T) => boolean): boolean {
  return list.length === 0 || list.some(isTrue);
}

function isNumberOf(call: Call, number: string, country: string): boolean {
  const [own, asked] = [readPhoneKey(call.client ?? "", country), readPhoneKey(number, country)];
  return own !== undefined && asked !== undefined && sameNumber(own, asked);
}
