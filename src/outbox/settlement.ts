/** What follows from a failed attempt. Pure. */

import { retryAt } from "../lib/retry-at.ts";
import type { Claimed, Settlement } from "./outbox-store.ts";
import { PerformFailure } from "./performer.ts";

/** So often an attempt may fail for a reason of our own. */
const MOST_DEFECTS = 3;

/**
 * An attempt may fail for the CRM's own reason so often and so long; after that it fails for what the intent is, and its
 * client's other intents have waited long enough.
 */
const MOST_RETRIES = 30;
const LONGEST_RETRY_MS = 12 * 3_600_000;

export interface SettlementContext {
  /** Epoch ms. */
  readonly now: number;
  readonly random: () => number;
  /** So long after a lost answer the CRM is not looked at yet: it may still be at what we asked for. */
  readonly doubtSettlesMs: number;
}

/** The store lies behind a port: its errors are known by their codes. */
function isOfStore(error: unknown): error is Error {
  return error instanceof Error && String((error as { code?: unknown }).code).startsWith("store/");
}

function isHopeless({ attempts, createdAt }: Pick<Claimed, "attempts" | "createdAt">, now: number): boolean {
  return attempts >= MOST_RETRIES && now - createdAt >= LONGEST_RETRY_MS;
}

export function settlementOf(
  item: Pick<Claimed, "attempts" | "createdAt" | "mayHaveHappened">,
  error: unknown,
  { now, random, doubtSettlesMs }: SettlementContext,
): Settlement {
  const again = retryAt(item.attempts, now, random);
  const settled = now + doubtSettlesMs;
  if (!(error instanceof PerformFailure)) {
    // A store that is away comes back; a defect of ours is tried again a few times only. Whether it happened is not known.
    const isOver = isOfStore(error) ? isHopeless(item, now) : item.attempts >= MOST_DEFECTS;
    const trouble = { reason: isOfStore(error) ? error.message : "internal-error", mayHaveHappened: true } as const;
    if (isOver) return { state: "quarantined", ...trouble };
    return { state: "waiting", dueAt: Math.max(again, settled), ...trouble };
  }
  const reason = `${error.code}: ${error.message}`;
  // What an earlier attempt left in doubt stays so until somebody has looked.
  const mayHaveHappened = error.mayHaveHappened || item.mayHaveHappened;
  switch (error.remedy) {
    case "quarantine":
      return { state: "quarantined", reason, mayHaveHappened };
    case "give-up":
      return { state: "discarded", reason, mayHaveHappened };
    case "retry":
      if (isHopeless(item, now)) return { state: "quarantined", reason, mayHaveHappened };
      return {
        state: "waiting",
        dueAt: error.mayHaveHappened ? Math.max(again, settled) : again,
        reason,
        mayHaveHappened,
      };
    case "hold-account":
    case "reconnect":
      // It is the account that waits, not the item: it is due as soon as the account is open again.
      return { state: "waiting", dueAt: error.mayHaveHappened ? settled : now, reason, mayHaveHappened };
  }
}
