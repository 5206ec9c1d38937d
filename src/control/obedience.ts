/** Which phones do what a NOTIFY asks of them: nothing else tells it than that they did, or did not. */
import type { PhoneOutcome } from "./command.ts";

/** One refusal may be a packet that was lost; two in a row are a phone that does not know the request. */
const ENOUGH = 2;

/** Remembers, as long as the service runs, how the phones of one PBX took to being put on hold from outside. */
export class Obedience {
  readonly #ignored = new Map<string, number>();

  /** To be told how each hold and resume ended. */
  onOutcome(extension: string, outcome: PhoneOutcome): void {
    if (outcome.state === "done") this.#ignored.delete(extension);
    if (outcome.state !== "refused" || outcome.reason !== "phone-ignores-it") return;
    this.#ignored.set(extension, (this.#ignored.get(extension) ?? 0) + 1);
  }

  /** Another phone may be connected now. */
  forget(extension: string): void {
    this.#ignored.delete(extension);
  }

  isLacking(extension: string): boolean {
    return (this.#ignored.get(extension) ?? 0) >= ENOUGH;
  }
}
