import { nameOf, numberOf, type SipRequest, type SipResponse } from "./message.ts";

/** What the screen of the phone showed. `at`: epoch milliseconds. */
export interface Shown {
  readonly at: number;
  readonly number: string;
  readonly name: string;
}

/** The screen of a phone during one call. */
export class Screen {
  /** What it showed, in order; the last one is shown now. */
  readonly shown: Shown[] = [];

  /** Shows the party that a message names: the asserted one, or `otherwise`. False when that changes nothing. */
  show({ headers }: SipRequest | SipResponse, otherwise?: string): boolean {
    const identity = headers.get("p-asserted-identity") ?? headers.get("remote-party-id") ?? otherwise;
    if (!identity) return false;
    const [number, name] = [numberOf(identity), nameOf(identity)];
    const last = this.shown.at(-1);
    if (last?.number === number && last.name === name) return false;
    this.shown.push({ at: Date.now(), number, name });
    return true;
  }
}
