import type { EventClass } from "../exchange/announcer.ts";

/** Faults that a test asks for. All off at the start; each holds for every login until it is changed. */
export interface Misbehaviour {
  /** Actions (by name, lower or upper case) that are answered with Success and then not done; `*` = all. */
  readonly pretend: readonly string[];
  /** Milliseconds that every response waits. */
  readonly answerLateMs: number;
  /** Close the connection right after the next action has been carried out, before its response. */
  readonly dropAfterNextAction: boolean;
  /** The same after the next action of this name; empty: off. */
  readonly dropAfter: string;
  /** Neither answer nor send events, and do not close: the link looks alive. */
  readonly halfOpen: boolean;
  /** Send in pieces of that many bytes; 0 = whole packets. */
  readonly chunkBytes: number;
  /** Send every event twice. */
  readonly duplicateEvents: boolean;
  /** Write classes that this login lacks: "Permission denied". */
  readonly deniedClasses: readonly (EventClass | "originate" | "command" | "config")[];
}

export const WELL_BEHAVED: Misbehaviour = {
  pretend: [],
  answerLateMs: 0,
  dropAfterNextAction: false,
  dropAfter: "",
  halfOpen: false,
  chunkBytes: 0,
  duplicateEvents: false,
  deniedClasses: [],
};

export function pretends(misbehaviour: Misbehaviour, action: string): boolean {
  return misbehaviour.pretend.some((name) => name === "*" || name.toLowerCase() === action.toLowerCase());
}
