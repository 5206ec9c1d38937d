/** Who becomes responsible: strategies, tried in order until one names somebody who is there. Pure. */
import type { Call, EmployeeResult } from "../calls/call.ts";
import { type Account, findEmployeeByExtension } from "../directory/directory.ts";
import type { Absence } from "./rule.ts";
import { localTime } from "./working-hours.ts";

/**
 * `client`: who is responsible for the client already · `round-robin`: the next of the rule's users · digits: this
 * amoCRM user.
 */
export const NAMED_STRATEGIES = [
  "first-answered",
  "last-answered",
  "first-missed",
  "last-missed",
  "client",
  "round-robin",
] as const;
export type Strategy = (typeof NAMED_STRATEGIES)[number] | `${number}`;

export interface ResponsibleContext {
  readonly account: Account;
  readonly absences: readonly Absence[];
  /** The responsible user of the client's card; null when there is none. */
  readonly clientUserId: number | null;
  readonly roundRobin: readonly number[];
  /** How often this rule has given work to the next in turn. */
  readonly turns: number;
}

/** @returns an amoCRM user, or null when no strategy names one; and whether he had his turn */
export function chooseResponsible(
  call: Call,
  strategies: readonly Strategy[],
  context: ResponsibleContext,
): { readonly userId: number | null; readonly tookTurn: boolean } {
  for (const strategy of strategies) {
    const tookTurn = strategy === "round-robin";
    const userId = tookTurn ? nextInTurn(call, context) : standIn(named(call, strategy, context), call, context);
    if (userId !== null) return { userId, tookTurn };
  }
  return { userId: null, tookTurn: false };
}

function named(call: Call, strategy: Exclude<Strategy, "round-robin">, context: ResponsibleContext): number | null {
  switch (strategy) {
    case "client":
      return context.clientUserId;
    case "first-answered":
      return usersOf(call, ANSWERED, context.account)[0] ?? null;
    case "last-answered":
      return usersOf(call, ANSWERED, context.account).at(-1) ?? null;
    case "first-missed":
      return usersOf(call, MISSED, context.account)[0] ?? null;
    case "last-missed":
      return usersOf(call, MISSED, context.account).at(-1) ?? null;
    default:
      return Number(strategy);
  }
}

const ANSWERED: readonly EmployeeResult[] = ["answered", "transferred-away"];
const MISSED: readonly EmployeeResult[] = ["missed", "busy", "rejected", "cancelled", "failed"];

/** Those whose share ended so, in the order they came into the call; extensions of nobody are passed over. */
function usersOf(call: Call, results: readonly EmployeeResult[], account: Account): number[] {
  return call.employees
    .filter(({ result }) => results.includes(result))
    .flatMap(({ extension }) => findEmployeeByExtension(account, extension)?.userId ?? []);
}

/** Who is away is passed over and loses no turn that others would have to make up for. */
function nextInTurn(call: Call, context: ResponsibleContext): number | null {
  const there = context.roundRobin.filter((userId) => absenceOf(userId, call, context) === undefined);
  return there[context.turns % there.length] ?? null;
}

/** The user, or his deputy, or his deputy's deputy; null when nobody of them is there. */
function standIn(userId: number | null, call: Call, context: ResponsibleContext): number | null {
  const asked = new Set<number>();
  for (let next = userId; next !== null && !asked.has(next); ) {
    const absence = absenceOf(next, call, context);
    if (absence === undefined) return next;
    asked.add(next);
    next = absence.deputyId;
  }
  return null;
}

function absenceOf(userId: number, call: Call, { absences, account }: ResponsibleContext): Absence | undefined {
  return absenceAt(absences, account.timeZone, userId, call.startedAt);
}

/** The user's absence on the day of `at` (epoch ms), as the company's calendar has it. */
export function absenceAt(
  absences: readonly Absence[],
  timeZone: string,
  userId: number,
  at: number,
): Absence | undefined {
  const { date } = localTime(timeZone, at);
  return absences.find((absence) => absence.userId === userId && absence.from <= date && date <= absence.to);
}
