/** A call that was asked for here: from the click to the call that it became. Pure. */
import type { CommandOutcome } from "../../src/panel/protocol.ts";
import type { Failure } from "./panel-state.ts";
import { isWith } from "./same-number.ts";
import { callKey, type ShownCall } from "./shown-calls.ts";

/** Until it has ended or was refused. */
export interface DialAttempt {
  readonly commandId: string;
  readonly number: string;
  /** Colleague's name; null for an outside number. */
  readonly name: string | null;
  readonly askedAt: number;
  /** The call it became, by `callKey`; null as long as none was seen. */
  readonly call: string | null;
  readonly failure: Failure | null;
  /** A colleague talks to this number or has just done so: the person is to decide. */
  readonly collision: Collision | null;
}

export type Collision = Extract<CommandOutcome, { readonly state: "warned" }>["collision"];

/** Finds the call that the attempt became: the first new one to that number. */
export function followDial(
  dial: DialAttempt | null,
  before: readonly ShownCall[],
  calls: readonly ShownCall[],
): DialAttempt | null {
  if (!dial || dial.call !== null) return dial;
  const known = new Set(before.map(({ card }) => callKey(card)));
  const call = calls.find(({ card }) => !known.has(callKey(card)) && isWith(card, dial.number));
  return call ? { ...dial, call: callKey(call.card) } : dial;
}
