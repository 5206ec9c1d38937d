/** Who talks, or has just talked, to which number: lest two colleagues call the same client one after the other. */
import type { Call } from "../calls/call.ts";
import { sameNumber } from "../calls/sides.ts";
import type { Collision } from "./command.ts";

export class RecentTalks {
  readonly #guardedMs: number;
  readonly #ended = new Map<string, Call>();

  constructor(guardedMs: number) {
    this.#guardedMs = guardedMs;
  }

  /** To be told each call that has changed. */
  onChange(call: Call, now: number): void {
    if (call.endedAt !== null && call.answeredAt !== null && call.client !== null && call.mergedInto === null) {
      this.#ended.set(call.id, call);
    }
    for (const [id, { endedAt }] of this.#ended) {
      if ((endedAt ?? 0) > now - this.#guardedMs) break; // in the order of their ends
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
      (call) =>
        sameNumber(call.client, number) && (call.endedAt ?? 0) > now - this.#guardedMs && talkerOf(call, own) !== null,
    );
    const extension = last && talkerOf(last, own);
    if (!extension || last.endedAt === null) return undefined;
    return { state: "talked", extension, at: last.endedAt, talkSeconds: last.talkSeconds };
  }
}

/** The colleague who talked last; null when it was nobody but oneself. */
function talkerOf({ employees }: Call, own: readonly string[]): string | null {
  const talked = employees.filter(({ talkSeconds }) => talkSeconds > 0);
  const last = talked.at(-1);
  return last && !own.includes(last.extension) ? last.extension : null;
}
