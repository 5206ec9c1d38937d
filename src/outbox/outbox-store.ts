import type { Call } from "../calls/call.ts";
import type { CrmIntent } from "../rules/intent.ts";
import type { Outcome } from "./performer.ts";

/**
 * ```
 * waiting ──► done
 *   │  ▲ └──► quarantined ──► waiting (resend) │ discarded
 *   └──┴────► discarded
 * skipped: the rules said that the CRM is told nothing; kept to show why
 * ```
 */
export type ItemState = "waiting" | "done" | "quarantined" | "discarded" | "skipped";

/** One intent, or the reason why a call led to none. Times are epoch ms. */
export interface OutboxItem {
  readonly id: number;
  readonly account: string;
  /** Whose order is kept: the client's phone, as intents spell it. */
  readonly clientKey: string;
  readonly callId: string | null;
  /** Name of the rule that wanted it, or wanted nothing; null when a person or an event of ours did. */
  readonly rule: string | null;
  /** null exactly when `skipped`. */
  readonly intent: CrmIntent | null;
  readonly interactive: boolean;
  readonly state: ItemState;
  readonly attempts: number;
  /** When it is tried next; has a meaning while `waiting`. */
  readonly dueAt: number;
  /** Why the last attempt failed, or why it was skipped or discarded; null when nothing went wrong. */
  readonly reason: string | null;
  readonly outcome: Outcome | null;
  readonly createdAt: number;
}

export type NewItem = Pick<OutboxItem, "clientKey" | "callId" | "rule" | "interactive"> &
  ({ readonly intent: CrmIntent; readonly skipped: null } | { readonly intent: null; readonly skipped: string });

/** An item that is ours to try until its lease ends. */
export interface Claimed {
  readonly id: number;
  readonly callId: string | null;
  readonly intent: CrmIntent;
  /** This attempt included. */
  readonly attempts: number;
  readonly interactive: boolean;
  readonly createdAt: number;
  /** An earlier attempt ended without a certain answer, or whoever made it died. */
  readonly mayHaveHappened: boolean;
}

/** How an attempt ended. */
export type Settlement =
  | { readonly state: "done"; readonly outcome: Outcome }
  | { readonly state: "waiting"; readonly dueAt: number; readonly reason: string; readonly mayHaveHappened: boolean }
  | { readonly state: "quarantined" | "discarded"; readonly reason: string; readonly mayHaveHappened: boolean };

export interface OutboxSummary {
  readonly waiting: number;
  readonly quarantined: number;
  /** Epoch ms of the next attempt; null when nothing waits. */
  readonly nextDueAt: number | null;
  /** Birth of the oldest one that waits. */
  readonly oldestAt: number | null;
}

/** Durable intents. Implemented by `store/`; each method is one transaction. */
export interface OutboxStore {
  /** Calls that ended after the account's position in the call log, oldest first, with the position after each. */
  endedCalls(account: string, limit: number): Promise<readonly { readonly position: number; readonly call: Call }[]>;
  /** Calls that began since then (epoch ms) and have ended, in the order in which they did. */
  callsSince(account: string, since: number): Promise<readonly Call[]>;
  /** Keeps the conclusion together with the position it was drawn at: both or neither. */
  recordConclusion(account: string, conclusion: Conclusion, now: number): Promise<void>;
  /** How often each rule has given work to the next in turn. */
  turns(account: string): Promise<ReadonlyMap<string, number>>;
  /** `uniq`s of the tasks about missed calls of these clients that nobody has called back for, oldest first. */
  openTasks(account: string, clientKeys: readonly string[]): Promise<readonly string[]>;
  /** What an intent led to; undefined when it is not done. */
  outcomeOf(account: string, uniq: string): Promise<Outcome | undefined>;
  /** Is the item with this `uniq` still to be tried? */
  isWaiting(account: string, uniq: string): Promise<boolean>;
  /** Adds an item without a position; a `uniq` that is there already adds nothing. Gives the id that it has. */
  add(account: string, item: NewItem, now: number): Promise<number>;
  /**
   * Leases due items: interactive ones first, then new ones, so that today's call does not wait behind an outage's
   * backlog, then those in doubt, for which others of their clients wait, then the newest; but never one whose client
   * has an earlier item waiting (interactive ones overtake even that).
   */
  claim(account: string, request: ClaimRequest): Promise<readonly Claimed[]>;
  /**
   * Leases due items that may go to the CRM in one request, in their order: of the batch key that most of them have,
   * those of the newest clients first, and of each client as far as nothing that goes by itself is passed. None when
   * fewer than `least` wait. What is in doubt, or waited for by a person, goes by itself.
   */
  claimBatch(account: string, request: ClaimRequest & { readonly least: number }): Promise<readonly Claimed[]>;
  /** Keeps how attempts of `holder` ended; of an item that somebody else has leased since, that one's attempt counts. */
  settle(holder: string, settled: readonly Settled[], now: number): Promise<void>;
  /** Ends the leases of a holder that is known to be dead (ourselves, before a restart); they are due at `dueAt`. */
  releaseLeases(account: string, holder: string, dueAt: number): Promise<void>;
  find(id: number): Promise<OutboxItem | undefined>;
  /** Newest first. */
  list(account: string, states: readonly ItemState[], limit: number): Promise<readonly OutboxItem[]>;
  summary(account: string): Promise<OutboxSummary>;
  /** quarantined → waiting, due now; waiting → due now. False when it is in no such state. */
  resend(account: string, id: number, now: number): Promise<boolean>;
  /** waiting (and not under way) or quarantined → discarded. False when it is in no such state. */
  discard(account: string, id: number, reason: string, now: number): Promise<boolean>;
}

/** What followed from one ended call. */
export interface Conclusion {
  readonly position: number;
  readonly items: readonly NewItem[];
  /** The rule by which somebody had his turn. */
  readonly turnOf: string | null;
}

export interface Settled {
  readonly id: number;
  readonly settlement: Settlement;
}

export interface ClaimRequest {
  readonly holder: string;
  readonly limit: number;
  readonly now: number;
  readonly leaseUntil: number;
  /** What was born since then (epoch ms) is new, and goes before what has waited already. */
  readonly newSince: number;
  readonly onlyNew: boolean;
}
