/** A rehearsal of real calls against the CRM as it is known now. Writes nothing. */
import { setImmediate } from "node:timers/promises";
import type { Call } from "../../calls/call.ts";
import {
  Rehearsal,
  type RehearsalCall,
  type RehearsalStart,
  type RehearsalSums,
  type RehearsedCall,
} from "../../rules/rehearsal.ts";

/** Calls that are rehearsed in one turn of the event loop. */
const REHEARSED_AT_ONCE = 50;

export interface Rehearsed {
  readonly sums: RehearsalSums;
  /** In the order in which they ended. */
  readonly calls: readonly RehearsedCall[];
}

/** @param personOf what is known of the call's client */
export async function rehearseCalls(
  start: RehearsalStart,
  calls: readonly Call[],
  personOf: (call: Call) => Promise<Omit<RehearsalCall, "call">>,
): Promise<Rehearsed> {
  const rehearsal = new Rehearsal(start);
  const rehearsed: RehearsedCall[] = [];
  // Nothing changes meanwhile but by the rehearsal itself, and the same people call again and again.
  const people = new Map<string | null, Omit<RehearsalCall, "call">>();
  for (const [at, call] of calls.entries()) {
    const person = people.get(call.client) ?? (await personOf(call));
    people.set(call.client, person);
    rehearsed.push(rehearsal.take({ call, ...person }));
    // Thousands of calls must not hold up a phone that rings meanwhile.
    if (at % REHEARSED_AT_ONCE === 0) await setImmediate();
  }
  return { sums: rehearsal.sums, calls: rehearsed };
}
