/** Who talks, or has just talked, to which number: lest two colleagues call the same client one after the other. */
import type { Call } from "../calls/call.ts";
import { sameNumber } from "../calls/sides.ts";
import type { Collision } from "./command.ts";

export class RecentTalks {
  readonly #guardedMs: number;
  /** In the order of their ends, by our clock: that of the PBX may be ahead. */
  readonly #ended = new Map<string, { readonly call: Call; readonly at: number }>();

  constructor(guardedMs: number) {
    this.#guardedMs = guardedMs;
  }

  /** To be told each call that has changed. */
  onChange(call: Call, now: number): void {
    if (call.endedAt !== null && call.answeredAt !== null && call.client !== null && call.mergedInto === null) {
      this.#ended.set(call.id, { call, at: Math.min(call.endedAt, now) });
    }
    for (const [id, { at }] of this.#ended) {
      if (at > now - this.#guardedMs) break;
      this.#ended.delete(id);
    }
  }

  /** @param own extensions of the one who wants to dial: his own talks are no collision */
  find(number: string, own: readonly string[], live: readonly Call[], now: number): Collision | undefined {
    for (const call of live) {
      if (!sameNumber(call.client, number)) continue;
      const card = call.cards.find(
        ({ extension, state, pickedUp }) => pickedUp && state !== "ringing" && !own.includes(extension),
      );
      if (card) return { state: "talks", extension: card.extension, at: call.answeredAt ?? card.since, talkSeconds: 0 };
    }
    const last = [...this.#ended.values()].findLast(
      ({ call, at }) => sameNumber(call.client, number) && at > now - this.#guardedMs && talkerOf(call, own) !== null,
    );
    const extension = last && talkerOf(last.call, own);
    return extension ? { state: "talked", extension, at: last.at, talkSeconds: last.call.talkSeconds } : undefined;
  }
}

/** The colleague who talked last; null when it was nobody but oneself. */
function talkerOf({ employees }: Call, own: readonly string[]): string | null {
  const talked = employees.filter(({ talkSeconds }) => talkSeconds > 0);
  const last = talked.at(-1);
  return last && !own.includes(last.extension) ? last.extension : null;
}
