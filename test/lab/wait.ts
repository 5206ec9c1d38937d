/** Waiting for facts: every wait of the lab has a deadline, and says what it waited for when that has passed. */
import { setTimeout as pause } from "node:timers/promises";
import type { Listeners } from "../../src/lib/listeners.ts";

/** What is waited for, in words ("201: a call"), and for how long. */
export interface Deadline {
  readonly what: string;
  readonly ms: number;
}

/**
 * Resolves with what `fact` gives as soon as it gives something; it is asked now and at every change.
 * @throws whatever `fact` throws, and an Error naming `what` after the deadline
 */
export function when<Change, Fact>(
  changes: Listeners<Change>,
  fact: () => Fact | undefined,
  deadline: Deadline,
): Promise<Fact> {
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => {
      clearTimeout(timer);
      listening[Symbol.dispose]();
      how();
    };
    const ask = () => {
      try {
        const found = fact();
        if (found !== undefined) settle(() => resolve(found));
      } catch (error) {
        settle(() => reject(error));
      }
    };
    const timer = setTimeout(() => settle(() => reject(overdue(deadline))), deadline.ms);
    const listening = changes.add(ask);
    ask();
  });
}

/** Resolves when `fact`, asked every 50 ms, is true. @throws an Error naming `what` after the deadline */
export async function until(fact: () => boolean, deadline: Deadline): Promise<void> {
  for (const end = Date.now() + deadline.ms; !fact(); await pause(50)) {
    if (Date.now() > end) throw overdue(deadline);
  }
}

function overdue(deadline: Deadline): Error {
  return new Error(`not within ${deadline.ms} ms: ${deadline.what}`);
}
