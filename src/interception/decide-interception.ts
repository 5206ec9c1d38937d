/** Whether somebody is to be rung for a client who is calling, and who: the responsible, or whoever stands in for him. Pure. */
import type { Call } from "../calls/call.ts";
import type { DeviceState } from "../calls/presence.ts";
import { type Account, type Employee, findEmployeeByExtension, findEmployeeByUser } from "../directory/directory.ts";

export interface InterceptionPolicy {
  /** `offer`: the responsible sees a card with Take; `ring`: his phone rings too. */
  readonly mode: "off" | "offer" | "ring";
  /** Lines (DIDs) whose callers are intercepted; empty: all. */
  readonly lines: readonly string[];
  /** Extensions of employees who do not want it. */
  readonly optedOut: readonly string[];
  /** Who stands in for an absent employee: extension by extension. */
  readonly deputies: Readonly<Record<string, string>>;
}

export interface InterceptionSituation {
  readonly call: Call;
  readonly account: Account;
  readonly policy: InterceptionPolicy;
  /** amoCRM user who is responsible for the client; null: nobody, or the client is unknown. */
  readonly responsibleUserId: number | null;
  /** Extension of whoever talked to this client last, as far as it is known. */
  readonly lastTalker: string | null;
  readonly isWorkingTime: boolean;
  /** The user is away today, by the company's list of absences; undefined: he is not. */
  absenceOf(userId: number): { readonly deputyId: number | null } | undefined;
  deviceOf(extension: string): DeviceState;
  /** He has a call of his own. */
  isOnCall(extension: string): boolean;
}

export type Place = "responsible" | "deputy" | "last-talker" | "group";

/** Why nobody is rung. */
export type NoInterception =
  | "off"
  | "line-excluded"
  | "not-a-client"
  | "out-of-hours"
  | "no-responsible"
  /** The route has offered the call to nobody yet, or it is answered. */
  | "not-offered"
  | "nobody-free";

/** Why this one is not rung. */
export type PassedOver =
  | "no-extension"
  | "opted-out"
  /** On the company's list of absences. */
  | "away"
  | "rings-already"
  | "on-a-call"
  | "busy"
  | "dnd"
  | "offline"
  | "unknown";

export interface Candidate {
  readonly place: Place;
  readonly employee: Employee;
}

export type InterceptionDecision = {
  /** Those who were thought of before. */
  readonly passedOver: readonly (Candidate & { readonly why: PassedOver })[];
} & (
  | { readonly decision: "ring"; readonly candidate: Candidate }
  | { readonly decision: "none"; readonly why: NoInterception }
);

export function decideInterception(situation: InterceptionSituation): InterceptionDecision {
  const why = whyNotAtAll(situation);
  if (why !== null) return { decision: "none", why, passedOver: [] };
  const passedOver: (Candidate & { readonly why: PassedOver })[] = [];
  for (const candidate of chainOf(situation)) {
    const reason = whyPassedOver(candidate.employee, situation);
    if (reason === null) return { decision: "ring", candidate, passedOver };
    passedOver.push({ ...candidate, why: reason });
    // The responsible rings anyway, or is here and does not want it: he is not absent, and nobody stands in for him.
    if (candidate.place === "responsible" && (reason === "rings-already" || reason === "opted-out")) break;
  }
  return { decision: "none", why: passedOver.length === 0 ? "no-responsible" : "nobody-free", passedOver };
}

/** The call is offered to somebody: a phone rings, or he waits in a queue. What an IVR says comes before. */
export function isOffered({ cards, queue, answeredAt, clientLegId }: Call): boolean {
  if (answeredAt !== null || clientLegId === null) return false;
  return queue !== null || cards.some(({ state, isFetching }) => state === "ringing" && !isFetching);
}

function whyNotAtAll({ call, policy, responsibleUserId, isWorkingTime }: InterceptionSituation): NoInterception | null {
  if (policy.mode !== "ring") return "off";
  if (call.direction !== "inbound" || call.client === null) return "not-a-client";
  if (policy.lines.length > 0 && (call.did === null || !policy.lines.includes(call.did))) return "line-excluded";
  if (responsibleUserId === null) return "no-responsible";
  if (!isWorkingTime) return "out-of-hours";
  return isOffered(call) ? null : "not-offered";
}

/** The responsible, his deputy (whom his absence names, else his usual one), whoever talked to the client last, the rest of the responsible's department. */
function chainOf({ account, policy, responsibleUserId, lastTalker, absenceOf }: InterceptionSituation): Candidate[] {
  const responsible = responsibleUserId === null ? undefined : findEmployeeByUser(account, responsibleUserId);
  const deputyExtension = responsible?.extensions.flatMap((own) => policy.deputies[own] ?? [])[0];
  const deputyId = responsibleUserId === null ? null : (absenceOf(responsibleUserId)?.deputyId ?? null);
  const named = deputyId === null ? undefined : findEmployeeByUser(account, deputyId);
  const deputy =
    named ?? (deputyExtension === undefined ? undefined : findEmployeeByExtension(account, deputyExtension));
  const last = lastTalker === null ? undefined : findEmployeeByExtension(account, lastTalker);
  const group = account.employees.filter(
    ({ department }) => responsible !== undefined && department !== null && department === responsible.department,
  );
  const chain: Candidate[] = [
    ...(responsible ? [{ place: "responsible" as const, employee: responsible }] : []),
    ...(deputy ? [{ place: "deputy" as const, employee: deputy }] : []),
    ...(last ? [{ place: "last-talker" as const, employee: last }] : []),
    ...group.map((employee) => ({ place: "group" as const, employee })),
  ];
  return chain.filter(({ employee }, at) => chain.findIndex((other) => other.employee === employee) === at);
}

function whyPassedOver(employee: Employee, situation: InterceptionSituation): PassedOver | null {
  const { call, policy, deviceOf, isOnCall, absenceOf } = situation;
  const [extension] = employee.extensions;
  if (extension === undefined) return "no-extension";
  if (employee.userId !== null && absenceOf(employee.userId) !== undefined) return "away";
  if (policy.optedOut.includes(extension)) return "opted-out";
  if (call.cards.some((card) => employee.extensions.includes(card.extension))) return "rings-already";
  if (employee.extensions.some(isOnCall)) return "on-a-call";
  const device = deviceOf(extension);
  return device === "free" ? null : device;
}
